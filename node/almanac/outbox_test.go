package almanac

import (
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"votive/proto/votive"
)

// created is an almanac with a vault.
func created(t *testing.T) *Almanac {
	t.Helper()
	a, _ := empty(t)
	identity, err := votive.NewIdentity(a.Random)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Create(t.Context(), []byte("open sesame"), identity); err != nil {
		t.Fatal(err)
	}
	return a
}

// reopen locks the vault, and reads its rows again.
func reopen(t *testing.T, a *Almanac) {
	t.Helper()
	if err := a.Lock(); err != nil {
		t.Fatal(err)
	}
	if got := a.Waiting(); got != 0 {
		t.Errorf("%d frames wait while the vault is locked, want 0", got)
	}
	if err := a.Unlock(t.Context(), []byte("open sesame")); err != nil {
		t.Fatal(err)
	}
}

// says puts a letter for each text into the outbox.
func says(t *testing.T, a *Almanac, class Class, topic votive.ID, texts ...string) {
	t.Helper()
	err := a.Write(t.Context(), func(v *View) (d Draft, err error) {
		for _, text := range texts {
			sum := sha256.Sum256([]byte(text))
			secret, err := votive.SecretFrom(sum[:])
			if err != nil {
				return d, err
			}
			d.Send = append(d.Send, Letter{
				Kind: votive.KindSelf, Secret: v.Identity().Self(), Class: class, Topic: topic,
				Body: &votive.KeepCircle{Secret: secret, Name: text, Counter: 1}, Until: v.Now().Add(time.Hour),
			})
		}
		return d, nil
	})
	if err != nil {
		t.Fatalf("Write = %v", err)
	}
}

// batch is what is to be published next.
func batch(t *testing.T, a *Almanac) (texts []string) {
	t.Helper()
	var self *votive.Reader
	_ = a.View(func(v *View) error {
		self = votive.NewReader(votive.KindSelf, v.Identity().Self())
		return nil
	})
	out, err := a.Outgoing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out {
		f, err := o.Frame.Stamp(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		piece, err := self.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := votive.Join(self, piece)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, rec.Body().(*votive.KeepCircle).Name)
	}
	if err := a.Sent(t.Context(), out...); err != nil {
		t.Fatal(err)
	}
	return texts
}

// What a person says goes before all that a node does by itself, in the order
// in which it was said, over a restart too; and what is automatic is handed out
// a few at a time.
func TestOutboxOrder(t *testing.T) {
	for _, restart := range []bool{false, true} {
		a := created(t)
		says(t, a, Automatic, votive.ID{}, "a1", "a2", "a3")
		says(t, a, Said, votive.ID{}, "s1")
		says(t, a, Automatic, votive.ID{}, "a4", "a5")
		says(t, a, Said, votive.ID{}, "s2", "s3")
		if restart {
			reopen(t, a)
		}
		for _, want := range [][]string{{"s1", "s2", "s3"}, {"a1", "a2", "a3", "a4"}} {
			if got := batch(t, a); !slices.Equal(got, want) {
				t.Errorf("restart %v: next are %q, want %q", restart, got, want)
			}
		}
		says(t, a, Said, votive.ID{}, "cancelled")
		if restart {
			reopen(t, a)
		}
		for _, want := range []string{"cancelled", "a5"} {
			if got := batch(t, a); !slices.Equal(got, []string{want}) {
				t.Errorf("restart %v: next are %q, want %q", restart, got, want)
			}
		}
		if got := a.Waiting(); got != 0 {
			t.Errorf("restart %v: %d wait still, want 0", restart, got)
		}
	}
}

// What is newer about the same thing replaces what waits, in memory and on
// disk; and where a person said that, it waits no longer because of it.
func TestOutboxReplaces(t *testing.T) {
	for _, restart := range []bool{false, true} {
		a := created(t)
		one, two := votive.ID{1}, votive.ID{2}
		says(t, a, Automatic, one, "one, at first")
		says(t, a, Automatic, two, "two")
		says(t, a, Said, votive.ID{}, "nothing in particular")
		says(t, a, Said, one, "one, by a person")
		if restart {
			reopen(t, a)
		}
		says(t, a, Automatic, one, "one, at last")
		if restart {
			reopen(t, a)
		}
		if got := a.Waiting(); got != 3 {
			t.Errorf("restart %v: %d wait, want 3", restart, got)
		}
		for _, want := range [][]string{{"nothing in particular", "one, at last"}, {"two"}} {
			if got := batch(t, a); !slices.Equal(got, want) {
				t.Errorf("restart %v: next are %q, want %q", restart, got, want)
			}
		}
		reopen(t, a)
		if got := a.Waiting(); got != 0 {
			t.Errorf("restart %v: %d rows are left, want 0", restart, got)
		}
	}
}
