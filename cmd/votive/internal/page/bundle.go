package page

import (
	"fmt"

	"votive/proto/localpb"
)

// Exported is what is in a bundle that was written.
func Exported(r *localpb.BundleResponse) string {
	s := new(sheet)
	text := count(r.GetFrames(), "frame is", "frames are") + " in the bundle"
	if had := r.GetFrames() - r.GetNew(); had > 0 {
		text += ", " + number(had) + " of them from the last time"
	}
	s.para(text + ".")
	return s.String()
}

// Imported is what came of a bundle that was read.
func Imported(r *localpb.BundleResponse) string {
	s := new(sheet)
	s.para(count(r.GetFrames(), "frame", "frames") + ", " + number(r.GetNew()) + " new to this computer.")
	if n := r.GetIgnored(); n > 0 {
		s.para(number(n) + " left out: dead, dated too far ahead, or of too low a rank to be carried.")
	}
	return s.String()
}

// Lost is what could not be read of a bundle, a sentence each.
func Lost(r *localpb.BundleResponse) []string {
	var lost []string
	if n := r.GetDamaged(); n > 0 {
		lost = append(lost, count(n, "frame is", "frames are")+" damaged and left out")
	}
	if n := r.GetCut(); n > 0 {
		lost = append(lost, "the bundle is cut short: "+count(n, "byte", "bytes")+" at its end are less than a frame")
	}
	return lost
}

// Progress is how many frames are done, of so many where that is known.
func Progress(done, total uint32) string {
	if total == 0 || done > total {
		return count(done, "frame", "frames")
	}
	return fmt.Sprintf("%s of %s, %d%%", number(done), count(total, "frame", "frames"), uint64(done)*100/uint64(total))
}
