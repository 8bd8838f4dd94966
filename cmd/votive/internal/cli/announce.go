package cli

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"votive/cmd/votive/internal/daemon"
	"votive/cmd/votive/internal/page"
	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

const timesHelp = `Times are 2027-06-04T20:00 or "2027-06-04 20:00", in the zone that --zone names, or
else in yours; 2027-06-04 is a whole day. "tomorrow 20:00", "fri 8pm", "4 June
20:00", "in 3 days", 6月4日晚上8点 and "明天 20:00" are understood too. What can be
meant in two ways is refused, and how a time was understood is printed before
anything is signed.`

// eventFlags are what can be said about an event.
type eventFlags struct {
	set *pflag.FlagSet

	title, at, end, lasting, zone   string
	floating, noEnd                 bool
	city, text, textFile, place, by string
	language, answers               string
	every, rrule, partOf, geo       string
	join, tags, also, except        []string
	capacity                        uint32
}

func (f *eventFlags) register(cmd *cobra.Command) {
	f.set = cmd.Flags()
	f.set.StringVar(&f.at, "at", "", "when it begins: a `TIME`, or a date for a whole day")
	f.set.StringVar(&f.end, "end", "", "when it ends: a `TIME`, or the last date")
	f.set.StringVar(&f.lasting, "for", "", "or how long it lasts: a `DURATION` like 90m, 2h or 3d")
	f.set.StringVar(&f.zone, "zone", "", "the time `ZONE` of these times, like Asia/Hong_Kong")
	f.set.BoolVar(&f.floating, "floating", false, "at this time on the clock wherever somebody is")
	f.set.StringVar(&f.every, "every", "", "`HOW` often it takes place: daily, weekly, monthly or yearly, and how many times or until when: weekly:10, weekly:2027-12-31")
	f.set.StringVar(&f.rrule, "rrule", "", "or a `RULE` as calendars write it: FREQ=MONTHLY;BYDAY=1FR")
	f.set.StringArrayVar(&f.also, "also", nil, "a `DATE` on which it takes place besides; may be repeated")
	f.set.StringArrayVar(&f.except, "except", nil, "a `DATE` on which it does not; may be repeated")
	f.set.StringVar(&f.partOf, "part-of", "", "the `EVENT` of which it is a part")
	f.set.StringVar(&f.text, "text", "", "a `TEXT` that says what it is about")
	f.set.StringVar(&f.textFile, "text-file", "", "take the text from `FILE`, or from stdin if it is -")
	f.set.StringVar(&f.city, "city", "", "the `CITY`, for everybody who sees the event")
	f.set.StringVar(&f.geo, "geo", "", "the `POINT` where it is, as LATITUDE,LONGITUDE, for everybody who sees the event")
	f.set.StringVar(&f.place, "place", "", "the exact `PLACE`, sealed: only guests who are let in see it")
	f.set.StringArrayVar(&f.join, "join", nil, "a `LINK` to take part online, sealed like the place; may be repeated")
	f.set.Uint32Var(&f.capacity, "capacity", 0, "how many people there is room for; 0 is any `NUMBER`")
	f.set.StringVar(&f.answers, "answers", "", "`HOW` answers are taken: auto, who is invited and answers is let in at once, or closed, not at all; auto unless given")
	f.set.StringVar(&f.by, "by", "", "the `NAME` that you announce it by; nobody can check it")
	f.set.StringArrayVar(&f.tags, "tag", nil, "a `WORD` to find it by; may be repeated")
	f.set.StringVar(&f.language, "language", "", "the `LANGUAGE` of the text, like zh-Hant or en")
}

// draft is what the flags say, without the times. What no flag names stays
// absent.
func (f *eventFlags) draft(in io.Reader) (*localpb.Draft, error) {
	err := exclusive(f.set, [2]string{"end", "for"}, [2]string{"zone", "floating"}, [2]string{"text", "text-file"},
		[2]string{"no-end", "end"}, [2]string{"no-end", "for"}, [2]string{"every", "rrule"})
	if err != nil {
		return nil, err
	}
	d := &localpb.Draft{NoEnd: f.noEnd}
	for name, field := range map[string]struct {
		value *string
		to    **string
	}{
		"title": {&f.title, &d.Title}, "text": {&f.text, &d.Text}, "city": {&f.city, &d.City}, "place": {&f.place, &d.Place},
		"answers": {&f.answers, &d.Answers}, "by": {&f.by, &d.By}, "language": {&f.language, &d.Language},
		"part-of": {&f.partOf, &d.PartOf}, "geo": {&f.geo, &d.Geo},
	} {
		if f.set.Changed(name) {
			*field.to = field.value
		}
	}
	if f.set.Changed("capacity") {
		d.Capacity = &f.capacity
	}
	if f.set.Changed("join") {
		d.Join = listOf(f.join)
	}
	if f.set.Changed("tag") {
		d.Tags = listOf(f.tags)
	}
	if f.set.Changed("text-file") {
		text, err := readText(in, f.textFile)
		if err != nil {
			return nil, err
		}
		d.Text = &text
	}
	return d, nil
}

