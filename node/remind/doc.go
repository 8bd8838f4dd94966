// Package remind reminds the person of what is theirs, before it begins.
//
// What is due at a moment is a pure function of the events, of what the person
// chose, and of what was said already; Run asks it whenever something changes,
// when the next reminder is due, and at least once a minute, because a timer
// stands still while a computer sleeps and a clock can be put. So a reminder
// whose time fell into a night's sleep comes in the morning, if the event is
// not over by then, and all that were missed come as one.
//
// Every reminder comes once. Which ones have come is a note in the vault, so
// that a restart repeats none. While the vault is locked nothing is known, and
// nobody is reminded.
//
// It is apart because it is the one part that speaks without being asked. What
// it says may be seen by others: it names nothing unless the person chose so,
// and the log, which is told where there is no desktop, never has a name.
package remind
