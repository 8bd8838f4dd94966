package secretary_test

import (
	"log/slog"
	"testing"

	"votive/node/secretary"
	"votive/proto/votive"
)

const (
	aKeeper = "/ip4/192.0.2.1/udp/4001/quic-v1/p2p/12D3KooWGzBXjZUXr4Tj9dUnPRSvEGf7SMqyvaP6YhgjZ5WHrtTt"
	here    = "/ip4/192.0.2.2/udp/4001/quic-v1/p2p/12D3KooWKRyzVWW6ChFjQjK4miCty85Niy48tpPV95XdKu1BcvMA"
)

// A link is passed on, and found in telephones: it names a keeper or nobody, and
// this node only for who asks for that, each time.
func TestLinksNameThisNodeOnlyWhenAsked(t *testing.T) {
	w := newWorld(t)
	p := w.person()
	event := p.vigil(votive.ID{})
	circle, err := p.NewCircle(p.ctx, "friends")
	if err != nil {
		t.Fatal(err)
	}
	for _, keeper := range []string{"", aKeeper} {
		s := secretary.New(p.book, secretary.Options{
			Keeper: func() string { return keeper }, Here: func() string { return here },
			Log: slog.New(slog.DiscardHandler),
		})
		for _, asked := range []bool{true, false} {
			want := keeper
			if asked {
				want = here
			}
			check := func(what, want string, l votive.Link, err error) {
				t.Helper()
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if got := secretary.AddressOf(l); got != want {
					t.Errorf("keeper %q, asked %v: %s names %q, want %q", keeper, asked, what, got, want)
				}
			}
			inv, err := s.Invite(p.ctx, event, secretary.Terms{Here: asked})
			check("an invitation", want, inv.Link, err)
			inv, err = s.Linked(inv.Invitation)
			check("an invitation, listed", keeper, inv.Link, err)
			inv, err = s.InviteToCircle(p.ctx, circle, secretary.Terms{Here: asked})
			check("an invitation to a circle", want, inv.Link, err)
			card, err := s.Card(p.ctx, false, asked)
			check("a card", want, card, err)
		}
	}
}