// listOf is a list in which a single empty value stands for none.
func listOf(values []string) *localpb.StringList {
	if len(values) == 1 && values[0] == "" {
		return new(localpb.StringList)
	}
	return &localpb.StringList{Values: values}
}

// maxText is far more than an event's text may have, so that what is too long
// is refused and not cut.
const maxText = 1 << 16

func readText(in io.Reader, path string) (string, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", usage("", "the text cannot be read: %v", err)
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxText+1))
	switch {
	case err != nil:
		return "", usage("", "the text cannot be read: %v", err)
	case len(b) > maxText:
		return "", usage("", "the text in %s is too long: more than %d bytes", path, maxText)
	}
	return string(b), nil
}

// times has the daemon read the times that were typed, and shows how it
// understood them. An event to be edited lends what was not typed.
func (a *app) times(ctx context.Context, client daemon.Client, f *eventFlags, event string) (*localpb.ReadTimeResponse, error) {
	zone := f.zone
	if zone == "" && !f.floating && event == "" {
		zone = a.zoneName()
	}
	read, err := client.ReadTime(ctx, &localpb.ReadTimeRequest{
		At: f.at, End: f.end, Lasting: f.lasting, Zone: zone, Floating: f.floating,
		ReaderZone: a.zoneName(), Event: event, Every: f.every, Rule: f.rrule, Also: f.also, Except: f.except,
	})
	if err != nil {
		return nil, err
	}
	for _, line := range read.GetEcho() {
		a.say("%s", plain.Line(line))
	}
	a.say("")
	return read, nil
}

func (a *app) announce() *cobra.Command {
	f := new(eventFlags)
	var circle, attest string
	cmd := &cobra.Command{
		Use:   "announce TITLE --at TIME",
		Short: "announce an event",
		Long: `Signs an event and passes it on. With --circle everybody in that circle sees it;
without, it is found by invitation only. The place and the links given with
--place and --join are sealed: only guests who are let in see them.

` + timesHelp,
		Example: `  votive announce "Candles" --at "2027-06-04 20:00" --zone Asia/Hong_Kong \
    --city "Hong Kong" --circle june4
  votive announce "Day of silence" --at 2027-06-04 --circle june4
  votive announce "Vigil" --at "2027-06-04 20:00" --every yearly --circle june4
  votive announce "Reading" --at "2027-05-01 19:00" --for 2h \
    --place "Lane 3, no. 8" --capacity 20 --by Ming --text-file reading.txt`,
		Args: want("TITLE"),
	}
	f.register(cmd)
	cmd.Flags().StringVar(&circle, "circle", "", "the `CIRCLE` in which it is announced, by name or id")
	cmd.Flags().StringVar(&attest, "attest", "", "`WHO` learns that your identity is behind it: invited, whom you invite personally, or circle, or nobody; invited unless given")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		if f.at == "" {
			return usage("", "an event needs a time: --at")
		}
		draft, err := f.draft(a.In)
		if err != nil {
			return err
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		read, err := a.times(ctx, client, f, "")
		if err != nil {
			return err
		}
		draft.Title, draft.Start, draft.End = &args[0], read.GetStart(), read.GetEnd()
		if rule := read.GetRecurrence().GetRule(); rule != "" {
			draft.Rule = &rule
		}
		f.others(read.GetRecurrence(), draft)
		a.pointed(draft)
		r, err := client.Announce(ctx, &localpb.AnnounceRequest{Draft: draft, Circle: circle, Attest: attest, ReaderZone: a.zoneName()})
		if err != nil {
			return err
		}
		if err := a.signed("", r); err != nil {
			return err
		}
		a.say("\nInvite people with: votive invite %s", page.Short(r.GetEvent().GetId()))
		return nil
	}
	return cmd
}

// signed prints an event after something was signed, and who learns of it.
func (a *app) signed(typed string, r *localpb.EventResponse) error {
	a.understood(typed, r.GetChosen())
	reader := a.reader()
	if err := a.print(r, func() string { return reader.Card(r.GetEvent()) }); err != nil {
		return err
	}
	a.clashes(r.GetClashes(), r.GetMoreClashes())
	if have, need := r.GetSignatures(), r.GetNeeded(); have < need {
		a.say("\nIt counts when %d more of its organizers sign it.", need-have)
	}
	switch told := r.GetTold(); {
	case told == 1:
		a.say("\n1 guest who was let in will learn of this.")
	case told > 1:
		a.say("\n%d guests who were let in will learn of this.", told)
	}
	return nil
}

