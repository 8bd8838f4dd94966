// Package node is the daemon put together: Open builds every part, Run runs
// them until its context ends, and nothing else in the tree knows them all.
//
// # The map
//
//	proto/votive    the law in Go: frames, secrets, records, events. Pure
//	proto/recur     the dates that a rule of recurrence gives. Pure
//	proto/dates     times as people say them, in English and Chinese. Pure
//	proto/recon     what two sets of frames do not both have. Pure
//	node/disk       Pebble, on a disk that may fail; what is left of ruins
//	node/store      frames on disk: opaque, uniform, what every node carries
//	node/vault      everything private, in a database of its own; lock, wipe
//	node/almanac    what this node knows; the only door in and out of it
//	node/secretary  does what the person asks: announce, invite, answer
//	node/mesh       the only libp2p host: gossip, streams, finding peers
//	node/courier    carries frames between mesh, store and almanac, or by file
//	node/calendar   iCalendar text out and in. Pure
//	node/diary      the person's own time: events as entries, imports, free time
//	node/subscribe  the calendars that other programs were given; feeds
//	node/caldav     the same to write to: CalDAV
//	node/web        the HTTP listener on loopback, and what every request passes
//	node/settings   what the person chose for this computer
//	node/remind     reminders before what is the person's, once each
//	node/desktop    a line on the desktop, from a process of its own
//	node/api        the local API on a unix socket
//	cmd/votived     this package, with flags
//	cmd/votive      the command line: asks the API, knows nothing
//
// Who may import whom is in layers_test.go.
//
// # How data walks
//
// An announcement: cmd/votive → api → secretary → almanac.Write. The frames are
// sealed into the vault's outbox and synced; now it is acknowledged. The
// courier takes them from the outbox, stamps and publishes them, gives them to
// almanac.Carry like anybody else's, and only then are they gone from the
// outbox.
//
// A stranger's frame: mesh → courier's verdict, from the 4,096 bytes, the floor
// and the clock alone → forwarded by gossipsub → courier → almanac.Carry →
// store. Beside that the almanac is shown it, and tries its secrets on
// the frame's tag, and what opens becomes a record, a row in the vault, and a
// change that watchers are told of.
//
// An invitation: the link names one record. The frame that it opens comes by
// gossip or catch-up like all others; the person agrees; what it grants is
// kept in the vault, and the reply goes out sealed to the organizers.
//
// A reminder: remind keeps in memory when to look at which event, and is told of
// changes by the almanac → when one is due it writes that it was said, through
// almanac.Write → watchers, the log, and the desktop if there is one.
//
// A late joiner: mesh meets a peer → courier compares sets with it, by
// proto/recon, and fetches every frame it lacks → almanac.Carry.
//
// # On disk
//
// Everything is under one home directory, mode 0700:
//
//	lock          held while a daemon runs
//	peer.key      the libp2p key; unrelated to every other key, and of a week
//	peers         addresses of peers met before
//	web           the loopback address for calendars, which remember it
//	run/          the unix socket of the local API
//	store/        frames
//	vault/        everything private, encrypted
package node
