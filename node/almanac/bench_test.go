//go:build unix

package almanac

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	ds "github.com/ipfs/go-datastore"
	pebbleds "github.com/ipfs/go-ds-pebble"

	"votive/node/store"
	"votive/node/vault"
	"votive/proto/votive"
)

// cpu is how much of it this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var benchNow = time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)

// vigil is a counted event of somebody's, that begins at that time.
func vigil(tb testing.TB, i int, start time.Time) *votive.Counted {
	tb.Helper()
	id, err := votive.NewIdentity(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	nonce, err := votive.NewNonce(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	signer := id.EventKey(nonce)
	genesis, err := votive.NewGenesis(nonce, signer.Key())
	if err != nil {
		tb.Fatal(err)
	}
	when, err := votive.NewTime(start.Format("2006-01-02T15:04:05"), "Asia/Hong_Kong", 8*3600)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := votive.NewEvent(genesis, votive.Card{
		Title: fmt.Sprintf("Candlelight vigil %d", i), City: "Hong Kong", Start: when,
		Answers: votive.AnswersClosed, Organizers: []votive.Organizer{{Key: signer.Key(), By: "somebody"}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	s, err := votive.Sign(signer, p.Revision.ID())
	if err != nil {
		tb.Fatal(err)
	}
	d := votive.Desk{Event: genesis.Event(), Signatures: []*votive.Signature{s}}
	c, ok := d.Assemble(p)
	if !ok {
		tb.Fatal("one founder's signature is not enough")
	}
	return c
}

// frames are n stamped frames with one event each, under a secret.
func frames(tb testing.TB, s votive.Secret, n int) [][]byte {
	tb.Helper()
	r := votive.NewReader(votive.KindCircle, s)
	all := make([][]byte, n)
	var wg sync.WaitGroup
	for part := range 2 {
		wg.Go(func() {
			for i := part; i < n; i += 2 {
				u, err := r.Seal(vigil(tb, i, benchNow.AddDate(0, 0, i%30+1)), votive.Days120, votive.MinEffort, benchNow, rand.Reader)
				if err != nil {
					tb.Error(err)
					return
				}
				f, err := u[0].Stamp(context.Background())
				if err != nil {
					tb.Error(err)
					return
				}
				all[i] = f.Bytes()
			}
		})
	}
	wg.Wait()
	return all
}

// reader is an almanac on disk whose person is in a circle, and n others.
func reader(b *testing.B, circle votive.Secret, others int) (*Almanac, context.Context) {
	b.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := store.Open(b.TempDir()+"/store", store.Options{Log: log})
	if err != nil {
		b.Fatal(err)
	}
	v, err := vault.Open(b.TempDir()+"/vault", vault.Options{Log: log})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a, err := Open(ctx, Options{Store: s, Vault: v, Effort: votive.MinEffort, Log: log, Now: func() time.Time { return benchNow }})
	if err != nil {
		b.Fatal(err)
	}
	id, err := votive.NewIdentity(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	if err := a.Create(ctx, nil, id); err != nil {
		b.Fatal(err)
	}
	var d Draft
	for i := range others {
		secret, err := votive.NewSecret(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		d.Keep = append(d.Keep, &votive.KeepCircle{Secret: secret, Name: fmt.Sprint(i), Counter: 1})
	}
	d.Keep = append(d.Keep, &votive.KeepCircle{Secret: circle, Name: "here", Counter: 1})
	if err := a.Write(ctx, func(*View) (Draft, error) { return d, nil }); err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
		_ = v.Close()
		_ = s.Close()
	})
	return a, ctx
}

// take is what a node does with frames that come by: verdict, store, open,
// keep; 256 at a time. It returns when want of them are read and all are on
// disk.
func take(b *testing.B, a *Almanac, ctx context.Context, all [][]byte, want int) {
	b.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes := a.Watch(ctx, len(all)+16)
	for batch := range slices.Chunk(all, 256) {
		var fs []votive.Frame
		for _, raw := range batch {
			f, verdict, err := votive.Judge(raw, a.Store.Floor(), benchNow)
			if verdict != votive.Accept {
				b.Fatal(err)
			}
			fs = append(fs, f)
		}
		if err := a.Receive(ctx, fs); err != nil {
			b.Fatal(err)
		}
	}
	for n := 0; n < want; {
		switch c := <-changes; c.Kind {
		case EventChanged:
			n++
		case Lagged:
			b.Fatal("the watcher lagged")
		}
	}
	if err := a.Vault.Flush(ctx); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReadable: frames that can be read are checked, opened, verified and
// on disk, against Ed25519 verifying alone, per second of processor.
func BenchmarkReadable(b *testing.B) {
	const n = 1024
	circle, err := votive.NewSecret(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	all := frames(b, circle, n)
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	message := make([]byte, 120)
	signature := ed25519.Sign(private, message)
	var ours, theirs time.Duration
	for b.Loop() {
		b.StopTimer()
		a, ctx := reader(b, circle, 0)
		start := cpu()
		for range n {
			if !ed25519.Verify(public, message, signature) {
				b.Fatal("verify")
			}
		}
		theirs += cpu() - start
		b.StartTimer()
		start = cpu()
		take(b, a, ctx, all, n)
		ours += cpu() - start
	}
	b.ReportMetric(float64(theirs)/float64(ours), "of-verify-rate(goal>=0.5)")
	b.ReportMetric(float64(n*b.N)/ours.Seconds(), "frames/cpu-s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkForeign: frames of others get their verdict, 100 secrets are tried
// on them, and they are on disk, against the sum of the parts.
func BenchmarkForeign(b *testing.B) {
	const n, secrets = 1024, 100
	circle, _ := votive.NewSecret(rand.Reader)
	other, _ := votive.NewSecret(rand.Reader)
	all := append(frames(b, other, n), frames(b, circle, 1)...)
	var ours, theirs time.Duration
	for b.Loop() {
		b.StopTimer()
		a, ctx := reader(b, circle, secrets-2) // with the circle and oneself, 100
		theirs += parts(b, all[:n], secrets)
		b.StartTimer()
		start := cpu()
		take(b, a, ctx, all, 1)
		ours += cpu() - start
	}
	b.ReportMetric(float64(theirs)/float64(ours), "of-parts-rate(goal>=0.5)")
	b.ReportMetric(float64(n*b.N)/ours.Seconds(), "frames/cpu-s")
	b.ReportMetric(0, "ns/op")
}

// parts is the processor time of SHA-256 over each frame, an HMAC for each
// secret, and putting it into a database in synced batches.
func parts(b *testing.B, all [][]byte, secrets int) time.Duration {
	b.Helper()
	db, err := pebbleds.NewDatastore(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	ctx := context.Background()
	macs := make([]interface {
		Write([]byte) (int, error)
		Sum([]byte) []byte
		Reset()
	}, secrets)
	for i := range macs {
		macs[i] = hmac.New(sha256.New, []byte{byte(i)})
	}
	var sum [64]byte
	start := cpu()
	for chunk := range slices.Chunk(all, 256) {
		batch, err := db.Batch(ctx)
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range chunk {
			id := sha256.Sum256(f)
			for _, m := range macs {
				m.Reset()
				_, _ = m.Write(f[:36])
				m.Sum(sum[:0])
			}
			if err := batch.Put(ctx, ds.RawKey(fmt.Sprintf("/%x", id)), f); err != nil {
				b.Fatal(err)
			}
		}
		if err := batch.Commit(ctx); err != nil {
			b.Fatal(err)
		}
		if err := db.Sync(ctx, ds.NewKey("/")); err != nil {
			b.Fatal(err)
		}
	}
	return cpu() - start
}

// BenchmarkUpcoming: the next 50 of 50,000 events, all to come or 9 of 10 of
// them over.
func BenchmarkUpcoming(b *testing.B) {
	const n = 50_000
	for _, past := range []int{0, n * 9 / 10} {
		b.Run(fmt.Sprintf("past=%d", past), func(b *testing.B) {
			id, _ := votive.NewIdentity(rand.Reader)
			x := newIndex(id)
			x.loading = true
			secret, _ := votive.NewSecret(rand.Reader)
			r := votive.NewReader(votive.KindCircle, secret)
			for i := range n {
				start := benchNow.Add(time.Duration(i-past) * 2 * time.Hour)
				rec, err := r.Compose(vigil(b, i, start))
				if err != nil {
					b.Fatal(err)
				}
				x.apply(rec, source{about: votive.CircleID(secret), arrived: benchNow})
			}
			x.settle()
			v := &View{x: x, now: benchNow}
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if events, _ := v.Upcoming(Query{From: benchNow, Limit: 50, Reader: time.UTC}); len(events) != 50 {
					b.Fatalf("Upcoming gave %d events, want 50", len(events))
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us(goal<2000)")
		})
	}
}
