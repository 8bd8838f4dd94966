package caldav

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/node/subscribe"
)

// The bounds on what one request brings, in bytes, and on how many are answered
// at once. The listener has bounds of its own.
const (
	maxPropfind = 64 << 10
	maxReport   = 4 << 20 // some 20,000 hrefs
	maxEntry    = 256 << 10
	maxRequests = 4
)

// Options are what a Handler works with.
type Options struct {
	Almanac   *almanac.Almanac
	Secretary *secretary.Secretary
	Log       *slog.Logger
}

// Handler serves CalDAV under Prefix and WellKnown. Its methods may be called by
// many goroutines at once.
type Handler struct {
	Options
	busy    chan struct{}
	states  states
	writing sync.Mutex // one PUT or DELETE at a time; guards fresh and revised
	fresh   fresh
	revised []revised // those of the last day
}

// New makes a Handler.
func New(o Options) *Handler {
	return &Handler{Options: o, busy: make(chan struct{}, maxRequests)}
}

// Run forgets what is in memory when the vault is locked, until ctx ends.
func (h *Handler) Run(ctx context.Context) error {
	for c := range h.Almanac.Watch(ctx, 16) {
		if (c.Kind == almanac.LockChanged || c.Kind == almanac.Lagged) && h.Almanac.Vault.Locked() {
			h.states.forget()
		}
	}
	return nil
}

// request is one that is answered. What it comes to is written when nothing is
// looked at any more: who reads slowly holds up nobody.
type request struct {
	*http.Request
	h       *Handler
	program subscribe.Calendar
	place   place
	body    []byte
}

// answer is what a request comes to.
type answer struct {
	code   int
	header map[string]string
	body   []byte
}

// allow is what can be done.
const allow = "OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, REPORT"

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == WellKnown {
		http.Redirect(w, r, Prefix, http.StatusMovedPermanently) // RFC 6764, 5
		return
	}
	select {
	case h.busy <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	a, err := h.oneOf(r)
	if err != nil {
		f := explain(err)
		switch f.code {
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", `Basic realm="votive", charset="UTF-8"`)
		case http.StatusMethodNotAllowed:
			w.Header().Set("Allow", allow)
		case http.StatusInternalServerError:
			h.Log.Warn("a calendar's request could not be answered", "err", err)
		}
		f.refuse(w)
		return
	}
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.code)
	_, _ = w.Write(a.body) // of HEAD it writes nothing
}

// oneOf is the answer of one of maxRequests, whose place is free before it is
// written.
func (h *Handler) oneOf(r *http.Request) (answer, error) {
	defer func() { <-h.busy }()
	return h.answer(r)
}

// errWho asks for user and password.
var errWho = &fault{code: http.StatusUnauthorized, text: "want the user and password that votive calendar new showed"}

func (h *Handler) answer(r *http.Request) (answer, error) {
	q := &request{Request: r, h: h}
	user, password, _ := r.BasicAuth()
	err := h.Almanac.View(func(v *almanac.View) error {
		var known bool
		if q.program, known = subscribe.ByPassword(v, user, password); !known {
			return errWho
		}
		return nil
	})
	if err != nil {
		return answer{}, err
	}
	if q.place, err = parsePath(r.URL.EscapedPath()); err != nil {
		return answer{}, err
	}
	most := int64(maxPropfind)
	switch r.Method {
	case "REPORT":
		most = maxReport
	case http.MethodPut:
		most = maxEntry
	}
	if q.body, err = io.ReadAll(http.MaxBytesReader(nil, r.Body, most)); err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return answer{}, errTooLarge
		}
		return answer{}, badRequest(errors.New("the request was cut off"))
	}
	switch r.Method {
	case http.MethodOptions:
		return answer{code: http.StatusNoContent, header: map[string]string{
			"DAV": "1, 3, access-control, calendar-access", "Allow": allow,
		}}, nil
	case http.MethodGet, http.MethodHead:
		return q.get()
	case "PROPFIND":
		return q.propfind()
	case "PROPPATCH":
		return q.proppatch()
	case "REPORT":
		return q.report()
	case http.MethodPut:
		return q.put()
	case http.MethodDelete:
		return q.delete()
	case "MKCALENDAR", "MKCOL":
		return answer{}, needs(home, "bind")
	}
	return answer{}, errMethod
}

// look has see look at the collection of the request.
func (q *request) look(see func(*almanac.View, collection, map[string]*entry) error) error {
	return q.h.Almanac.View(func(v *almanac.View) error {
		if _, err := subscribe.Find(v, q.program.ID); err != nil {
			return errWho // it was revoked while the body came
		}
		c, err := find(v, &q.program, q.place.collection)
		if err != nil {
			return err
		}
		return see(v, c, c.entries(v))
	})
}

// get is an entry as iCalendar text.
func (q *request) get() (answer, error) {
	if q.place.name == "" {
		return answer{}, errMethod
	}
	a := answer{code: http.StatusOK}
	return a, q.look(func(_ *almanac.View, _ collection, all map[string]*entry) error {
		e := all[q.place.name]
		if e == nil {
			return errNotFound
		}
		a.header = map[string]string{
			"ETag": e.tag(), "Content-Type": "text/calendar; charset=utf-8",
			"Last-Modified": e.event.Learned.UTC().Format(http.TimeFormat),
		}
		if list := q.Header.Get("If-None-Match"); list != "" && subscribe.Matches(list, e.tag()) {
			a.code = http.StatusNotModified
			return nil
		}
		a.body = e.text()
		return nil
	})
}

// multistatus is the answer that w has the responses of.
func multistatus(w *writer, end string) answer {
	return answer{
		code:   http.StatusMultiStatus,
		header: map[string]string{"Content-Type": "application/xml; charset=utf-8"},
		body:   []byte(declaration + "<D:multistatus" + spaces + ">\n" + w.String() + end + "</D:multistatus>\n"),
	}
}

// minimal reports whether who asks does without what was not found (RFC 8144).
func (q *request) minimal() bool {
	return strings.Contains(q.Header.Get("Prefer"), "return=minimal")
}
