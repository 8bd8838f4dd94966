package courier

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"votive/node/almanac"
	"votive/proto/votive"
)

// export writes a bundle.
func export(t testing.TB, c *Courier, since votive.Day, own ...almanac.Outgoing) []byte {
	t.Helper()
	total, all, err := c.Export(t.Context(), since, own)
	if err != nil {
		t.Fatalf("Export() = %v", err)
	}
	var b bytes.Buffer
	w, err := votive.NewBundleWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for f, err := range all {
		if err != nil {
			t.Fatalf("Export() gave %v", err)
		}
		if err := w.Write(f); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != total {
		t.Errorf("Export() gave %d frames and said %d", n, total)
	}
	return b.Bytes()
}

// SPEC 13.1 to 13.3: what one exports another imports, and then nothing of it
// is new, and both have the same.
func TestBundles(t *testing.T) {
	all := frames(t, 0, 600)
	from, shelf := still(t, at(noon), 0)
	if err := shelf.Carry(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	b := export(t, from, 0)
	to, into := still(t, at(noon), 0)
	got, err := to.Import(t.Context(), bytes.NewReader(b))
	if want := (Imported{Frames: 600, New: 600}); err != nil || got != want {
		t.Errorf("Import() = %+v, %v, want %+v", got, err, want)
	}
	if into.batches != 3 {
		t.Errorf("600 frames were kept in %d batches, want 3", into.batches)
	}
	if to.store.Snapshot().Fingerprint() != from.store.Snapshot().Fingerprint() {
		t.Error("after Import the two have different frames")
	}
	got, err = to.Import(t.Context(), bytes.NewReader(b))
	if want := (Imported{Frames: 600}); err != nil || got != want || into.batches != 3 {
		t.Errorf("Import() again = %+v, %v, in %d batches more, want %+v in none", got, err, into.batches-3, want)
	}
	if len(to.intake.flight) != 0 || len(to.intake.queue) != 0 {
		t.Errorf("afterwards %d frames are in flight and %d queued, want none", len(to.intake.flight), len(to.intake.queue))
	}
}

// SPEC 13.2: the order in which frames came shows nowhere.
func TestBundlesDoNotTellTheOrderOfArrival(t *testing.T) {
	all := frames(t, 0, 50)
	var bundles [][]byte
	for range 2 {
		c, shelf := still(t, at(noon), 0)
		for _, f := range all {
			if err := shelf.Carry(t.Context(), []votive.Frame{f}); err != nil {
				t.Fatal(err)
			}
		}
		bundles = append(bundles, export(t, c, 0))
		slices.Reverse(all)
	}
	if !bytes.Equal(bundles[0], bundles[1]) {
		t.Error("the same frames that came in another order are another bundle, want the same")
	}
}

// SPEC 13.2: what is too long dead is left out, and what was sealed before.
func TestExportSince(t *testing.T) {
	today := votive.DayOf(noon)
	sealed := func(class votive.Lifetime, day votive.Day) votive.Frame {
		return stampedFrame(t, header{1, votive.MinEffort, class, day + votive.Day(class.Days())}, int(day))
	}
	all := []votive.Frame{
		sealed(votive.Days8, today-12), // too long dead
		sealed(votive.Days8, today-9),
		sealed(votive.Days120, today-9),
		sealed(votive.Days30, today-3),
		sealed(votive.Days8, today),
	}
	c, shelf := still(t, at(noon), 0)
	if err := shelf.Carry(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	for since, want := range map[votive.Day][]votive.Frame{
		0: all[1:], today - 9: all[1:], today - 8: all[3:], today - 3: all[3:], today - 2: all[4:], today: all[4:], today + 1: nil,
	} {
		var got bytes.Buffer
		w, err := votive.NewBundleWriter(&got)
		if err != nil {
			t.Fatal(err)
		}
		want = slices.Clone(want)
		slices.SortFunc(want, func(a, b votive.Frame) int {
			return cmp.Or(cmp.Compare(a.Expiry(), b.Expiry()), a.ID().Compare(b.ID()))
		})
		for _, f := range want {
			if err := w.Write(f); err != nil {
				t.Fatal(err)
			}
		}
		if b := export(t, c, since); !bytes.Equal(b, got.Bytes()) {
			t.Errorf("bundle of %d days ago has %d bytes, want %d frames", today-since, len(b), len(want))
		}
	}
}

// What waits in the outbox is in a bundle, and not in the store: it is offered
// to nobody before it is published.
func TestExportOfTheOutbox(t *testing.T) {
	c, _ := still(t, at(noon), 0)
	var own []almanac.Outgoing
	for i := range 3 {
		u := unstamped(t, usual, i)
		own = append(own, almanac.Outgoing{Key: u.Sum().String(), Frame: u})
	}
	b := export(t, c, 0, own...)
	if len(b) != 16+3*votive.FrameSize || c.store.Len() != 0 {
		t.Errorf("bundle of 3 frames of one's own has %d bytes, with %d in the store, want %d with 0", len(b), c.store.Len(), 16+3*votive.FrameSize)
	}
	dead := unstamped(t, header{1, votive.MinEffort, votive.Days8, 9}, 9)
	if b := export(t, c, 0, almanac.Outgoing{Key: "dead", Frame: dead}); len(b) != 16 {
		t.Errorf("bundle has %d bytes, want no frame in it that nobody would carry", len(b))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	hard := unstamped(t, header{1, 60, votive.Days8, usual.expiry}, 1)
	if _, _, err := c.Export(ctx, 0, []almanac.Outgoing{{Key: "hard", Frame: hard}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Export() that is called off = %v, want %v", err, context.Canceled)
	}
}

// What is dropped while a bundle is written is left out of it; a store that
// has closed ends it.
func TestExportOfWhatGoes(t *testing.T) {
	c, shelf := still(t, at(noon), 0)
	if err := shelf.Carry(t.Context(), frames(t, 0, 5)); err != nil {
		t.Fatal(err)
	}
	total, all, err := c.Export(t.Context(), 0, nil)
	if err != nil || total != 5 {
		t.Fatalf("Export() = %d, %v, want 5", total, err)
	}
	n := 0
	for _, err := range all {
		if err != nil {
			t.Fatalf("Export() gave %v", err)
		}
		if n++; n == 2 {
			if _, err := c.store.Expire(t.Context(), noon.AddDate(0, 0, 30)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != 2 {
		t.Errorf("Export() gave %d frames of which 3 had gone, want 2", n)
	}
	if err := shelf.Carry(t.Context(), frames(t, 0, 5)); err != nil {
		t.Fatal(err)
	}
	_, all, err = c.Export(t.Context(), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.store.Close(); err != nil {
		t.Fatal(err)
	}
	n = 0
	for _, err = range all {
		n++
	}
	if n != 1 || err == nil {
		t.Errorf("Export() of a store that has closed gave %d, the last %v, want one error", n, err)
	}
}

// SPEC 13.3: what is damaged or of no use costs nothing else.
func TestImportPassesOver(t *testing.T) {
	all := frames(t, 0, 20)
	c, shelf := still(t, at(noon), 0)
	if err := shelf.Carry(t.Context(), all[:2]); err != nil {
		t.Fatal(err)
	}
	today := votive.DayOf(noon)
	dead := stampedFrame(t, header{1, votive.MinEffort, votive.Days8, today - 3}, 30)
	ahead := stampedFrame(t, header{1, votive.MinEffort, votive.Days8, today + 11}, 31)
	b := []byte("votive-bundle-1\n")
	for _, part := range [][]byte{
		all[5].Bytes(), spoilt(all[6]), all[0].Bytes(), dead.Bytes(), all[4].Bytes(), all[5].Bytes(), ahead.Bytes(),
		make([]byte, votive.FrameSize), all[3].Bytes(), all[7].Bytes()[:777],
	} {
		b = append(b, part...)
	}
	got, err := c.Import(t.Context(), bytes.NewReader(b))
	if want := (Imported{Frames: 7, New: 3, Ignored: 2, Damaged: 2, Cut: 777}); err != nil || got != want {
		t.Errorf("Import() = %+v, %v, want %+v", got, err, want)
	}
	for i, want := range []bool{true, true, false, true, true, true, false, false} {
		if got := c.store.Has(all[i].ID()); got != want {
			t.Errorf("frame %d in the store: %v, want %v", i, got, want)
		}
	}
}

// A full store takes from a bundle what it would from a peer.
func TestImportIntoAFullStore(t *testing.T) {
	from, shelf := still(t, at(noon), 0)
	if err := shelf.Carry(t.Context(), frames(t, 0, 100)); err != nil {
		t.Fatal(err)
	}
	to, _ := still(t, at(noon), 40)
	got, err := to.Import(t.Context(), bytes.NewReader(export(t, from, 0)))
	if want := (Imported{Frames: 100, New: 40, Ignored: 60}); err != nil || got != want || to.store.Len() != 40 {
		t.Errorf("Import() = %+v, %v, with %d in the store, want %+v", got, err, to.store.Len(), want)
	}
}

// counting counts what is read of it.
type counting struct {
	io.Reader
	read int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += int64(n)
	return n, err
}

// again is a text without end.
type again struct {
	text []byte
	at   int
}

func (a *again) Read(p []byte) (int, error) {
	n := copy(p, a.text[a.at:])
	a.at = (a.at + n) % len(a.text)
	return n, nil
}

// What is a bundle at first and then garbage without end ends soon, and what
// was whole in it has been taken.
func TestImportOfGarbage(t *testing.T) {
	const size = 10 << 30
	from, shelf := still(t, at(noon), 0)
	if err := shelf.Carry(t.Context(), frames(t, 0, 300)); err != nil {
		t.Fatal(err)
	}
	b := export(t, from, 0)
	to, into := still(t, at(noon), 0)
	in := &counting{Reader: io.MultiReader(bytes.NewReader(b), io.LimitReader(&again{text: []byte("no frames ")}, size))}
	got, err := to.Import(t.Context(), in)
	if want := (Imported{Frames: 300, New: 300, Damaged: 256}); !errors.Is(err, votive.ErrGarbage) || got != want || into.batches != 2 {
		t.Errorf("Import() = %+v, %v, in %d batches, want %+v, %v in 2", got, err, into.batches, want, votive.ErrGarbage)
	}
	if want := int64(len(b) + 256*votive.FrameSize); in.read != want {
		t.Errorf("of %d bytes %d were read, want %d", size, in.read, want)
	}
	if _, err := to.Import(t.Context(), bytes.NewReader(frames(t, 0, 1)[0].Bytes())); !errors.Is(err, votive.ErrNoBundle) {
		t.Errorf("Import(a frame) = %v, want %v", err, votive.ErrNoBundle)
	}
}

// A bundle that is much longer than what it holds costs reading, and no more.
func TestImportOfOneFrameForEver(t *testing.T) {
	const times = 20_000
	one := frames(t, 0, 1)[0]
	c, shelf := still(t, at(noon), 0)
	in := io.MultiReader(bytes.NewReader([]byte("votive-bundle-1\n")), io.LimitReader(&again{text: one.Bytes()}, times*votive.FrameSize))
	got, err := c.Import(t.Context(), in)
	if want := (Imported{Frames: times, New: 1}); err != nil || got != want || shelf.batches != 1 {
		t.Errorf("Import() = %+v, %v, in %d batches, want %+v in one", got, err, shelf.batches, want)
	}
}

// What was taken before something broke is counted and is there; the rest is
// taken the next time.
func TestImportGoesOnAgain(t *testing.T) {
	from, shelf := still(t, at(noon), 0)
	if err := shelf.Carry(t.Context(), frames(t, 0, 600)); err != nil {
		t.Fatal(err)
	}
	b := export(t, from, 0)
	to, into := still(t, at(noon), 0)
	broken := errors.New("stick pulled")
	in := io.MultiReader(bytes.NewReader(b[:16+400*votive.FrameSize]), &failing{broken})
	got, err := to.Import(t.Context(), in)
	if !errors.Is(err, broken) || got.New != 400 || to.store.Len() != 400 {
		t.Errorf("Import() = %+v, %v, with %d in the store, want 400 and %v", got, err, to.store.Len(), broken)
	}
	full := errors.New("disk full")
	into.breakDown(full)
	got, err = to.Import(t.Context(), bytes.NewReader(b))
	if !errors.Is(err, full) || got.New != 0 || len(to.intake.flight) != 0 {
		t.Errorf("Import() = %+v, %v, with %d in flight, want none and %v", got, err, len(to.intake.flight), full)
	}
	into.breakDown(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err = to.Import(ctx, bytes.NewReader(b)); !errors.Is(err, context.Canceled) || got.Frames != 0 {
		t.Errorf("Import() that is called off = %+v, %v, want nothing and %v", got, err, context.Canceled)
	}
	got, err = to.Import(t.Context(), bytes.NewReader(b))
	if want := (Imported{Frames: 600, New: 200}); err != nil || got != want {
		t.Errorf("Import() again = %+v, %v, want %+v", got, err, want)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// What was imported is caught up with by those who ask.
func TestImportedFramesTravelOn(t *testing.T) {
	inWorld(t, func(w *world) {
		from := w.open(plan{have: frames(t, 0, 30)})
		b := export(t, from.Courier, 0)
		a, z := w.open(plan{}), w.open(plan{})
		if got, err := a.Import(t.Context(), bytes.NewReader(b)); err != nil || got.New != 30 {
			t.Fatalf("Import() = %+v, %v, want 30", got, err)
		}
		w.dial(z.mesh, a.mesh)
		w.complete("who asks", z, 30, roundTime)
		if s := a.Status(); s.Published != 0 || s.Served != 30 {
			t.Errorf("who imported published %d frames and served %d, want 0 and 30", s.Published, s.Served)
		}
	})
}
