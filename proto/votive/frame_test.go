package votive

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

// unknownBody is an encoded Body of a kind that nobody knows, n bytes long, of
// which there are none below 3 and no way to say 130 or 16,387.
func unknownBody(t testing.TB, n int) []byte {
	t.Helper()
	for size := n; size >= max(0, n-6); size-- {
		b := binary.AppendUvarint(nil, 100<<3|2)
		b = binary.AppendUvarint(b, uint64(size))
		if b = append(b, bytes.Repeat([]byte("v"), size)...); len(b) == n {
			return b
		}
	}
	t.Fatalf("no body of %d bytes", n)
	return nil
}

// sealed is one stamped frame under r.
func sealed(t testing.TB, r *Reader, life Lifetime, now time.Time) Frame {
	t.Helper()
	unstamped, err := r.sealWhole(unknownBody(t, 300), life, MinEffort, now, seeded(t.Name()))
	if err != nil {
		t.Fatal(err)
	}
	return stamp(t, unstamped[0])
}

func stamp(t testing.TB, u Unstamped) Frame {
	t.Helper()
	f, err := u.Stamp(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// altered is a copy of b, changed and stamped again for the effort it says, so
// that nothing is wrong with it but the change. An effort beyond reach is left
// without its stamp.
func altered(b []byte, change func(b []byte)) []byte {
	b = bytes.Clone(b)
	change(b)
	if len(b) == FrameSize && b[1] <= MinEffort+4 {
		found, _ := searchStamp(sumOf(b), b[1], 0, 1<<40)
		binary.BigEndian.PutUint64(b[stampAt:], found)
	}
	return b
}

func at(i int, v byte) func([]byte) { return func(b []byte) { b[i] = v } }

func expiring(life Lifetime, d Day) func([]byte) {
	return func(b []byte) { binary.BigEndian.PutUint16(b[expiryAt:], uint16(life)<<14|uint16(d)) }
}

// SPEC 2.1, 2.5.
func TestFramesThatAreRejected(t *testing.T) {
	f := sealed(t, NewReader(KindCircle, testSecret("circle")), Days30, noon)
	good := f.Bytes()
	unstamped := func(change func([]byte)) []byte {
		b := bytes.Clone(good)
		change(b)
		return b
	}
	cases := []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"nothing", nil, "frame of 0 bytes"},
		{"cut short by one", good[:FrameSize-1], "frame of 4095 bytes"},
		{"without its stamp", good[:stampAt], "frame of 4088 bytes"},
		{"one more", append(bytes.Clone(good), 0), "frame of 4097 bytes"},
		{"twice", append(bytes.Clone(good), good...), "frame of 8192 bytes"},
		{"version 0", altered(good, at(0, 0)), "frame version 0"},
		{"version 2", altered(good, at(0, 2)), "frame version 2"},
		{"effort 0", altered(good, at(1, 0)), "effort of 0,"},
		{"effort 15", altered(good, at(1, 15)), "effort of 15,"},
		{"class 3", altered(good, expiring(3, 2501)), "lifetime class 3"},
		{"effort raised afterwards", unstamped(at(1, 200)), "stamp does not hold for an effort of 200"},
		{"all ones", bytes.Repeat([]byte{255}, FrameSize), "frame version 255"},
		{"all zeros", make([]byte, FrameSize), "frame version 0"},
		{"stamp of zeros", unstamped(func(b []byte) { copy(b[stampAt:], make([]byte, 8)) }), "stamp does not hold"},
		{"salt flipped", unstamped(func(b []byte) { b[saltAt] ^= 1 }), "stamp does not hold"},
		{"tag flipped", unstamped(func(b []byte) { b[tagAt] ^= 1 }), "stamp does not hold"},
		{"ciphertext flipped", unstamped(func(b []byte) { b[HeaderSize] ^= 1 }), "stamp does not hold"},
		{"last byte of ciphertext flipped", unstamped(func(b []byte) { b[stampAt-1] ^= 128 }), "stamp does not hold"},
		{"expiry moved", unstamped(func(b []byte) { b[expiryAt+1]++ }), "stamp does not hold"},
	}
	for _, c := range cases {
		_, err := ParseFrame(c.bytes)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: ParseFrame = %v, want %q", c.name, err, c.want)
		}
		if got, verdict, _ := Judge(c.bytes, Rank{}, noon); verdict != Reject || !got.ID().IsZero() {
			t.Errorf("%s: Judge = %v and frame %v, want reject and none", c.name, verdict, got.ID())
		}
		if got := FrameID(c.bytes); got == f.ID() {
			t.Errorf("%s: FrameID is that of the frame it was made from", c.name)
		}
	}
}

