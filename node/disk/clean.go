package disk

import "github.com/cockroachdb/pebble/v2"

// cleaner removes the files that a database needs no longer. Left to itself
// Pebble keeps some of its logs, to write over them one day, and until then they
// hold what was deleted. It keeps none for a cleaner that has a use for them.
type cleaner struct {
	pebble.DeleteCleaner
	useful
}

// useful says so, and nothing else: what it would do is behind what DeleteCleaner
// does.
type useful struct{ pebble.ArchiveCleaner }
