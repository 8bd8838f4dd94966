package subscribe

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

// MaxCalendars is how many calendars there may be at once.
const MaxCalendars = 64

// ErrTooMany says that there are MaxCalendars.
var ErrTooMany = fmt.Errorf("there are %d calendars already: revoke one that is not used any more", MaxCalendars)

// Terms are what a calendar shows, and of what.
type Terms struct {
	// Circle is whose announcements are in it. Zero: what the person organizes
	// or said they come to, and for CalDAV every circle as a calendar besides.
	Circle votive.ID
	// Busy shows that there is something, and nothing else of it. It is no
	// calendar to write to.
	Busy bool
	// ReadOnly refuses what a program writes.
	ReadOnly bool
}

// Calendar is one that was given to a program.
type Calendar struct {
	Terms
	ID   string // 12 hex digits; the user name
	Made time.Time

	feed, password [sha256.Size]byte // hashes
	key            [32]byte          // makes the UIDs of a busy one, or names, see Named
}

// Secrets are by what a program is known. They are nowhere but in what New
// returned.
type Secrets struct {
	Feed     string // part of a path, 130 bits
	Password string // 130 bits; empty where there is nothing to write to
}

// secretSize is bytes of randomness, of which the first secretLength characters
// of base32 are used.
const (
	secretSize   = 17
	secretLength = 26
	notes        = "subscribe/"
)

var encoding = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// kept is a calendar as a note has it.
type kept struct {
	Made     int64  `json:"made"` // nanoseconds since 1970: two in a second are in their order
	Circle   string `json:"circle,omitempty"`
	Busy     bool   `json:"busy,omitempty"`
	ReadOnly bool   `json:"read_only,omitempty"`
	Feed     string `json:"feed"`
	Password string `json:"password,omitempty"`
	Key      string `json:"key,omitempty"`
}

// New makes a calendar.
func New(ctx context.Context, book *almanac.Almanac, t Terms) (Calendar, Secrets, error) {
	var id [6]byte
	var s Secrets
	c := Calendar{Terms: t}
	if _, err := rand.Read(id[:]); err != nil {
		return c, s, err
	}
	c.ID = hex.EncodeToString(id[:])
	var err error
	if s.Feed, c.feed, err = secret(rand.Reader); err != nil {
		return c, s, err
	}
	if _, err := rand.Read(c.key[:]); err != nil {
		return c, s, err
	}
	k := kept{Busy: t.Busy, ReadOnly: t.ReadOnly, Feed: hex.EncodeToString(c.feed[:]), Key: hex.EncodeToString(c.key[:])}
	if !t.Busy {
		if s.Password, c.password, err = secret(rand.Reader); err != nil {
			return c, s, err
		}
		k.Password = hex.EncodeToString(c.password[:])
	}
	if !t.Circle.IsZero() {
		k.Circle = t.Circle.String()
	}
	err = book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		if len(List(v)) >= MaxCalendars {
			return almanac.Draft{}, ErrTooMany
		}
		c.Made = v.Now()
		k.Made = c.Made.UnixNano()
		value, err := json.Marshal(k)
		return almanac.Draft{Note: []almanac.Note{{Name: notes + c.ID, Value: value}}}, err
	})
	return c, s, err
}

// secret draws one, and hashes it.
func secret(random io.Reader) (string, [sha256.Size]byte, error) {
	b := make([]byte, secretSize)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", [sha256.Size]byte{}, err
	}
	s := encoding.EncodeToString(b)[:secretLength]
	return s, sha256.Sum256([]byte(s)), nil
}

// Revoke takes a calendar back, at once.
func Revoke(ctx context.Context, book *almanac.Almanac, id string) error {
	return book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		if v.Local(notes+id) == nil {
			return almanac.Draft{}, almanac.ErrNotFound
		}
		return almanac.Draft{Note: []almanac.Note{{Name: notes + id}}}, nil
	})
}

