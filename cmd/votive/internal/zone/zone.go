// Package zone finds the reader's time zone by its IANA name: Go knows how far
// the local clock is off, but not what the place is called, and a time that
// somebody signs needs the name. It guesses nothing: where the system does not
// say, or says something unknown, that is an error and the person is asked.
package zone

import (
	"fmt"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // systems without zone files

	"github.com/thlib/go-timezone-local/tzlocal"
)

// system is what Reader asks, so that tests can say what the system says.
type system struct {
	tz       string // the environment variable TZ
	link     func() (string, error)
	timezone string // a file with the name in it, as on Debian
}

// Reader is the zone of whoever is sitting here: $TZ, then what the system is
// set to, then /etc/timezone.
func Reader() (*time.Location, error) {
	return system{tz: os.Getenv("TZ"), link: tzlocal.LocalTZ, timezone: "/etc/timezone"}.zone()
}

func (s system) zone() (*time.Location, error) {
	if tz := strings.TrimPrefix(s.tz, ":"); tz != "" {
		_, name, found := strings.Cut(tz, "zoneinfo/")
		if !found {
			name = tz
		}
		zone, err := load(name)
		if err != nil {
			return nil, fmt.Errorf("TZ is %q, which is no zone that votive knows", s.tz)
		}
		return zone, nil
	}
	if name, err := s.link(); err == nil {
		if zone, err := load(name); err == nil {
			return zone, nil
		}
	}
	if b, err := os.ReadFile(s.timezone); err == nil && len(b) < 128 {
		if zone, err := load(strings.TrimSpace(string(b))); err == nil {
			return zone, nil
		}
	}
	return nil, fmt.Errorf("this system does not say what its time zone is called")
}

// load is time.LoadLocation without its two names that are no places, and
// without the directories of zone files that repeat the rest.
func load(name string) (*time.Location, error) {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "posix/"), "right/")
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is no zone", name)
	}
	return time.LoadLocation(name)
}
