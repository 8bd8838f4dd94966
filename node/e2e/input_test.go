package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// scene is an organizer, somebody who is in their circle, and somebody who is
// locked, with everything that can be refused.
type scene struct {
	host, guest, locked, absent *person

	event, link, file, revoked, expired string
	title                               string // two events are called so
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{
		host: newPerson(t, "host"), guest: newPerson(t, "guest"), locked: newPerson(t, "locked"), absent: newPerson(t, "absent"),
		title: "Book talk", file: filepath.Join(t.TempDir(), "vigil.votive"),
	}
	s.host.start()
	s.host.does("init", "--no-passphrase")
	s.guest.start("--peer", s.host.ready.Addrs[0])
	s.guest.does("init", "--no-passphrase")
	for _, p := range []*person{s.host, s.guest} {
		p.does("circle", "join", "june4")
	}
	s.event = s.announce("Candlelight vigil", "--circle", "june4")
	s.announce(s.title)
	s.announce(s.title)
	s.link = s.host.asks("invite", s.event, "--uses", "3", "--out", s.file).at("link")
	made := s.host.asks("invite", s.event)
	s.host.does("revoke", made.at("id"))
	s.revoked = made.at("link")
	s.expired = s.host.asks("invite", s.event, "--expires", "3s").at("link")
	s.host.polls(`(?m)expired$`, "invites", s.event)

	passphrase := filepath.Join(t.TempDir(), "passphrase")
	write(t, passphrase, "correct horse\n")
	s.locked.start()
	s.locked.does("init", "--passphrase-file", passphrase)
	s.locked.does("lock")
	s.settle()
	return s
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// announce is an event of the host's, by its id.
func (s *scene) announce(title string, flags ...string) string {
	args := []string{"announce", title, "--at", soon + " 20:00", "--for", "2h", "--zone", "Asia/Hong_Kong"}
	return s.host.asks(append(args, flags...)...).at("event.id")
}

// settle waits until what was sent has arrived.
func (s *scene) settle() {
	s.host.polls(`"waiting": *0,`, "status", "--json")
	frames := s.host.asks("status").at("frames")
	s.guest.polls(fmt.Sprintf(`"frames": *%s,(.|\n)*"waiting": *0,`, frames), "status", "--json")
}

// known is what a refusal must not change.
func known(p *person) string {
	if p.daemon == nil {
		_, err := os.Stat(p.home)
		return fmt.Sprintf("a home that is not there: %v", os.IsNotExist(err))
	}
	s := p.asks("status")
	return fmt.Sprintf("%s frames, %s waiting, %s circles, %s pending links, events %s",
		s.at("frames"), s.at("waiting"), s.at("circles"), s.at("pending"), p.votive("events", "--limit", "1000", "--json").out)
}

// refusal is something to type that must be refused.
type refusal struct {
	why  string
	who  *person
	code int
	says string // a regexp for the line; what it is that is wrong
	args []string
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	cases := append(s.links(t), s.events()...)
	cases = append(cases, s.people()...)
	had := make(map[*person]string)
	for _, c := range cases {
		before, ok := had[c.who]
		if !ok {
			before = known(c.who)
		}
		got := c.who.votive(c.args...)
		said := regexp.MustCompile(`(?m)^votive: (.*)$`).FindAllStringSubmatch(got.err, -1)
		ends := regexp.MustCompile(`(?m)^votive: .+\nhint: .+\n\z`).MatchString(got.err)
		command := fmt.Sprintf("%s: votive %.120q", c.why, strings.Join(c.args, " "))
		switch {
		case got.code != c.code:
			t.Errorf("%s exits with %d, want %d: %s", command, got.code, c.code, got.err)
		case len(said) != 1 || !ends:
			t.Errorf("%s says %q, want one line and a hint at the end", command, got.err)
		case !regexp.MustCompile(c.says).MatchString(said[0][1]):
			t.Errorf("%s says %q, want %q", command, said[0][1], c.says)
		case got.out != "" && !strings.HasPrefix(got.out, "Signed by "): // accept says that first
			t.Errorf("%s prints %q, want nothing", command, got.out)
		}
		if h := hidden(got.err); h != "" {
			t.Errorf("%s says %s", command, h)
		}
		if had[c.who] = known(c.who); had[c.who] != before {
			t.Errorf("%s changed\n%s\nto\n%s", command, before, had[c.who])
		}
	}
}

// links are links and files that somebody was sent.
func (s *scene) links(t *testing.T) []refusal {
	t.Helper()
	dir := t.TempDir()
	b, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	whole, body := string(b), strings.TrimPrefix(s.link, "votive:")
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		write(t, path, text)
		return path
	}
	altered := func(at int) string {
		with := "a"
		if body[at:at+1] == with {
			with = "b"
		}
		return "votive:" + body[:at] + with + body[at+1:]
	}
	all := []refusal{
		{"a link without its end", s.guest, 6, "cut short|altered|address", []string{s.link[:len(s.link)-4]}},
		{"half a link", s.guest, 6, "cut short or altered", []string{s.link[:len(s.link)/2]}},
		{"a link of one letter", s.guest, 6, "cut short or altered", []string{"votive:a"}},
		{"a link with something behind it", s.guest, 6, "address of 0 bytes has room for 5", []string{s.link + "aaaaaaaa"}},
		{"a link that does not end", s.guest, 6, `of 655\d\d letters and digits, want at most 221`, []string{s.link + strings.Repeat("a", 1<<16)}},
		{"a link with a letter changed at its beginning", s.guest, 6, "does not add up: it was altered", []string{altered(2)}},
		{"a link with a letter changed in its middle", s.guest, 6, "altered", []string{altered(len(body) / 2)}},
		{"a link with a letter changed at its end", s.guest, 6, "does not add up: it was altered", []string{altered(len(body) - 2)}},
		{"a link in mixed case", s.guest, 6, "in one case", []string{"votive:" + strings.ToUpper(body[:9]) + body[9:]}},
		{"a revoked invitation", s.guest, 6, "revoked", []string{s.revoked, "--yes"}},
		{"an expired invitation", s.guest, 6, "expired", []string{s.expired, "--yes"}},
		{"one's own invitation", s.host, 6, "you organize", []string{s.link, "--yes"}},
		{"nothing", s.guest, 2, `"" is neither a votive link nor a file`, []string{""}},
		{"no link and no file", s.guest, 2, "neither a votive link nor a file", []string{"votiv:abc"}},
		{"a file without a link", s.guest, 2, "no votive link", []string{file("none", "hello\n")}},
		{"a file with two links", s.guest, 2, "2 votive links", []string{file("two", s.link+"\n"+s.revoked+"\n")}},
		{"a file cut short", s.guest, 6, "cut short", []string{file("short", whole[:len(whole)-1])}},
		{"a file cut in its head", s.guest, 6, "not a votive file: cut short", []string{file("head", whole[:20])}},
		{"a file with something behind it", s.guest, 6, "more behind", []string{file("long", whole+"x")}},
		{"a file with a byte changed in a frame", s.guest, 6, `frame 1 of the \d in the file: stamp does not hold`, []string{file("frame", whole[:999]+"\x00\xff"+whole[1001:])}},
		{"a file with another link in it", s.guest, 6, "does not hold the invitation that it should: it was altered", []string{file("link", whole[:20]+"\x00\xff"+whole[22:])}},
		{"a picture that is none", s.guest, 2, "neither a PNG nor a JPEG", []string{file("p.png", "\x89PNG\r\n\x1a\nxxx")}},
		{"a directory", s.guest, 2, "is a directory", []string{dir}},
	}
	for i := range all {
		all[i].args = append([]string{"accept"}, all[i].args...)
	}
	return append(all,
		refusal{"an event's link for a circle", s.guest, 2, "does not lead to a circle", []string{"circle", "join", s.link, "--yes"}},
		refusal{"an event's link for a person", s.guest, 2, "no contact card", []string{"contacts", "add", s.link, "--as", "X", "--yes"}},
		refusal{"a card without a name", s.guest, 2, "--as", []string{"contacts", "add", s.link}},
		refusal{"no card", s.guest, 2, "no contact card", []string{"contacts", "add", "foo", "--as", "X"}},
	)
}

