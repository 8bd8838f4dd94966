package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

func TestJune4IsAhead(t *testing.T) {
	for _, c := range []struct{ now, want string }{
		{"2026-11-24T12:00:00Z", "2027-06-04"},
		{"2027-01-01T00:00:00Z", "2027-06-04"},
		{"2027-06-02T00:00:00Z", "2027-06-04"},
		{"2027-06-02T00:00:01Z", "2028-06-04"},
		{"2027-06-04T12:00:00Z", "2028-06-04"},
		{"2027-06-05T00:00:00Z", "2028-06-04"},
		{"2027-12-31T23:30:00-11:00", "2028-06-04"},
		{"2099-07-01T00:00:00Z", "2100-06-04"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := june4(now); got != c.want {
			t.Errorf("june4(%s) = %s, want %s", c.now, got, c.want)
		}
	}
}

// TestFirstCommandsLast looks for days that will be over in what newcomers are
// told to type: announcing for a day that has been is refused.
func TestFirstCommandsLast(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, file := range []string{"Makefile", "README.md", "cmd/demo/demo.go"} {
		b, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`20[0-9]{2}-[0-9]{2}-[0-9]{2}`).Find(b); found != nil {
			t.Errorf("%s says %s, a day that will be over", file, found)
		}
	}
}
