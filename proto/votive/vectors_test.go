package votive

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The vectors in proto/vectors are written by this test and by nothing else:
//
//	go test ./proto/votive -run TestVectors -update
//
// What they want is stated in the vectors_*_test.go files, either by hand or
// by the few lines of vectors_law_test.go, and never asked of the code under
// test.
var update = flag.Bool("update", false, "write proto/vectors anew")

const vectorsDir = "../vectors"

// vector is one entry of a file in proto/vectors: what is done, with what, and
// what has to come of it. README.md there says what the fields are.
type vector struct {
	Name   string          `json:"name"`
	Clause []string        `json:"clause"`
	Op     string          `json:"op"`
	Input  json.RawMessage `json:"input"`
	Want   json.RawMessage `json:"want"`
}

// chapters are the files, and what writes them.
var chapters = map[string]func(*chapter){
	"primitives":  writePrimitives,
	"frames":      writeFrames,
	"sealing":     writeSealing,
	"circles":     writeCircles,
	"identities":  writeIdentities,
	"keys":        writeKeys,
	"records":     writeRecords,
	"revisions":   writeRevisions,
	"fold":        writeFold,
	"signing":     writeSigning,
	"cards":       writeCards,
	"times":       writeTimes,
	"recurrence":  writeRecurrence,
	"invitations": writeInvitations,
	"links":       writeLinks,
	"files":       writeFiles,
	"replies":     writeReplies,
	"answers":     writeAnswers,
	"keeps":       writeKeeps,
	"catchup":     writeCatchUp,
	"bundles":     writeBundles,
}

// operation asks the implementation. An error means that it refuses.
type operation func(input json.RawMessage) (any, error)

// doing makes an operation of a function from an input to what came of it.
func doing[I, O any](f func(I) (O, error)) operation {
	return func(input json.RawMessage) (any, error) {
		var in I
		d := json.NewDecoder(bytes.NewReader(input))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			return nil, badVector{err}
		}
		return f(in)
	}
}

// badVector is an input that is none: a fault of the vector, and no refusal.
type badVector struct{ error }

// operations are what a vector can have done.
var operations = map[string]operation{
	"lp":             doing(doLP),
	"digest":         doing(doDigest),
	"derive":         doing(doDerive),
	"day":            doing(doDay),
	"rendezvous":     doing(doRendezvous),
	"judge":          doing(doJudge),
	"head":           doing(doHead),
	"stamp":          doing(doStamp),
	"drop":           doing(doDrop),
	"frame-keys":     doing(doFrameKeys),
	"open":           doing(doOpen),
	"seal":           doing(doSeal),
	"join":           doing(doJoin),
	"circle-name":    doing(doCircleName),
	"circle":         doing(doCircle),
	"secrets":        doing(doSecrets),
	"identity":       doing(doIdentity),
	"backup":         doing(doBackup),
	"key":            doing(doKey),
	"sign":           doing(doSign),
	"verify":         doing(doVerify),
	"record":         doing(doRecord),
	"where":          doing(doWhere),
	"write-genesis":  doing(doWriteGenesis),
	"write-revision": doing(doWriteRevision),
	"fold":           doing(doFold),
	"may-sign":       doing(doMaySign),
	"instant":        doing(doInstant),
	"occurrences":    doing(doOccurrences),
	"honour":         doing(doHonour),
	"link":           doing(doLink),
	"file":           doing(doFile),
	"inbox":          doing(doInbox),
	"write-reply":    doing(doWriteReply),
	"open-reply":     doing(doOpenReply),
	"newer-reply":    doing(doNewerReply),
	"newer-answer":   doing(doNewerAnswer),
	"answer":         doing(doAnswer),
	"own-disk":       doing(doOwnDisk),
	"newer-keep":     doing(doNewerKeep),
	"bundle":         doing(doBundle),
	"write-bundle":   doing(doWriteBundle),
}

// elsewhere are the operations of which the tests of proto/recon ask.
var elsewhere = []string{"catch-up-set", "catch-up-hello", "catch-up-short", "catch-up-offer"}

// TestVectors holds the implementation to proto/vectors.
func TestVectors(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(vectorsDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(map[string]bool)
	for name, write := range chapters {
		t.Run(name, func(t *testing.T) {
			checkChapter(t, name, written(name, write))
			for _, v := range readChapter(t, name) {
				done[v.Op] = true
				checkVector(t, v, string(readme))
			}
		})
	}
	for op := range operations {
		if !done[op] {
			t.Errorf("no vector of operation %q", op)
		}
	}
	onlyChapters(t)
}

// onlyChapters refuses files that no chapter writes.
func onlyChapters(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(vectorsDir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		if chapters[name] == nil {
			t.Errorf("%s is written by nobody", f)
		}
	}
}

// checkChapter holds the file to what writes it, so that neither is changed
// without the other.
func checkChapter(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.Join(vectorsDir, name+".json")
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what its chapter writes: run go test ./proto/votive -run TestVectors -update", path)
	}
}

