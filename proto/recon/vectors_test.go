package recon

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// octets are bytes as proto/vectors has them.
type octets []byte

func (o *octets) UnmarshalText(text []byte) error {
	*o = nil
	for _, word := range strings.Fields(string(text)) {
		digits, times, many := strings.Cut(word, "*")
		n := 1
		if many {
			var err error
			if n, err = strconv.Atoi(times); err != nil {
				return err
			}
		}
		b, err := hex.DecodeString(digits)
		if err != nil {
			return err
		}
		*o = append(*o, bytes.Repeat(b, n)...)
	}
	return nil
}

// vectorIn is the inputs of all operations.
type vectorIn struct {
	Frames []struct {
		Rank   uint8
		Expiry uint16
		ID     octets
	}
	Keys   []octets
	Window struct {
		Floor octets
		First uint16
	}
	Nonce, Asker, Offerer, ID octets
	Said                      []octets
}

type vectorWant struct {
	Verdict                   string
	Keys                      int
	Fingerprint, Hello, Short octets
	Answers                   []octets
}

func (v *vectorIn) set() *Snapshot {
	set := setOf()
	for _, f := range v.Frames {
		set.Insert(MakeKey(f.Rank, f.Expiry, ID(f.ID)))
	}
	for _, k := range v.Keys {
		set.Insert(Key(k))
	}
	return set.Snapshot()
}

func (v *vectorIn) window() (w Window) {
	copy(w.Floor[:], v.Window.Floor)
	w.First = v.Window.First
	return w
}

// TestVectors holds the package to proto/vectors/catchup.json, which says what
// its README.md does.
func TestVectors(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "vectors", "catchup.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Op string
		Input    vectorIn
		Want     vectorWant
	}
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	done := make(map[string]int)
	for _, v := range vectors {
		t.Run(v.Op+" "+v.Name, func(t *testing.T) {
			done[v.Op]++
			switch v.Op {
			case "catch-up-set":
				part := v.Input.set().Within(v.Input.window())
				if sum := part.Fingerprint(); part.Len() != v.Want.Keys || !bytes.Equal(sum[:], v.Want.Fingerprint) {
					t.Errorf("%d keys, %x, want %d, %x", part.Len(), sum, v.Want.Keys, v.Want.Fingerprint)
				}
			case "catch-up-hello":
				_, hello := Ask(v.Input.set(), v.Input.window(), Nonce(v.Input.Nonce), 1)
				if !bytes.Equal(hello, v.Want.Hello) {
					t.Errorf("hello %x, want %x", hello, v.Want.Hello)
				}
			case "catch-up-short":
				got := newSecret(Nonce(v.Input.Asker), Nonce(v.Input.Offerer)).short(v.Input.ID)
				if !bytes.Equal(got.append(nil), v.Want.Short) {
					t.Errorf("short id %x, want %x", got, v.Want.Short)
				}
			case "catch-up-offer":
				answerVector(t, &v.Input, &v.Want)
			default:
				t.Errorf("operation %q is not known", v.Op)
			}
		})
	}
	if len(done) != 4 || done["catch-up-offer"] < 30 {
		t.Errorf("vectors of %v, want four operations", done)
	}
}

func answerVector(t *testing.T, in *vectorIn, want *vectorWant) {
	o := Offer(in.set(), in.window(), Nonce(in.Nonce))
	for i, said := range in.Said {
		turn, err := o.Step(said)
		if refused := want.Verdict == "refuse" && i == len(in.Said)-1; (err != nil) != refused {
			t.Fatalf("message %d: %v, want a refusal: %t", i, err, refused)
		}
		if want.Verdict == "refuse" {
			continue
		}
		answer := turn.Write
		for _, id := range turn.Send {
			answer = append(answer, id[:]...)
		}
		if !bytes.Equal(answer, want.Answers[i]) {
			t.Errorf("answer %d: %x, want %x", i, answer, want.Answers[i])
		}
	}
}
