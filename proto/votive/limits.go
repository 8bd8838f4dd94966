package votive

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
)

// marshal encodes a message of wire.proto: fields ascending, defaults left
// out, so that equal choices give equal bytes. SPEC 1.5.
func marshal(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}

// mustMarshal encodes what has passed check: strings are UTF-8, and there is
// nothing else that encoding could refuse.
func mustMarshal(m proto.Message) []byte {
	b, err := marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

// unmarshal decodes a message of wire.proto. SPEC 1.5.
func unmarshal(what string, b []byte, m proto.Message) error {
	if err := proto.Unmarshal(b, m); err != nil {
		return fmt.Errorf("%s of %d bytes: %w", what, len(b), err)
	}
	return nil
}

// checkText holds a text against its limits, in bytes of UTF-8.
func checkText(what, s string, least, most int) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s is not UTF-8", what)
	}
	if len(s) < least || len(s) > most {
		return fmt.Errorf("%s of %d bytes, want %d to %d", what, len(s), least, most)
	}
	return nil
}

// checkWebLinks holds a list of links against SPEC 6.1 and 6.5.
func checkWebLinks(what string, links []string, most int) error {
	if len(links) > most {
		return fmt.Errorf("%d of %s, want at most %d", len(links), what, most)
	}
	for _, link := range links {
		if err := checkText(what, link, 1, 300); err != nil {
			return err
		}
		if !strings.HasPrefix(link, "https://") {
			return fmt.Errorf("%s: %.40q does not begin with https://", what, link)
		}
	}
	return nil
}

// The years 2000 to 2100 in Unix seconds.
const (
	firstMoment = 946684800
	lastMoment  = 4133980799
)

// checkMoment refuses what is not in the years 2000 to 2100: times further
// away do not survive arithmetic on them. SPEC 1.8.
func checkMoment(what string, t time.Time) error {
	if s := t.Unix(); s < firstMoment || s > lastMoment {
		return fmt.Errorf("%s at %d seconds, want %d to %d, the years %d to %d", what, s, firstMoment, lastMoment, firstYear, lastYear)
	}
	return nil
}

// checkCount holds a number against its limit.
func checkCount(what string, n, most int) error {
	if n < 0 || n > most {
		return fmt.Errorf("%s of %d, want 0 to %d", what, n, most)
	}
	return nil
}

// idsFrom takes a repeated field of ids.
func idsFrom(what string, list [][]byte) ([]ID, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]ID, len(list))
	for i, b := range list {
		id, err := idFrom(what, b)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}

// bytesOf is idsFrom the other way round.
func bytesOf(ids []ID) [][]byte {
	var list [][]byte
	for _, id := range ids {
		list = append(list, id[:])
	}
	return list
}

// bytesOrNone leaves an id that means none out of a message. SPEC 1.4.
func bytesOrNone(id ID) []byte {
	if id.IsZero() {
		return nil
	}
	return id[:]
}

// secretOrNone leaves a secret that means none out of a message. SPEC 1.4.
func secretOrNone(s Secret) []byte {
	if s.IsZero() {
		return nil
	}
	return s.Bytes()
}

// optionalSecret takes a field that is a secret or left out. SPEC 1.4.
func optionalSecret(what string, b []byte) (Secret, error) {
	if len(b) == 0 {
		return Secret{}, nil
	}
	return secretFrom(what, b)
}

// secretFrom takes a field that must be a secret. SPEC 1.4.
func secretFrom(what string, b []byte) (Secret, error) {
	s, err := SecretFrom(b)
	if err != nil {
		return Secret{}, fmt.Errorf("%s: %w", what, err)
	}
	return s, nil
}

// checkAscending holds a list of ids against its limits: ascending, and so
// distinct.
func checkAscending(what string, ids []ID, least, most int) error {
	if len(ids) < least || len(ids) > most {
		return fmt.Errorf("%d %s, want %d to %d", len(ids), what, least, most)
	}
	for i := 1; i < len(ids); i++ {
		if ids[i-1].Compare(ids[i]) >= 0 {
			return fmt.Errorf("%s are not ascending and distinct: %v before %v", what, ids[i-1], ids[i])
		}
	}
	return nil
}

// sortedSet sorts ids and drops those that are there twice.
func sortedSet(ids []ID) []ID {
	slices.SortFunc(ids, ID.Compare)
	return slices.Compact(ids)
}
