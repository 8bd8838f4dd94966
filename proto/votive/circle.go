package votive

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// OpenCircleSecret is the secret of the open circle with this name: whoever
// knows or guesses the name has it. It takes a good part of a second and 64 MiB,
// so that guessing does too. SPEC 3.7.
func OpenCircleSecret(name string) (Secret, error) {
	folded, err := foldCircleName(name)
	if err != nil {
		return Secret{}, err
	}
	const passes, kibibytes, lanes = 3, 64 << 10, 4
	key := argon2.IDKey([]byte(folded), []byte("votive-open-circle-1"), passes, kibibytes, lanes, 32)
	return Secret{key: [32]byte(key)}, nil
}

const maxCircleName = 100

// foldCircleName makes one name of all that people may write for it. SPEC 3.7.
func foldCircleName(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", fmt.Errorf("circle name %.200q is not UTF-8", name)
	}
	// What Unicode assigns later may fold in another way then, and give
	// another secret for the same name.
	if i := strings.IndexFunc(name, unassigned); i >= 0 {
		r, _ := utf8.DecodeRuneInString(name[i:])
		return "", fmt.Errorf("circle name %.200q has %U, which Unicode %s does not know", name, r, unicode.Version)
	}
	folded := norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
	folded = strings.TrimSpace(folded)
	// x/text puts this joiner after 30 marks in a row, others do not.
	if strings.ContainsRune(folded, '\u034f') {
		return "", fmt.Errorf("circle name %.200q has U+034F or more than 30 marks in a row", name)
	}
	if len(folded) == 0 || len(folded) > maxCircleName {
		return "", fmt.Errorf("circle name %.200q has %d bytes when folded, want 1 to %d", name, len(folded), maxCircleName)
	}
	return folded, nil
}

func unassigned(r rune) bool { return unicode.Is(unicode.Cn, r) }

// CircleID names a circle without opening it. SPEC 3.9.
func CircleID(circle Secret) ID { return ID(derive(circle, "circle id").key) }

// EventSecret is the frame secret of an event of a circle, until it is
// renewed. SPEC 3.6.
func EventSecret(circle Secret, event ID) Secret { return derive(circle, "event", event[:]) }

// ReplySecret is the frame secret of replies from guests with this invite
// secret. SPEC 3.6.
func ReplySecret(invite Secret) Secret { return derive(invite, "reply") }

// WalkInSecret is the frame secret of replies from guests who came to know
// of the event by themselves. SPEC 3.6.
func WalkInSecret(event Secret) Secret { return derive(event, "walk-in") }
