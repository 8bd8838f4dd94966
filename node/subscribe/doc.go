// Package subscribe is the calendars that the person gave to other programs on
// this computer: which events are in each, what of them it shows, and the
// secrets by which a program proves that it was given one. It serves them as
// feeds, to be read and no more; package caldav serves them to be written to.
//
// Secrets are random, of 128 bits and more, shown once, and kept as their
// SHA-256: what cannot be guessed needs no slow hash. They are compared in
// constant time. A calendar that is revoked is gone with the next request.
//
// It is apart because a secret that opens somebody's calendar should be looked
// at in one place. What is kept is notes that only this computer has.
package subscribe
