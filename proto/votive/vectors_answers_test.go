package votive

import (
	"fmt"
	"slices"
	"time"

	"votive/proto/internal/wirepb"
)

func doNewerAnswer(in newerAnswerIn) (newerOut, error) {
	r := NewReader(KindAnswer, in.Secret.secret32())
	a, err := newRecord(r, in.A)
	if err != nil {
		return newerOut{}, badVector{err}
	}
	b, err := newRecord(r, in.B)
	if err != nil {
		return newerOut{}, badVector{err}
	}
	return newer(a.Newer(b), b.Newer(a))
}

type newerAnswerIn struct {
	Secret octets `json:"secret"`
	A      octets `json:"a"`
	B      octets `json:"b"`
}

type answerIn struct {
	Event      octets    `json:"event"`
	Counted    []octets  `json:"counted"`
	Reply      octets    `json:"reply"`
	Invitation octets    `json:"invitation,omitempty"`
	Revokes    []octets  `json:"revokes"`
	Order      int       `json:"order"`
	Seated     int       `json:"seated"`
	Answered   string    `json:"answered,omitempty"`
	Now        time.Time `json:"now"`
}

type answerOut struct {
	Admission string `json:"admission"`
}

func doAnswer(in answerIn) (answerOut, error) {
	counted, err := countedOf(in.Counted)
	if err != nil {
		return answerOut{}, err
	}
	e, _ := Fold(in.Event.id32(), counted)
	r := Request{Event: &e, Order: in.Order, Seated: in.Seated}
	if in.Answered != "" {
		answered := slices.Index(admissionNames, in.Answered)
		if answered < 0 {
			return answerOut{}, badVector{fmt.Errorf("admission %q is not known", in.Answered)}
		}
		r.Answered = Admission(answered)
	}
	if r.Reply, err = decodeReply(in.Reply); err != nil {
		return answerOut{}, badVector{err}
	}
	if in.Invitation != nil {
		if r.Invitation, err = invitationOf(in.Invitation); err != nil {
			return answerOut{}, err
		}
	}
	if r.Revokes, err = revokesOf(in.Revokes); err != nil {
		return answerOut{}, err
	}
	admission, given := r.Automatic(in.Now)
	if !given {
		return answerOut{"none"}, nil
	}
	return answerOut{admission.String()}, nil
}

func writeAnswers(c *chapter) {
	writeAnswerRecords(c)
	writeAutomatic(c)
	writeNoAnswer(c)
}

// writeAnswerRecords is SPEC 8.4.
func writeAnswerRecords(c *chapter) {
	event, secret := found("nonce", "ana").id, seedOf("answer")
	answer := func(change func(*wirepb.Answer)) []byte {
		w := &wirepb.Answer{Event: event, Reply: replyIDOf(secret), Counter: 1, Heard: 1, Admission: wirepb.Admission_ADMISSION_IN}
		change(w)
		return answerBody(w)
	}
	good := func(name string, change func(*wirepb.Answer)) {
		b := answer(change)
		c.known("answer", name, "8.4", "answer", secret, b, lawBodyID(b))
	}
	bad := func(name string, change func(*wirepb.Answer)) {
		c.unfit("answer", name, "1.5 8.4", secret, answer(change))
	}
	good("plain", func(*wirepb.Answer) {})
	good("with details", func(w *wirepb.Answer) { w.Details = encoded(plainDetails()) })
	good("note of 500 bytes", func(w *wirepb.Answer) { w.Note = text(500) })
	good("pending, and nothing heard", func(w *wirepb.Answer) { w.Admission, w.Heard = 0, 0 })
	for _, n := range []int32{4, 256, -1, -256} {
		bad(fmt.Sprintf("admission %d", n), func(w *wirepb.Answer) { w.Admission = wirepb.Admission(n) })
	}
	bad("note of 501 bytes", func(w *wirepb.Answer) { w.Note = text(501) })
	bad("to the reply of another secret", func(w *wirepb.Answer) { w.Reply = replyIDOf(seedOf("reply")) })
	bad("to the secret and not its id", func(w *wirepb.Answer) { w.Reply = secret })
	bad("with details of 1,025 bytes", func(w *wirepb.Answer) { w.Details = encoded(detailsOf(1025)) })
	bad("with details that are none", func(w *wirepb.Answer) { w.Details = []byte("river") })
	c.unfit("answer", "under the secret of another reply", "8.4", seedOf("reply"), answer(func(*wirepb.Answer) {}))

	with := func(counter uint32, note string) []byte {
		return answer(func(w *wirepb.Answer) { w.Counter, w.Note = counter, note })
	}
	of := func(name string, a, b []byte, counts string) {
		c.accept("newer-answer", name, "8.4", newerAnswerIn{secret, a, b}, newerOut{counts})
	}
	of("counters 1 and 2", with(1, ""), with(2, ""), "b")
	of("counters 300 and 2", with(300, ""), with(2, ""), "a")
	of("one and the same", with(1, ""), with(1, ""), "either")
	for i := range 4 {
		a, b := with(7, fmt.Sprint("a", i)), with(7, fmt.Sprint("b", i))
		of(fmt.Sprintf("equal counters, %d", i), a, b, lesser(lawBodyID(a), lawBodyID(b)))
	}
}

// answering is an event of ana's, with a capacity of 10 where nothing else is
// said, and a reply of two people to it.
type answering struct {
	card       func(*wirepb.Card)
	reply      func(*wirepb.Reply)
	invitation func(*wirepb.Invitation)
	by         string // who invites
	walkIn     bool
	invite     []byte // whose mac it has
	revoked    bool
	order      int
	seated     int
	answered   string // before
	conflict   bool
	now        time.Time
}

