package remind

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/node/settings"
	"votive/node/store"
	"votive/node/vault"
	"votive/proto/votive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// morning is when the wall clock of every test begins.
var morning = time.Date(2027, 6, 1, 8, 0, 0, 0, time.UTC)

const passphrase = "correct horse"

// house is a person with a daemon that reminds them, and a clock on the wall
// that a test can put.
type house struct {
	*secretary.Secretary
	t     testing.TB
	book  *almanac.Almanac
	wall  atomic.Int64 // how far the clock is before the bubble's
	log   bytes.Buffer // once the daemon has stopped
	stop  func()
	show  func(context.Context, string) error
	watch <-chan Reminder
	bare  bool // there is no desktop

	mu    sync.Mutex
	shown []string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t}
	h.wall.Store(int64(time.Until(morning)))
	fs := vfs.NewMem()
	s, err := store.Open("store", store.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	v, err := vault.Open("vault", vault.Options{FS: fs, Cost: vault.Cost{Passes: 1, MemoryKiB: 64, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	quiet := slog.New(slog.DiscardHandler)
	h.book, err = almanac.Open(t.Context(), almanac.Options{Store: s, Vault: v, Effort: votive.MinEffort, Log: quiet, Now: h.now})
	if err != nil {
		t.Fatal(err)
	}
	h.Secretary = secretary.New(h.book, secretary.Options{Log: quiet})
	if _, err := h.Init(t.Context(), []byte(passphrase), nil); err != nil {
		t.Fatal(err)
	}
	h.show = func(_ context.Context, text string) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.shown = append(h.shown, text)
		return nil
	}
	return h
}

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.wall.Load())) }

// put puts the clock on the wall, as a sleep of the computer does: no timer
// knows of it.
func (h *house) put(d time.Duration) { h.wall.Add(int64(d)) }

// starts runs a daemon.
func (h *house) starts() {
	ctx, cancel := context.WithCancel(h.t.Context())
	r := New(h.book, Options{
		Show: h.show, Desktop: func() bool { return !h.bare }, Now: h.now, Zone: time.UTC,
		Log: slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	h.watch = r.Watch(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	h.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("Run = %v", err)
		}
	}
}

// sleep lets time pass, in the bubble.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// until lets the computer sleep until two minutes before a time, counted from
// the morning, and then lets these two pass: the daemon is awake for long enough
// to find out. Time in the bubble is dear, since the store does things ten times
// a second.
func (h *house) until(after time.Duration) {
	h.put(morning.Add(after - 2*time.Minute).Sub(h.now()))
	sleep(2 * time.Minute)
}

// told is what was shown since it was asked last.
func (h *house) told() []string {
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	told := h.shown
	h.shown = nil
	return told
}

// watched is the next reminder that Watch gave, or none.
func (h *house) watched() Reminder {
	select {
	case r := <-h.watch:
		return r
	default:
		return Reminder{}
	}
}

// wants checks what was shown since it was asked last.
func (h *house) wants(when string, want ...string) {
	h.t.Helper()
	if got := h.told(); !slices.Equal(got, want) {
		h.t.Errorf("%s: shown is %q, want %q", when, got, want)
	}
}

// chooses writes a setting.
func (h *house) chooses(name, value string) {
	h.t.Helper()
	note, err := settings.Set(name, value)
	if err != nil {
		h.t.Fatal(err)
	}
	h.keeps(note)
}

func (h *house) keeps(notes ...almanac.Note) {
	h.t.Helper()
	err := h.book.Write(h.t.Context(), func(*almanac.View) (almanac.Draft, error) { return almanac.Draft{Note: notes}, nil })
	if err != nil {
		h.t.Fatal(err)
	}
}

// minds chooses reminders of one event.
func (h *house) minds(event votive.ID, text string) {
	h.t.Helper()
	err := h.book.Write(h.t.Context(), func(v *almanac.View) (almanac.Draft, error) {
		notes, err := Choose(v, event, list(h.t, text))
		return almanac.Draft{Note: notes}, err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func said(s string) *string { return &s }

func (h *house) span(in time.Duration) (start, end *votive.Time) {
	begins := at(h.t, morning.Add(in).Format(stamp), "UTC")
	ends := at(h.t, morning.Add(in+time.Hour).Format(stamp), "UTC")
	return &begins, &ends
}

// announces an event of an hour, so long after the morning.
func (h *house) announces(title string, in time.Duration, rule string) votive.ID {
	h.t.Helper()
	start, end := h.span(in)
	w := secretary.Wish{Title: &title, Start: start, End: end, Place: said("Victoria Park")}
	if rule != "" {
		w.Rule = &rule
	}
	event, err := h.Announce(h.t.Context(), w, votive.ID{}, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return event
}

func (h *house) moves(event votive.ID, in time.Duration) {
	h.t.Helper()
	start, end := h.span(in)
	if _, err := h.Edit(h.t.Context(), event, secretary.Wish{Start: start, End: end}); err != nil {
		h.t.Fatal(err)
	}
}

const inAnHour = "Something of yours begins in 1 hour"

func TestRunReminds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.chooses("reminders", "1h")
		h.starts()
		event := h.announces("Candles", 3*time.Hour, "")
		sleep(2*time.Hour - time.Second)
		h.wants("a second early")
		sleep(time.Second)
		h.wants("to the second", inAnHour)
		r := h.watched()
		if r.Event != event || r.Before != time.Hour || r.Title != "Candles" {
			t.Errorf("Watch gives %+v, want the event", r)
		}
		h.until(48 * time.Hour)
		h.wants("afterwards")
		h.stop()
		if got := h.log.String(); strings.Contains(got, "reminder") {
			t.Errorf("the log is %q, want nothing that the desktop was told", got)
		}
	})
}

func TestRestartsRepeatNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.chooses("reminders", "2h,1h")
		h.announces("Candles", 3*time.Hour, "")
		h.starts()
		sleep(time.Hour)
		h.wants("the first", "Something of yours begins in 2 hours")
		for range 3 {
			h.stop()
			h.starts()
			sleep(time.Minute)
			h.wants("after a restart")
		}
		h.stop()
		sleep(2 * time.Hour) // the event has begun
		h.starts()
		sleep(time.Minute)
		h.wants("what fell into the time without a daemon", "Something of yours began 3 minutes ago")
		h.stop()
	})
}

