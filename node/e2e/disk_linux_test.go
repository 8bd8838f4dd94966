package e2e

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user who may write nowhere.
const nobody = 65534

func TestHomeIsNotWritable(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "v")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &person{judge: t, name: "guest", home: filepath.Join(dir, "home")}
	if err := os.Mkdir(p.home, 0o555); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	for _, home := range []string{p.home, filepath.Join(dir, "new")} {
		for _, c := range []struct {
			program string
			args    []string
		}{{"votived", loopback}, {"votive", []string{"up"}}, {"votive", []string{"init", "--no-passphrase"}}} {
			cmd := p.command(t.Context(), c.program, append(c.args, "--home", home)...)
			if os.Getuid() == 0 {
				cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
			}
			got := p.runs(cmd)
			if got.code != 1 || strings.Count(got.err, "\n") != 2 || !strings.Contains(got.err, home) || !strings.Contains(got.err, "permission denied") {
				t.Errorf("%s %s on a home that cannot be written exits with %d: %q, want 1 and one line that names it", c.program, c.args[0], got.code, got.err)
			}
		}
	}
	if names, err := os.ReadDir(p.home); err != nil || len(names) > 0 {
		t.Errorf("the home holds %v (%v), want nothing", names, err)
	}
}

// fill writes to a file until the disk takes not one byte more.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := io.Copy(f, io.LimitReader(zeros{}, int64(size))); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestFullDisk: a daemon whose disk is full says so, lives, loses nothing that
// it acknowledged, and works again when there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "full")
	dir := filepath.Dir(p.home)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=96m,mode=0700"); err != nil {
		t.Skipf("a small disk cannot be mounted here (%v): run this as root", err)
	}
	t.Cleanup(func() {
		_ = p.stop(os.Kill)
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("Unmount(%s) = %v", dir, err)
		}
	})
	p.start()
	p.does("init", "--no-passphrase")
	p.does("circle", "join", "june4")
	want := []string{p.announces("Before")}
	fill(t, filepath.Join(dir, "fill"))

	var refused said
	for i := range 200 {
		refused = p.votive("announce", fmt.Sprintf("Full %d", i), "--at", soon, "--circle", "june4", "--json")
		if refused.code != 0 {
			break
		}
		d, err := parse(refused.out)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, d.at("event.id"))
	}
	if refused.code != 1 || !strings.Contains(refused.err, "votive: disk full: ") || !strings.Contains(refused.err, "\nhint: make room") {
		t.Fatalf("votive announce on a full disk exits with %d: %q, want it to say so", refused.code, refused.err)
	}
	t.Logf("%d announcements were acknowledged, then: %s", len(want), refused.err)
	has := func(when string) {
		t.Helper()
		got := p.does("events", "--limit", "1000", "--json")
		for _, id := range want {
			if !strings.Contains(got, id) {
				t.Errorf("%s, event %s is lost, which was acknowledged", when, id)
			}
		}
		if n := strings.Count(got, `"sequence"`); n != len(want) {
			t.Errorf("%s there are %d events, want %d", when, n, len(want))
		}
	}
	has("on the full disk")
	if got := p.asks("status").at("trouble"); !strings.Contains(got, "disk full") {
		t.Errorf("votive status says %q of the disk, want that it is full", got)
	}
	if check, code := p.doctor(t, "writing"); code != 1 || check.at("ok") != "false" {
		t.Errorf("votive doctor exits with %d and says %s, want that the disk is full", code, check)
	}
	if err := p.stop(os.Kill); err == nil {
		t.Error("votived was gone before it was killed")
	}
	if err := os.Remove(filepath.Join(dir, "fill")); err != nil {
		t.Fatal(err)
	}
	p.start()
	has("after a crash, with room again")
	want = append(want, p.announces("After"))
	has("with room again")
	p.restart()
	has("after a restart")
	if got := p.asks("status").at("trouble"); got != "" {
		t.Errorf("votive status says %q of a disk with room", got)
	}
}
