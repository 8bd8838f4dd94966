package remind

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"votive/node/settings"
	"votive/proto/votive"
)

func TestNotice(t *testing.T) {
	now := moment(t, "2027-06-04 11:00")
	r := func(id byte, title string, in time.Duration) Reminder {
		return Reminder{Event: votive.ID{id}, Title: title, Start: now.Add(in)}
	}
	vigil, reading := r(1, "Candles", time.Hour), r(2, "Reading", 26*time.Hour)
	for _, c := range []struct {
		due        []Reminder
		tell, want string
	}{
		{[]Reminder{vigil}, "private", "Something of yours begins in 1 hour"},
		{[]Reminder{vigil, vigil}, "private", "Something of yours begins in 1 hour"}, // two reminders of one event
		{[]Reminder{vigil}, "", "Something of yours begins in 1 hour"},
		{[]Reminder{vigil}, "full", "Candles: begins in 1 hour"},
		{[]Reminder{vigil, reading}, "private", "2 things of yours are near; the first begins in 1 hour"},
		{[]Reminder{vigil, reading}, "full", "Candles: begins in 1 hour; Reading: begins in 1 day 2 hours"},
		{
			[]Reminder{vigil, reading, r(3, "A", 9), r(4, "B", 9), r(5, "C", 9)},
			"full", "Candles: begins in 1 hour; Reading: begins in 1 day 2 hours; A: begins now; and 2 more",
		},
		{[]Reminder{r(1, "", 0)}, "full", "Something of yours begins now"},
		{[]Reminder{r(1, "X", -20*time.Second)}, "private", "Something of yours begins now"},
		{[]Reminder{r(1, "X", -61*time.Minute)}, "private", "Something of yours began 1 hour 1 minute ago"},
		{[]Reminder{r(1, "X", time.Hour-200*time.Millisecond)}, "private", "Something of yours begins in 1 hour"},
		{[]Reminder{r(1, "X", 3*24*time.Hour+5*time.Minute)}, "private", "Something of yours begins in 3 days 5 minutes"},
	} {
		if got := notice(c.due, now, settings.Notify(c.tell)); got != c.want {
			t.Errorf("notice(%v, %s) = %q, want %q", c.due, c.tell, got, c.want)
		}
	}
}

// hostile are titles that are something else to some desktop.
var hostile = []string{
	`<a href="https://example.org/">Candles</a>`, `<img src="https://example.org/x.png"/>`, "&lt;b&gt;", "]]>",
	"$(calc)", "`calc`", `"; calc; "`, "’; calc; ‘", "“$(calc)”", `\u0022 & do shell script "x"`, "-u critical", "--help",
	"a\x00b\x1b[31m\nc", "\u202egnp.exe", "\u2066x\u2069", "\u200b\u200d\ufeff", "\U000e0041", strings.Repeat("長", 300), "\xff\xfe",
	"@" + strings.Repeat("\u0301", 500), "{{.}}", "%s%n", "‚x‛", "„x‟", "'\"`´", "\ufff9\ufffa\ufffb",
}

func TestSafe(t *testing.T) {
	for text, want := range map[string]string{
		"Candles":             "Candles",
		"Ming's vigil, 20:00": "Mingʼs vigil, 20:00",
		"六四燭光悼念晚會（維園）":        "六四燭光悼念晚會（維園）",
		"བོད་ཀྱི་དུས་ཆེན།": "བོད་ཀྱི་དུས་ཆེན།",
		"ئۇيغۇرچە":                   "ئۇيغۇرچە",
		" <b>Bold</b> & \"quoted\" ": "b Bold /b quoted",
		"--help":                     "help",
		"a\u202eb":                   "a b",
		"\u200b":                     "",
		"":                           "",
		"x\nreminder: y":             "x reminder: y",
	} {
		if got := safe(text); got != want {
			t.Errorf("safe(%q) = %q, want %q", text, got, want)
		}
	}
	for _, text := range hostile {
		checkSafe(t, text)
	}
}

func FuzzSafe(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(checkSafe)
}

func checkSafe(t *testing.T, text string) {
	got := safe(text)
	if n := utf8.RuneCountInString(got); n > maxTitle+1 || !utf8.ValidString(got) {
		t.Errorf("safe(%q) = %q, of %d characters", text, got, n)
	}
	if strings.ContainsAny(got, "<>&\"'`$\\{}[]|%@=#*~^\n\r\t\x00“”„‟‘’‚‛«»") || strings.HasPrefix(got, "-") {
		t.Errorf("safe(%q) = %q, which some desktop reads as more than text", text, got)
	}
	for _, r := range got {
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Bidi_Control, r) {
			t.Errorf("safe(%q) = %q has %U, which nobody sees", text, got, r)
		}
	}
	if again := safe(got); again != got && utf8.RuneCountInString(got) <= maxTitle {
		t.Errorf("safe(%q) = %q, and of that %q", text, got, again)
	}
}
