// Package secretary does what the person asks: it turns a wish, to announce,
// invite, accept, answer, into records, and hands them to the almanac to sign,
// keep and send. It also does what was asked once and for all: it answers
// replies by itself where the card says so, and destroys what must not be kept.
//
// It is apart from the almanac so that knowing and wishing do not grow into
// one thing. Each wish is a file. Every wish is one almanac.Write: it happens
// whole, and on disk, or not at all.
//
// It refuses what would be found invalid by others, in words for the person
// who asked: an error is ErrInput, ErrRefused, or one of the almanac's.
package secretary
