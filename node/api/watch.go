package api

import (
	"context"

	"connectrpc.com/connect"

	"votive/node/almanac"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// Watch tells what changes, as it happens, until the caller goes away. It says
// `ready` first: what changes after that is told.
func (a *API) Watch(ctx context.Context, r *localpb.WatchRequest, s *connect.ServerStream[localpb.Change]) error {
	changes := a.Almanac.Watch(ctx, 1024)
	peers := a.Network.Peers(ctx)
	reminders := a.Remind.Watch(ctx)
	circle, err := a.findCircle(r.Circle)
	if err != nil {
		return err
	}
	if err := s.Send(&localpb.Change{Kind: "ready"}); err != nil {
		return err
	}
	for {
		var m *localpb.Change
		select {
		case <-ctx.Done():
			return nil
		case p, open := <-peers:
			if !open {
				peers = nil
				continue
			}
			m = &localpb.Change{Kind: "peer", Peer: p}
		case c, open := <-changes:
			if !open {
				return nil
			}
			m = a.change(c, circle)
		case r, open := <-reminders:
			if !open {
				return nil
			}
			m = a.reminderMessage(r, circle)
		}
		if m == nil {
			continue
		}
		if err := s.Send(m); err != nil {
			return err
		}
	}
}

// change is what a change comes to for a person; nil where it is nothing.
func (a *API) change(c almanac.Change, circle votive.ID) *localpb.Change {
	var m *localpb.Change
	_ = a.Almanac.View(func(v *almanac.View) error {
		e := v.Event(c.Event)
		if e == nil || !circle.IsZero() && e.Circle != circle {
			return nil
		}
		switch c.Kind {
		case almanac.EventChanged, almanac.ConflictCame:
			if e.Known {
				m = &localpb.Change{Kind: c.Kind, Event: eventMessage(v, e)}
			}
		case almanac.ReplyCame:
			if r := e.Reply(c.Reply); r != nil {
				m = &localpb.Change{Kind: c.Kind, Event: eventMessage(v, e), Guest: guestMessage(v, r)}
			}
		case almanac.AnswerCame:
			if e.Mine != nil && e.Mine.Reply.ID() == c.Reply {
				m = &localpb.Change{Kind: c.Kind, Event: eventMessage(v, e), Reply: replyMessage(e)}
			} else if r := e.Reply(c.Reply); r != nil && e.Organized() {
				m = &localpb.Change{Kind: c.Kind, Event: eventMessage(v, e), Guest: guestMessage(v, r)}
			}
		}
		return nil
	})
	return m
}
