package cli

import (
	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/page"
	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

func (a *app) contacts() *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		r, err := client.ListContacts(cmd.Context(), &localpb.ListContactsRequest{})
		if err != nil {
			return err
		}
		if len(r.GetContacts()) == 0 {
			a.say("You have no contacts yet. votive contacts add keeps a card that you were given.")
		}
		return a.print(r, func() string {
			if len(r.GetContacts()) == 0 {
				return ""
			}
			return page.Contacts(r.GetContacts())
		})
	}
	cmd := &cobra.Command{
		Use:   "contacts",
		Short: "people you know, by the names you gave them",
		Long: `Lists the people you know. The name you give somebody is shown first, everywhere;
what they call themself proves nothing.`,
		Example: `  votive contacts
  votive contacts add votive:AFQ… --as Ming`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.choose(cmd, args)
			}
			return list(cmd, args)
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use: "list", Short: "list the people you know", Long: "Lists the people you know.",
		Example: "  votive contacts list", Args: want(), RunE: list,
	}, a.contactsAdd())
	return cmd
}

func (a *app) contactsAdd() *cobra.Command {
	var petname string
	var agree bool
	cmd := &cobra.Command{
		Use:   "add CARD --as NAME",
		Short: "keep somebody's contact card under a name of your own",
		Long: `Keeps a contact card, the votive: link that somebody gave you, under a name that
you choose and that only you see. Compare the 12 words with them, in person or
by voice, before you rely on it.`,
		Example: `  votive contacts add votive:AFQ… --as Ming`,
		Args:    want("CARD"),
	}
	cmd.Flags().StringVar(&petname, "as", "", "your own `NAME` for them")
	cmd.Flags().BoolVarP(&agree, "yes", "y", false, "connect to the peer that the card names without asking")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if petname == "" {
			return usage("", "a contact needs a name of your own: --as")
		}
		if !isLink(args[0]) {
			return usage("votive contacts add votive:… --as NAME", "%q is no contact card", plain.Cut(plain.Line(args[0]), 40))
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		o := &opening{app: a, client: client, link: args[0], agreed: agree || a.json, retry: "votive contacts add --yes CARD --as NAME"}
		if err := o.inspect(cmd.Context()); err != nil {
			return err
		}
		if o.found.GetEvent() != nil || o.found.GetCircle() != nil {
			return usage("votive accept LINK", "that is an invitation and no contact card")
		}
		r, err := client.AddContact(cmd.Context(), &localpb.AddContactRequest{Card: args[0], Petname: petname, Connect: o.agreed})
		if err != nil {
			return err
		}
		if r.GetPending() {
			a.say("The card has not arrived yet. It is kept when it does.")
		} else {
			a.say("Kept. Compare these words with them before you rely on it.")
		}
		return a.print(r, func() string {
			text := ""
			for _, c := range r.GetContacts() {
				text += page.Contact(c)
			}
			return text
		})
	}
	return cmd
}
