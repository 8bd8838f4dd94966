package node

import (
	"fmt"
	"log/slog"

	"votive/proto/votive"
)

// Config is what a daemon is told when it starts.
type Config struct {
	Home       string   // everything is kept under it
	Listen     []string // multiaddrs; none: QUIC and TCP on any port
	Peers      []string // multiaddrs with peer ids, to stay connected to
	MDNS       bool     // find peers on the local network
	Keeper     bool     // stable address, relays for others
	Effort     uint8    // bits for frames that live 8 days; 2 and 4 more for 30 and 120
	Quota      int      // frames to carry
	Passphrase []byte   // unlocks the vault at start; nil: wait to be asked
	Version    string
	Log        *slog.Logger
}

// The defaults. SPEC 2.8; an effort of 20 takes about 0.1 s of one core.
const (
	DefaultEffort = 20
	DefaultQuota  = 65_536
)

// complete fills in what was not said, and refuses what cannot be.
func (c *Config) complete() error {
	if c.Home == "" {
		return fmt.Errorf("no home directory given")
	}
	if c.Effort == 0 {
		c.Effort = DefaultEffort
	}
	if c.Effort < votive.MinEffort || c.Effort > 40 {
		return fmt.Errorf("effort %d, want %d to 40", c.Effort, votive.MinEffort)
	}
	if c.Quota == 0 {
		c.Quota = DefaultQuota
	}
	if c.Quota < 256 || c.Quota > 1<<22 {
		return fmt.Errorf("quota of %d frames, want 256 to %d", c.Quota, 1<<22)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}
