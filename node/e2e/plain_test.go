package e2e

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
	"github.com/rogpeppe/go-internal/testscript"
)

// columns is how wide a page of votive may be.
const columns = 80

// wide names a line that a terminal would break, or "". A link is one line
// however long it is, so that it can be copied.
func wide(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "votive:") {
			continue
		}
		if w := uniseg.StringWidth(strings.TrimRight(line, "\n")); w > columns {
			return fmt.Sprintf("%d columns: %s", w, line)
		}
	}
	return ""
}

// unseen are characters that change how a line looks and cannot be seen in it,
// beside the control and format characters that Unicode calls so.
var unseen = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
	{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
	{Lo: 0x2028, Hi: 0x2029, Stride: 1}, // line and paragraph separators
	{Lo: 0x3164, Hi: 0x3164, Stride: 1},
}}

// hidden names a character that must not reach a terminal, or "".
func hidden(text string) string {
	for _, r := range strings.ReplaceAll(text, "\n", "") {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unseen) {
			return fmt.Sprintf("U+%04X in %q", r, text)
		}
	}
	return ""
}

func narrow(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "narrow stdout")
	if w := wide(ts.ReadFile(args[0])); w != "" {
		ts.Fatalf("%s", w)
	}
}

func plain(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "plain stdout|stderr")
	if h := hidden(ts.ReadFile(args[0])); h != "" {
		ts.Fatalf("%s", h)
	}
}
