package node

import (
	"testing"

	"votive/proto/votive"
)

// The effort can be read in every frame. One that few others have would mark
// all frames of who chose it: there are three, and no more.
func TestFewEfforts(t *testing.T) {
	allowed := 0
	for effort := range 256 {
		c := Config{Home: t.TempDir(), Effort: uint8(effort)}
		err := c.complete()
		if effort == 0 && c.Effort != DefaultEffort {
			t.Errorf("no effort is taken as %d, want %d", c.Effort, DefaultEffort)
		}
		if err == nil && effort != 0 {
			allowed++
		}
		if err == nil && c.Effort < votive.MinEffort {
			t.Errorf("effort %d is allowed, and others would Reject its frames", c.Effort)
		}
	}
	if allowed == 0 || allowed > 3 {
		t.Errorf("%d efforts are allowed, want 1 to 3", allowed)
	}
}
