package votive

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pending is the clauses with a MUST that no test cites yet, and why. A clause
// that a test cites has to go from here.
var pending = map[string]string{}

// clause is one of SPEC.md.
type clause struct {
	text    string
	letters string // of its list, where it has one
}

// law is SPEC.md by the numbers of its clauses, and the numbers of its sections.
type law struct {
	clauses  map[string]*clause
	sections map[string]bool
}

var (
	sectionLine = regexp.MustCompile(`^## ([0-9]+)\. `)
	clauseLine  = regexp.MustCompile(`^([0-9]+\.[0-9]+) `)
	letterLine  = regexp.MustCompile(`^- ([a-z])\. `)
)

func readLaw(t *testing.T) law {
	t.Helper()
	b, err := os.ReadFile("../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	l := law{clauses: make(map[string]*clause), sections: make(map[string]bool)}
	section := ""
	var at *clause
	quoted := false
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "```") {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if m := sectionLine.FindStringSubmatch(line); m != nil {
			section, at = m[1], nil
			l.sections[section] = true
		}
		if m := clauseLine.FindStringSubmatch(line); m != nil {
			if l.clauses[m[1]] != nil || !strings.HasPrefix(m[1], section+".") {
				t.Errorf("SPEC.md has clause %s twice, or in section %s", m[1], section)
			}
			at = &clause{}
			l.clauses[m[1]] = at
		}
		if at != nil {
			at.text += line
			if m := letterLine.FindStringSubmatch(line); m != nil {
				at.letters += m[1]
			}
		}
	}
	return l
}

// A citation is SPEC and a number, and what may follow: other numbers, ranges,
// and the letter of an item.
var (
	citation  = regexp.MustCompile(`SPEC ([0-9]+(?:\.[0-9]+)?(?: [a-z]\b)?(?:(?:, and |, | and | to |-)[0-9]+\.[0-9]+(?: [a-z]\b)?)*)`)
	cited     = regexp.MustCompile(`( to |-)?([0-9]+(?:\.[0-9]+)?)(?: ([a-z])\b)?`)
	wrapped   = regexp.MustCompile(`\n\s*//\s?`)
	firstItem = regexp.MustCompile(`^[.,;:)]|^$|^ and [b-z]\b`)
)

// citations is what a Go file cites: clauses, with ranges written out, and
// sections.
func (l law) citations(text string) (numbers, faults []string) {
	text = wrapped.ReplaceAllString(text, " ")
	for _, span := range citation.FindAllStringSubmatchIndex(text, -1) {
		list := text[span[2]:span[3]]
		previous := ""
		for _, m := range cited.FindAllStringSubmatchIndex(list, -1) {
			number := list[m[4]:m[5]]
			if m[2] >= 0 {
				numbers = append(numbers, between(previous, number)...)
			}
			numbers = append(numbers, number)
			previous = number
			if m[6] < 0 {
				continue
			}
			// "a" is an article too, unless something ends with it.
			letter, behind := list[m[6]:m[7]], list[m[1]:]+text[span[1]:]
			c := l.clauses[number]
			if c != nil && !strings.Contains(c.letters, letter) && (letter != "a" || firstItem.MatchString(behind)) {
				faults = append(faults, fmt.Sprintf("SPEC %s has no %s", number, letter))
			}
		}
	}
	for _, n := range numbers {
		if l.clauses[n] == nil && !l.sections[n] {
			faults = append(faults, fmt.Sprintf("SPEC %s is no clause", n))
		}
	}
	return numbers, faults
}

// between is the clauses of one section between two others.
func between(first, last string) []string {
	section, from, _ := strings.Cut(first, ".")
	section2, to, _ := strings.Cut(last, ".")
	a, err := strconv.Atoi(from)
	b, err2 := strconv.Atoi(to)
	if err != nil || err2 != nil || section != section2 {
		return nil
	}
	var numbers []string
	for i := a + 1; i < b; i++ {
		numbers = append(numbers, fmt.Sprintf("%s.%d", section, i))
	}
	return numbers
}