// events are announcements and changes that must not be made.
func (s *scene) events() []refusal {
	at := nextYear + "-06-04T20:00"
	var all []refusal
	for _, c := range []struct {
		why  string
		code int
		says string
		args []string
	}{
		{"an event in the past", 6, "past", []string{"X", "--at", "2020-06-04T20:00"}},
		{"a date in the past", 6, "past", []string{"X", "--at", "2020-06-04"}},
		{"an end before the start", 2, "before", []string{"X", "--at", at, "--end", nextYear + "-06-04T19:00"}},
		{"an end of another kind", 2, "end is date and start is zoned", []string{"X", "--at", at, "--end", nextYear + "-06-05"}},
		{"an end and a length", 2, "exclude", []string{"X", "--at", at, "--end", at, "--for", "2h"}},
		{"an unknown zone", 2, `zone "Mars/Olympus" is not known`, []string{"X", "--at", at, "--zone", "Mars/Olympus"}},
		{"an hour that no clock shows", 2, "clocks are put forward", []string{"X", "--at", "2027-03-28T01:30", "--zone", "Europe/London"}},
		{"no such day", 2, "no such day", []string{"X", "--at", nextYear + "-02-30"}},
		{"a year too far", 2, "2100", []string{"X", "--at", "2101-01-01"}},
		{"no time", 2, "--at", []string{"X"}},
		{"no title", 2, "title", []string{"", "--at", at}},
		{"a title of 201 bytes", 2, "201 bytes", []string{strings.Repeat("x", 201), "--at", at}},
		{"a title of 201 bytes in Chinese", 2, "201 bytes", []string{strings.Repeat("燭", 67), "--at", at}},
		{"a title that is not UTF-8", 2, "UTF-8", []string{"caf\xe9", "--at", at}},
		{"a text that is not UTF-8", 2, "UTF-8", []string{"X", "--at", at, "--text", "caf\xe9"}},
		{"a text of 2,401 bytes", 2, "2401 bytes|2,401 bytes", []string{"X", "--at", at, "--text", strings.Repeat("x", 2401)}},
		{"a link to join that is not https", 2, "https", []string{"X", "--at", at, "--join", "http://x"}},
		{"too large a capacity", 2, "100.?000", []string{"X", "--at", at, "--capacity", "100001"}},
		{"a capacity below nothing", 2, "-1", []string{"X", "--at", at, "--capacity=-1"}},
		{"no such policy", 2, "answers", []string{"X", "--at", at, "--answers", "perhaps"}},
		{"a policy that comes later", 2, "answers", []string{"X", "--at", at, "--answers", "approve"}},
		{"nobody to attest to", 2, "attest", []string{"X", "--at", at, "--attest", "me"}},
		{"an unknown circle", 3, `"nosuch"`, []string{"X", "--at", at, "--circle", "nosuch"}},
		{"a flag that there is not", 2, "unknown flag", []string{"X", "--at", at, "--when", "now"}},
		{"too many words", 2, "too much", []string{"X", "Y", "--at", at}},
	} {
		all = append(all, refusal{c.why, s.host, c.code, c.says, append([]string{"announce"}, c.args...)})
	}
	// Nothing is ever guessed.
	for _, when := range []string{"20:00", "4/6/2027", "6/4 20:00", "now", "soon", "tomorrow 8:00", "明天8点", "tomorrow 12pm"} {
		all = append(all, refusal{"a time that can be meant in two ways, or in none", s.host, 2, `write .*\d\d:00`, []string{"announce", "X", "--at", when}})
	}
	return append(all,
		refusal{"a change by somebody who is no organizer", s.guest, 6, "not an organizer", []string{"edit", s.event, "--city", "X"}},
		refusal{"a cancellation by a stranger", s.guest, 6, "not an organizer", []string{"cancel", s.event}},
		refusal{"an invitation by a stranger", s.guest, 6, "not an organizer", []string{"invite", s.event}},
		refusal{"the guests, asked for by a stranger", s.guest, 6, "not an organizer", []string{"guests", s.event}},
		refusal{"an unknown event", s.host, 3, `"nosuch"`, []string{"edit", "nosuch", "--city", "X"}},
		refusal{"a title of two events", s.host, 3, `2 events .*: [0-9a-f]{8}, [0-9a-f]{8}`, []string{"show", s.title}},
		refusal{"a part of two titles", s.host, 3, "2 events", []string{"invite", "talk"}},
		refusal{"too short a prefix", s.host, 3, "no event", []string{"show", s.event[:5]}},
		refusal{"a change of nothing", s.host, 2, "nothing to change", []string{"edit", s.event}},
		refusal{"a change to an end before the start", s.host, 2, "before", []string{"edit", s.event, "--end", soon + "T19:00"}},
		refusal{"a change to the past", s.host, 6, "past", []string{"edit", s.event, "--at", "2020-01-01T20:00"}},
		refusal{"a title that is too long", s.host, 2, "201 bytes", []string{"edit", s.event, "--title", strings.Repeat("x", 201)}},
		refusal{"an invitation that expired before it began", s.host, 6, "expire", []string{"invite", s.event, "--expires", "2020-01-01"}},
		refusal{"an expiry that can be meant in two ways", s.host, 2, "either way round", []string{"invite", s.event, "--expires", "6/4"}},
		refusal{"too many uses", s.host, 2, "100.?000", []string{"invite", s.event, "--uses", "100001"}},
		refusal{"an unknown invitation", s.host, 3, "invitation", []string{"revoke", "ffffffff"}},
		refusal{"an invitation to an open circle", s.host, 6, "open circle", []string{"circle", "link", "june4"}},
	)
}

