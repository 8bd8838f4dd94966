package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"rsc.io/qr"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"votive": main, "votived": fakeDaemon})
}

// TestScripts runs testdata/script. With UPDATE=1 in the environment the
// expected outputs in the scripts are written anew: read them before they are
// committed.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       os.Getenv("UPDATE") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("VOTIVE_HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("ANSWERS", filepath.Join(env.WorkDir, "answers"))
			env.Setenv("TZ", "Europe/Berlin")
			env.Defer(func() { // what a script that failed has left running
				_ = exec.Command("votive", "--home", env.Getenv("VOTIVE_HOME"), "down").Run()
			})
			return os.MkdirAll(filepath.Join(env.WorkDir, "answers"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "serve": serving, "picture": picture,
		},
	})
}

// exits runs a command and wants an exit code: exits 2 votive events x
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if e := new(exec.ExitError); errors.As(err, &e) {
		got, err = e.ExitCode(), nil
	}
	ts.Check(err)
	if got != want {
		ts.Fatalf("%v exits with %d, want %d", args[1:], got, want)
	}
}

// serving answers on the home's socket with what is in answers, until the
// script ends.
func serving(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: serve")
	}
	stop, err := serve(ts.Getenv("VOTIVE_HOME"), newCanned(ts.Getenv("ANSWERS"), nil))
	ts.Check(err)
	ts.Defer(stop)
}

// picture writes a picture of a QR code: picture TEXT FILE
func picture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: picture TEXT FILE")
	}
	code, err := qr.Encode(args[0], qr.M)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), code.PNG(), 0o600))
}

// TestInterrupt ends a watch as Ctrl-C does.
func TestInterrupt(t *testing.T) {
	home, answers := t.TempDir(), t.TempDir()
	for name, content := range map[string]string{"Watch.1.json": `{"kind":"ready"}`, "Watch.stays": ""} {
		if err := os.WriteFile(filepath.Join(answers, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stop, err := serve(home, newCanned(answers, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	cmd := exec.Command("votive", "--home", home, "watch", "--json")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first, err := bufio.NewReader(out).ReadString('\n')
	if want := `{"kind":"ready","event":null,"guest":null,"reply":null,"peer":null,"reminder":null}` + "\n"; first != want || err != nil {
		t.Errorf("votive watch --json printed %q, %v, want %q", first, err, want)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 130 || stderr.Len() > 0 {
		t.Errorf("votive watch interrupted exits with %d and says %q, want 130 and nothing", got, stderr.String())
	}
}
