package main

import (
	"context"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What the demo is about. All of it is looked for on the keeper's disk.
const (
	title  = "Candlelight vigil 燭光悼念"
	circle = "june4-demo-circle"
	city   = "Hong Kong"
	place  = "Victoria Park, gate 3"
	host   = "Organizer Chan"
	guest  = "Guest Lam"
)

// stage is the people of the demo and what they learnt.
type stage struct {
	out                                io.Writer
	dir, bin                           string
	organizer, keeper, guest, stranger *person
	keeperAddr                         string
	date                               string // of the vigil: YYYY-MM-DD
	event, link                        string
	keys                               []string
}

// event is what the demo reads of an event.
type event struct {
	ID         string `json:"id"`
	Title      string `json:"title"`
	Start      struct{ Local string }
	Organizers []struct{ Key string }
	Details    *struct{ Place string }
	Reply      *struct{ Answer string }
}

func run(ctx context.Context, bin string, out io.Writer) (err error) {
	start := time.Now()
	bin, err = filepath.Abs(bin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "votive-demo-")
	if err != nil {
		return err
	}
	s := &stage{out: out, dir: dir, bin: bin, date: june4(start)}
	defer func() { err = errors.Join(err, s.cleanUp()) }()
	for _, step := range []struct {
		says string
		does func(context.Context) error
	}{
		{"A keeper: carries frames for everybody. It has no vault, and joins nothing.", s.startKeeper},
		{"An organizer, who is connected to the keeper alone.", s.startOrganizer},
		{"A guest, who is connected to the keeper alone: organizer and guest share no link.", s.startGuest},
		{"The organizer announces in an open circle; it is found at the far end.", s.announce},
		{"The organizer invites; the guest accepts and answers; the organizer sees the answer.", s.invite},
		{"What does the keeper's disk hold?", s.seizeKeeper},
		{"The organizer changes the time; the guest sees the change.", s.edit},
		{"The organizer is gone for good; somebody new still finds the event.", s.survive},
	} {
		fmt.Fprintf(out, "\n== %s\n", step.says)
		if err := step.does(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\nEvery step held, in %.0f s.\n", time.Since(start).Seconds())
	return nil
}

// june4 is the next 4 June that is over nowhere on Earth: at least two days from
// now, since nobody is told of what has been.
func june4(now time.Time) string {
	now = now.UTC()
	day := time.Date(now.Year(), time.June, 4, 0, 0, 0, 0, time.UTC)
	if day.Before(now.AddDate(0, 0, 2)) {
		day = day.AddDate(1, 0, 0)
	}
	return day.Format(time.DateOnly)
}

func (s *stage) person(name string) *person {
	return &person{name: name, home: filepath.Join(s.dir, name), bin: s.bin, out: s.out}
}

// up starts a node. The effort is the least there is: at the default, stamping
// one frame takes about a second, which is for strangers to pay, not for you.
func (s *stage) up(ctx context.Context, p *person, more ...string) error {
	args := []string{"up", "--", "--effort", "16", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1", "--listen", "/ip4/127.0.0.1/tcp/0"}
	return p.types(ctx, append(args, more...)...)
}

func (s *stage) startKeeper(ctx context.Context) error {
	s.keeper = s.person("keeper")
	if err := s.up(ctx, s.keeper, "--keeper"); err != nil {
		return err
	}
	var status struct{ Addrs []string }
	if err := s.keeper.asks(ctx, &status, "status"); err != nil {
		return err
	}
	if len(status.Addrs) == 0 {
		return errors.New("the keeper listens nowhere")
	}
	s.keeperAddr = status.Addrs[0]
	return nil
}

func (s *stage) startOrganizer(ctx context.Context) error {
	s.organizer = s.person("organizer")
	if err := s.up(ctx, s.organizer, "--peer", s.keeperAddr); err != nil {
		return err
	}
	if err := s.newcomer(ctx, s.organizer, host); err != nil {
		return err
	}
	return s.organizer.types(ctx, "circle", "join", circle)
}

// newcomer makes a vault, unseen: the 24 words are for its owner alone.
func (s *stage) newcomer(ctx context.Context, p *person, name string) error {
	fmt.Fprintf(s.out, "\n  %s$ votive init --no-passphrase --name '%s'\n    (shows the 24 words, once)\n", p.name, name)
	var made struct{ Identity struct{ Key string } }
	if err := p.asks(ctx, &made, "init", "--no-passphrase", "--name", name); err != nil {
		return err
	}
	s.keys = append(s.keys, made.Identity.Key)
	return nil
}

func (s *stage) startGuest(ctx context.Context) error {
	s.guest = s.person("guest")
	if err := s.up(ctx, s.guest, "--peer", s.keeperAddr); err != nil {
		return err
	}
	if err := s.newcomer(ctx, s.guest, guest); err != nil {
		return err
	}
	return s.guest.types(ctx, "circle", "join", circle)
}

func (s *stage) announce(ctx context.Context) error {
	err := s.organizer.types(ctx, "announce", title, "--at", s.date+" 20:00", "--zone", "Asia/Hong_Kong",
		"--for", "2h", "--circle", circle, "--city", city, "--place", place, "--by", host)
	if err != nil {
		return err
	}
	err = s.guest.waits(ctx, "the announcement has arrived", func(ctx context.Context) (bool, error) {
		e, err := find(ctx, s.guest)
		if e != nil {
			s.event = e.ID
			for _, o := range e.Organizers {
				s.keys = append(s.keys, o.Key)
			}
		}
		return e != nil, err
	})
	if err != nil {
		return err
	}
	return s.guest.types(ctx, "events")
}

// find is the demo's event as somebody knows it, or nil.
func find(ctx context.Context, p *person) (*event, error) {
	var list struct{ Events []event }
	if err := p.asks(ctx, &list, "events"); err != nil {
		return nil, err
	}
	for _, e := range list.Events {
		if e.Title == title {
			return &e, nil
		}
	}
	return nil, nil
}

func (s *stage) invite(ctx context.Context) error {
	fmt.Fprintf(s.out, "\n  organizer$ votive invite '%s' --uses 5\n", title)
	var inv struct{ Link string }
	if err := s.organizer.asks(ctx, &inv, "invite", title, "--uses", "5"); err != nil {
		return err
	}
	s.link = inv.Link
	fmt.Fprintf(s.out, "    %s\n", inv.Link)
	if err := s.guest.types(ctx, "accept", inv.Link, "--yes"); err != nil {
		return err
	}
	if err := s.guest.types(ctx, "rsvp", title, "yes", "--party", "2", "--name", guest); err != nil {
		return err
	}
	err := s.organizer.waits(ctx, "the answer has arrived", func(ctx context.Context) (bool, error) {
		var g struct {
			Guests []struct{ Name, Answer string }
		}
		err := s.organizer.asks(ctx, &g, "guests", title)
		return len(g.Guests) == 1 && g.Guests[0].Name == guest && g.Guests[0].Answer == "in", err
	})
	if err != nil {
		return err
	}
	if err := s.organizer.types(ctx, "guests", title); err != nil {
		return err
	}
	err = s.guest.waits(ctx, "let in, and told the place", func(ctx context.Context) (bool, error) {
		e, err := find(ctx, s.guest)
		return e != nil && e.Details != nil && e.Details.Place == place && e.Reply != nil && e.Reply.Answer == "in", err
	})
	if err != nil {
		return err
	}
	return s.guest.types(ctx, "show", title)
}

func (s *stage) seizeKeeper(ctx context.Context) error {
	var status struct{ Frames int }
	if err := s.keeper.asks(ctx, &status, "status"); err != nil {
		return err
	}
	secrets := []secret{
		{"the title", []byte(title)},
		{"the circle", []byte(circle)},
		{"the city", []byte(city)},
		{"the place", []byte(place)},
		{"the organizer", []byte(host)},
		{"the guest", []byte(guest)},
	}
	for _, id := range append(s.keys, s.event) {
		b, err := hex.DecodeString(id)
		if err != nil {
			return err
		}
		secrets = append(secrets, secret{"the key or id " + id[:12], b})
	}
	link, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimPrefix(s.link, "votive:")))
	if err != nil {
		return err
	}
	secrets = append(secrets, secret{"the link's secret", link[1:33]})
	looked, found, err := seize(s.keeper.home, secrets)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "    %d frames; %d bytes of files searched for %d names, titles, places, keys and secrets,\n", status.Frames, looked, len(secrets))
	fmt.Fprintf(s.out, "    as text, hex, base32 and base64: %d found.\n", len(found))
	if len(found) > 0 || status.Frames == 0 {
		return fmt.Errorf("the keeper's disk betrays: %s (of %d frames)", strings.Join(found, "; "), status.Frames)
	}
	return nil
}

func (s *stage) edit(ctx context.Context) error {
	if err := s.organizer.types(ctx, "edit", title, "--at", s.date+" 20:30"); err != nil {
		return err
	}
	return s.guest.waits(ctx, "the new time has arrived", func(ctx context.Context) (bool, error) {
		e, err := find(ctx, s.guest)
		return e != nil && e.Start.Local == s.date+"T20:30:00", err
	})
}

func (s *stage) survive(ctx context.Context) error {
	if err := s.organizer.types(ctx, "down"); err != nil {
		return err
	}
	if err := os.RemoveAll(s.organizer.home); err != nil {
		return err
	}
	s.organizer = nil
	s.stranger = s.person("newcomer")
	if err := s.up(ctx, s.stranger, "--peer", s.keeperAddr); err != nil {
		return err
	}
	if err := s.newcomer(ctx, s.stranger, ""); err != nil {
		return err
	}
	if err := s.stranger.types(ctx, "circle", "join", circle); err != nil {
		return err
	}
	err := s.stranger.waits(ctx, "the event was found, at its new time", func(ctx context.Context) (bool, error) {
		e, err := find(ctx, s.stranger)
		return e != nil && e.Start.Local == s.date+"T20:30:00", err
	})
	if err != nil {
		return err
	}
	return s.stranger.types(ctx, "events")
}

// cleanUp stops who still runs, and removes all that was kept.
func (s *stage) cleanUp() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, p := range []*person{s.organizer, s.guest, s.stranger, s.keeper} {
		if p != nil {
			_ = p.command(ctx, "down").Run()
		}
	}
	return os.RemoveAll(s.dir)
}
