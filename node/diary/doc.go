// Package diary is the person's own calendar: which events are theirs, as
// entries of a calendar; what they read in from other calendars; and when they
// have time.
//
// It is apart because it is about one person's time, which is nobody else's
// business: it reads the almanac, and writes notes that only this computer
// keeps. Nothing in it is ever sent.
package diary
