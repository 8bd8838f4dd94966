package votive

import (
	"bytes"
	"fmt"
	"time"
)

type lpIn struct {
	X octets `json:"x"`
}

type bytesOut struct {
	Bytes octets `json:"bytes"`
}

func doLP(in lpIn) (bytesOut, error) { return bytesOut{appendPrefixed(nil, in.X)}, nil }

type digestIn struct {
	Domain string   `json:"domain"`
	Parts  []octets `json:"parts"`
}

type digestOut struct {
	Digest octets `json:"digest"`
}

func doDigest(in digestIn) (digestOut, error) {
	id := digest(in.Domain, plainBytes(in.Parts)...)
	return digestOut{id[:]}, nil
}

type deriveIn struct {
	Secret  octets   `json:"secret"`
	Label   string   `json:"label"`
	Context []octets `json:"context"`
}

type secretOut struct {
	Secret octets `json:"secret"`
}

func doDerive(in deriveIn) (secretOut, error) {
	return secretOut{derive(in.Secret.secret32(), in.Label, plainBytes(in.Context)...).Bytes()}, nil
}

func plainBytes(list []octets) [][]byte {
	var b [][]byte
	for _, o := range list {
		b = append(b, o)
	}
	return b
}

type dayIn struct {
	Time time.Time `json:"time"`
}

type dayOut struct {
	Day    int       `json:"day"`
	Begins time.Time `json:"begins"`
}

func doDay(in dayIn) (dayOut, error) {
	d := DayOf(in.Time)
	return dayOut{int(d), d.Time()}, nil
}

type rendezvousIn struct {
	Day uint16 `json:"day"`
}

type rendezvousOut struct {
	Key       octets `json:"key"`
	Multihash octets `json:"multihash"`
}

func doRendezvous(in rendezvousIn) (rendezvousOut, error) {
	hash := Rendezvous(Day(in.Day))
	return rendezvousOut{hash[2:], hash[:]}, nil
}

func writePrimitives(c *chapter) {
	long := bytes.Repeat([]byte{'v'}, 16384)
	for _, n := range []int{0, 1, 127, 128, 300, 16383, 16384} {
		c.accept("lp", fmt.Sprintf("%d bytes behind their length", n), "1.1", lpIn{long[:n]}, bytesOut{lawLP(long[:n])})
	}
	digests := []struct {
		name, domain string
		parts        []octets
	}{
		{"domain alone", "votive-genesis-1", []octets{}},
		{"empty part", "votive-genesis-1", []octets{{}}},
		{"two parts", "votive-record-1", []octets{{1, 2}, {3}}},
		{"the same bytes as other parts", "votive-record-1", []octets{{1}, {2, 3}}},
		{"a part with a length of two bytes", "votive-details-1", []octets{long[:128]}},
	}
	for _, d := range digests {
		c.accept("digest", "digest of "+d.name, "1.2", digestIn{d.domain, d.parts}, digestOut{lawDigest(d.domain, plainBytes(d.parts)...)})
	}
	secret := seedOf("circle")
	derived := []struct {
		label, clauses string
		context        []octets
	}{
		{"tag", "1.3 3.1", []octets{}},
		{"seal", "1.3 3.1", []octets{}},
		{"frame", "1.3 3.3", []octets{seedOf("salt")}},
		{"event", "1.3 3.6", []octets{seedOf("event")}},
		{"circle id", "1.3 3.9", []octets{}},
		{"shard", "1.3 2.12", []octets{}},
		{"two parts of context", "1.3", []octets{{1}, {2, 3}}},
		{"two parts cut otherwise", "1.3", []octets{{1, 2}, {3}}},
		{"a long context", "1.3", []octets{long[:200]}},
	}
	for _, d := range derived {
		c.accept("derive", "derive "+d.label, d.clauses, deriveIn{secret, d.label, d.context}, secretOut{lawDerive(secret, d.label, plainBytes(d.context)...)})
	}
	days := []struct {
		time string
		day  int
	}{
		{"2020-01-01T00:00:00Z", 0},
		{"2020-01-01T23:59:59Z", 0},
		{"2020-01-02T00:00:00Z", 1},
		{"2020-01-02T00:59:59+01:00", 0},
		{"2020-12-31T23:59:59Z", 365},
		{"2024-02-29T12:00:00Z", 1520},
		{"2027-06-04T12:00:00Z", 2711},
		{"2064-11-09T00:00:00+00:01", 16383},
	}
	for _, d := range days {
		t := must(time.Parse(time.RFC3339, d.time))
		c.accept("day", "day of "+d.time, "1.6", dayIn{t}, dayOut{d.day, time.Date(2020, 1, 1+d.day, 0, 0, 0, 0, time.UTC)})
	}
	for _, day := range []int{0, 1, 255, 256, 2711, 16383, 65535} {
		key := lawDigest("votive-rendezvous-1", []byte{byte(day >> 8), byte(day)})
		c.accept("rendezvous", fmt.Sprintf("rendezvous of day %d", day), "12.2", rendezvousIn{uint16(day)}, rendezvousOut{
			key, append([]byte{0x12, 0x20}, key...),
		})
	}
}