// A computer that slept over many of them sums them up.
func TestSleepSumsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.chooses("reminders", "1h,5h")
		for i := range 10 {
			h.announces(fmt.Sprint("Reading ", i), time.Duration(i)*time.Hour+10*time.Hour, "")
		}
		h.starts()
		sleep(time.Minute)
		h.put(15 * time.Hour) // it is 23:01
		h.wants("while it sleeps")
		sleep(time.Minute)
		// Over: 18:00 to 22:00. On: 23:00, named by what is soonest. To come by 04:00: 23:00, 0:00, 1:00, 2:00, 3:00.
		h.wants("when it wakes", "5 things of yours are near; the first began 2 minutes ago")
		if n := len(h.watch); n != 5 {
			t.Errorf("Watch gives %d reminders, want each of the 5", n)
		}
		sleep(time.Hour)
		h.wants("an hour later", inAnHour)
		h.stop()
	})
}

func TestFollowsChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hour, day, minute = time.Hour, 24 * time.Hour, time.Minute
		h := newHouse(t)
		h.chooses("reminders", "1h")
		h.starts()
		event := h.announces("Candles", 3*hour, "")
		sleep(minute)
		h.moves(event, 5*hour)
		h.until(2*hour + minute)
		h.wants("at the old time")
		h.until(4*hour + minute)
		h.wants("at the new time", inAnHour)
		h.moves(event, 4*hour+30*minute)
		sleep(minute)
		h.wants("moved forward: it is new", "Something of yours begins in 29 minutes")
		h.moves(event, 10*hour)
		sleep(minute)
		if _, err := h.Cancel(t.Context(), event, ""); err != nil {
			t.Fatal(err)
		}
		h.until(9*hour + minute)
		h.wants("cancelled")

		series := h.announces("Reading", 2*day, "FREQ=DAILY;COUNT=4") // on the 3rd to the 6th of June
		gone := votive.Occurrence{Date: date(t, "2027-06-04"), Cancelled: true}
		if _, err := h.Occurrence(t.Context(), series, gone); err != nil {
			t.Fatal(err)
		}
		start, end := h.span(4*day + 5*hour)
		if _, err := h.Occurrence(t.Context(), series, votive.Occurrence{Date: date(t, "2027-06-05"), Start: *start, End: *end}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			at   time.Duration
			when string
			want []string
		}{
			{2*day - hour - minute, "before the first date", nil},
			{2*day - hour + minute, "the first date", []string{inAnHour}},
			{3*day - hour + minute, "a date that is cancelled", nil},
			{4*day - hour + minute, "a date that was moved away from", nil},
			{4*day + 4*hour + minute, "a date that was moved to", []string{inAnHour}},
			{5*day - hour + minute, "the last date", []string{inAnHour}},
			{6*day - hour + minute, "after the last date", nil},
		} {
			h.until(c.at)
			h.wants(c.when, c.want...)
		}
		h.stop()
	})
}

func TestLockKnowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.chooses("reminders", "1h")
		h.starts()
		h.announces("Candles", 3*time.Hour, "")
		h.announces("Reading", 9*time.Hour, "")
		sleep(time.Minute)
		if err := h.book.Lock(); err != nil {
			t.Fatal(err)
		}
		sleep(2*time.Hour + 30*time.Minute)
		h.wants("locked")
		if err := h.book.Unlock(t.Context(), []byte(passphrase)); err != nil {
			t.Fatal(err)
		}
		sleep(time.Second)
		h.wants("unlocked", "Something of yours begins in 29 minutes")
		sleep(time.Hour)
		h.wants("later")
		h.stop()
	})
}

// TestNoDesktop: where there is none the log has it, without a name whatever was
// chosen.
func TestNoDesktop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.bare = true
		h.chooses("reminders", "1h")
		h.chooses("notifications", "full")
		h.starts()
		h.announces("Candles", 2*time.Hour, "")
		sleep(time.Hour)
		h.wants("on no desktop")
		h.stop()
		got := h.log.String()
		if strings.Count(got, `msg="reminder: `+inAnHour+`"`) != 1 || strings.Contains(got, "Candles") {
			t.Errorf("the log is %q, want one line that names nothing", got)
		}
	})
}

func TestNotificationsTellWhatWasChosen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.chooses("reminders", "1h")
		h.chooses("notifications", "full")
		h.starts()
		h.announces("Candles <b>", 2*time.Hour, "")
		sleep(time.Hour)
		h.wants("full", "Candles b: begins in 1 hour")
		h.chooses("notifications", "off")
		h.announces("Secret reading", 3*time.Hour, "")
		sleep(time.Hour)
		h.wants("off")
		if r := h.watched(); r.Title != "Candles <b>" {
			t.Errorf("Watch gives %+v first", r)
		}
		if r := h.watched(); r.Title != "Secret reading" {
			t.Errorf("Watch gives %+v then, want it told whatever the desktop is", r)
		}
		h.stop()
		if got := h.log.String(); strings.Contains(got, "Candles") || strings.Contains(got, "reading") ||
			strings.Contains(got, "reminder") {
			t.Errorf("the log is %q, want nothing", got)
		}
	})
}

func TestOnlyMineUnlessChosen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.starts()
		event := h.announces("Candles", 3*time.Hour, "")
		sleep(2 * time.Hour)
		h.wants("none was chosen")
		h.chooses("reminders", "30m")
		h.minds(event, "45m,15m")
		sleep(59 * time.Minute)
		h.wants("its own", "Something of yours begins in 45 minutes", "Something of yours begins in 15 minutes")
		other := h.announces("Reading", 6*time.Hour, "")
		h.minds(other, "")
		sleep(3 * time.Hour)
		h.wants("none of its own")
		h.keeps(Usual(other))
		sleep(time.Minute)
		h.wants("as all others", "Something of yours begins in 1 minute")

		// What others announced is nobody's until they answer.
		_ = h.book.View(func(v *almanac.View) error {
			e := &almanac.Event{ID: votive.ID{7}}
			if got := Before(v, e); got != nil {
				t.Errorf("Before(somebody else's event) = %v, want none", got)
			}
			e.Mine = &votive.KeepReply{}
			e.Mine.Reply.Status = votive.RsvpYes
			if got := Before(v, e); !slices.Equal(got, []time.Duration{30 * time.Minute}) {
				t.Errorf("Before(an event that I come to) = %v, want 30m", got)
			}
			e.Mine.Reply.Status = votive.RsvpNo
			if got := Before(v, e); got != nil {
				t.Errorf("Before(an event that I do not come to) = %v, want none", got)
			}
			return nil
		})
		h.minds(votive.ID{7}, "2h")
		_ = h.book.View(func(v *almanac.View) error {
			if got := Before(v, &almanac.Event{ID: votive.ID{7}}); !slices.Equal(got, []time.Duration{2 * time.Hour}) {
				t.Errorf("Before(somebody else's event that was chosen) = %v, want 2h", got)
			}
			return nil
		})
		h.stop()
	})
}

func TestZoneOfTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.chooses("reminders", "1h")
		h.starts()
		start := plain(t, "2027-06-02T20:00:00")
		if _, err := h.Announce(t.Context(), secretary.Wish{Title: said("Candles"), Start: &start}, votive.ID{}, ""); err != nil {
			t.Fatal(err)
		}
		sleep(time.Hour)
		h.chooses("zone", "Asia/Hong_Kong") // 20:00 there is 12:00 in UTC
		h.until(27*time.Hour + time.Minute)
		h.wants("in Hong Kong", inAnHour)
		h.stop()
	})
}

// A clock that is put back has nothing come twice, and what was over comes.
func TestClockIsPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.chooses("reminders", "1h")
		h.announces("Candles", 3*time.Hour, "")
		h.announces("Reading", 30*time.Hour, "")
		h.starts()
		sleep(2 * time.Hour)
		h.wants("Candles", inAnHour)
		h.put(365 * 24 * time.Hour)
		sleep(time.Minute)
		h.wants("a year ahead, all is over")
		h.put(-365 * 24 * time.Hour)
		sleep(time.Minute)
		h.wants("back again: it came already")
		h.until(29*time.Hour + time.Minute)
		h.wants("Reading", inAnHour)
		h.put(-10 * time.Hour)
		sleep(2 * time.Minute)
		h.until(29*time.Hour + 10*time.Minute)
		h.wants("put back after it came")
		h.stop()
	})
}

// A desktop that hangs holds up nothing, and Run ends all the same.
func TestDesktopHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		var hanging, most, calls atomic.Int32
		h.show = func(ctx context.Context, _ string) error {
			calls.Add(1)
			most.Store(max(most.Load(), hanging.Add(1)))
			defer hanging.Add(-1)
			<-ctx.Done()
			return ctx.Err()
		}
		h.chooses("reminders", "1h")
		h.starts()
		for i := range 10 { // one every minute
			h.announces("Reading", 2*time.Hour+time.Duration(i)*time.Minute, "")
		}
		sleep(time.Hour + 30*time.Second)
		if hanging.Load() != 0 {
			t.Errorf("%d hang after 30 seconds, want none", hanging.Load())
		}
		sleep(10 * time.Minute)
		if calls.Load() != 10 {
			t.Errorf("%d were to be shown, want 10", calls.Load())
		}
		for i := range 6 { // many at once, each by a change of its own
			h.announces("Vigil", 72*time.Minute+time.Duration(i)*time.Minute, "")
			sleep(2 * time.Second)
		}
		if most.Load() > maxShown {
			t.Errorf("%d were shown at once, want at most %d", most.Load(), maxShown)
		}
		h.stop()
		if hanging.Load() != 0 {
			t.Error("Run ended before what it had begun")
		}
	})
}

