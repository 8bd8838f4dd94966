package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

// terminal is the terminal at which somebody can be asked, if there is one.
func (a *app) terminal() (int, bool) {
	f, ok := a.In.(*os.File)
	if !ok || a.json || a.noInput || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	return int(f.Fd()), true
}

// wait runs a reading of the terminal until it is done or ctx ends. Then the
// terminal is put back as it was; the read itself ends with the process.
func wait[T any](ctx context.Context, fd int, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	before, err := term.GetState(fd)
	if err != nil {
		return *new(T), err
	}
	got := make(chan result, 1)
	go func() {
		value, err := read()
		got <- result{value, err}
	}()
	select {
	case r := <-got:
		return r.value, r.err
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		return *new(T), ctx.Err()
	}
}

// secret asks for a passphrase without showing it.
func (a *app) secret(ctx context.Context, fd int, question string) ([]byte, error) {
	fmt.Fprint(a.Err, question+" ")
	secret, err := wait(ctx, fd, func() ([]byte, error) { return term.ReadPassword(fd) })
	fmt.Fprintln(a.Err)
	return secret, err
}

// confirm asks a question to be answered with y or n; no answer is no.
func (a *app) confirm(ctx context.Context, fd int, question string) (bool, error) {
	fmt.Fprint(a.Err, question+" [y/N] ")
	line, err := wait(ctx, fd, func() (string, error) { return bufio.NewReader(a.In).ReadString('\n') })
	if err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(a.Err)
		return false, err
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}

// maxPassphrase is the most that is read of a passphrase file, in bytes.
const maxPassphrase = 4096

// passphraseFile reads the first line of a file.
func passphraseFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("", "the passphrase file cannot be read: %v", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPassphrase+1))
	if err != nil {
		return nil, usage("", "the passphrase file cannot be read: %v", err)
	}
	if len(b) > maxPassphrase {
		return nil, usage("", "the passphrase file %s is too long: at most %d bytes", path, maxPassphrase)
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return nil, usage("", "the passphrase file %s has nothing in its first line", path)
	}
	return line, nil
}

// backupWords reads the 24 words of a backup, numbered or not.
func (a *app) backupWords(ctx context.Context) ([]string, error) {
	const number = 24
	fd, asks := a.terminal()
	if asks {
		fmt.Fprintf(a.Err, "Type your %d words, on one or more lines:\n", number)
	}
	var words []string
	in := bufio.NewReader(io.LimitReader(a.In, 1<<14))
	for len(words) < number {
		next := func() (string, error) { return in.ReadString('\n') }
		var line string
		var err error
		if asks {
			line, err = wait(ctx, fd, next)
		} else {
			line, err = next()
		}
		words = append(words, strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return r < 'a' || r > 'z' })...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	words = slices.Clip(words)
	if len(words) != number {
		return nil, usage("votive init --restore", "a backup has %d words, and this is %d", number, len(words))
	}
	return words, nil
}
