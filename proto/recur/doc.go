// Package recur is the calendar of what happens again: the subset of the rules
// of RFC 5545, section 3.3.10, that SPEC 6.8 allows, and the dates that they
// give. It is pure, and it knows neither clocks nor zones: with the subset, all
// that a rule tells from a time is its date. What a reading of a clock on that
// date means is for package votive, which also decides what a record may say.
//
// It is apart from package votive because nothing in it is about votive, and so
// that what reads the times people type can do without records.
//
// What a rule costs is bounded by its construction and not by a timer: no rule
// looks at more than the 36,890 days of the years 2000 to 2100, and one without
// a COUNT begins at the date that it is asked about.
package recur
