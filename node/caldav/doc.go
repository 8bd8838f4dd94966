// Package caldav is the person's calendars for programs that write to them as
// well (CalDAV, RFC 4791; sync-collection, RFC 6578): one collection for what is
// the person's own, and one for each circle. What a program puts into one is
// announced, what it changes is revised, what it deletes waits until the person
// confirms that the event is cancelled. It knows a program by the user and the
// password that package subscribe gave it, and names circles in paths as that
// package does for it alone.
//
// It is apart because CalDAV is large and its clients differ. Here is the part
// that vdirsyncer, Thunderbird, DAVx5 and the calendars of Apple and GNOME use:
// PROPFIND, calendar-query, calendar-multiget, sync-collection, GET, PUT and
// DELETE. It writes this on encoding/xml, and not on github.com/emersion/go-webdav:
// that reads bodies of any size and depth, hands over what go-ical read of them
// (see package calendar for why not), and its properties are a fixed list in an
// internal package, without those that say what may be written, what has changed
// and which reports there are. What would be left of it is less than what would
// have to be written around it.
//
// # What a program cannot do
//
// It cannot change what somebody else organizes (403, DAV:need-privileges).
//
// It cannot cancel. DELETE of an event of one's own is answered with 204 and
// waits, and so does a PUT with STATUS:CANCELLED; until it is confirmed the entry
// is there, with another ETag, and comes back to the program with its next look.
// What takes dates away that are to come is the same, all of them or one: an
// EXDATE, an occurrence that is cancelled, a rule that ends earlier. What adds or
// moves dates is done. What is cancelled stays so, and is not announced again
// under the UID that it had. To all this a 403 would be more honest and is of less
// use: vdirsyncer then tries again with every run and fails each time, and others
// drop the entry from view.
//
// It cannot undo what it has not seen: a change needs If-Match with the ETag of
// what is changed (428 without one, RFC 6585; 412 with a former one), and that is
// looked at once more as the change is written. Programs send it. A 412 would have
// Thunderbird ask whether to overwrite, and overwrite without If-Match, again and
// again.
//
// It cannot reset what iCalendar does not say: what a program wrote is compared
// with what was written for it, both as package calendar reads them, and only
// what differs is revised. Where nothing does there is no revision. What an entry
// says as LOCATION is sealed, and only goes to guests who are let in.
//
// It cannot announce what has an ORGANIZER or an ATTENDEE. Many programs put
// invitations that come by mail into a calendar by themselves: whoever knows the
// address would choose when this node sends something, and see which one does.
//
// It cannot announce to a circle what is marked as private (CLASS).
//
// It cannot announce many at once, least of all to circles, nor change one event
// again and again (429, with Retry-After): see maxNew and maxRevisions. What it was pointed at could be somebody's whole
// private calendar.
package caldav
