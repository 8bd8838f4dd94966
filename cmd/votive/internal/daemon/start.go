package daemon

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
	"runtime"
	"strings"
)

// A StartError is what a daemon said when it could not do what it was started
// for.
type StartError struct {
	Said string // its own line
	Hint string // and its hint, if it gave one
	Code int    // its exit code; -1 where it was stopped
}

func (e *StartError) Error() string { return "the daemon did not start: " + e.Said }

// Start starts a daemon in the background, with args after its own, and waits
// for its ready line, which it returns. When ctx ends first the daemon is told
// to stop.
func (h Home) Start(ctx context.Context, args []string) (json.RawMessage, error) {
	program, err := find("votived")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(string(h), 0o700); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(h.Log(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(program, append([]string{"--home", string(h), "--json"}, args...)...)
	cmd.Stdout, cmd.Stderr = in, log
	detach(cmd)
	err = cmd.Start()
	_ = in.Close() // the daemon has its own, and its end has to be seen
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { terminate(cmd.Process) })
	line, err := bufio.NewReader(io.LimitReader(out, 1<<16)).ReadBytes('\n')
	if stop() && err == nil && json.Valid(line) {
		return bytes.TrimSpace(line), cmd.Process.Release()
	}
	terminate(cmd.Process) // where it is still there, it is no daemon of ours
	_ = cmd.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	said, err := os.ReadFile(h.Log())
	if err != nil {
		return nil, err
	}
	e := complaint(said)
	e.Code = cmd.ProcessState.ExitCode()
	return nil, e
}

// Check runs the daemon's own checks of a home that no daemon has, or has it
// mend what it can, and returns the JSON that it prints.
func (h Home) Check(ctx context.Context, mend bool) (json.RawMessage, error) {
	program, err := find("votived")
	if err != nil {
		return nil, err
	}
	what := "--check"
	if mend {
		what = "--mend"
	}
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "--home", string(h), what, "--json")
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case json.Valid(out.Bytes()):
		return bytes.TrimSpace(out.Bytes()), nil // it exits with 1 when a check fails
	case err == nil:
		return nil, fmt.Errorf("votived %s did not print JSON", what)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return nil, err
	}
	e := complaint(said.Bytes())
	e.Code = exit.ExitCode()
	return nil, e
}

// complaint picks the line with which a daemon ended out of what it wrote.
func complaint(written []byte) *StartError {
	e := &StartError{Said: "it said nothing"}
	named := false
	for line := range strings.Lines(string(written)) {
		line = strings.TrimSpace(line)
		said, mine := strings.CutPrefix(line, "votived: ")
		hint, isHint := strings.CutPrefix(line, "hint: ")
		switch {
		case isHint:
			e.Hint = hint
		case mine || !named && line != "":
			e.Said, named, e.Hint = said, named || mine, ""
		}
	}
	return e
}

// find is the program of this name beside our own, else on the PATH.
func find(name string) (string, error) {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if own, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(own), name)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is neither beside votive nor on the PATH", name)
	}
	return path, nil
}
