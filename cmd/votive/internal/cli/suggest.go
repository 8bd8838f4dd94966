package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// suggested are the commands that may be offered to who typed something else:
// they take nothing away, and show no secret. One that is not listed never is,
// so that nobody destroys their keys because they mistyped and did as they were
// told.
var suggested = map[string]bool{
	"init": true, "up": true, "status": true, "doctor": true, "lock": true, "unlock": true, "id": true,
	"announce": true, "events": true, "show": true, "edit": true, "occurrence": true,
	"watch": true, "free": true, "import": true, "remind": true,
	"invite": true, "invites": true, "accept": true, "rsvp": true, "guests": true,
	"circle": true, "circle new": true, "circle join": true, "circle list": true, "circle link": true,
	"contacts": true, "contacts add": true, "contacts list": true,
	"ics": true, "calendar": true, "calendar new": true, "calendar keep": true,
	"bundle": true, "bundle export": true, "bundle import": true,
	"settings": true, "completion": true, "version": true, "help": true,
}

// suggest is the command below c that was most likely meant by typed, as it
// would be typed, or empty. It begins with the same letter, and either one
// letter is wrong, missing, too much or in the other's place (two from seven
// letters on), or it is the only one, of all there are, that begins with typed.
// Two letters are too few to tell by their likeness.
func suggest(c *cobra.Command, typed string) string {
	typed = strings.ToLower(typed)
	if len(typed) < 2 {
		return ""
	}
	near, best := "", 2
	if len(typed) >= 7 {
		best = 3
	}
	begun, begin := "", 0
	for _, below := range c.Commands() {
		name := below.Name()
		path := strings.TrimPrefix(below.CommandPath(), c.Root().Name()+" ")
		if !below.IsAvailableCommand() && name != "help" || name[0] != typed[0] {
			continue
		}
		d := slips(typed, name)
		if strings.HasPrefix(name, typed) {
			begun, begin = path, begin+1
			d-- // "invit" is invite rather than init
		}
		if d < best && len(typed) > 2 {
			near, best = path, d
		}
	}
	if near == "" && begin == 1 {
		near = begun
	}
	if !suggested[near] {
		return ""
	}
	return c.Root().Name() + " " + near
}

// slips is how many letters of a are wrong, missing, too much or have changed
// places with the next if b was meant (optimal string alignment).
func slips(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			wrong := 1
			if a[i] == b[j] {
				wrong = 0
			}
			row[j+1] = min(last[j]+wrong, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