// Gone are the notes that forget the calendars of circles that the person is in no
// longer. They are good for nothing, and say which circles those were.
func Gone(v *almanac.View) []almanac.Note {
	var all []almanac.Note
	for _, c := range List(v) {
		if !c.Circle.IsZero() && v.Circle(c.Circle) == nil {
			all = append(all, almanac.Note{Name: notes + c.ID})
		}
	}
	return all
}

// List is all calendars, the oldest first.
func List(v *almanac.View) []Calendar {
	var all []Calendar
	for name, value := range v.Locals(notes) {
		if c, err := parse(strings.TrimPrefix(name, notes), value); err == nil {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b Calendar) int { return a.Made.Compare(b.Made) })
	return all
}

// parse reads a note.
func parse(id string, value []byte) (Calendar, error) {
	var k kept
	c := Calendar{ID: id}
	if err := json.Unmarshal(value, &k); err != nil {
		return c, err
	}
	c.Made, c.Busy, c.ReadOnly = time.Unix(0, k.Made), k.Busy, k.ReadOnly
	var err error
	if k.Circle != "" {
		err = into(c.Circle[:], k.Circle)
	}
	if k.Key != "" {
		err = errors.Join(err, into(c.key[:], k.Key))
	}
	if k.Password != "" {
		err = errors.Join(err, into(c.password[:], k.Password))
	}
	return c, errors.Join(err, into(c.feed[:], k.Feed))
}

// into reads hex digits, exactly as many as there is room for.
func into(to []byte, digits string) error {
	b, err := hex.DecodeString(digits)
	if err == nil && len(b) != len(to) {
		err = fmt.Errorf("%d bytes, want %d", len(b), len(to))
	}
	copy(to, b)
	return err
}

// Named is by what this calendar's program knows a circle, 16 hex digits: always
// the same, and another for each calendar, since programs write it into files and
// logs. Without the key nobody can tell of which circle it is, not even by guessing
// the name of an open one. It is false for a calendar that was made by a votive
// which knew no such key.
func (c *Calendar) Named(circle votive.ID) (string, bool) {
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write([]byte("votive-calendar-circle-1"))
	mac.Write(circle[:])
	return hex.EncodeToString(mac.Sum(nil)[:8]), c.key != [32]byte{}
}

// minPrefix is how many characters of an id name the whole.
const minPrefix = 6

// NotFoundError is an almanac.ErrNotFound about a calendar.
type NotFoundError struct{ prefix string }

func (e NotFoundError) Error() string {
	return fmt.Sprintf("no calendar has an id that begins with %.80q, of which 6 characters are needed", e.prefix)
}

// Is reports whether target is almanac.ErrNotFound.
func (e NotFoundError) Is(target error) bool { return target == almanac.ErrNotFound }

// Find is the calendar whose id begins like that.
func Find(v *almanac.View, prefix string) (Calendar, error) {
	var found []Calendar
	for _, c := range List(v) {
		if c.ID == prefix || len(prefix) >= minPrefix && strings.HasPrefix(c.ID, prefix) {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		return Calendar{}, NotFoundError{prefix}
	}
	return found[0], nil
}

// ByFeed is the calendar that has the secret in the path of its feed.
func ByFeed(v *almanac.View, secret string) (Calendar, bool) {
	return known(v, secret, func(c *Calendar) *[sha256.Size]byte { return &c.feed })
}

// ByPassword is the calendar of a user and a password.
func ByPassword(v *almanac.View, user, password string) (Calendar, bool) {
	c, found := known(v, password, func(c *Calendar) *[sha256.Size]byte { return &c.password })
	return c, found && !c.Busy && subtle.ConstantTimeCompare([]byte(c.ID), []byte(user)) == 1
}

// known is the calendar that has a secret. How long it takes says nothing about
// any of them.
func known(v *almanac.View, secret string, of func(*Calendar) *[sha256.Size]byte) (found Calendar, ok bool) {
	hash := sha256.Sum256([]byte(secret))
	for _, c := range List(v) {
		if subtle.ConstantTimeCompare(hash[:], of(&c)[:]) == 1 {
			found, ok = c, true
		}
	}
	return found, ok && len(secret) == secretLength
}
