// Package settings is what the person chose for this computer: notes in the
// vault, which are never sent and which no backup brings back. While the vault
// is locked nobody knows them.
//
// It is apart because they are read in many places and written in one. It keeps
// nothing that would have no effect.
package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"votive/node/almanac"
)

// Notify is what a notification on the desktop may tell.
type Notify string

// The kinds of notification. What a desktop shows, others may see over a
// shoulder or on a locked screen, and it may be kept on the disk, outside of
// the vault: so Private is the default.
const (
	Private Notify = "private" // that something is, and when
	Full    Notify = "full"    // what it is called, too
	Off     Notify = "off"     // none
)

// Settings are all there are. What was not chosen has its default.
type Settings struct {
	Zone      string          // an IANA name; empty: the system's
	Notify    Notify          // Private unless chosen
	Reminders []time.Duration // before each event that is the person's; none unless chosen
}

// The names of settings, and of their notes.
const (
	Zone      = "zone"
	Notifying = "notifications"
	Reminders = "reminders"

	notes = "settings/"
)

// ErrInput says that a setting, or its value, is not one.
var ErrInput = errors.New("no such setting")

// bad is an ErrInput with a text for the person.
type bad struct{ text string }

func (b bad) Error() string      { return b.text }
func (bad) Is(target error) bool { return target == ErrInput }

func input(format string, args ...any) error { return bad{fmt.Sprintf(format, args...)} }

// Read gives the settings. A note that this votive does not understand has no
// effect.
func Read(v *almanac.View) Settings {
	s := Settings{Notify: Private}
	if zone := string(v.Local(notes + Zone)); checkZone(zone) == nil {
		s.Zone = zone
	}
	if n := Notify(v.Local(notes + Notifying)); n == Full || n == Off {
		s.Notify = n
	}
	s.Reminders, _ = ParseList(string(v.Local(notes + Reminders)))
	return s
}

// Location is the zone in which the person reads, or otherwise where none was
// chosen.
func (s Settings) Location(otherwise *time.Location) *time.Location {
	if s.Zone == "" {
		return otherwise
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return otherwise
	}
	return zone
}

// Set is the note with which a setting has that value, or an ErrInput.
func Set(name, value string) (almanac.Note, error) {
	value = strings.TrimSpace(value)
	var err error
	switch name {
	case Zone:
		err = checkZone(value)
	case Notifying:
		if !slices.Contains([]Notify{Private, Full, Off}, Notify(value)) {
			err = input("notifications %.40q, want private, full or off", value)
		}
	case Reminders:
		var list []time.Duration
		if list, err = ParseList(value); err == nil && len(list) == 0 {
			return Unset(name)
		}
		value = FormatList(list)
	default:
		err = unknown(name)
	}
	return almanac.Note{Name: notes + name, Value: []byte(value)}, err
}

// Unset is the note with which a setting has its default again, or an ErrInput.
func Unset(name string) (almanac.Note, error) {
	if name != Zone && name != Notifying && name != Reminders {
		return almanac.Note{}, unknown(name)
	}
	return almanac.Note{Name: notes + name}, nil
}

func unknown(name string) error {
	if name == "language" {
		return input("there is no setting language: this votive speaks English only, so choosing would change nothing")
	}
	return input("there is no setting %.40q, only %s, %s and %s", name, Zone, Notifying, Reminders)
}

func checkZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return input("zone %.80q is not known; give an IANA name like Asia/Hong_Kong", name)
	}
	return nil
}
