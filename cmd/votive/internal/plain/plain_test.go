package plain

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"English", "Candles in the park", "Candles in the park"},
		{"Chinese", "六四燭光晚會：毋忘", "六四燭光晚會：毋忘"},
		{"Tibetan, with subjoined letters and vowels", "བོད་ཀྱི་རྒྱལ་རབས།", "བོད་ཀྱི་རྒྱལ་རབས།"},
		{"an accent of its own", "Cafe\u0301", "Cafe\u0301"},
		{"a no-break space is seen", "a\u00a0b", "a\u00a0b"},
		{"an escape sequence", "\x1b[2Jgone", "‹U+001B›[2Jgone"},
		{"a C1 control", "\u009b2J", "‹U+009B›2J"},
		{"backspace, bell, delete", "a\b\a\x7f", "a‹U+0008›‹U+0007›‹U+007F›"},
		{"line breaks and a tab", "a\r\nb\tc", "a‹U+000D›‹U+000A›b‹U+0009›c"},
		{"separators", "a\u2028b\u2029c\u0085", "a‹U+2028›b‹U+2029›c‹U+0085›"},
		{"bidi override", "abc\u202etxt.exe", "abc‹U+202E›txt.exe"},
		{"bidi embeddings", "\u202a\u202b\u202c\u202d", "‹U+202A›‹U+202B›‹U+202C›‹U+202D›"},
		{"bidi isolates", "\u2066\u2067\u2068\u2069", "‹U+2066›‹U+2067›‹U+2068›‹U+2069›"},
		{"bidi marks", "\u200e\u200f\u061c", "‹U+200E›‹U+200F›‹U+061C›"},
		{"zero width", "a\u200bb\u200cc\u200dd\u2060e\ufefff", "a‹U+200B›b‹U+200C›c‹U+200D›d‹U+2060›e‹U+FEFF›f"},
		{"soft hyphen, grapheme joiner", "a\u00ad\u034f", "a‹U+00AD›‹U+034F›"},
		{"fillers that look like nothing", "\u115f\u3164\uffa0", "‹U+115F›‹U+3164›‹U+FFA0›"},
		{"tags", "a\U000e0041", "a‹U+E0041›"},
		{"private use", "\ue000", "‹U+E000›"},
		{"an emoji's picture", "\u2764\ufe0f 1\ufe0f", "\u2764\ufe0f 1\ufe0f"},
		{"a variation selector on nothing", "a\ufe0f\ufe0f", "a‹U+FE0F›‹U+FE0F›"},
		{"not UTF-8", "a\xff\xc3(", "a‹0xFF›‹0xC3›("},
		{"the replacement character itself", "a\ufffd", "a\ufffd"},
	} {
		if got := Line(c.in); got != c.want {
			t.Errorf("%s: Line(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestJSON(t *testing.T) {
	in := "{\n  \"a\": \"六四 \u202e\u009b2J\ufeff\U000e0041 \\u001b\"\n}\n"
	want := "{\n  \"a\": \"六四 \\u202e\\u009b2J\\ufeff\\udb40\\udc41 \\u001b\"\n}\n"
	got := JSON([]byte(in))
	if string(got) != want {
		t.Errorf("JSON(%q) = %q, want %q", in, got, want)
	}
	var before, after map[string]string
	if err := json.Unmarshal([]byte(in), &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &after); err != nil || before["a"] != after["a"] {
		t.Errorf("JSON(%q) means %q, %v, want %q", in, after["a"], err, before["a"])
	}
}

func TestTextKeepsLineBreaksOnly(t *testing.T) {
	in, want := "one\r\ntwo\n\nthree\rfour\tfive\u202e", "one\ntwo\n\nthree‹U+000D›four‹U+0009›five‹U+202E›"
	if got := Text(in); got != want {
		t.Errorf("Text(%q) = %q, want %q", in, got, want)
	}
}

func TestWidth(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int
	}{
		{"", 0},
		{"abc", 3},
		{"六四", 4},
		{"，。", 4},
		{"བོད་ཡིག", 5},
		{"རྒྱལ", 2},
		{"e\u0301", 1},
		{"한글", 4},
		{"🕯\ufe0f", 2},
		{"‹U+202E›", 8},
	} {
		if got := Width(c.in); got != c.want {
			t.Errorf("Width(%q) = %d, want %d", c.in, got, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"六四晚會", 8, "六四晚會"},
		{"六四晚會", 7, "六四晚…"},
		{"六四晚會", 6, "六四…"},
		{"རྒྱལ་རབས", 3, "རྒྱལ…"},
		{"abc", 1, "…"},
		{"abc", 0, ""},
	} {
		if got := Cut(c.in, c.width); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		name, in string
		width    int
		want     []string
	}{
		{"empty", "", 10, nil},
		{"words", "the quick brown fox", 10, []string{"the quick", "brown fox"}},
		{"paragraphs", "one\n\ntwo\n", 10, []string{"one", "", "two"}},
		{"Chinese, no comma at the start of a line", "毋忘六四，燭光不滅", 8, []string{"毋忘六", "四，燭光", "不滅"}},
		{"Tibetan, after the tsheg", "བོད་ཀྱི་རྒྱལ་རབས", 6, []string{"བོད་ཀྱི་", "རྒྱལ་རབས"}},
		{"a long link", "at https://example.org/abcdefgh", 12, []string{"at https://", "example.org/", "abcdefgh"}},
		{"nowhere to break", "aaaaaaaaaaaa", 5, []string{"aaaaa", "aaaaa", "aa"}},
		{"too narrow for anything", "六四六四", 1, []string{"六四", "六四"}},
		{"the widest dash", "⸻⸻", 4, []string{"⸻", "⸻"}},
		{"many letters drawn as one", "ᄀᄀᄀᄀ", 4, []string{"ᄀᄀᄀᄀ"}},
	} {
		got := Wrap(c.in, c.width)
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: Wrap(%q, %d) = %q, want %q", c.name, c.in, c.width, got, c.want)
		}
	}
}

func TestTableFits(t *testing.T) {
	got := Table([][]string{
		{"NAME", "NOTE"},
		{"陳小明", strings.Repeat("long ", 30)},
		{"Ana", ""},
	})
	want := "NAME    NOTE\n" +
		"陳小明  " + strings.Repeat("long ", 30)[:71] + "…\n" +
		"Ana\n"
	if got != want {
		t.Errorf("Table() = %q, want %q", got, want)
	}
	for _, line := range strings.Split(got, "\n") {
		if w := Width(line); w > Columns {
			t.Errorf("Table() has a line of %d columns, want at most %d: %q", w, Columns, line)
		}
	}
	if got := Table(nil); got != "" {
		t.Errorf("Table(nil) = %q, want nothing", got)
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{
		"", "Candles", "六四燭光晚會", "བོད་ཀྱི་རྒྱལ་རབས།", "a\x1b[2J\u202e\u200b\r\n\xff", "\u2764\ufe0f", "‹U+202E›",
		"⸻⸺ᄀᄀᄀᄀᄀᄀ", "\U0001F468\u200d\U0001F469", "a\u0301\u0301\u0301", "\u3164 \u00ad\U000e0041",
	} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		line := Line(s)
		safe(t, line, "")
		if again := Line(line); again != line {
			t.Errorf("Line(Line(%q)) = %q, want %q", s, again, line)
		}
		text := Text(s)
		safe(t, text, "\n")
		document, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		escaped := JSON(document)
		safe(t, string(escaped), "")
		var before, after string
		if err := errors.Join(json.Unmarshal(document, &before), json.Unmarshal(escaped, &after)); err != nil || before != after {
			t.Errorf("JSON(%s) = %s, %v, which means something else", document, escaped, err)
		}
		width = 4 + width&0x3f
		if cut := Cut(line, width); Width(cut) > width {
			t.Errorf("Cut(%q, %d) = %q, of %d columns", line, width, cut, Width(cut))
		}
		var kept strings.Builder
		for _, l := range Wrap(text, width) {
			if Width(l) > width {
				t.Errorf("Wrap(%q, %d) has a line of %d columns: %q", text, width, Width(l), l)
			}
			kept.WriteString(l)
		}
		if got, want := solid(kept.String()), solid(text); got != want {
			t.Errorf("Wrap(%q, %d) kept %q, want %q", text, width, got, want)
		}
	})
}

// safe checks by rules of its own that nothing in s can deceive a terminal.
func safe(t *testing.T, s, allowed string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%q is not UTF-8", s)
	}
	for _, r := range s {
		bad := unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r) ||
			0x200b <= r && r <= 0x200f || r == 0x2028 || r == 0x2029 || r == 0xfeff
		if bad && !strings.ContainsRune(allowed, r) {
			t.Errorf("%q still has %U", s, r)
		}
	}
}

// solid is s without what Wrap may drop at the end of a line.
func solid(s string) string {
	return strings.NewReplacer(" ", "", "\n", "").Replace(s)
}