func readChapter(t *testing.T, name string) []vector {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectorsDir, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

// askVector asks the implementation.
func askVector(t *testing.T, v vector) {
	t.Helper()
	op := operations[v.Op]
	if op == nil {
		t.Errorf("%s: operation %q is not known", v.Name, v.Op)
		return
	}
	var want map[string]any
	if err := json.Unmarshal(v.Want, &want); err != nil {
		t.Errorf("%s: want %s: %v", v.Name, v.Want, err)
		return
	}
	got, reason, err := answerTo(op, v.Input)
	if err != nil {
		t.Errorf("%s: %v", v.Name, err)
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s (SPEC %s): %s = %v (%v), want %v", v.Name, strings.Join(v.Clause, ", "), v.Op, got, reason, want)
	}
}

// checkVector asks the implementation, and holds README.md to the vector.
func checkVector(t *testing.T, v vector, readme string) {
	t.Helper()
	if !slices.Contains(elsewhere, v.Op) {
		askVector(t, v)
	}
	_, section, found := strings.Cut(readme, "\n**"+v.Op+"**")
	section, _, _ = strings.Cut(section, "\n**")
	for _, field := range slices.Concat(fieldsOf(v.Input), fieldsOf(v.Want)) {
		if field != "verdict" && !strings.Contains(section, "`"+field+"`") {
			found = false
		}
	}
	if !found {
		t.Errorf("%s: README.md does not say what %s is, with all of its fields", v.Name, v.Op)
	}
}

// answerTo is what the implementation makes of an input, as JSON has it, and
// why where it refuses.
func answerTo(op operation, input json.RawMessage) (map[string]any, error, error) {
	out, reason := op(input)
	if bad := (badVector{}); errors.As(reason, &bad) {
		return nil, nil, bad
	}
	if reason != nil {
		return map[string]any{"verdict": "refuse"}, reason, nil
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, nil, err
	}
	got := map[string]any{"verdict": "accept"}
	return got, nil, json.Unmarshal(b, &got)
}

// fieldsOf is the names at the top of an object.
func fieldsOf(b json.RawMessage) []string {
	var fields map[string]any
	_ = json.Unmarshal(b, &fields) // checked before
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	return names
}

// chapter is a file of vectors as it grows.
type chapter struct{ vectors []vector }

// written is a file of vectors.
func written(name string, write func(*chapter)) []byte {
	var c chapter
	write(&c)
	seen := make(map[string]bool)
	for _, v := range c.vectors {
		key := v.Op + ": " + v.Name
		if seen[key] {
			panic(fmt.Sprintf("two vectors of %s are %s", name, key))
		}
		seen[key] = true
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(c.vectors); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// accept adds a vector whose verdict is accept, and what else has to come of
// it. Clauses are separated by blanks.
func (c *chapter) accept(op, name, clauses string, input, want any) {
	fields := map[string]any{"verdict": "accept"}
	if err := json.Unmarshal(asJSON(want), &fields); err != nil {
		panic(err)
	}
	c.add(op, name, clauses, input, fields)
}

// refuse adds a vector whose verdict is refuse.
func (c *chapter) refuse(op, name, clauses string, input any) {
	c.add(op, name, clauses, input, map[string]any{"verdict": "refuse"})
}

func (c *chapter) add(op, name, clauses string, input, want any) {
	c.vectors = append(c.vectors, vector{
		Name: name, Clause: strings.Fields(clauses), Op: op, Input: asJSON(input), Want: asJSON(want),
	})
}

func asJSON(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// none is what comes of an operation that answers with its verdict alone.
type none struct{}

// octets are bytes as vectors have them: hex, with a byte that comes n times
// in a row written `00*n` between blanks.
type octets []byte

// MarshalText writes runs of 24 and more as such.
func (o octets) MarshalText() ([]byte, error) {
	var words []string
	plain := 0
	for i := 0; i < len(o); {
		n := 1
		for i+n < len(o) && o[i+n] == o[i] {
			n++
		}
		if n >= 24 {
			if plain < i {
				words = append(words, hex.EncodeToString(o[plain:i]))
			}
			words = append(words, fmt.Sprintf("%02x*%d", o[i], n))
			plain = i + n
		}
		i += n
	}
	if plain < len(o) {
		words = append(words, hex.EncodeToString(o[plain:]))
	}
	return []byte(strings.Join(words, " ")), nil
}

var octetsRun = regexp.MustCompile(`^([0-9a-f]{2})\*([0-9]{1,6})$`)

// UnmarshalText is MarshalText the other way round.
func (o *octets) UnmarshalText(text []byte) error {
	*o = octets{}
	for _, word := range strings.Fields(string(text)) {
		digits, n := word, 1
		if m := octetsRun.FindStringSubmatch(word); m != nil {
			digits = m[1]
			n, _ = strconv.Atoi(m[2])
		}
		b, err := hex.DecodeString(digits)
		if err != nil {
			return badVector{fmt.Errorf("%.40q are no bytes: %w", word, err)}
		}
		*o = append(*o, bytes.Repeat(b, n)...)
	}
	return nil
}

// id32 is an id that the vector is about and not the subject of a refusal.
func (o octets) id32() ID { return ID(o) }

func (o octets) secret32() Secret { return Secret{key: [32]byte(o)} }

// seedSecret is a secret whose name is all that matters.
func seedSecret(name string) Secret { return octets(seedOf(name)).secret32() }

// octetsOf is octets of a list.
func octetsOf[B ~[]byte](list []B) []octets {
	o := make([]octets, len(list))
	for i, b := range list {
		o[i] = octets(b)
	}
	return o
}

// idOctets is octets of ids.
func idOctets(ids []ID) []octets {
	o := make([]octets, len(ids))
	for i, id := range ids {
		o[i] = id[:]
	}
	return o
}
