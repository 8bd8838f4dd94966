package caldav

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
)

// fault is a request that is not done: a status, and where there is one the
// precondition that did not hold (RFC 4918, 16), as XML.
type fault struct {
	code         int
	precondition string        // of known names alone
	text         string        // for the person, if a client shows it
	wait         time.Duration // until it is of use to try again, where that is known
}

func (f *fault) Error() string { return f.text }

// Those that are given in many places.
var (
	errNotFound  = &fault{code: http.StatusNotFound, text: "there is no such thing"}
	errChanged   = &fault{code: http.StatusPreconditionFailed, text: "it is another by now"}
	errMethod    = &fault{code: http.StatusMethodNotAllowed, text: "that cannot be done with it"}
	errDepth     = &fault{code: http.StatusForbidden, precondition: "<D:propfind-finite-depth/>", text: "Depth: infinity is not answered, want 0 or 1"}
	errReport    = &fault{code: http.StatusForbidden, precondition: "<D:supported-report/>", text: "there is no such report"}
	errFilter    = &fault{code: http.StatusForbidden, precondition: "<C:supported-filter/>", text: "there is no such filter"}
	errToken     = &fault{code: http.StatusForbidden, precondition: "<D:valid-sync-token/>", text: "this sync token is not known any more"}
	errMatches   = &fault{code: http.StatusForbidden, precondition: "<D:number-of-matches-within-limits/>", text: "that are more than was asked for"}
	errUID       = &fault{code: http.StatusForbidden, precondition: "<C:no-uid-conflict/>", text: "another entry has this UID"}
	errTooLarge  = &fault{code: http.StatusRequestEntityTooLarge, precondition: "<C:max-resource-size/>", text: "it is too large"}
	errData      = &fault{code: http.StatusForbidden, precondition: "<C:valid-calendar-data/>", text: "it is no iCalendar text"}
	errPart      = &fault{code: http.StatusForbidden, precondition: "<C:supported-calendar-component/>", text: "it is no event, and votive has nothing else"}
	errObject    = &fault{code: http.StatusForbidden, precondition: "<C:valid-calendar-object-resource/>", text: "want one event with a UID"}
	errTooLong   = &fault{code: http.StatusForbidden, precondition: "<V:refused>the text is too long to be changed here: votive edit</V:refused>", text: "the text is too long to be changed here"}
	errCancelled = &fault{code: http.StatusForbidden, precondition: "<V:refused>it is cancelled: votive edit</V:refused>", text: "it is cancelled"}
	errSecret    = &fault{code: http.StatusForbidden, precondition: "<V:refused>it is marked as private, and a circle would see it</V:refused>", text: "it is marked as private, and a circle would see it"}
	errInvited   = &fault{code: http.StatusForbidden, precondition: "<V:refused>it has an organizer or guests: it came by an invitation, or would send some</V:refused>", text: "it has an organizer or guests"}
	errOften     = &fault{code: http.StatusTooManyRequests, text: "it was changed too often in a day: do two programs change it in turn?"}
	errNames     = &fault{code: http.StatusForbidden, text: "a name of up to 200 bytes, without controls and slashes"}
	errUnseen    = &fault{code: http.StatusPreconditionRequired, text: "a change must say with If-Match of what (RFC 6585): it would undo what others changed since"}
)

// tooMany says that no more is announced for so long.
func tooMany(wait time.Duration, circle bool) error {
	text := fmt.Sprintf("more than %d new events in an hour: is it the right calendar?", maxNew)
	if circle {
		text = fmt.Sprintf("more than %d announcements to circles in an hour: the rest has to wait", maxInCircles)
	}
	return &fault{code: http.StatusTooManyRequests, text: text, wait: wait}
}

// badRequest is about what is no request at all.
func badRequest(err error) error { return &fault{code: http.StatusBadRequest, text: err.Error()} }

// needs says that a privilege is missing (RFC 3744, 7.1.1).
func needs(href, privilege string) error {
	return &fault{
		code: http.StatusForbidden,
		precondition: "<D:need-privileges><D:resource><D:href>" + escape(href) + "</D:href><D:privilege><D:" + privilege +
			"/></D:privilege></D:resource></D:need-privileges>",
		text: "it is somebody else's, or you gave this program no right to change it",
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
		return &fault{code: http.StatusInsufficientStorage, precondition: "<D:sufficient-disk-space/>", text: "there is no room for it"}
	case errors.Is(err, secretary.ErrRefused):
		return &fault{code: http.StatusForbidden, precondition: "<V:refused>" + escape(err.Error()) + "</V:refused>", text: err.Error()}
	case errors.Is(err, secretary.ErrInput):
		return &fault{code: http.StatusForbidden, precondition: "<C:valid-calendar-object-resource/>", text: err.Error()}
	}
	return &fault{code: http.StatusInternalServerError, text: "it did not work"}
}

// refuse writes the answer.
func (f *fault) refuse(w http.ResponseWriter) {
	if f.code == http.StatusServiceUnavailable || f.code == http.StatusTooManyRequests {
		wait := cmp.Or(f.wait, 10*time.Minute)
		w.Header().Set("Retry-After", fmt.Sprint(int64((wait+time.Second-1)/time.Second)))
	}
	if f.precondition == "" {
		http.Error(w, f.text, f.code)
		return
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(f.code)
	_, _ = w.Write([]byte(declaration + "<D:error" + spaces + ">" + f.precondition + "</D:error>\n"))
}
