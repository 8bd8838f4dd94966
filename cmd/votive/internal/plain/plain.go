// Package plain makes text from other people safe and measurable for a
// terminal: what could move the cursor, reorder a line or hide in it becomes a
// visible mark, and columns are counted as a terminal counts them, so that
// Chinese is wide and a Tibetan stack is one.
//
// It is apart because everything that is printed has to pass it, and because
// it is pure: text in, text out. It refuses nothing and never fails.
package plain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Line is s on one line. Control, bidi and zero-width characters, line breaks
// among them, are shown as marks like ‹U+202E›, bytes that are not UTF-8 as
// ‹0xFF›.
func Line(s string) string {
	return mark(s, false)
}

// Text is s with its line breaks kept, and everything else as in Line.
func Text(s string) string {
	return mark(strings.ReplaceAll(s, "\r\n", "\n"), true)
}

func mark(s string, breaks bool) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	var before rune
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "‹0x%02X›", s[i])
			before = 0
		case r == '\n' && breaks, !hidden(r), presents(before, r):
			b.WriteRune(r)
			before = r
		default:
			fmt.Fprintf(&b, "‹U+%04X›", r)
			before = 0
		}
		i += n
	}
	return b.String()
}

// JSON is a JSON document of the same value in which the characters that Line
// marks are escaped: it may come to a terminal too, and has to stay what it is.
func JSON(document []byte) []byte {
	s := string(document)
	if clean(s) {
		return document
	}
	var b []byte
	for _, r := range s {
		switch {
		case r == '\n' || !hidden(r):
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return b
}

// clean is true for most text, which is then not copied.
func clean(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || hidden(r) {
			return false
		}
	}
	return true
}

// hidden says whether a reader would not see r where it stands: the control
// and format characters, separators, private and surrogate code points, those
// that Go's tables do not know yet, and what Unicode calls default ignorable.
// Spaces other than the plain one are seen, as space, and stay.
func hidden(r rune) bool {
	if r >= 0x20 && r < 0x7f {
		return false
	}
	return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// presents says whether r only chooses the picture for the symbol before it,
// as in most emoji: U+FE0E and U+FE0F after a symbol or a keycap's digit.
func presents(before, r rune) bool {
	return (r == 0xFE0E || r == 0xFE0F) &&
		(unicode.In(before, unicode.So, unicode.Sm) || before == '#' || before == '*' || '0' <= before && before <= '9')
}