func (a *app) edit() *cobra.Command {
	f := new(eventFlags)
	cmd := &cobra.Command{
		Use:   "edit EVENT",
		Short: "change an event you organize",
		Long: `Changes an event that you organize. What no flag names stays as it is; a flag with
an empty value ("") takes something away. --also and --except add to the dates
that were given before.

` + timesHelp,
		Example: `  votive edit candles --at "2027-06-04 20:30"
  votive edit 3f2a9c1b --title "Candles in the park" --city "Hong Kong"
  votive edit 3f2a9c1b --no-end --tag ""
  votive edit candles --every weekly:10
  votive edit candles --also 2027-07-04 --except "18 June"`,
		Args: want("EVENT"),
	}
	cmd.Flags().StringVar(&f.title, "title", "", "its new `TITLE`")
	f.register(cmd)
	cmd.Flags().BoolVar(&f.noEnd, "no-end", false, "take the end away")
	lost := lostFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		changes := false
		cmd.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
			changes = changes || flag.Changed && flag.Name != "lost"
		})
		if !changes {
			return usage("", "nothing to change was given")
		}
		draft, err := f.draft(a.In)
		if err != nil {
			return err
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		if err := a.moved(ctx, client, f, args[0], draft); err != nil {
			return err
		}
		a.pointed(draft)
		r, err := client.EditEvent(ctx, &localpb.EditEventRequest{Event: args[0], Draft: draft, Lost: *lost, ReaderZone: a.zoneName()})
		if err != nil {
			return err
		}
		a.forks(*lost)
		return a.signed(args[0], r)
	}
	return cmd
}

// lostFlag is for who was restored, and goes on without what has not come back.
func lostFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("lost", false, "go on without a change made elsewhere that has not come back in a week")
}

// forks warns of what can come of --lost.
func (a *app) forks(lost bool) {
	if lost {
		a.say("warning: should the change that you made earlier come back, the event has two")
		a.say("versions, and everybody sees that it has. Choose then: votive help merge\n")
	}
}

// moved puts new times into the draft of a change, if any were typed.
func (a *app) moved(ctx context.Context, client daemon.Client, f *eventFlags, event string, draft *localpb.Draft) error {
	timed := f.at != "" || f.end != "" || f.lasting != ""
	if !timed && (f.zone != "" || f.floating) {
		return usage("", "--zone and --floating say how to read --at or --end, and neither was given")
	}
	recurs := f.every != "" || f.rrule != ""
	if !recurs && (f.set.Changed("every") || f.set.Changed("rrule")) {
		draft.Rule = new(string)
	}
	if !timed && !recurs && !f.set.Changed("also") && !f.set.Changed("except") {
		return nil
	}
	read, err := a.times(ctx, client, f, event)
	if err != nil {
		return err
	}
	if recurs {
		rule := read.GetRecurrence().GetRule()
		draft.Rule = &rule
	}
	if f.at != "" {
		draft.Start = read.GetStart()
	}
	if timed && !f.noEnd {
		draft.End = read.GetEnd()
	}
	f.others(read.GetRecurrence(), draft)
	return nil
}

// others puts the dates besides those of the rule into a draft, if any were
// typed.
func (f *eventFlags) others(read *localpb.Recurrence, draft *localpb.Draft) {
	if f.set.Changed("also") || f.set.Changed("except") {
		draft.Dates = &localpb.StringList{Values: read.GetDates()}
		draft.Except = &localpb.StringList{Values: read.GetExcept()}
	}
}

// pointed warns of a point that everybody will see.
func (a *app) pointed(draft *localpb.Draft) {
	if draft.GetGeo() != "" {
		a.say("warning: everybody who can read the event sees this point: %s. What only guests", plain.Line(draft.GetGeo()))
		a.say("who are let in should know belongs into --place.\n")
	}
}

func (a *app) cancel() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "cancel EVENT",
		Short: "call off an event you organize",
		Long: `Calls off an event that you organize. It stays visible as cancelled, with the
reason if you give one, and everybody who was let in learns of it.`,
		Example: `  votive cancel candles --reason "The square is closed off"`,
		Args:    want("EVENT"),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "the `REASON`, for everybody who sees the event")
	lost := lostFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		r, err := client.CancelEvent(cmd.Context(), &localpb.CancelEventRequest{Event: args[0], Reason: reason, Lost: *lost})
		if err != nil {
			return err
		}
		a.forks(*lost)
		return a.signed(args[0], r)
	}
	return cmd
}
