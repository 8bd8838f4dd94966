package node

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// purely are the trees that decide the same wherever and whenever they run: who
// calls them hands in the time, and chance.
var purely = []string{"../proto", "calendar"}

// impureNames are what may not be used of a package that may be imported.
var impureNames = map[string][]string{
	"time": {
		"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker", "Local",
	},
	"context": {"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause"},
}

// impureImports are what may not be imported, besides impure.
var impureImports = []string{"math/rand", "math/rand/v2", "crypto/rand"}

// impurities are what of a file depends on when it runs, or on chance.
func impurities(name, source string) ([]string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []string
	report := func(at token.Pos, what string) {
		found = append(found, fmt.Sprintf("%s: %s", set.Position(at), what))
	}
	called := make(map[string]string) // packages by the names they have in this file
	for _, i := range file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		switch {
		case slices.Contains(impureImports, path):
			report(i.Pos(), path)
		case impureNames[path] != nil && name == ".":
			report(i.Pos(), ". "+path)
		case impureNames[path] != nil:
			called[name] = path
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := s.X.(*ast.Ident); ok && slices.Contains(impureNames[called[x.Name]], s.Sel.Name) {
			report(s.Pos(), called[x.Name]+"."+s.Sel.Name)
		}
		return true
	})
	return found, nil
}

func TestPure(t *testing.T) {
	for _, tree := range purely {
		read := 0
		err := filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			read++
			found, err := impurities(path, string(source))
			for _, f := range found {
				t.Errorf("%s: what is pure takes the time and chance from its caller", f)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if read == 0 {
			t.Errorf("there is no Go file in %s", tree)
		}
	}
}

func TestImpurities(t *testing.T) {
	for _, c := range []struct {
		source string
		want   int
	}{
		{`import "time"; func f(now time.Time) time.Time { return now.Add(time.Hour).In(time.UTC) }`, 0},
		{`import "time"; type t struct{ Now func() time.Time }; func (x t) f() time.Time { return x.Now() }`, 0},
		{`import "time"; var start = time.Now()`, 1},
		{`import "time"; func f(t time.Time) time.Duration { return time.Since(t) + time.Until(t) }`, 2},
		{`import "time"; func f() { <-time.After(time.Second); time.Sleep(1) }`, 2},
		{`import "time"; func f() { time.NewTimer(1); time.NewTicker(1); time.Tick(1); time.AfterFunc(1, nil) }`, 4},
		{`import clock "time"; var now = clock.Now`, 1},
		{`import . "time"; var start = Now()`, 1},
		{`import "time"; func f(t time.Time) time.Time { return t.In(time.Local) }`, 1},
		{`import "context"; func f(c context.Context) { context.WithTimeout(c, 1) }`, 1},
		{`import "math/rand"; var r = rand.New(rand.NewSource(1))`, 1},
		{`import "math/rand/v2"; var n = rand.IntN(6)`, 1},
		{`import random "crypto/rand"; var r = random.Reader`, 1},
	} {
		found, err := impurities("x.go", "package p\n"+c.source)
		if err != nil || len(found) != c.want {
			t.Errorf("impurities(%s) = %v, %v, want %d", c.source, found, err, c.want)
		}
	}
}
