// Package api answers the local API: it turns what came over the unix socket
// into questions to the almanac and wishes to the secretary, and what they say
// into messages. It decides nothing.
//
// What it gives is what the command line prints with --json, so that a message
// is filled in one place, convert.go, and the same everywhere.
package api
