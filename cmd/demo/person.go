package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// person is somebody with a node of their own.
type person struct {
	name string
	home string
	bin  string
	out  io.Writer
}

// patience bounds every wait. Nothing here should take a tenth of it.
const patience = 40 * time.Second

// command is one run of the command line on the person's home.
func (p *person) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(p.bin, "votive"), args...)
	c.Env = append(os.Environ(), "VOTIVE_HOME="+p.home, "NO_COLOR=1", "TZ=Europe/London")
	return c
}

// types runs a command and shows it with what it prints, as on a terminal.
func (p *person) types(ctx context.Context, args ...string) error {
	fmt.Fprintf(p.out, "\n  %s$ votive %s\n", p.name, shell(args))
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := p.command(ctx, args...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		fmt.Fprintf(p.out, "    %s\n", strings.TrimRight(line, "\n"))
	}
	if err != nil {
		return fmt.Errorf("%s: votive %s: %w", p.name, args[0], err)
	}
	return nil
}

// asks runs a command with --json and reads the answer into v, unseen.
func (p *person) asks(ctx context.Context, v any, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var stderr bytes.Buffer
	c := p.command(ctx, append(args, "--json")...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("%s: votive %s: %w: %s", p.name, args[0], err, stderr.String())
	}
	if err := json.Unmarshal(out, v); err != nil {
		return fmt.Errorf("%s: votive %s --json: %w", p.name, args[0], err)
	}
	return nil
}

// waits looks again after every change that the node tells of, until holds is
// true. What does not come within patience does not hold.
func (p *person) waits(ctx context.Context, what string, holds func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	watch := p.command(ctx, "watch", "--json")
	changes, err := watch.StdoutPipe()
	if err != nil {
		return err
	}
	if err := watch.Start(); err != nil {
		return err
	}
	defer func() { cancel(); _ = watch.Wait() }()
	start := time.Now()
	for lines := bufio.NewScanner(changes); lines.Scan(); {
		ok, err := holds(ctx)
		if err != nil {
			return err
		}
		if ok {
			fmt.Fprintf(p.out, "    (%s: %s, after %.1f s)\n", p.name, what, time.Since(start).Seconds())
			return nil
		}
	}
	return fmt.Errorf("%s: not within %s: %s", p.name, patience, what)
}

// shell is arguments as they would be typed.
func shell(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = a
		if a == "" || strings.ContainsAny(a, " '\"") {
			quoted[i] = "'" + a + "'"
		}
	}
	return strings.Join(quoted, " ")
}
