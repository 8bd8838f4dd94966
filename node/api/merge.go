package api

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"connectrpc.com/connect"

	"votive/node/almanac"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// MergeEvent chooses one of the versions of an event that exclude each other.
func (a *API) MergeEvent(ctx context.Context, r *localpb.MergeEventRequest) (*localpb.EventResponse, error) {
	event, err := a.findEvent(r.Event)
	if err != nil {
		return nil, err
	}
	take, err := a.findHead(event, r.Take)
	if err != nil {
		return nil, err
	}
	done, err := a.Secretary.Merge(ctx, event, take)
	if err != nil {
		return nil, err
	}
	return a.changed(event, done, a.title(event))
}

// findHead is the head of an event that begins so, in hex.
func (a *API) findHead(event votive.ID, begins string) (head votive.ID, err error) {
	if len(begins) < shortestID {
		return head, badInput(fmt.Errorf("version %.80q, want at least %d characters of its id", begins, shortestID))
	}
	return head, a.Almanac.View(func(v *almanac.View) error {
		found := 0
		var heads []votive.ID
		if e := v.Event(event); e != nil {
			heads = e.State.Heads
		}
		for _, h := range heads {
			if strings.HasPrefix(h.String(), strings.ToLower(begins)) {
				head = h
				found++
			}
		}
		if found != 1 {
			return notFound(fmt.Sprintf("%d versions of it have an id that begins with %.80q, want one", found, begins), "votive show EVENT")
		}
		return nil
	})
}

// shortestID is how much of an id has to be given at least.
const shortestID = 6

// notFound is an error about something that was named.
func notFound(text, hint string) error {
	e := connect.NewError(connect.CodeNotFound, errors.New(text))
	if d, err := connect.NewErrorDetail(&localpb.Hint{Command: hint}); err == nil {
		e.AddDetail(d)
	}
	return e
}
