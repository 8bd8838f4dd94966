package store

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"votive/proto/votive"
)

// named are frames whose rank is in their name: effort less class, and how
// many days they live on. Those of one name differ in their id, a before b.
var named = func() map[string]func() votive.Frame {
	frames := make(map[string]func() votive.Frame)
	today := votive.DayOf(now)
	for i, f := range []struct {
		name   string
		effort uint8
		life   votive.Lifetime
		expiry votive.Day
	}{
		{"12+5", 16, votive.Days120, today + 5},
		{"14+5", 16, votive.Days30, today + 5},
		{"16+5a", 16, votive.Days8, today + 5},
		{"16+5b", 16, votive.Days8, today + 5},
		{"16+6", 16, votive.Days8, today + 6},
		{"17+1", 17, votive.Days8, today + 1},
		{"18-0", 18, votive.Days8, today}, // died with this midnight
		{"18-1", 18, votive.Days8, today - 1},
		{"18+1", 18, votive.Days8, today + 1},
	} {
		u := bare(uint64(i)+1<<20, f.effort, f.life, f.expiry)
		for seed := uint64(1 << 21); f.name == "16+5b" && stamped(u).ID().Compare(frames["16+5a"]().ID()) < 0; seed++ {
			u = bare(seed, f.effort, f.life, f.expiry)
		}
		whole := sync.OnceValue(func() votive.Frame { return stamped(u) })
		frames[f.name] = whole
	}
	return frames
}()

// SPEC 2.8
func TestQuota(t *testing.T) {
	for _, c := range []struct {
		what  string
		quota int
		puts  []string // one Put for each, names separated by a space
		want  string
		floor string
	}{
		{"room", 3, []string{"12+5 14+5", "16+6"}, "12+5 14+5 16+6", ""},
		{"least rank goes", 2, []string{"14+5 12+5", "16+6"}, "14+5 16+6", "12+5"},
		{"then least expiry", 2, []string{"16+6 16+5a", "17+1"}, "16+6 17+1", "16+5a"},
		{"then least id", 2, []string{"16+5b 16+5a", "16+6"}, "16+5b 16+6", "16+5a"},
		{"the new one goes", 2, []string{"16+6 16+5b", "16+5a"}, "16+6 16+5b", "16+5a"},
		{"old and new go", 2, []string{"14+5 16+5a", "12+5 16+5b 16+6"}, "16+5b 16+6", "16+5a"},
		{"more than fit at once", 2, []string{"12+5 17+1 14+5 16+6"}, "17+1 16+6", "14+5"},
		{"the floor holds", 2, []string{"16+5a 16+5b", "16+6", "16+5a", "14+5"}, "16+5b 16+6", "16+5a"},
		{"the floor rises", 1, []string{"12+5", "14+5", "16+5a"}, "16+5a", "14+5"},
		{"the dead stay while there is room", 2, []string{"18-0 18-1"}, "18-0 18-1", ""},
		{"the dead go first, all, and raise no floor", 3, []string{"18-0 18-1 12+5", "14+5"}, "12+5 14+5", ""},
		{"and do not come back", 3, []string{"18-0 18-1 12+5", "14+5", "18-0 18-1"}, "12+5 14+5", ""},
		{"nor take the place of one alive", 2, []string{"12+5 14+5", "18-0"}, "12+5 14+5", ""},
		{"not enough dead", 2, []string{"18-0 12+5", "14+5 18+1"}, "14+5 18+1", "12+5"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := open(t, "store", Options{FS: vfs.NewMem(), Quota: c.quota})
			for _, names := range c.puts {
				put(t, s, frames(names)...)
			}
			var got []string
			for name, f := range named {
				if s.Has(f().ID()) {
					got = append(got, name)
				}
			}
			slices.Sort(got)
			want := strings.Fields(c.want)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("store has %v, want %v", got, want)
			}
			var floor votive.Rank
			if c.floor != "" {
				floor = named[c.floor]().Rank()
			}
			if s.Floor() != floor {
				t.Errorf("Floor() = %v, want that of %q, %v", s.Floor(), c.floor, floor)
			}
		})
	}
}

func frames(names string) (out []votive.Frame) {
	for _, name := range strings.Fields(names) {
		out = append(out, named[name]())
	}
	return out
}

