package votive

import (
	"math"
	"time"
)

// clock is the wall clock of a zone. It remembers how far ahead of UTC it was
// found to be last, and how long it is so: to look that up is most of what it
// takes to tell when an event recurs. It is of one goroutine.
type clock struct {
	zone         *time.Location
	ahead        int64 // seconds east of UTC
	since, until int64 // in Unix seconds, when that holds; not at until any more
}

// at is how many seconds the clock is east of UTC at a moment.
func (c *clock) at(unix int64) int64 {
	if unix < c.since || unix >= c.until {
		t := time.Unix(unix, 0).In(c.zone)
		_, ahead := t.Zone()
		c.ahead, c.since, c.until = int64(ahead), math.MinInt64, math.MaxInt64
		since, until := t.ZoneBounds()
		if !since.IsZero() {
			c.since = since.Unix()
		}
		if !until.IsZero() {
			c.until = until.Unix()
		}
	}
	return c.ahead
}

// moment is when the clock reads that, in Unix seconds. Where the clock is put
// forward over it, the moment is counted with the offset before the gap; where
// it comes twice, the first counts: RFC 5545, 3.3.5.
func (c *clock) moment(wall int64) int64 {
	earlier, later := c.at(wall-daySize), c.at(wall+daySize)
	if earlier != later && c.at(wall-earlier) != earlier && c.at(wall-later) == later {
		return wall - later
	}
	return wall - earlier
}

// onWall is the moment at which the wall clock of a zone reads that.
func onWall(wall int64, zone *time.Location) time.Time {
	c := clock{zone: zone}
	return time.Unix(c.moment(wall), 0).In(zone)
}

// clockOf is the clock of a zoned time; where its zone is not known here, one
// that stands at the offset in it.
func clockOf(t Time) clock {
	zone := knownZone(t.zone)
	if zone == nil {
		zone = time.FixedZone(t.zone, int(t.offset))
	}
	return clock{zone: zone}
}

// reading is what the clock, that of a zone so called, reads at a moment.
func (c *clock) reading(unix int64, zone string) Time {
	ahead := c.at(unix)
	return Time{kind: Zoned, zone: zone, offset: int32(ahead), wall: unix + ahead}
}
