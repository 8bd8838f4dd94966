package daemon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strconv"
	"strings"
)

// HTTP/1.1 (RFC 9112) as far as one command needs it: a connection for each
// request. It is written out because net/http and what it brings take longer
// to start than all else that `votive status` does.

// maxFields bounds the lines of a header; each fits a buffer of 4 KiB.
const maxFields = 100

// errBroken is an answer that is not what the protocol says, for instance
// because the daemon ended in the middle of it.
var errBroken = errors.New("the daemon's answer is broken off or not understood")

// answer is what comes back: a status and a body, until closed.
type answer struct {
	status int
	body   io.Reader
	close  func()
}

// post sends a request to the home's socket and reads the head of the answer.
func (h Home) post(ctx context.Context, method, kind string, body []byte) (*answer, error) {
	conn, err := h.dial(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	done := func() { stop(); _ = conn.Close() }
	head := fmt.Sprintf("POST /votive.local.v1.Votive/%s HTTP/1.1\r\nHost: votive\r\nConnection: close\r\n"+
		"Connect-Protocol-Version: 1\r\nContent-Type: application/%s\r\nContent-Length: %d\r\n\r\n", method, kind, len(body))
	_, err = conn.Write(append([]byte(head), body...))
	if err == nil {
		var a *answer
		if a, err = readHead(bufio.NewReader(conn)); err == nil {
			a.close = done
			return a, nil
		}
	}
	done()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, errBroken):
		return nil, err
	default:
		return nil, fmt.Errorf("%w any more: it stopped before it answered", ErrNotRunning)
	}
}

func (h Home) dial(ctx context.Context) (net.Conn, error) {
	path, err := h.Socket()
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the daemon's socket %s belongs to somebody else", path)
	default:
		return nil, ErrNotRunning
	}
}

// readHead reads a status line and a header, and finds out where the body
// ends.
func readHead(in *bufio.Reader) (*answer, error) {
	line, err := readLine(in)
	if err != nil {
		return nil, err
	}
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.ParseUint(code, 10, 10)
	if err != nil || version != "HTTP/1.1" {
		return nil, errBroken
	}
	a := &answer{status: int(status)}
	for range maxFields {
		line, err := readLine(in)
		switch {
		case err != nil:
			return nil, err
		case line != "":
			if err := a.field(in, line); err != nil {
				return nil, err
			}
		case a.body == nil:
			return nil, errBroken // it could end anywhere, and nobody would know
		default:
			return a, nil
		}
	}
	return nil, errBroken
}

// field takes a line of the header.
func (a *answer) field(in *bufio.Reader, line string) error {
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch strings.ToLower(name) {
	case "content-length":
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return errBroken
		}
		a.body = &exact{in, int64(n)}
	case "transfer-encoding":
		if value != "chunked" {
			return errBroken
		}
		a.body = &chunked{in: in}
	}
	return nil
}

// readLine reads a line, which fits the buffer or is refused.
func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	return strings.TrimRight(string(line), "\r\n"), err
}

// exact is a body of known length, which has to be there whole.
type exact struct {
	in   io.Reader
	left int64
}

func (e *exact) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.in.Read(p[:min(int64(len(p)), e.left)])
	if e.left -= int64(n); e.left > 0 && err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// chunked is a body in chunks (RFC 9112, 7.1), which ends with an empty one.
type chunked struct {
	in    *bufio.Reader
	chunk exact
	some  bool // a chunk was read, and its end of line was not
	over  bool
}

func (c *chunked) Read(p []byte) (int, error) {
	if c.over {
		return 0, io.EOF
	}
	if c.chunk.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
		if c.over {
			return 0, io.EOF
		}
	}
	return c.chunk.Read(p)
}

func (c *chunked) next() error {
	if c.some {
		if end, err := readLine(c.in); err != nil || end != "" {
			return errBroken
		}
	}
	line, err := readLine(c.in)
	if err != nil {
		return errBroken
	}
	size, err := strconv.ParseUint(line, 16, 31)
	if err != nil {
		return errBroken
	}
	c.chunk, c.some, c.over = exact{c.in, int64(size)}, true, size == 0
	return nil
}
