package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait. Nothing should take a tenth of it.
const patience = 45 * time.Second

// loopback is how every daemon of a test listens; the effort is the least that
// there is.
var loopback = []string{"--effort", "16", "--listen", "/ip4/127.0.0.1/tcp/0", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1"}

// judge is a test, or a script of one.
type judge interface {
	Fatalf(format string, args ...any)
}

// person is somebody with a home directory, and a daemon on it now and then.
type person struct {
	judge
	name, home string
	within     []string  // what a daemon is started by, to be on another host
	daemon     *exec.Cmd // nil while none of ours runs
	gone       chan error
	ready      ready
}

// ready is the line that a daemon prints when it serves.
type ready struct {
	Ready  bool
	PeerID string `json:"peer_id"`
	Addrs  []string
	Socket string
	Web    string
	Locked bool
}

// newPerson is somebody whose daemon, if any, ends with the test.
func newPerson(t *testing.T, name string) *person {
	t.Helper()
	dir, err := os.MkdirTemp("", "v") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	p := &person{judge: t, name: name, home: filepath.Join(dir, name)}
	t.Cleanup(func() {
		_ = p.stop(os.Kill)
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("RemoveAll(%s) = %v", dir, err)
		}
	})
	return p
}

// command is a program of ours on the person's home.
func (p *person) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(bin, program), args...)
	cmd.Env = append(os.Environ(), "VOTIVE_HOME="+p.home, "NO_COLOR=1", "TZ=Europe/London")
	cmd.WaitDelay = patience
	outlive(cmd)
	return cmd
}

// start starts the daemon and waits until it serves. Its log goes where votive
// up puts it.
func (p *person) start(flags ...string) {
	if err := p.tryStart(flags...); err != nil {
		p.Fatalf("%s: votived %s: %v", p.name, strings.Join(flags, " "), err)
	}
}

func (p *person) tryStart(flags ...string) error {
	line, err := p.launch(append(append([]string{"--json"}, loopback...), flags...)...)
	if err == nil {
		err = json.Unmarshal([]byte(line), &p.ready)
	}
	return err
}

// launch starts the daemon with these flags alone, and gives the line that it
// prints when it serves.
func (p *person) launch(flags ...string) (string, error) {
	cmd := p.command(context.Background(), "votived", flags...)
	if p.within != nil {
		program, err := exec.LookPath(p.within[0])
		if err != nil {
			return "", err
		}
		cmd.Path, cmd.Args = program, append(slices.Clone(p.within), append([]string{cmd.Path}, flags...)...)
	}
	if err := os.MkdirAll(p.home, 0o700); err != nil {
		return "", err
	}
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return "", err
	}
	defer log.Close()
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	p.gone = make(chan error, 1)
	go func() {
		_, _ = io.Copy(io.Discard, out)
		p.gone <- cmd.Wait()
	}()
	if err != nil {
		said, _ := os.ReadFile(p.log())
		return "", fmt.Errorf("it printed %q and ended with %w:\n%s", line, <-p.gone, said)
	}
	p.daemon = cmd
	return line, nil
}

func (p *person) log() string { return filepath.Join(p.home, "votived.log") }

// stop ends the daemon, if it runs, and returns how it ended once it is gone.
func (p *person) stop(how os.Signal) error {
	if p.daemon == nil {
		return nil
	}
	_ = p.daemon.Process.Signal(how)
	p.daemon = nil
	return <-p.gone
}

// restart has the daemon end as it should, and begin again.
func (p *person) restart(flags ...string) {
	if err := p.stop(syscall.SIGTERM); err != nil {
		p.Fatalf("%s: votived ended with %v after SIGTERM, want 0", p.name, err)
	}
	p.start(flags...)
}

// said is what a command came to.
type said struct {
	out, err string
	code     int
}

// votive runs a command.
func (p *person) votive(args ...string) said {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return p.runs(p.command(ctx, "votive", args...))
}

func (p *person) runs(cmd *exec.Cmd) said {
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if e := new(exec.ExitError); err != nil && !errors.As(err, &e) {
		p.Fatalf("%s: %s: %v", p.name, cmd, err)
	}
	return said{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// does runs a command that must succeed, and gives its stdout.
func (p *person) does(args ...string) string {
	s := p.votive(args...)
	if s.code != 0 {
		p.Fatalf("%s: votive %s exits with %d, want 0: %s", p.name, strings.Join(args, " "), s.code, s.err)
	}
	return s.out
}

// asks runs a command that must succeed with --json, and gives its document.
func (p *person) asks(args ...string) document {
	d, err := parse(p.does(append(args, "--json")...))
	if err != nil {
		p.Fatalf("%s: votive %s --json: %v", p.name, strings.Join(args, " "), err)
	}
	return d
}

// follow runs votive watch until the returned function ends it, with --json or
// as people do. It returns when the watch is ready.
func (p *person) follow(flags ...string) (lines <-chan string, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	cmd := p.command(ctx, "votive", append([]string{"watch"}, flags...)...)
	out, in, err := os.Pipe()
	if err == nil {
		cmd.Stdout, cmd.Stderr = in, in
		err = errors.Join(cmd.Start(), in.Close())
	}
	if err != nil {
		cancel()
		p.Fatalf("%s: votive watch: %v", p.name, err)
	}
	changes := make(chan string, 1<<14)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(changes)
		for s := bufio.NewScanner(out); s.Scan(); {
			changes <- s.Text()
		}
		_ = errors.Join(out.Close(), cmd.Wait())
	}()
	stop = func() { cancel(); <-done }
	if first, ok := <-changes; !ok || !strings.Contains(first, `"kind":"ready"`) && !strings.Contains(first, "Watching.") {
		stop()
		p.Fatalf("%s: votive watch began with %q, want it ready", p.name, first)
	}
	return changes, stop
}

// until runs a command now and after every change that the watch tells of,
// until what it prints, on stdout, matches.
func (p *person) until(pattern string, args ...string) said {
	changes, stop := p.follow("--json")
	defer stop()
	return p.again(changes, pattern, args...)
}

// polls is until for what a node does not tell of: the command runs again and
// again.
func (p *person) polls(pattern string, args ...string) said { return p.again(nil, pattern, args...) }

func (p *person) again(changes <-chan string, pattern string, args ...string) said {
	late := time.After(patience)
	wanted := regexp.MustCompile(pattern)
	for {
		s := p.votive(args...)
		if s.code == 0 && wanted.MatchString(s.out) {
			return s
		}
		next := changes
		if next == nil {
			next = at
		}
		select {
		case <-late:
			p.Fatalf("%s: votive %s printed %s%s, want %q within %v", p.name, strings.Join(args, " "), s.out, s.err, pattern, patience)
		case _, open := <-next:
			if changes != nil && !open {
				p.Fatalf("%s: the watch ended before %q", p.name, pattern)
			}
		}
	}
}

// at is a channel that is always ready.
var at = func() <-chan string {
	c := make(chan string)
	close(c)
	return c
}()
