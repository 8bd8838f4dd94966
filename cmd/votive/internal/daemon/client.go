package daemon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"

	"connectrpc.com/connect"

	"votive/proto/localpb"
)

// ErrNotRunning says that nobody answers at the home's socket.
var ErrNotRunning = errors.New("the daemon is not running")

// Client asks the daemon of the home. Nothing is connected before something is
// asked.
func (h Home) Client() localpb.VotiveClient {
	return localpb.NewVotiveClient(wire{h}, "http://votive", connect.WithAcceptCompression("gzip", nil, nil))
}

// wire speaks HTTP/1.1 over the home's socket, a connection for each request.
// A command asks once or twice and ends: what http.Transport keeps ready for
// the next request only makes it start later.
type wire struct{ home Home }

// Do sends one request, as http.Client would.
func (w wire) Do(request *http.Request) (*http.Response, error) {
	conn, err := w.dial(request.Context())
	if err != nil {
		return nil, err
	}
	ctx := request.Context()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	request.Close = true
	err = request.Write(conn)
	var response *http.Response
	if err == nil {
		response, err = http.ReadResponse(bufio.NewReader(conn), request)
	}
	if err != nil {
		stop()
		_ = conn.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w any more: it stopped before it answered", ErrNotRunning)
	}
	response.Body = body{response.Body, conn, stop}
	return response, nil
}

func (w wire) dial(ctx context.Context) (net.Conn, error) {
	path, err := w.home.Socket()
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

// body closes the connection with the response.
type body struct {
	io.ReadCloser
	conn net.Conn
	stop func() bool
}

func (b body) Close() error {
	b.stop()
	return errors.Join(b.ReadCloser.Close(), b.conn.Close())
}