func (c *chapter) answered(name, admission string, a answering) {
	f := found("nonce", "ana")
	first := f.revise("", list("ana"), nil, func(w *wirepb.Revision) {
		w.Card.Capacity = 10
		if a.card != nil {
			a.card(w.Card)
		}
	})
	inv, reply := plainInvitation(f), plainReply(f.id)
	if a.invitation != nil {
		a.invitation(inv)
	}
	if a.reply != nil {
		a.reply(reply)
	}
	in := answerIn{Event: f.id, Counted: octetsOf(list(first.counted("ana"))), Revokes: []octets{}, Order: a.order, Seated: a.seated, Answered: a.answered, Now: a.now}
	if a.conflict {
		one, other := f.revise("one", list("ana"), list(first)), f.revise("other", list("ana"), list(first))
		in.Counted = octetsOf(list(first.counted("ana"), one.counted("ana"), other.counted("ana")))
	}
	if !a.walkIn {
		if a.invite == nil {
			a.invite = inv.Invite
		}
		withInvite(reply, a.invite)
		if a.by == "" {
			a.by = "ana"
		}
		in.Invitation = bodyBy(a.by, inviting(inv))
	}
	if a.revoked {
		in.Revokes = octetsOf(list(bodyBy("ana", revoking(f.id, inv.Invite))))
	}
	if a.now.IsZero() {
		in.Now = deadline.Add(-time.Hour)
	}
	in.Reply = encoded(reply)
	c.accept("answer", name, "7.7 8.5", in, answerOut{admission})
}

// writeAutomatic is SPEC 8.5.
func writeAutomatic(c *chapter) {
	uses := func(n uint32) func(*wirepb.Invitation) { return func(w *wirepb.Invitation) { w.Uses = n } }
	party := func(n uint32) func(*wirepb.Reply) { return func(w *wirepb.Reply) { w.Party = n } }
	no := func(w *wirepb.Reply) { w.Status = wirepb.Rsvp_RSVP_NO }
	c.answered("room for all", "in", answering{})
	c.answered("room for two and two come", "in", answering{seated: 8})
	c.answered("room for one and two come", "waitlist", answering{seated: 9})
	c.answered("room for one and one comes", "in", answering{seated: 9, reply: party(1)})
	c.answered("no room", "waitlist", answering{seated: 10, reply: party(1)})
	c.answered("a party greater than the event", "waitlist", answering{reply: party(11)})
	c.answered("a party as great as the event", "in", answering{reply: party(10)})
	c.answered("a party of 0 takes a place", "waitlist", answering{seated: 10, reply: party(0)})
	c.answered("a party of 0 takes no more than a place", "in", answering{seated: 9, reply: party(0)})
	c.answered("maybe", "in", answering{reply: func(w *wirepb.Reply) { w.Status = wirepb.Rsvp_RSVP_MAYBE }})
	c.answered("no, and the invitation is revoked since", "declined", answering{reply: no, revoked: true, answered: "in"})
	c.answered("no, and the invitation has expired since", "declined", answering{reply: no, now: deadline.Add(time.Second), answered: "waitlist"})
	c.answered("no, never answered, and the invitation is revoked", "none", answering{reply: no, revoked: true})
	c.answered("no of a walk-in", "none", answering{reply: no, walkIn: true})
	c.answered("no of a walk-in whom a person let in", "declined", answering{reply: no, walkIn: true, answered: "in"})
	c.answered("no limit", "in", answering{seated: 100_000, card: func(w *wirepb.Card) { w.Capacity = 0 }})
	c.answered("no", "declined", answering{reply: no})
	c.answered("no, where there is no room", "declined", answering{reply: no, seated: 10})
	c.answered("the last use", "in", answering{invitation: uses(3), order: 2})
	c.answered("one use too many", "none", answering{invitation: uses(3), order: 3})
	c.answered("no limit of uses", "in", answering{order: 100_000})
	c.answered("when the invitation expires", "in", answering{now: deadline})
}

func writeNoAnswer(c *chapter) {
	answers := func(n wirepb.Answers) func(*wirepb.Card) { return func(w *wirepb.Card) { w.Answers = n } }
	c.answered("a person answers", "none", answering{card: answers(wirepb.Answers_ANSWERS_APPROVE)})
	c.answered("nobody answers", "none", answering{card: answers(wirepb.Answers_ANSWERS_CLOSED)})
	c.answered("in conflict", "none", answering{conflict: true})
	c.answered("in conflict, no", "none", answering{conflict: true, reply: func(w *wirepb.Reply) { w.Status = wirepb.Rsvp_RSVP_NO }, answered: "in"})
	c.answered("cancelled", "none", answering{card: func(w *wirepb.Card) { w.Status = wirepb.Status_STATUS_CANCELLED }})
	c.answered("tentative", "in", answering{card: func(w *wirepb.Card) { w.Status = wirepb.Status_STATUS_TENTATIVE }})
	c.answered("walk-in", "none", answering{walkIn: true})
	c.answered("after the invitation has expired", "none", answering{now: deadline.Add(time.Second)})
	c.answered("the invitation is revoked", "none", answering{revoked: true})
	c.answered("the invitation is by a stranger", "none", answering{by: "ben"})
	c.answered("the mac is of another invite", "none", answering{invite: seedOf("another invite")})
	c.answered("the invitation is to another event", "none", answering{invitation: func(w *wirepb.Invitation) { w.Event = seedOf("event") }})
}
