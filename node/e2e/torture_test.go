package e2e

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// seed is that of VOTIVE_SEED, or one that is new in each run.
func seed(t *testing.T) *rand.Rand {
	t.Helper()
	n := uint64(time.Now().UnixNano())
	if s := os.Getenv("VOTIVE_SEED"); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("VOTIVE_SEED=%s: %v", s, err)
		}
	}
	t.Logf("VOTIVE_SEED=%d", n)
	return rand.New(rand.NewPCG(n, n))
}

// acknowledged is the announcements whose command exited with 0.
type acknowledged struct {
	mu  sync.Mutex
	ids []string
}

func (a *acknowledged) add(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids = append(a.ids, id)
}

func (a *acknowledged) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.ids...)
}

// announceOn announces one event after the other until a command fails, and
// says on each when it was acknowledged.
func (p *person) announceOn(ctx context.Context, known *acknowledged, each chan<- struct{}) {
	defer close(each)
	for i := range 1000 {
		cmd := p.command(ctx, "votive", "announce", "Event "+strconv.Itoa(i), "--at", soon, "--circle", "june4", "--json")
		var out bytes.Buffer
		cmd.Stdout = &out
		if cmd.Run() != nil {
			return
		}
		d, err := parse(out.String())
		if err != nil {
			return
		}
		known.add(d.at("event.id"))
		each <- struct{}{}
	}
}

// TestTortureKill ends a daemon at any moment, as the system does and as a loss
// of power does, while somebody announces. What was acknowledged is there
// afterwards, and reaches others.
func TestTortureKill(t *testing.T) {
	t.Parallel()
	rounds := 15
	switch {
	case os.Getenv("VOTIVE_LONG") != "":
		rounds = 200
	case testing.Short():
		rounds = 3
	}
	chance := seed(t)
	friend, host := newPerson(t, "friend"), newPerson(t, "host")
	friend.start()
	friend.does("init", "--no-passphrase")
	friend.does("circle", "join", "june4")
	peer := []string{"--peer", friend.ready.Addrs[0]}
	host.start(peer...)
	host.does("init", "--no-passphrase")
	host.does("circle", "join", "june4")
	var known acknowledged
	for round := range rounds {
		host.killed(t, chance, &known)
		for range chance.IntN(3) { // while it starts, once or twice
			host.cutShort(t, chance)
		}
		host.start(peer...)
		host.knows(t, &known)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	host.settles()
	n := len(known.all())
	if n < rounds {
		t.Errorf("%d announcements were acknowledged in %d rounds, want more", n, rounds)
	}
	last := known.all()[n-1]
	friend.until(last, "events", "--limit", "10000", "--json")
	for _, id := range known.all() {
		friend.until(id, "show", id, "--json")
	}
	t.Logf("%d rounds, %d announcements acknowledged, none lost", rounds, n)
}

// TestTortureImport ends a daemon at any moment while it takes in a bundle. What
// an import that ended well brought is there afterwards, and the same bundle
// brings the rest of one that did not.
func TestTortureImport(t *testing.T) {
	t.Parallel()
	rounds, events := 8, 20
	switch {
	case os.Getenv("VOTIVE_LONG") != "":
		rounds, events = 100, 200
	case testing.Short():
		rounds = 2
	}
	chance := seed(t)
	host := newPerson(t, "host")
	host.start()
	host.does("init", "--no-passphrase")
	host.does("circle", "join", "june4")
	for i := range events {
		host.does("announce", "Event "+strconv.Itoa(i), "--at", soon, "--circle", "june4")
	}
	bundle := filepath.Join(host.home, "all.bundle")
	frames := host.asks("bundle", "export", bundle).at("frames")
	taken := 0
	for range rounds {
		guest := newPerson(t, "guest")
		guest.start()
		cmd := guest.command(t.Context(), "votive", "bundle", "import", bundle, "--json")
		ended := make(chan error, 1)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { ended <- cmd.Wait() }()
		<-time.After(time.Duration(chance.IntN(150_000)) * time.Microsecond) // the moment is what is tested
		_ = guest.stop(syscall.SIGKILL)
		whole := <-ended == nil
		guest.start()
		again := guest.asks("bundle", "import", bundle)
		if got := again.at("frames"); got != frames {
			t.Errorf("%s frames are in the bundle, want %s", got, frames)
		}
		switch fresh := again.at("new"); {
		case whole && fresh != "0":
			t.Errorf("%s of %s frames were lost of an import that ended well", fresh, frames)
		case fresh != frames:
			taken++
		}
		if got := guest.asks("bundle", "import", bundle).at("new"); got != "0" {
			t.Errorf("%s frames are new the third time, want 0", got)
		}
		guest.does("init", "--no-passphrase")
		guest.does("circle", "join", "june4")
		guest.until("Event "+strconv.Itoa(events-1), "events", "--limit", "10000")
		_ = guest.stop(syscall.SIGKILL)
	}
	t.Logf("%d rounds, %s frames each; some were taken before the kill in %d", rounds, frames, taken)
}

// killed has the daemon end while somebody announces.
func (p *person) killed(t *testing.T, chance *rand.Rand, known *acknowledged) {
	t.Helper()
	how := []os.Signal{syscall.SIGTERM, syscall.SIGKILL}[chance.IntN(2)]
	after, moment := 1+chance.IntN(3), time.Duration(chance.IntN(20_000))*time.Microsecond
	each := make(chan struct{}, 1000)
	go p.announceOn(t.Context(), known, each)
	for range after {
		if _, ok := <-each; !ok {
			t.Error("an announcement failed while the daemon ran")
		}
	}
	<-time.After(moment) // the moment is what is tested
	err := p.stop(how)
	if how == syscall.SIGTERM && err != nil {
		log, _ := os.ReadFile(p.log())
		t.Errorf("votived ended with %v after SIGTERM, want 0: %s", err, log)
	}
	for range each {
	}
}

// cutShort kills the daemon while it starts.
func (p *person) cutShort(t *testing.T, chance *rand.Rand) {
	t.Helper()
	cmd := p.command(t.Context(), "votived", loopback...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-time.After(time.Duration(chance.IntN(100_000)) * time.Microsecond)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// knows wants every acknowledged announcement to be there.
func (p *person) knows(t *testing.T, known *acknowledged) {
	t.Helper()
	got := p.does("events", "--limit", "10000", "--json")
	for _, id := range known.all() {
		if !strings.Contains(got, id) {
			t.Errorf("event %s is lost, which was acknowledged", id)
		}
	}
}