// What was damaged and came again is counted once where room is made.
func TestQuotaAfterDamage(t *testing.T) {
	s := open(t, "store", Options{FS: vfs.NewMem(), Quota: 3})
	put(t, s, frames("14+5 16+5a 16+5b 12+5")...) // so that ranks are kept
	again := named["14+5"]()
	s.index.forget(again.ID())
	put(t, s, again)
	if put(t, s, frames("16+6 17+1")...); s.Len() != 3 || s.Has(again.ID()) || s.Has(named["16+5a"]().ID()) {
		t.Errorf("Len() = %d, want 3 without the two of least rank", s.Len())
	}
}

func TestExpire(t *testing.T) {
	today := votive.DayOf(now)
	f := named["18+1"]()
	died := (today + 1).Time()
	for _, c := range []struct {
		now  time.Time
		want int
	}{
		{died.Add(-time.Second), 0},
		{died.Add(48 * time.Hour), 0},
		{died.Add(48*time.Hour + 1), 1},
		{died.Add(1000 * time.Hour), 1},
	} {
		mem := vfs.NewMem()
		s := open(t, "store", Options{FS: mem})
		put(t, s, f, named["16+6"]())
		got, err := s.Expire(t.Context(), c.now)
		if c.now.Sub(died) > 900*time.Hour {
			got-- // the other as well
		}
		if err != nil || got != c.want || s.Has(f.ID()) == (c.want == 1) {
			t.Errorf("Expire(%v after death) = %d, %v, want %d", c.now.Sub(died), got, err, c.want)
		}
		closeStore(t, s)
		if s := open(t, "store", Options{FS: mem}); s.Has(f.ID()) == (c.want == 1) {
			t.Errorf("Expire(%v after death) is undone by opening again", c.now.Sub(died))
		}
	}
}

// The floor is lowered when there is room again, and not at the first free
// place. SPEC 2.8.
func TestFloorIsLowered(t *testing.T) {
	mem := vfs.NewMem()
	short, long := aliveUntil(1), aliveUntil(5)
	short, long = short[:4], long[:12]
	s := open(t, "store", Options{FS: mem, Quota: 16})
	put(t, s, slices.Concat(short, long)...)
	put(t, s, named["18+1"]())
	floor := s.Floor()
	if floor == (votive.Rank{}) {
		t.Fatalf("Floor() = none over the quota")
	}
	if n, err := s.Expire(t.Context(), now); n != 0 || err != nil || s.Floor() != floor {
		t.Errorf("Expire(now) = %d, %v and a floor of %v, want 0 and %v", n, err, s.Floor(), floor)
	}
	n, err := s.Expire(t.Context(), now.AddDate(0, 0, 4))
	if n < 3 || err != nil || s.Floor() != (votive.Rank{}) {
		t.Errorf("Expire(in 4 days) = %d, %v and a floor of %v, want at least 3 and none", n, err, s.Floor())
	}
	closeStore(t, s)
	if s := open(t, "store", Options{FS: mem, Quota: 16}); s.Floor() != (votive.Rank{}) {
		t.Errorf("Floor() = %v after opening again, want none", s.Floor())
	}
}

// aliveUntil is the frames of the pool with so many days to live.
func aliveUntil(days votive.Day) []votive.Frame {
	return slices.DeleteFunc(alive(), func(f votive.Frame) bool { return f.Expiry() != votive.DayOf(now)+days })
}

// model is what a Store does, done naively.
type model struct {
	frames []votive.Frame // in order of arrival
	quota  int
	floor  votive.Rank
	buried votive.Day
}

func (m *model) put(frames []votive.Frame, today votive.Day) (added []votive.ID) {
	before := slices.Clone(m.frames)
	for _, f := range frames {
		if !m.has(f) && f.Rank().Compare(m.floor) > 0 && f.Expiry() > m.buried {
			m.frames = append(m.frames, f)
		}
	}
	if len(m.frames) > len(before) && len(m.frames) > m.quota {
		m.buried = max(m.buried, today)
		m.drop(func(f votive.Frame) bool { return f.Expiry() <= today })
	}
	for len(m.frames) > m.quota && len(m.frames) > 0 {
		least := slices.MinFunc(m.frames, func(a, b votive.Frame) int { return a.Rank().Compare(b.Rank()) })
		m.floor = least.Rank()
		m.drop(func(f votive.Frame) bool { return f.ID() == least.ID() })
	}
	for _, f := range m.frames {
		if !contains(before, f) {
			added = append(added, f.ID())
		}
	}
	return added
}

