package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPages(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	for _, dir := range []string{one, two} {
		if err := write(dir, "1.2.3"); err != nil {
			t.Fatal(err)
		}
	}
	for _, page := range []string{"votive.1", "votive-announce.1", "votive-circle-join.1"} {
		got, err := os.ReadFile(filepath.Join(one, page))
		if err != nil {
			t.Fatal(err)
		}
		title := strings.ToUpper(strings.TrimSuffix(page, ".1"))
		if want := `.TH "` + title + `" "1" "" "votive 1.2.3" "votive"`; !strings.Contains(string(got), want) {
			t.Errorf("%s has no line %s", page, want)
		}
		again, err := os.ReadFile(filepath.Join(two, page))
		if err != nil || string(again) != string(got) {
			t.Errorf("%s written again differs, %v", page, err)
		}
	}
}