// goFiles calls visit for every Go file of the module.
func goFiles(t *testing.T, visit func(path, text string)) {
	t.Helper()
	root := moduleRoot(t)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (name == "bin" || name == "dist" || name == "testdata" || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		where, err := filepath.Rel(root, path)
		visit(where, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above this directory")
	return ""
}

// vectorClauses is the clauses that vectors are about.
func vectorClauses(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(vectorsDir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("Glob of the vectors = %v %v, want some", files, err)
	}
	numbers := make(map[string]bool)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var vectors []vector
		if err := json.Unmarshal(b, &vectors); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for _, v := range vectors {
			if len(v.Clause) == 0 {
				t.Errorf("%s: %s is about no clause", f, v.Name)
			}
			for _, n := range v.Clause {
				numbers[n] = true
			}
		}
	}
	return numbers
}

// TestClauses holds SPEC.md and what cites it to each other: what is cited is
// there, and what MUST be is tested.
func TestClauses(t *testing.T) {
	l := readLaw(t)
	tested := vectorClauses(t)
	for n := range tested {
		if l.clauses[n] == nil {
			t.Errorf("proto/vectors: SPEC %s is no clause", n)
		}
	}
	goFiles(t, func(path, text string) {
		numbers, faults := l.citations(text)
		for _, fault := range faults {
			t.Errorf("%s: %s", path, fault)
		}
		if !strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, n := range numbers {
			tested[n] = true
		}
	})
	for n, c := range l.clauses {
		_, waits := pending[n]
		must := strings.Contains(c.text, "MUST")
		switch {
		case waits && (tested[n] || !must):
			t.Errorf("SPEC %s is cited by a test, or has no MUST: take it from pending", n)
		case must && !waits && !tested[n]:
			t.Errorf("SPEC %s has a MUST, and is cited by no test and no vector", n)
		}
	}
	for n := range pending {
		if l.clauses[n] == nil {
			t.Errorf("pending: SPEC %s is no clause", n)
		}
	}
}

// TestCitations is about how citations are read.
func TestCitations(t *testing.T) {
	l := law{
		clauses:  map[string]*clause{"5.5": {letters: "abcdef"}, "5.6": {}, "5.7": {}, "5.8": {}, "6.1": {}},
		sections: map[string]bool{"5": true, "6": true},
	}
	cases := []struct {
		text          string
		numbers, gone string
	}{
		{"nothing of LAW here", "", ""},
		{"// LAW 5.5.", "5.5", ""},
		{"// LAW 5.5, 5.7, and 6.1.", "5.5 5.7 6.1", ""},
		{"// LAW 5.5 and 5.8: LAW 6", "5.5 5.8 6", ""},
		{"// LAW 5.5-5.7, 6.1", "5.6 5.5 5.7 6.1", ""},
		{"// as in LAW 5.5 to 5.8", "5.5 5.6 5.7 5.8", ""},
		{"// LAW 5.5,\n\t// 5.8", "5.5 5.8", ""},
		{"// see (LAW\n// 5.8)", "5.8", ""},
		{"// LAW 5.5 f.", "5.5", ""},
		{"// LAW 5.5 g.", "5.5", "SPEC 5.5 has no g"},
		{"// LAW 5.6 a.", "5.6", "SPEC 5.6 has no a"},
		{"// by LAW 5.6 a node must", "5.6", ""},
		{"// LAW 5.9 and 7", "5.9", "SPEC 5.9 is no clause"},
		{"// LAW 7", "7", "SPEC 7 is no clause"},
		{"// LAW 6.1, 4096 bytes", "6.1", ""},
	}
	for _, c := range cases {
		// So written, these are no citations themselves.
		numbers, faults := l.citations(strings.ReplaceAll(c.text, "LAW", "SPEC"))
		want := strings.Fields(c.numbers)
		slices.Sort(numbers)
		slices.Sort(want)
		if !slices.Equal(numbers, want) || strings.Join(faults, "; ") != c.gone {
			t.Errorf("citations(%q) = %v %q, want %v %q", c.text, numbers, faults, want, c.gone)
		}
	}
}
