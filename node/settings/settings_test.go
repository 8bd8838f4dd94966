package settings

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseList(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"1h":                         "1h",
		"60m":                        "1h",
		"90m":                        "1h30m",
		"0":                          "0m",
		"0m":                         "0m",
		"24h":                        "1d",
		"36h":                        "36h",
		"1w":                         "7d",
		"15m, 1d,1h":                 "1d,1h,15m",
		"1h,60m,3600s":               "1h",
		"90d":                        "90d",
		"2h30m":                      "2h30m",
		"1,":                         "!", // a number of what?
		"1h,":                        "!",
		"-1h":                        "!",
		"91d":                        "!",
		"99999d":                     "!",
		"9999999h":                   "!",
		"30s":                        "!",
		"1.5d":                       "!",
		"tomorrow":                   "!",
		"1h\x00":                     "!",
		"1m,2m,3m,4m,5m,6m,7m,8m":    "8m,7m,6m,5m,4m,3m,2m,1m",
		"1m,2m,3m,4m,5m,6m,7m,8m,9m": "!",
	} {
		list, err := ParseList(text)
		got := FormatList(list)
		if err != nil {
			got = "!"
		}
		if got != want || err != nil && !errors.Is(err, ErrInput) {
			t.Errorf("ParseList(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
}

// What is written can be read, and is the same.
func TestFormatBeforeIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.IntRange(0, int(MaxBefore/time.Minute)).Draw(t, "minutes")) * time.Minute
		if got, err := ParseBefore(FormatBefore(d)); err != nil || got != d {
			t.Fatalf("ParseBefore(%q) = %v, %v, want %v", FormatBefore(d), got, err, d)
		}
	})
}

func FuzzParseList(f *testing.F) {
	for _, text := range []string{"", "1h", "15m,1d,1h", "2w", "1h30m,0", "-5m", "1d1h", "90d,", "١h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseList(text)
		if err != nil {
			return
		}
		if len(list) > MaxReminders {
			t.Errorf("ParseList(%q) has %d reminders", text, len(list))
		}
		for i, d := range list {
			if d < 0 || d > MaxBefore || i > 0 && list[i-1] <= d {
				t.Errorf("ParseList(%q) = %v, want each once, the longest first, within bounds", text, list)
			}
		}
		again, err := ParseList(FormatList(list))
		if err != nil || FormatList(again) != FormatList(list) {
			t.Errorf("ParseList(%q) = %v, %v, want %v", FormatList(list), again, err, list)
		}
	})
}

func TestSet(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"zone", "Asia/Hong_Kong", "Asia/Hong_Kong"},
		{"zone", " UTC ", "UTC"},
		{"zone", "Local", "!"},
		{"zone", "", "!"},
		{"zone", "../etc/passwd", "!"},
		{"zone", "Hong Kong", "!"},
		{"notifications", "full", "full"},
		{"notifications", "private", "private"},
		{"notifications", "off", "off"},
		{"notifications", "loud", "!"},
		{"notifications", "", "!"},
		{"reminders", "60m,1d", "1d,1h"},
		{"reminders", "", ""},
		{"reminders", "soon", "!"},
		{"language", "en", "!"},
		{"", "", "!"},
	} {
		note, err := Set(c.name, c.value)
		got := string(note.Value)
		if err != nil {
			got = "!"
		}
		if got != c.want || err != nil && !errors.Is(err, ErrInput) {
			t.Errorf("Set(%q, %q) = %q, %v, want %q", c.name, c.value, got, err, c.want)
		}
	}
	if note, err := Unset("zone"); err != nil || note.Name != "settings/zone" || note.Value != nil {
		t.Errorf("Unset(zone) = %+v, %v", note, err)
	}
	if _, err := Unset("language"); !errors.Is(err, ErrInput) {
		t.Errorf("Unset(language) = %v, want ErrInput", err)
	}
}

func TestLocation(t *testing.T) {
	here := time.FixedZone("here", 3600)
	if got := (Settings{}).Location(here); got != here {
		t.Errorf("Location where none was chosen = %v, want the system's", got)
	}
	if got := (Settings{Zone: "Asia/Tokyo"}).Location(here); got.String() != "Asia/Tokyo" {
		t.Errorf("Location = %v, want Asia/Tokyo", got)
	}
}
