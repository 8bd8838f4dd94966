// Package votive is what peers agree on: frames, secrets, records and the
// events they add up to, as written in proto/SPEC.md. It is pure: no network,
// no disk, no clock; what depends on the time is told the time.
//
// The walk through it, in the order in which bytes travel:
//
//	frame.go     4,096 opaque bytes; Judge is the verdict every node reaches
//	secret.go    what opens them; a Reader knows its own frames by their tags
//	record.go    what is inside: a Record is bytes that passed every check
//	revision.go  one state of an event; counted.go, who stands behind it
//	fold.go      the event that a set of counted revisions adds up to
//
// A Record is made by opening a frame and in no other way, so that holding one
// is the proof that it is valid. Seal ends by opening its own bytes.
package votive
