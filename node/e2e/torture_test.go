package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// TestTortureKill ends a daemon at any moment, by kill -9 most times and else as
// the system does, while somebody announces and while it starts. What was
// acknowledged is there afterwards, and reaches others.
func TestTortureKill(t *testing.T) {
	t.Parallel()
	kills := 25
	switch {
	case os.Getenv("VOTIVE_LONG") != "":
		kills = 1000
	case testing.Short():
		kills = 5
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
	rounds, killed := 0, 0
	for ; killed < kills; rounds++ {
		killed += host.killed(t, chance, &known)
		for range chance.IntN(4) { // while it starts, as often as not more than once
			killed += host.cutShort(t, chance)
		}
		host.start(peer...)
		host.knows(t, &known)
		if t.Failed() {
			t.Fatalf("in round %d", rounds)
		}
		if rounds > 4*kills {
			t.Fatalf("killed %d times in %d rounds, want %d", killed, rounds, kills)
		}
	}
	host.settles()
	n := len(known.all())
	if n < rounds {
		t.Errorf("%d announcements were acknowledged in %d rounds, want more", n, rounds)
	}
	last := known.all()[n-1]
	there := friend.until(last, "events", "--limit", "10000", "--json").out
	for _, id := range known.all() {
		if !strings.Contains(there, id) {
			friend.until(id, "show", id, "--json")
		}
	}
	t.Logf("killed with -9 %d times in %d rounds, %d announcements acknowledged, none lost", killed, rounds, n)
}

// filler is a frame that nobody can read. SPEC 2.1, 2.2.
func filler(number uint32) []byte {
	const effort, class = 16, 0 // 8 days
	f := make([]byte, frameSize)
	day := time.Since(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour)
	f[0], f[1] = 1, effort
	binary.BigEndian.PutUint16(f[2:], uint16(class<<14|int(day)+8))
	binary.BigEndian.PutUint32(f[4:], number)
	id := sha256.Sum256(f[:4088])
	try := append(id[:], f[4088:]...)
	for n := uint64(0); ; n++ {
		binary.BigEndian.PutUint64(try[32:], n)
		if work := sha256.Sum256(try); work[0] == 0 && work[1] == 0 {
			copy(f[4088:], try[32:])
			return f
		}
	}
}

// A bundle is imported in pieces of so many frames; what one brought is on disk
// before the next one goes out.
const (
	bundleHead  = len("votive-bundle-1\n")
	bundlePiece = 256
)

// thick puts fillers among the frames of a bundle.
func thick(t *testing.T, chance *rand.Rand, bundle []byte, n int) []byte {
	t.Helper()
	if len(bundle)%frameSize != bundleHead {
		t.Fatalf("the bundle is %d bytes long, want a head and frames", len(bundle))
	}
	all := slices.Collect(slices.Chunk(bundle[bundleHead:], frameSize))
	for i := range n {
		all = append(all, filler(uint32(i)))
	}
	chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return append(slices.Clone(bundle[:bundleHead]), slices.Concat(all...)...)
}

// TestTortureImport ends a daemon at any moment while it takes in a bundle:
// wherever that is, and, every other time, when it has told of a first piece and
// is about the next. What it told of is there afterwards, and the same bundle
// brings the rest.
func TestTortureImport(t *testing.T) {
	t.Parallel()
	const events, pieces = 8, 3
	rounds := 6
	switch {
	case os.Getenv("VOTIVE_LONG") != "":
		rounds = 100
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
	file := filepath.Join(host.home, "all.bundle")
	host.does("bundle", "export", file)
	bundle, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bundle = thick(t, chance, bundle, (pieces-1)*bundlePiece)
	if err := os.WriteFile(file, bundle, 0o600); err != nil {
		t.Fatal(err)
	}
	frames := (len(bundle) - bundleHead) / frameSize
	midway := 0
	for round := range rounds {
		guest := newPerson(t, "guest")
		guest.start()
		told := 0
		if round%2 == 0 {
			told = guest.killedWhileImporting(t, chance, bundle)
		} else if guest.killedWhileImportingFile(t, chance, file) {
			told = frames
		}
		guest.start()
		again := guest.asks("bundle", "import", file)
		if got := again.at("frames"); got != strconv.Itoa(frames) {
			t.Errorf("%s frames are in the bundle, want %d", got, frames)
		}
		fresh, err := strconv.Atoi(again.at("new"))
		if err != nil || fresh > frames-told {
			t.Errorf("%s of %d frames are new the second time, want at most the %d that nobody told of", again.at("new"), frames, frames-told)
		}
		if fresh > 0 && fresh < frames {
			midway++
		}
		if got := guest.asks("bundle", "import", file).at("new"); got != "0" {
			t.Errorf("%s frames are new the third time, want 0", got)
		}
		guest.does("init", "--no-passphrase")
		guest.does("circle", "join", "june4")
		for i := range events {
			guest.until("Event "+strconv.Itoa(i), "events", "--limit", "10000")
		}
		_ = guest.stop(syscall.SIGKILL)
	}
	t.Logf("killed with -9 %d times, %d frames each; in %d some were there and others not", rounds, frames, midway)
	if midway < (rounds+1)/2 {
		t.Errorf("killed in the middle of an import %d times of %d, want every other time", midway, rounds)
	}
}

// killedWhileImporting has a bundle come on stdin, and the daemon end when it has
// taken a piece, and a part of what follows is on its way. It says how many
// frames were told of before.
func (p *person) killedWhileImporting(t *testing.T, chance *rand.Rand, bundle []byte) (told int) {
	t.Helper()
	cmd := p.command(t.Context(), "votive", "bundle", "import", "-", "--json")
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	const piece = bundlePiece * frameSize
	if _, err := in.Write(bundle[:bundleHead+piece]); err != nil {
		t.Fatalf("votive bundle import reads no whole piece: %v", err)
	}
	p.polls(fmt.Sprintf(`"frames": *%d\b`, bundlePiece), "status", "--json")
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, _ = in.Write(bundle[bundleHead+piece : len(bundle)-1]) // the end does not come
	}()
	<-time.After(time.Duration(chance.IntN(30_000)) * time.Microsecond) // the moment is what is tested
	_ = p.stop(syscall.SIGKILL)
	<-written
	_ = in.Close()
	if cmd.Wait() == nil {
		t.Error("votive bundle import ended well, without the end of the bundle and without a daemon")
	}
	return bundlePiece
}

// killedWhileImportingFile has the daemon end after any time, and says whether
// the import had ended well.
func (p *person) killedWhileImportingFile(t *testing.T, chance *rand.Rand, file string) (whole bool) {
	t.Helper()
	cmd := p.command(t.Context(), "votive", "bundle", "import", file, "--json")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	<-time.After(time.Duration(chance.IntN(150_000)) * time.Microsecond) // the moment is what is tested
	_ = p.stop(syscall.SIGKILL)
	return <-ended == nil
}

// killed has the daemon end while somebody announces, and says whether that was
// by kill -9, as 0 or 1.
func (p *person) killed(t *testing.T, chance *rand.Rand, known *acknowledged) int {
	t.Helper()
	how := syscall.SIGKILL
	if chance.IntN(4) == 0 {
		how = syscall.SIGTERM
	}
	after, moment := 1+chance.IntN(2), time.Duration(chance.IntN(20_000))*time.Microsecond
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
	return wasKilled(err)
}

// cutShort kills the daemon while it starts, and says whether it lived until
// then, as 0 or 1.
func (p *person) cutShort(t *testing.T, chance *rand.Rand) int {
	t.Helper()
	cmd := p.command(t.Context(), "votived", loopback...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-time.After(time.Duration(chance.IntN(100_000)) * time.Microsecond)
	_ = cmd.Process.Kill()
	return wasKilled(cmd.Wait())
}

// wasKilled is 1 where a process ended by kill -9, else 0.
func wasKilled(err error) int {
	if e := new(exec.ExitError); errors.As(err, &e) {
		if s, ok := e.Sys().(syscall.WaitStatus); ok && s.Signaled() && s.Signal() == syscall.SIGKILL {
			return 1
		}
	}
	return 0
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
