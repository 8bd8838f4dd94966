package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
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
			return os.MkdirAll(filepath.Join(env.WorkDir, "answers"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "serve": serving},
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
