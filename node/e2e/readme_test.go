package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.." // of the repository

// readme is what README.md tells people to type, in order: the lines of its
// blocks, and then the commands in its sentences.
func readme(t *testing.T) (blocks, sentences []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	spans := regexp.MustCompile("`((?:votive|votived|make)(?: [^`]*)?)`")
	comment := regexp.MustCompile(`(^| )\s*#.*`)
	block, line := false, ""
	for text := range strings.Lines(string(b)) {
		text = strings.TrimSpace(text)
		switch {
		case strings.HasPrefix(text, "```"):
			block = !block
		case block:
			line += comment.ReplaceAllString(text, "")
			if more, ok := strings.CutSuffix(line, `\`); ok {
				line = more
			} else if line != "" {
				blocks, line = append(blocks, strings.TrimSpace(line)), ""
			}
		default:
			for _, s := range spans.FindAllStringSubmatch(text, -1) {
				sentences = append(sentences, s[1])
			}
		}
	}
	return blocks, sentences
}

// split is a command line's words, as a shell has them.
func split(line string) []string {
	var words []string
	for _, w := range regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`).FindAllString(line, -1) {
		words = append(words, strings.Trim(w, `"'`))
	}
	return words
}

// newcomer is who follows README.md, and the people they do it with.
type newcomer struct {
	t                             *testing.T
	organizer, guest, other, back *person
	keeper                        *person
	passphrase                    string // a file with it
	words                         string // the 24 that init showed
	link                          string // the last that invite made
}

// TestReadme types what README.md says, as it says it. Only what cannot be the
// same is another: places, passphrases, addresses and links. The year is said,
// since 4 June without it is not understood on the evening of that day.
func TestReadme(t *testing.T) {
	t.Parallel()
	blocks, sentences := readme(t)
	if len(blocks) < 10 || len(sentences) < 10 {
		t.Fatalf("README.md has %d lines to type and %d commands in sentences, want 10 of both at least", len(blocks), len(sentences))
	}
	n := &newcomer{t: t, passphrase: filepath.Join(t.TempDir(), "passphrase")}
	if err := os.WriteFile(n.passphrase, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n.organizer, n.guest, n.other = newPerson(t, "organizer"), newPerson(t, "guest"), newPerson(t, "other")
	n.back, n.keeper = newPerson(t, "back"), newPerson(t, "keeper")
	hub := newPerson(t, "hub") // the keeper that they know from the start
	hub.start("--keeper")
	n.organizer.start("--peer", hub.ready.Addrs[0])
	n.guest.start("--peer", hub.ready.Addrs[0])
	n.guest.does("init", "--no-passphrase")
	t.Cleanup(func() { n.other.votive("down") })
	for _, line := range append(blocks, sentences...) {
		t.Log("$ " + line)
		words := split(strings.ReplaceAll(line, "4 June ", "4 June "+nextYear+" "))
		switch words[0] {
		case "make":
			n.make(words[1:])
		case "votived":
			n.keep(words[1:])
		case "votive":
			n.votive(words[1:])
		default:
			t.Errorf("README.md tells people to type %q, which this test does not know", line)
		}
	}
}

// make looks whether there is such a target; what it does is for others to
// test.
func (n *newcomer) make(targets []string) {
	if _, err := exec.LookPath("make"); err != nil {
		return
	}
	cmd := exec.Command("make", append([]string{"-n"}, targets...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Errorf("make %s = %v: %s", strings.Join(targets, " "), err, out)
	}
}

// keep runs a keeper, on loopback, on any port.
func (n *newcomer) keep(args []string) {
	for i := 1; i < len(args); i++ {
		switch args[i-1] {
		case "--home":
			args[i] = n.keeper.home
		case "--listen":
			args[i] = strings.NewReplacer("0.0.0.0", "127.0.0.1", "4001", "0").Replace(args[i])
		}
	}
	line, err := n.keeper.launch(append(args, "--effort", "16")...)
	if err != nil || line != "ready\n" {
		n.t.Fatalf("votived %s printed %q, %v, want ready", strings.Join(args, " "), line, err)
	}
}

func (n *newcomer) votive(args []string) {
	who := n.organizer
	switch args[0] {
	case "init":
		args = append(args, "--passphrase-file", n.passphrase)
		if len(args) > 3 { // --restore, on another computer
			n.restore(args)
			return
		}
		if n.words != "" {
			return // it is mentioned again
		}
		n.words = who.does(args...)
		return
	case "passphrase":
		args = append(args, "--old-passphrase-file", n.passphrase, "--passphrase-file", n.passphrase)
	case "backup":
		args = append(args, "--passphrase-file", n.passphrase)
	case "wipe": // of who needs it no more
		args, who = append(args, "--yes"), n.back
	case "accept":
		args, who = []string{"accept", n.link, "--yes"}, n.guest
	case "rsvp":
		who = n.guest
	case "guests":
		who.until("yes", args...)
	case "watch":
		_, stop := who.follow()
		stop()
		return
	case "up":
		who = n.other
		if strings.HasPrefix(args[len(args)-1], "/dns4/") {
			args = append(append(args[:len(args)-1:len(args)-1], n.organizer.ready.Addrs[0]), loopback...)
		}
	case "import":
		args[1] = filepath.Join(filepath.Dir(n.passphrase), args[1])
		entry := "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:" + nextYear + "0604T190000Z\nSUMMARY:Work\nEND:VEVENT\nEND:VCALENDAR\n"
		write(n.t, args[1], entry)
	case "bundle":
		if args[2] = filepath.Join(filepath.Dir(n.passphrase), args[2]); args[1] == "import" {
			who = n.guest
		}
	case "--home":
		args[1] = n.keeper.home
	}
	out := who.does(args...)
	switch args[0] {
	case "lock":
		who.does("unlock", "--passphrase-file", n.passphrase)
	case "invite":
		n.link = strings.TrimSpace(out)
	}
}

// restore brings the identity back on another computer.
func (n *newcomer) restore(args []string) {
	n.back.start("--peer", n.organizer.ready.Addrs[0])
	cmd := n.back.command(n.t.Context(), "votive", args...)
	cmd.Stdin = strings.NewReader(n.words)
	if s := n.back.runs(cmd); s.code != 0 {
		n.t.Fatalf("votive %s exits with %d: %s", strings.Join(args, " "), s.code, s.err)
	}
	n.back.until("Candlelight vigil", "events")
}

// TestReadmeLinks follows the links in README.md to files and headings.
func TestReadmeLinks(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	headings := make(map[string]bool)
	for _, h := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(b), -1) {
		headings["#"+strings.ReplaceAll(strings.ToLower(h[1]), " ", "-")] = true
	}
	for _, l := range regexp.MustCompile(`\]\(([^)]*)\)`).FindAllStringSubmatch(string(b), -1) {
		switch {
		case strings.HasPrefix(l[1], "https://"):
		case strings.HasPrefix(l[1], "#"):
			if !headings[l[1]] {
				t.Errorf("README.md links to %s, which it does not have", l[1])
			}
		default:
			if _, err := os.Stat(filepath.Join(root, l[1])); err != nil {
				t.Errorf("README.md links to %s: %v", l[1], err)
			}
		}
	}
}
