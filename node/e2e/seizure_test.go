package e2e

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secrets are what must not be found on a disk, by what they are.
type secrets map[string][]byte

// seized looks through all files under a directory for secrets, in every form,
// and gives how many bytes it looked through and what it found.
func seized(t *testing.T, dir string, all secrets) (looked int, found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		looked += len(b)
		b = append(b, path...) // names of files tell too
		folded := bytes.ToLower(b)
		for what, secret := range all {
			for form, needle := range forms(secret) {
				if bytes.Contains(b, needle) || bytes.Contains(folded, bytes.ToLower(needle)) {
					found = append(found, fmt.Sprintf("%s as %s in %s", what, form, path))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return looked, found
}

// forms are the ways in which bytes may stand in a file. In base32 and base64
// what is inside of something longer may begin in the middle of a group.
func forms(b []byte) map[string][]byte {
	m := map[string][]byte{"itself": b, "hex": []byte(hex.EncodeToString(b))}
	inside := func(name string, group, bits int, encode func([]byte) string) {
		for shift := range group {
			padded := append(make([]byte, shift), b...)
			text := strings.TrimRight(encode(padded), "=")
			// The first and the last character may hold bits of a neighbour.
			from, to := (shift*8+bits-1)/bits, len(padded)*8/bits
			if to-from >= 6 {
				m[fmt.Sprintf("%s+%d", name, shift)] = []byte(text[from:to])
			}
		}
	}
	inside("base32", 5, 5, base32.StdEncoding.EncodeToString)
	inside("base32hex", 5, 5, base32.HexEncoding.EncodeToString)
	inside("base64", 3, 6, base64.StdEncoding.EncodeToString)
	inside("base64url", 3, 6, base64.URLEncoding.EncodeToString)
	return m
}

// job is the main job: announced, invited, accepted, answered, changed; with a
// keeper in between, a guest and an organizer with passphrases.
type job struct {
	keeper, host, guest *person
	secrets             secrets
}

const passphrase = "correct horse battery staple"

func newJob(t *testing.T) *job {
	t.Helper()
	j := &job{keeper: newPerson(t, "keeper"), host: newPerson(t, "host"), guest: newPerson(t, "guest"), secrets: make(secrets)}
	file, invitation := filepath.Join(t.TempDir(), "passphrase"), filepath.Join(t.TempDir(), "vigil.votive")
	write(t, file, passphrase+"\n")
	j.keeper.start("--keeper")
	for name, p := range map[string]*person{"Organizer Chan": j.host, "Guest Lam": j.guest} {
		p.start("--peer", j.keeper.ready.Addrs[0])
		made := p.asks("init", "--passphrase-file", file, "--name", name)
		var words []string
		for _, w := range made.list("backup") {
			words = append(words, w.String())
		}
		seed, key := identity(t, words)
		if got := made.at("identity.key"); got != hex.EncodeToString(key) {
			t.Fatalf("the identity key is %s, want %x of the 24 words", got, key)
		}
		j.add(name, []byte(name))
		j.add(name+"'s words", []byte(strings.Join(words, " ")))
		j.add(name+"'s seed", seed)
		j.add(name+"'s key", key)
		j.add(name+"'s private key", derive(seed, "identity"))
		j.frameSecret(name+"'s own secret", derive(seed, "self"))
		j.frameSecret(name+"'s card", linkSecret(t, p.asks("id").at("card")))
		p.asks("settings", "notifications", "full") // what may be told to a desktop is not told to the disk
		p.asks("remind", "--before", "90d")
		circle := p.asks("circle", "join", "seizure-circle").at("circles.0.id")
		if want := derive(openCircle("seizure-circle"), "circle id"); circle != hex.EncodeToString(want) {
			t.Fatalf("the circle's id is %s, want %x", circle, want)
		}
		j.add("the circle's id", unhex(t, circle))
	}
	j.add("the passphrase", []byte(passphrase))
	j.add("the circle's name", []byte("seizure-circle"))
	j.frameSecret("the circle's secret", openCircle("seizure-circle"))
	j.meet(t, invitation)
	return j
}

func (j *job) add(what string, secret []byte) { j.secrets[what] = secret }

// frameSecret is a secret and the keys that are derived from it.
func (j *job) frameSecret(what string, secret []byte) {
	j.add(what, secret)
	j.add("the tag key of "+what, derive(secret, "tag"))
	j.add("the seal key of "+what, derive(secret, "seal"))
}

// meet is what happens between host and guest.
func (j *job) meet(t *testing.T, invitation string) {
	t.Helper()
	said := map[string]string{
		"title": "Candlelight vigil 燭光悼念", "city": "Victoria City", "place": "Gate 3, Causeway Road", "join": "https://meet.example/vigil-4711",
		"text": "Bring a candle and an umbrella.", "by": "The candle makers", "tag": "candle-tag",
	}
	new := map[string]string{"title": "Vigil at dusk 黃昏", "city": "Kowloon Tong", "place": "Gate 5, Sugar Street"}
	reply := map[string]string{"name": "Lam by the guest", "note": "We come by tram no. 9"}
	for _, m := range []map[string]string{said, new, reply} {
		for flag, text := range m {
			j.add(flag+" "+text, []byte(text))
		}
	}
	flags := func(m map[string]string, args ...string) []string {
		for flag, text := range m {
			if flag != "title" || args[0] == "edit" {
				args = append(args, "--"+flag, text)
			}
		}
		return args
	}
	event := j.host.asks(flags(said, "announce", said["title"], "--at", soon+" 20:00", "--zone", "Asia/Hong_Kong", "--circle", "seizure-circle")...)
	id := event.at("event.id")
	j.add("the event's id", unhex(t, id))
	j.add("the event key", unhex(t, event.at("event.organizers.0.key")))
	j.add("the first revision", unhex(t, event.at("event.heads.0")))
	made := j.host.asks("invite", id, "--uses", "5", "--out", invitation)
	link := made.at("link")
	j.add("the link", []byte(link))
	j.add("the invitation's id", unhex(t, made.at("id")))
	j.frameSecret("the link's secret", linkSecret(t, link))
	file, err := os.ReadFile(invitation)
	if err != nil {
		t.Fatal(err)
	}
	eventSecret, invite := invitationFile(t, file)
	j.frameSecret("the event's secret", eventSecret)
	j.add("the invite secret", invite)
	j.frameSecret("the secret of replies", derive(invite, "reply"))

	j.guest.until(`"pending": *false`, "accept", link, "--json")
	j.guest.does(flags(reply, "rsvp", id, "yes")...)
	j.guest.until(`"answer": *"in"`, "show", id, "--json")
	j.host.until(reply["note"], "guests", id, "--json")
	edited := j.host.asks(flags(new, "edit", id)...)
	j.add("the second revision", unhex(t, edited.at("event.heads.0")))
	j.guest.until("Sugar Street", "show", id, "--json")
	j.host.settles()
	j.guest.settles()
}

// TestSeizure looks through the disks of a keeper, and of a guest and an
// organizer whose vaults are locked, while they run and when they are off.
func TestSeizure(t *testing.T) {
	t.Parallel()
	j := newJob(t)
	dump := t.TempDir()
	for _, p := range []*person{j.host, j.guest} { // what they know, unlocked
		for _, args := range [][]string{{"events", "--json"}, {"id", "--json"}, {"circle", "list", "--json"}, {"guests", "Vigil", "--json"}, {"show", "Vigil", "--history", "--json"}, {"invites", "Vigil", "--json"}} {
			write(t, filepath.Join(dump, p.name+args[0]), p.votive(args...).out)
		}
		p.does("lock")
	}
	search := func(when string) {
		for _, p := range []*person{j.keeper, j.host, j.guest} {
			looked, found := seized(t, p.home, j.secrets)
			for _, f := range found {
				t.Errorf("%s, the home of the %s betrays %s", when, p.name, f)
			}
			if looked < 10*frameSize {
				t.Errorf("%s, the home of the %s has %d bytes, want frames in it", when, p.name, looked)
			}
		}
	}
	search("running")
	for _, p := range []*person{j.keeper, j.host, j.guest} {
		p.quiet(t)
		if err := p.stop(os.Interrupt); err != nil {
			t.Errorf("votived ended with %v", err)
		}
	}
	search("stopped")
	for _, p := range []*person{j.keeper, j.host, j.guest} {
		p.start()
	}
	search("started again")
	t.Logf("%d secrets looked for", len(j.secrets))

	// The same search finds what is there to be found.
	if _, found := seized(t, dump, j.secrets); len(found) < 12 {
		t.Errorf("what an unlocked votive prints betrays only %q", found)
	}
}

// quiet wants nothing in the log that says with whom this node spoke.
func (p *person) quiet(t *testing.T) {
	t.Helper()
	log, err := os.ReadFile(p.log())
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"/ip4/", "/ip6/", "127.0.0.1", "12D3Koo", p.ready.PeerID} {
		if bytes.Contains(log, []byte(word)) {
			t.Errorf("the log of the %s has %q in it: %s", p.name, word, log)
		}
	}
}

// TestSearchFinds plants a secret in each of its forms, beside other things.
func TestSearchFinds(t *testing.T) {
	t.Parallel()
	secret := []byte("Victoria Park, gate 3")
	for form, needle := range forms(secret) {
		for i, text := range [][]byte{needle, bytes.ToUpper(needle)} {
			if form == "itself" && i == 1 || strings.HasPrefix(form, "base64") && i == 1 {
				continue // another thing in capitals
			}
			dir := t.TempDir()
			write(t, filepath.Join(dir, "log"), strings.Repeat("x", 9999)+string(text)+"yyy")
			if _, found := seized(t, dir, secrets{"the place": secret}); len(found) == 0 {
				t.Errorf("%s of the place was not found", form)
			}
		}
	}
	for name, encode := range map[string]func([]byte) string{
		"base64": base64.StdEncoding.EncodeToString, "base64url": base64.RawURLEncoding.EncodeToString,
		"base32": base32.StdEncoding.EncodeToString, "hex": hex.EncodeToString,
	} {
		for before := range 6 {
			dir := t.TempDir()
			whole := append(append(bytes.Repeat([]byte{0xa5}, before), secret...), 0x5a, 0xff)
			write(t, filepath.Join(dir, "file"), encode(whole))
			if _, found := seized(t, dir, secrets{"the place": secret}); len(found) == 0 {
				t.Errorf("the place was not found in the %s of something longer, %d bytes into it", name, before)
			}
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "vigil-"+string(secret)), "")
	if _, found := seized(t, dir, secrets{"the place": secret}); len(found) == 0 {
		t.Error("the place was not found in the name of a file")
	}
}