// SPEC 2.2, 2.5, 2.6: whatever has to do with a clock or a quota is ignored and
// not rejected.
func TestVerdicts(t *testing.T) {
	r := NewReader(KindCircle, testSecret("circle"))
	f := sealed(t, r, Days8, noon)
	rank := f.Rank()
	dies := f.Expiry().Time()
	earliest := (f.Expiry() - 8).Time().Add(-48 * time.Hour)
	lessBy := func(change func(*Rank)) Rank { r := rank; change(&r); return r }
	cases := []struct {
		name  string
		floor Rank
		now   time.Time
		want  Verdict
	}{
		{"fresh", Rank{}, noon, Accept},
		{"on its last day", Rank{}, dies.Add(-time.Second), Accept},
		{"just died", Rank{}, dies, Accept},
		{"died 48 hours ago", Rank{}, dies.Add(48 * time.Hour), Accept},
		{"died longer ago", Rank{}, dies.Add(48*time.Hour + 1), Ignore},
		{"died years ago", Rank{}, dies.AddDate(300, 0, 0), Ignore},
		{"sealed in two days", Rank{}, earliest, Accept},
		{"too far ahead", Rank{}, earliest.Add(-1), Ignore},
		{"clock before the first day", Rank{}, time.Unix(0, 0), Ignore},
		{"floor of less effort", lessBy(func(r *Rank) { r.Rank--; r.ID[0] = 255 }), noon, Accept},
		{"floor of more effort", lessBy(func(r *Rank) { r.Rank++; r.ID = ID{} }), noon, Ignore},
		{"floor of an earlier day", lessBy(func(r *Rank) { r.Expiry--; r.ID[0] = 255 }), noon, Accept},
		{"floor of a later day", lessBy(func(r *Rank) { r.Expiry++; r.ID = ID{} }), noon, Ignore},
		{"floor of a lesser id", lessBy(func(r *Rank) { r.ID = ID{} }), noon, Accept},
		{"floor of a greater id", lessBy(func(r *Rank) { r.ID[31]++ }), noon, Ignore},
		{"is the floor", rank, noon, Ignore},
	}
	for _, c := range cases {
		got, verdict, err := Judge(f.Bytes(), c.floor, c.now)
		if verdict != c.want || (err == nil) != (verdict == Accept) || got.ID() != f.ID() {
			t.Errorf("%s: Judge = %v %v, want %v", c.name, verdict, err, c.want)
		}
	}
	for _, life := range []Lifetime{Days8, Days30, Days120} {
		ahead := func(d Day) Verdict {
			_, v, _ := Judge(altered(f.Bytes(), expiring(life, d)), Rank{}, noon)
			return v
		}
		latest := DayOf(noon) + 2 + Day(life.Days())
		if got := ahead(latest); got != Accept {
			t.Errorf("class %d, %d days ahead: Judge = %v, want accept", life, latest-DayOf(noon), got)
		}
		if got := ahead(latest + 1); got != Ignore {
			t.Errorf("class %d, %d days ahead: Judge = %v, want ignore", life, latest+1-DayOf(noon), got)
		}
	}
}

