package plain

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Width is the number of terminal columns that s takes, s being on one line.
func Width(s string) int {
	return uniseg.StringWidth(s)
}

// Cut shortens s to at most width columns, with an ellipsis where something is
// missing. It cuts between what a reader sees as characters, never inside.
func Cut(s string, width int) string {
	if fits(s, width) {
		return s
	}
	if width < 1 {
		return ""
	}
	head, _ := split(s, width-1)
	return head + "…"
}

// Pad fills s with spaces to width columns.
func Pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-Width(s)))
}

// split takes as many whole characters off s as fit into width columns.
func split(s string, width int) (head, rest string) {
	rest = s
	for state, taken := -1, 0; rest != ""; {
		_, tail, w, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if taken += w; taken > width {
			break
		}
		rest, state = tail, next
	}
	return s[:len(s)-len(rest)], rest
}

// fits says whether s takes at most width columns, without looking at more of
// it than that.
func fits(s string, width int) bool {
	_, rest := split(s, width)
	return rest == ""
}

// Wrap breaks s into lines of at most width columns, where the Unicode line
// breaking rules (UAX 14) allow, so that it also knows where Chinese and
// Tibetan may break. What has no such place, a long link, is broken anywhere.
func Wrap(s string, width int) []string {
	width = max(width, 4) // the widest character there is must fit
	var lines []string
	line := ""
	flush := func() {
		lines = append(lines, strings.TrimRight(line, " \n"))
		line = ""
	}
	for state, rest := -1, s; rest != ""; {
		var part string
		var must bool
		part, rest, must, state = uniseg.FirstLineSegmentInString(rest, state)
		if line != "" && !fits(line+strings.TrimRight(part, " \n"), width) {
			flush()
		}
		for !fits(strings.TrimRight(part, " \n"), width) {
			if line, part = split(part, width); line == "" { // many letters drawn as one
				_, n := utf8.DecodeRuneInString(part)
				line, part = part[:n], part[n:]
			}
			flush()
		}
		if line += part; must && rest != "" {
			flush()
		}
	}
	if line != "" {
		flush()
	}
	return lines
}
