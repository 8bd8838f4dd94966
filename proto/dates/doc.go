// Package dates reads times as people type them: "tomorrow 20:00", "fri 8pm",
// "in 3 days", "4 June 2027 20:00", 6月4日晚上8点, in English and in both scripts
// of Chinese. It is small and strict: what somebody typed is understood exactly,
// or it is refused with what would be right. What can be meant in two ways is
// refused and never guessed: 6/4, "next fri" on a Tuesday, 8点 without a time of
// day, "tomorrow" for somebody to whom tomorrow is another date than at the event.
//
// It is pure: it is told what time it is and where. It is apart from package
// votive because other nodes never see what was typed, only what it became.
//
// The walk through it:
//
//	read.go    Reader, and which day is meant by who types
//	scan.go    the characters: widths, scripts, words, numbers
//	phrase.go  the grammar: a day, a clock, or a length of time
//	day.go     days in words
//	clock.go   clocks in words
//	every.go   how often something comes again
//
// Every text is at most 100 bytes, and every step of the grammar moves forward
// in it or gives up: what reading costs is bounded by that.
package dates