// TestAnyLife is everything at once: a clock that is put, a computer that
// sleeps, a vault that is locked, a daemon that is started again, and events
// that change. Each reminder comes once.
func TestAnyLife(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 1))
		h := newHouse(t)
		h.chooses("reminders", "2h,1d")
		h.starts()
		type thing struct {
			start     time.Time
			cancelled bool
			due       []time.Duration
		}
		events := make(map[votive.ID]*thing)
		var ids []votive.ID
		came := make(map[string]int)
		locked := false
		hours := func(from, to int) time.Duration { return time.Duration(from+random.IntN(to-from+1)) * time.Hour }
		for step := range 120 {
			kind := random.IntN(10)
			if locked && kind < 4 { // nothing can be written
				kind = 4 + random.IntN(6)
			}
			switch {
			case kind == 0 && len(ids) < 12:
				in := h.now().Sub(morning).Truncate(time.Hour) + hours(1, 60)
				id := h.announces(fmt.Sprint("Event ", len(ids)), in, "")
				events[id] = &thing{start: morning.Add(in), due: list(t, "2h,1d")}
				ids = append(ids, id)
			case kind == 1 && len(ids) > 0:
				id := ids[random.IntN(len(ids))]
				if e := events[id]; !e.cancelled {
					in := h.now().Sub(morning).Truncate(time.Hour) + hours(1, 60)
					e.start = morning.Add(in)
					h.moves(id, in)
				}
			case kind == 2 && len(ids) > 0:
				id := ids[random.IntN(len(ids))]
				text := []string{"", "30m", "3h,1h"}[random.IntN(3)]
				h.minds(id, text)
				events[id].due = list(t, text)
			case kind == 3 && len(ids) > 0 && random.IntN(3) == 0:
				id := ids[random.IntN(len(ids))]
				if e := events[id]; !e.cancelled {
					if _, err := h.Cancel(t.Context(), id, ""); err != nil {
						t.Fatal(err)
					}
					e.cancelled = true
				}
			case kind == 4:
				h.put(hours(1, 40))
			case kind == 5:
				h.put(-hours(1, 20))
			case kind == 6 && !locked:
				locked = true
				if err := h.book.Lock(); err != nil {
					t.Fatal(err)
				}
			case kind <= 7 && locked:
				locked = false
				if err := h.book.Unlock(t.Context(), []byte(passphrase)); err != nil {
					t.Fatal(err)
				}
			case kind == 8:
				h.stop()
				drainInto(t, h.watch, came)
				h.starts()
			default:
				sleep(time.Duration(random.IntN(20)) * time.Minute)
			}
			sleep(2 * time.Minute)
			drainInto(t, h.watch, came)
			if locked {
				continue
			}
			now := h.now()
			for id, e := range events {
				// Of those that come together one is told.
				for _, b := range e.due {
					due := e.start.Add(-b)
					if e.cancelled || now.Before(due) || !now.Before(e.start.Add(time.Hour)) {
						continue
					}
					if came[name(id, e.start)] == 0 {
						t.Fatalf("step %d, %v: nothing came of the reminder %v before %v", step, now, b, e.start)
					}
				}
			}
		}
		h.stop()
	})
}

// name is what a test calls a time at which an event takes place.
func name(event votive.ID, start time.Time) string {
	return event.String() + " " + start.UTC().String()
}

// drainInto counts the reminders that came, and checks that none came twice.
func drainInto(t *testing.T, from <-chan Reminder, came map[string]int) {
	t.Helper()
	for {
		select {
		case r, open := <-from:
			if !open {
				return
			}
			exact := name(r.Event, r.Start) + " " + r.Before.String()
			if came[exact]++; came[exact] > 1 {
				t.Fatalf("%s came twice", exact)
			}
			came[name(r.Event, r.Start)] = 1
		default:
			return
		}
	}
}

// What is locked is not remembered in memory either.
func TestLockForgets(t *testing.T) {
	h := newHouse(t)
	h.chooses("reminders", "1h")
	h.announces("Candles", 3*time.Hour, "")
	l := &looker{Remind: New(h.book, Options{Now: h.now, Zone: time.UTC})}
	l.all = true
	l.look(t.Context())
	if len(l.at) != 1 || len(l.queue) != 1 {
		t.Fatalf("%d events to look at, want 1", len(l.at))
	}
	if err := h.book.Lock(); err != nil {
		t.Fatal(err)
	}
	l.note(almanac.Change{Kind: almanac.LockChanged})
	l.look(t.Context())
	if len(l.at) != 0 || len(l.queue) != 0 || l.chosen != [32]byte{} {
		t.Errorf("locked, %d events are to be looked at, want none", len(l.at))
	}
}

// TestLongOnesSilenceNobody: what recurs and is on for a year leaves room for
// what else there is.
func TestLongOnesSilenceNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.chooses("reminders", "8h,7h,6h,5h,4h,3h,2h,1h")
		begins := at(t, morning.Add(-300*24*time.Hour).Format(stamp), "UTC")
		ends := at(t, morning.Add(100*24*time.Hour).Format(stamp), "UTC")
		title, rule := "Without end", "FREQ=DAILY"
		if _, err := h.Announce(t.Context(), secretary.Wish{Title: &title, Start: &begins, End: &ends, Rule: &rule}, votive.ID{}, ""); err != nil {
			t.Fatal(err)
		}
		h.starts()
		sleep(time.Minute)
		h.told()
		h.announces("Candles", 65*time.Minute, "")
		sleep(6 * time.Minute)
		if got := h.told(); len(got) == 0 {
			t.Error("nobody is reminded of candles")
		}
		h.stop()
	})
}
