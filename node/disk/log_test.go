package disk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// chunk is a whole chunk of a log, of the kind that carries an offset.
func chunk(number uint32, record []byte) []byte {
	b := make([]byte, 19, 19+len(record))
	binary.LittleEndian.PutUint16(b[4:], uint16(len(record)))
	b[6] = 9
	binary.LittleEndian.PutUint32(b[7:], number)
	b = append(b, record...)
	sum := crc32.Checksum(b[6:], castagnoli)
	binary.LittleEndian.PutUint32(b, (sum>>15|sum<<17)+0xa282ead8)
	return b
}

func TestIsBroken(t *testing.T) {
	whole := chunk(5, make([]byte, 20_000))
	other := chunk(5, []byte("other"))
	stale := chunk(3, make([]byte, 10_000))
	last := chunk(6, nil) // as Pebble ends a log
	block := append(slices.Clone(whole), make([]byte, logBlock-len(whole))...)
	for _, c := range []struct {
		what string
		log  []byte
		want bool
	}{
		{"nothing", nil, false},
		{"whole", slices.Concat(whole, other, other), false},
		{"whole, ended", slices.Concat(whole, last), false},
		{"whole, in a file used before", slices.Concat(whole, last, stale), false},
		{"cut", whole[:len(whole)-1], false},
		{"cut, with room behind", slices.Concat(whole[:100], make([]byte, 1<<16)), false},
		{"cut, in a file used before", slices.Concat(whole[:100], stale), false},
		{"a byte at the end", slices.Concat(other, flip(19)(slices.Clone(other))), false},
		{"a byte in the middle", slices.Concat(flip(19)(slices.Clone(other)), other), true},
		{"a length in the middle", slices.Concat(other, flip(5)(slices.Clone(other)), other), true},
		{"a block lost", slices.Concat(block[:16], make([]byte, logBlock-16), other), true},
		{"another number, then whole", slices.Concat(stale, other), true},
	} {
		if got := isBroken(bytes.NewReader(c.log), 5); got != c.want {
			t.Errorf("isBroken(%s) = %t, want %t", c.what, got, c.want)
		}
	}
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte { b[at] ^= 0x55; return b }
}

// What newLog writes Pebble reads, and eachBatch; and so wherever a batch begins
// in a block.
func TestNewLog(t *testing.T) {
	for _, before := range []int{0, 1, logBlock - 40, logBlock - 35, logBlock - 34, logBlock - 33, logBlock - 23, logBlock - 22, logBlock - 12, logBlock - 11, logBlock, 3 * logBlock} {
		want := []string{fmt.Sprintf("%0*d", before, 1), "of a few bytes", fmt.Sprintf("%0*d", 2*logBlock+500, 2), "last"}
		var batches [][]byte
		for _, b := range want {
			batches = append(batches, []byte(b))
		}
		log := newLog(7, batches)
		if isBroken(bytes.NewReader(log), 7) {
			t.Errorf("with %d bytes before: a new log is broken", before)
		}
		var got []string
		r := record.NewReader(bytes.NewReader(log), 7)
		for {
			one, err := r.Next()
			if err != nil {
				break
			}
			b, err := io.ReadAll(one)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(b))
		}
		if !slices.Equal(got, want) {
			t.Errorf("with %d bytes before: Pebble reads %d batches, and not those of the log, %d", before, len(got), len(want))
		}
		got = nil
		eachBatch(bytes.NewReader(log), 7, func(batch []byte, _ []version, _ bool) { got = append(got, string(batch)) })
		if !slices.Equal(got, want) {
			t.Errorf("with %d bytes before: eachBatch sees %d batches, and not those of the log, %d", before, len(got), len(want))
		}
	}
}

// inLastLog is inLog with a good part of the rows in the last log, and its name:
// Pebble may just have begun one.
func inLastLog(t *testing.T, rng *rand.Rand) (mem *vfs.MemFS, all map[string]string, last string) {
	t.Helper()
	for {
		mem, all = inLog(t, rng)
		m, err := readManifest("db", mem)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files(t, mem, "", ".log") {
			if m.counts(path.Base(name), true) {
				last = name
			}
		}
		if info, err := mem.Stat(last); err != nil {
			t.Fatal(err)
		} else if info.Size() >= logBlock {
			return mem, all, last
		}
	}
}

// TestMendingOutlivesPowerLoss loses power at every step of opening a database
// with a damaged log: what is behind the damage is there when it is opened
// again.
func TestMendingOutlivesPowerLoss(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	mem, all, last := inLastLog(t, rng)
	rewrite(t, mem, last, func(b []byte) []byte { b[len(b)/8] ^= 0x55; return b })
	clone := func(unsynced int) *vfs.MemFS {
		return mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: rng})
	}
	e := open(t, clone(100))
	want := rows(t, e)
	closeDatabase(t, e)
	if len(want)*4 < len(all)*3 {
		t.Fatalf("%d of %d rows are left where power is not lost: nothing is tested", len(want), len(all))
	}

	steps := 1
	for at := 0; at < steps; at++ {
		disk := clone(100)
		var mu sync.Mutex // Pebble works in the background too
		n, after := 0, (*vfs.MemFS)(nil)
		before := errorfs.InjectorFunc(func(op errorfs.Op) error {
			mu.Lock()
			defer mu.Unlock()
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
				if n == at {
					after = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
				}
				n++
			}
			return nil
		})
		closeDatabase(t, open(t, errorfs.Wrap(disk, before)))
		mu.Lock()
		steps = max(steps, n)
		mu.Unlock()
		if after == nil {
			break
		}
		e := open(t, after)
		if got := rows(t, e); !maps.Equal(got, want) {
			t.Errorf("power lost at step %d: %s", at, difference(got, want))
		}
		closeDatabase(t, e)
	}
	if steps < 10 {
		t.Errorf("%d steps: nothing is tested", steps)
	}
}
