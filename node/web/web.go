package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"
)

// The bounds on who asks. A calendar asks for a moment, now and then; nobody
// needs more than a few connections.
const (
	maxConnections = 64
	maxHeader      = 16 << 10
	headerTime     = 5 * time.Second
	readTime       = 30 * time.Second
	writeTime      = 2 * time.Minute
	idleTime       = 30 * time.Second

	// MaxBody bounds the body of every request, in bytes. A handler may take
	// less.
	MaxBody = 4 << 20
)

// Route is what serves the paths with that beginning.
type Route struct {
	Prefix  string // begins with a slash
	Handler http.Handler
}

// Web is the listener.
type Web struct {
	listener net.Listener
	host     string // as requests have to name it
	log      *slog.Logger
}

// ParseAddr reads an address to listen on: 127.0.0.1:8123 or [::1]:8123. Port 0
// is any.
func ParseAddr(addr string) (netip.AddrPort, error) {
	a, err := netip.ParseAddrPort(addr)
	switch {
	case err != nil:
		return a, fmt.Errorf("web address %.60q is not of the form 127.0.0.1:8123", addr)
	case !a.Addr().IsLoopback():
		return a, fmt.Errorf("web address %v can be reached from elsewhere, want a loopback address: 127.0.0.1:%d", a, a.Port())
	case a.Addr().Zone() != "" || a.Addr().Is4In6():
		return a, fmt.Errorf("web address %v, want 127.0.0.1 or [::1]", a)
	}
	return a, nil
}

// Open listens on a loopback address. Nothing is served before Run.
func Open(addr string, l *slog.Logger) (*Web, error) {
	if _, err := ParseAddr(addr); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &Web{
		listener: netutil.LimitListener(&ownOnly{Listener: listener, own: own, log: l}, maxConnections),
		host:     listener.Addr().String(),
		log:      l,
	}, nil
}

// ownOnly is a listener that takes connections from its own user alone, where
// the system says whose they are. Ports are everybody's: while the daemon is
// down, another user may listen on ours and be told the secrets that calendars
// send. They are of no use to them then, and neither can they take up all places.
type ownOnly struct {
	net.Listener
	own  func(net.Conn) bool
	log  *slog.Logger
	said sync.Once
}

// Accept passes over whoever is somebody else.
func (l *ownOnly) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.own(c) {
			return c, nil
		}
		l.said.Do(func() { l.log.Warn("web: another user of this computer asked for calendars, and was refused") })
		_ = c.Close()
	}
}

// Addr is what is listened on.
func (w *Web) Addr() string { return w.host }

// URL is the address of everything, with a slash at its end.
func (w *Web) URL() string { return "http://" + w.host + "/" }

// Run serves until ctx ends. locked says whether the vault is, or is not there.
func (w *Web) Run(ctx context.Context, locked func() bool, routes ...Route) error {
	server := &http.Server{
		Handler:           w.guard(locked, route(routes)),
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(io.Discard, "", 0), // it would name what was asked
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	server.Protocols = protocols
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(w.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web: %w", err)
	}
	return nil
}

// Close stops listening, where Run did not.
func (w *Web) Close() error {
	if err := w.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// guard is what every request has to pass.
func (w *Web) guard(locked func() bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // compared as net/http does
				w.log.Error("web: a request broke", "stack", string(debug.Stack()))
				panic(http.ErrAbortHandler) // the connection is of no more use
			}
		}()
		h := rw.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		switch {
		case !w.named(r.Host):
			// DNS rebinding: the name that led here is not ours.
			http.Error(rw, "this is not the address of votive", http.StatusMisdirectedRequest)
		case !w.ownSite(r.Header):
			http.Error(rw, "other sites may not ask this", http.StatusForbidden)
		case locked():
			h.Set("Retry-After", "60")
			http.Error(rw, "locked: votive unlock", http.StatusServiceUnavailable)
		default:
			r.Body = http.MaxBytesReader(rw, r.Body, MaxBody)
			next.ServeHTTP(rw, r)
		}
	})
}

// named reports whether a request names this listener, and nothing else.
func (w *Web) named(host string) bool {
	return host == w.host || host+":80" == w.host
}

// ownSite reports whether a request is of no web page, or of one of ours.
func (w *Web) ownSite(h http.Header) bool {
	for _, origin := range h.Values("Origin") {
		if origin != "http://"+w.host {
			return false
		}
	}
	for _, site := range h.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" {
			return false
		}
	}
	return true
}

// route hands a request to the longest route that its path begins with. Paths
// are taken as they are: none is a file, and one that is not clean is none.
func route(routes []Route) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var best *Route
		for i := range routes {
			if strings.HasPrefix(r.URL.Path, routes[i].Prefix) && (best == nil || len(routes[i].Prefix) > len(best.Prefix)) {
				best = &routes[i]
			}
		}
		if best == nil {
			http.NotFound(rw, r)
			return
		}
		best.Handler.ServeHTTP(rw, r)
	})
}