func (m *model) expire(now time.Time) int {
	before := len(m.frames)
	m.drop(func(f votive.Frame) bool { return now.After(f.Expiry().Time().Add(48 * time.Hour)) })
	if len(m.frames) < m.quota-m.quota/8 {
		m.floor = votive.Rank{}
	}
	return before - len(m.frames)
}

func (m *model) drop(which func(votive.Frame) bool) { m.frames = slices.DeleteFunc(m.frames, which) }
func (m *model) has(f votive.Frame) bool            { return contains(m.frames, f) }

func contains(frames []votive.Frame, f votive.Frame) bool {
	return slices.ContainsFunc(frames, func(g votive.Frame) bool { return f.ID() == g.ID() })
}

func (m *model) keys() []Key {
	var keys []Key
	for _, f := range m.frames {
		keys = append(keys, Key{f.Expiry(), f.ID()})
	}
	slices.SortFunc(keys, Key.Compare)
	return keys
}

// Whatever is put in whatever portions, while days pass and the store is
// closed and opened: it holds what the model holds. The model knows no daily
// intake: so few frames are less than a day may take, and days begin with a store
// that is opened, for which all is of the day before.
func TestStoreIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{quota: rapid.IntRange(1, leastAllowance-1).Draw(t, "quota")}
		now := now
		o := Options{FS: vfs.NewMem(), Quota: m.quota, Now: func() time.Time { return now }}
		o.slotsInFile = slot(rapid.SampledFrom([]int{1, 7, 32, 100, slotsInFile}).Draw(t, "slots in a file"))
		s, err := Open("store", o)
		if err != nil {
			t.Fatalf("Open() = %v", err)
		}
		defer func() { _ = s.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				at := rapid.IntRange(0, len(pool())-1).Draw(t, "from")
				some := pool()[at:min(at+rapid.IntRange(0, 80).Draw(t, "frames"), len(pool()))]
				added, err := s.Put(t.Context(), some...)
				if want := m.put(some, votive.DayOf(now)); err != nil || !slices.Equal(ids(added), want) {
					t.Fatalf("Put(%d frames) = %v, %v, want %v", len(some), ids(added), err, want)
				}
			},
			"expire": func(t *rapid.T) {
				got, err := s.Expire(t.Context(), now)
				if want := m.expire(now); err != nil || got != want {
					t.Fatalf("Expire() = %d, %v, want %d", got, err, want)
				}
			},
			"time passes": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "hours")) * time.Hour)
			},
			"open again": func(t *rapid.T) {
				if err := s.Close(); err != nil {
					t.Fatalf("Close() = %v", err)
				}
				if s, err = Open("store", o); err != nil {
					t.Fatalf("Open() = %v", err)
				}
				now = now.AddDate(0, 0, 1)
				m.buried = 0 // kept in RAM only: it costs a repetition at most
				slices.SortFunc(m.frames, func(a, b votive.Frame) int {
					return Key{a.Expiry(), a.ID()}.Compare(Key{b.Expiry(), b.ID()})
				})
			},
			"": func(t *rapid.T) { wantModel(t, s, m) },
		})
	})
}

func wantModel(t *rapid.T, s *Store, m *model) {
	if got, want := s.Keys(), m.keys(); !slices.Equal(got, want) {
		t.Fatalf("%d keys, want %d", len(got), len(want))
	}
	if s.Len() != len(m.frames) || s.Floor() != m.floor {
		t.Fatalf("Len(), Floor() = %d, %v, want %d, %v", s.Len(), s.Floor(), len(m.frames), m.floor)
	}
	var arrived []votive.ID
	for _, e := range s.Arrivals(0) {
		arrived = append(arrived, e.ID)
	}
	if !slices.Equal(arrived, ids(m.frames)) {
		t.Fatalf("Arrivals(0) = %d frames, want %d in the order in which they came", len(arrived), len(m.frames))
	}
	for _, f := range pool() {
		here := m.has(f)
		if s.Has(f.ID()) != here {
			t.Fatalf("Has(%v) = %t, want %t", f.ID(), !here, here)
		}
		if want := !here && f.Expiry() > m.buried; s.Wants(Key{f.Expiry(), f.ID()}) != want {
			t.Fatalf("Wants(%v) = %t, want %t", f.ID(), !want, want)
		}
	}
	wantSlots(t, s)
	for _, f := range m.frames {
		if got, err := s.Get(t.Context(), f.ID()); err != nil || !slices.Equal(got.Bytes(), f.Bytes()) {
			t.Fatalf("Get(%v) = %v", f.ID(), err)
		}
	}
}
