// Package calendar is iCalendar text (RFC 5545), out and in: Write makes of
// events what other calendars read, Read makes of what other calendars wrote
// drafts of events, with notices of all that a draft cannot say.
//
// It is apart because it is about the text and nothing else, and it is pure: no
// disk, no network, no clock. Zones are those that package votive knows, so that
// a time is the same moment here and there.
//
// What it refuses: guests and organizers never go out and are never taken in
// (there is no ATTENDEE and no ORGANIZER), nor is what comes in fetched (ATTACH),
// answered (METHOD) or obeyed (VALARM). What comes in is bounded in bytes, depth and
// number before it is understood, see the limits in component.go, and every step
// after that is linear in it but for recurrence, where a rule is walked once,
// and so many rules of a file at most.
//
// The text is read and written here and not by github.com/emersion/go-ical. Its
// decoder neither bounds lines, depth and number, nor survives what is hostile: a
// parameter that ends the line is a panic, a long one takes quadratic time. Its
// encoder folds no lines, and it reads recurrence with a library that takes
// seconds over rules that come each second. Lines are all that would be left.
package calendar