// The bytes handed to ParseFrame are used again, those handed to Judge are the
// frame.
func TestWhoseBytes(t *testing.T) {
	f := sealed(t, NewReader(KindCircle, testSecret("circle")), Days30, noon)
	b := bytes.Clone(f.Bytes())
	got, err := ParseFrame(b)
	if err != nil {
		t.Fatal(err)
	}
	judged, _, err := Judge(b, Rank{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	if &judged.Bytes()[0] != &b[0] {
		t.Error("Judge copied the message")
	}
	clear(b)
	if !bytes.Equal(got.Bytes(), f.Bytes()) {
		t.Error("the frame changed with the bytes it was parsed from")
	}
}

// SPEC 2.3: no two frames have an id in common, or one could be told from the
// other by who has it. A stamp that holds as well makes another frame.
func TestEveryByteIsInTheID(t *testing.T) {
	f := sealed(t, NewReader(KindCircle, testSecret("circle")), Days30, noon)
	b := bytes.Clone(f.Bytes())
	next, _ := searchStamp(sumOf(b), f.Effort(), binary.BigEndian.Uint64(b[stampAt:])+1, 1<<40)
	binary.BigEndian.PutUint64(b[stampAt:], next)
	other, err := ParseFrame(b)
	if err != nil || other.ID() == f.ID() || other.ID() != FrameID(b) {
		t.Errorf("ParseFrame with another stamp = %v %v, want an id other than %v", other.ID(), err, f.ID())
	}
	for i := range FrameSize {
		b := bytes.Clone(f.Bytes())
		b[i] ^= 1
		if frameID(sumOf(b), b[stampAt:]) == f.ID() {
			t.Fatalf("byte %d is no part of the id", i)
		}
	}
}

// SPEC 2.8.
func TestRank(t *testing.T) {
	f := sealed(t, NewReader(KindCircle, testSecret("circle")), Days8, noon)
	for life, want := range map[Lifetime]uint8{Days8: 18, Days30: 16, Days120: 14} {
		b := altered(f.Bytes(), func(b []byte) { b[1] = 18; expiring(life, 2500)(b) })
		got, err := ParseFrame(b)
		if err != nil {
			t.Fatal(err)
		}
		if r := got.Rank(); r.Rank != want || r.Expiry != 2500 || r.ID != got.ID() {
			t.Errorf("class %d of effort 18: Rank = %+v, want %d on day 2500", life, r, want)
		}
	}
	ascending := []Rank{
		{},
		{Rank: 12},
		{Rank: 12, ID: ID{31: 1}},
		{Rank: 12, Expiry: 1},
		{Rank: 12, Expiry: 256},
		{Rank: 13},
		{Rank: 13, ID: ID{0: 1}},
	}
	for i, a := range ascending {
		for j, b := range ascending {
			want := min(max(i-j, -1), 1)
			if got := a.Compare(b); got != want {
				t.Errorf("%v.Compare(%v) = %d, want %d", a, b, got, want)
			}
		}
	}
}

// SPEC 1.6.
func TestDays(t *testing.T) {
	cases := []struct {
		time string
		want Day
	}{
		{"2020-01-01T00:00:00Z", 0},
		{"2020-01-01T23:59:59.999Z", 0},
		{"2020-01-02T00:00:00Z", 1},
		{"2020-01-02T00:59:00+01:00", 0},
		{"2020-12-31T23:59:59Z", 365},
		{"2027-06-04T12:00:00Z", 2711},
		{"2064-11-08T00:00:00Z", maxDay},
		{"1989-06-04T00:00:00Z", 0},
		{"9999-01-01T00:00:00Z", 65535},
	}
	for _, c := range cases {
		at, err := time.Parse(time.RFC3339, c.time)
		if err != nil {
			t.Fatal(err)
		}
		if got := DayOf(at); got != c.want {
			t.Errorf("DayOf(%s) = %d, want %d", c.time, got, c.want)
		}
	}
	if got, want := Day(2711).Time().String(), "2027-06-04 00:00:00 +0000 UTC"; got != want {
		t.Errorf("Day(2711).Time() = %s, want %s", got, want)
	}
}

func TestLifetimeUntil(t *testing.T) {
	day := DayOf(noon)
	cases := []struct {
		name  string
		until time.Time
		want  Lifetime
	}{
		{"past", noon.AddDate(-1, 0, 0), Days8},
		{"now", noon, Days8},
		{"the midnight of 8 days", (day + 8).Time(), Days8},
		{"a moment later", (day + 8).Time().Add(1), Days30},
		{"the midnight of 30 days", (day + 30).Time(), Days30},
		{"a moment later", (day + 30).Time().Add(1), Days120},
		{"next year", noon.AddDate(1, 0, 0), Days120},
	}
	for _, c := range cases {
		if got := LifetimeUntil(c.until, noon); got != c.want {
			t.Errorf("%s: LifetimeUntil = %d, want %d", c.name, got, c.want)
		}
	}
}

func TestNoFrame(t *testing.T) {
	var f Frame
	if f.Bytes() != nil || f.ID() != (ID{}) || f.Header() != (Header{}) || f.Effort() != 0 {
		t.Error("the zero frame has something in it")
	}
	if _, err := NewReader(KindCircle, testSecret("circle")).Open(f); err == nil {
		t.Error("Open of the zero frame = nil, want an error")
	}
	if _, err := (Unstamped{}).Stamp(context.Background()); err == nil {
		t.Error("Stamp of the zero frame = nil, want an error")
	}
}