// people are things that somebody cannot do as they are.
func (s *scene) people() []refusal {
	return []refusal{
		{"an answer that is none", s.guest, 2, `answer "perhaps", want one of \[no yes maybe\]`, []string{"rsvp", s.event, "perhaps"}},
		{"an answer to one's own event", s.host, 6, "you organize", []string{"rsvp", s.event, "yes"}},
		{"an answer for nobody", s.guest, 2, "party of 101, want 0 to 100", []string{"rsvp", s.event, "yes", "--party", "101"}},
		{"a name too long", s.guest, 2, "101 bytes", []string{"rsvp", s.event, "yes", "--name", strings.Repeat("x", 101)}},
		{"a second vault", s.host, 1, "a vault here already", []string{"init", "--no-passphrase"}},
		{"locked: events", s.locked, 4, "locked", []string{"events"}},
		{"locked: announce", s.locked, 4, "locked", []string{"announce", "X", "--at", nextYear + "-06-04"}},
		{"locked: accept", s.locked, 4, "locked", []string{"accept", s.link, "--yes"}},
		{"locked: circle join", s.locked, 4, "locked", []string{"circle", "join", "june4"}},
		{"locked: id", s.locked, 4, "locked", []string{"id"}},
		{"locked: contacts", s.locked, 4, "locked", []string{"contacts"}},
		{"no daemon: events", s.absent, 5, "not running", []string{"events"}},
		{"no daemon: announce", s.absent, 5, "not running", []string{"announce", "X", "--at", nextYear + "-06-04"}},
		{"no daemon: status", s.absent, 5, "not running", []string{"status", "--json"}},
		{"no daemon: watch", s.absent, 5, "not running", []string{"watch"}},
		{"no such command", s.absent, 2, "no command", []string{"anounce"}},
	}
}
