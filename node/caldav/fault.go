package caldav

import (
	"errors"
	"net/http"

	"votive/node/almanac"
	"votive/node/secretary"
)

// fault is a request that is not done: a status, and where there is one the
// precondition that did not hold (RFC 4918, 16), as XML.
type fault struct {
	code         int
	precondition string // of known names alone
	text         string // for the person, if a client shows it
}

func (f *fault) Error() string { return f.text }

// Those that are given in many places.
var (
	errNotFound  = &fault{code: http.StatusNotFound, text: "there is no such thing"}
	errChanged   = &fault{code: http.StatusPreconditionFailed, text: "it is another by now"}
	errMethod    = &fault{code: http.StatusMethodNotAllowed, text: "that cannot be done with it"}
	errDepth     = &fault{http.StatusForbidden, "<D:propfind-finite-depth/>", "Depth: infinity is not answered, want 0 or 1"}
	errReport    = &fault{http.StatusForbidden, "<D:supported-report/>", "there is no such report"}
	errFilter    = &fault{http.StatusForbidden, "<C:supported-filter/>", "there is no such filter"}
	errToken     = &fault{http.StatusForbidden, "<D:valid-sync-token/>", "this sync token is not known any more"}
	errMatches   = &fault{http.StatusForbidden, "<D:number-of-matches-within-limits/>", "that are more than was asked for"}
	errUID       = &fault{http.StatusForbidden, "<C:no-uid-conflict/>", "another entry has this UID"}
	errTooLarge  = &fault{http.StatusRequestEntityTooLarge, "<C:max-resource-size/>", "it is too large"}
	errData      = &fault{http.StatusForbidden, "<C:valid-calendar-data/>", "it is no iCalendar text"}
	errPart      = &fault{http.StatusForbidden, "<C:supported-calendar-component/>", "it is no event, and votive has nothing else"}
	errObject    = &fault{http.StatusForbidden, "<C:valid-calendar-object-resource/>", "want one event with a UID"}
	errTooLong   = &fault{http.StatusForbidden, "<V:refused>the text is too long to be changed here: votive edit</V:refused>", "the text is too long to be changed here"}
	errCancelled = &fault{http.StatusForbidden, "<V:refused>it is cancelled: votive edit</V:refused>", "it is cancelled"}
	errSecret    = &fault{http.StatusForbidden, "<V:refused>it is marked as private, and a circle would see it</V:refused>", "it is marked as private, and a circle would see it"}
	errInvited   = &fault{http.StatusForbidden, "<V:refused>it has an organizer or guests: it came by an invitation, or would send some</V:refused>", "it has an organizer or guests"}
	errOften     = &fault{code: http.StatusTooManyRequests, text: "it was changed too often in a day: do two programs change it in turn?"}
	errNames     = &fault{code: http.StatusForbidden, text: "a name of up to 200 bytes, without controls and slashes"}
	errTooMany   = &fault{code: http.StatusTooManyRequests, text: "too many new events in an hour: is it the right calendar?"}
)

// badRequest is about what is no request at all.
func badRequest(err error) error { return &fault{code: http.StatusBadRequest, text: err.Error()} }

// needs says that a privilege is missing (RFC 3744, 7.1.1).
func needs(href, privilege string) error {
	return &fault{
		http.StatusForbidden,
		"<D:need-privileges><D:resource><D:href>" + escape(href) + "</D:href><D:privilege><D:" + privilege +
			"/></D:privilege></D:resource></D:need-privileges>",
		"it is somebody else's, or you gave this program no right to change it",
	}
}

// explain is what an error is to a client.
func explain(err error) *fault {
	f := new(fault)
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, new(*http.MaxBytesError)):
		return errTooLarge
	case errors.Is(err, almanac.ErrLocked), errors.Is(err, almanac.ErrNoVault):
		return &fault{code: http.StatusServiceUnavailable, text: "locked: votive unlock"}
	case errors.Is(err, almanac.ErrFull), errors.Is(err, almanac.ErrTooMuch):
		return &fault{http.StatusInsufficientStorage, "<D:sufficient-disk-space/>", "there is no room for it"}
	case errors.Is(err, secretary.ErrRefused):
		return &fault{http.StatusForbidden, "<V:refused>" + escape(err.Error()) + "</V:refused>", err.Error()}
	case errors.Is(err, secretary.ErrInput):
		return &fault{http.StatusForbidden, "<C:valid-calendar-object-resource/>", err.Error()}
	}
	return &fault{code: http.StatusInternalServerError, text: "it did not work"}
}

// refuse writes the answer.
func (f *fault) refuse(w http.ResponseWriter) {
	if f.code == http.StatusServiceUnavailable || f.code == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "600")
	}
	if f.precondition == "" {
		http.Error(w, f.text, f.code)
		return
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(f.code)
	_, _ = w.Write([]byte(declaration + "<D:error" + spaces + ">" + f.precondition + "</D:error>\n"))
}
