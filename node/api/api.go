package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"connectrpc.com/connect"

	"votive/node/almanac"
	"votive/node/remind"
	"votive/node/secretary"
	"votive/proto/localpb"
	"votive/proto/localpb/localpbconnect"
	"votive/proto/votive"
)

// Network is what the API says of the network.
type Network interface {
	// Status fills in what is known of peers and catch-up.
	Status(*localpb.StatusResponse)
	// Peers gives those that connect from now on, until ctx ends.
	Peers(ctx context.Context) <-chan *localpb.Connection
}

// Options are what the API is made of.
type Options struct {
	Almanac   *almanac.Almanac
	Secretary *secretary.Secretary
	Remind    *remind.Remind
	Network   Network
	Bundles   Bundles
	Web       string // the address for calendars, with a slash at its end; empty: they are not served
	AnyUser   bool   // calendars are served to whoever has the secrets, whatever user of the computer they are
	Version   string
	Shutdown  func() // asks the daemon to stop; called once
	Log       *slog.Logger
}

// API is the handler of every method.
type API struct {
	Options
	stop sync.Once
}

// maxMessage is the size of a request: a file with an invitation fits.
const maxMessage = 8 << 20

// New gives the handler of the local API.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(localpbconnect.NewVotiveHandler(&API{Options: o},
		connect.WithReadMaxBytes(maxMessage),
		connect.WithInterceptors(translate{}),
	))
	return mux
}

// translate gives every error the code and the hint that callers go by.
type translate struct{}

// WrapUnary translates what a method returns.
func (translate) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, r connect.AnyRequest) (connect.AnyResponse, error) {
		resp, err := next(ctx, r)
		return resp, coded(err)
	}
}

// WrapStreamingHandler translates what a stream ends with.
func (translate) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, c connect.StreamingHandlerConn) error {
		return coded(next(ctx, c))
	}
}

// WrapStreamingClient is for clients; there are none here.
func (translate) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

// codes is which kind of error has which code, and the command that helps.
var codes = []struct {
	kind error
	code connect.Code
	hint string
}{
	{almanac.ErrNoVault, connect.CodeNotFound, "votive init"},
	{almanac.ErrNotFound, connect.CodeNotFound, "votive events"},
	{almanac.ErrLocked, connect.CodeUnauthenticated, "votive unlock"},
	{almanac.ErrWrongPassphrase, connect.CodePermissionDenied, "votive unlock"},
	{almanac.ErrExists, connect.CodeAlreadyExists, "votive status"},
	{remind.ErrTooMany, connect.CodeResourceExhausted, "votive remind"},
	{almanac.ErrFull, connect.CodeResourceExhausted, "make room on the disk, then: votive down && votive up"},
	{secretary.ErrInput, connect.CodeInvalidArgument, ""},
	{secretary.ErrVersions, connect.CodePermissionDenied, "votive show EVENT, then: votive merge EVENT --take REVISION"},
	{secretary.ErrLost, connect.CodePermissionDenied, "votive edit EVENT --lost with the change, or votive cancel EVENT --lost"},
	{secretary.ErrRefused, connect.CodePermissionDenied, ""},
	{votive.ErrExpired, connect.CodePermissionDenied, ""},
	{votive.ErrRevoked, connect.CodePermissionDenied, ""},
	{votive.ErrNotOrganizer, connect.CodePermissionDenied, ""},
}

// lists are the commands that show what can be named.
var lists = map[string]string{"event": "votive events", "circle": "votive circle list", "invitation": "votive invites EVENT"}

func coded(err error) error {
	if err == nil || errors.As(err, new(*connect.Error)) {
		return err
	}
	for _, c := range codes {
		if !errors.Is(err, c.kind) {
			continue
		}
		if n := (almanac.NotFoundError{}); errors.As(err, &n) {
			c.hint = lists[n.What]
		}
		e := connect.NewError(c.code, err)
		if c.hint != "" {
			if d, derr := connect.NewErrorDetail(&localpb.Hint{Command: c.hint}); derr == nil {
				e.AddDetail(d)
			}
		}
		return e
	}
	return connect.NewError(connect.CodeInternal, err)
}

// badInput is an error about what was asked.
func badInput(err error) error {
	if err == nil {
		return nil
	}
	return connect.NewError(connect.CodeInvalidArgument, err)
}

// maxWait bounds how long a call may wait for something to arrive.
const maxWait = 60 * time.Second

func wait(seconds uint32) time.Duration {
	return min(time.Duration(seconds)*time.Second, maxWait)
}
