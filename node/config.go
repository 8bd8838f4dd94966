package node

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"votive/node/mesh"
	"votive/node/web"
	"votive/proto/votive"
)

// Config is what a daemon is told when it starts.
type Config struct {
	Home       string   // everything is kept under it
	Listen     []string // multiaddrs; none: QUIC and TCP on any port
	Peers      []string // multiaddrs with peer ids, to stay connected to
	MDNS       bool     // find peers on the local network
	DHT        string   // where to look for peers: off, own or public; "" is own
	Bootstrap  []string // multiaddrs with peer ids, to ask first
	Keeper     bool     // stable address, relays for others
	Effort     uint8    // one of Efforts: bits for frames that live 8 days; 2 and 4 more for 30 and 120
	Quota      int      // frames to carry
	Web        string   // a loopback address to serve calendars on, or off; "": one that is kept, off for a keeper
	Passphrase []byte   // unlocks the vault at start, and is overwritten; nil: wait to be asked
	Version    string
	Log        *slog.Logger
}

// The defaults. SPEC 2.8; an effort of 20 takes about 0.1 s of one core.
const (
	DefaultEffort = 20
	DefaultQuota  = 65_536
	DefaultDHT    = "own" // why: node/mesh/doc.go
)

// Efforts are those that a person may choose. The effort is to be read in every
// frame: who had one of their own would mark all that they send, and two events,
// or an event and an answer, would be seen to be of one person. So there are
// few, and most take the default.
var Efforts = []uint8{votive.MinEffort, DefaultEffort, 24}

// BadConfig is the error about a Config that cannot be.
type BadConfig struct{ error }

func (b BadConfig) Unwrap() error { return b.error }

// IsBadConfig reports whether an error of [Open] or [Check] is about what is in the
// Config, and not about what was found.
func IsBadConfig(err error) bool {
	var config BadConfig
	var addr mesh.BadAddress
	return errors.As(err, &config) || errors.As(err, &addr)
}

// complete fills in what was not said, and refuses what cannot be.
func (c *Config) complete() error {
	if c.Home == "" {
		return fmt.Errorf("no home directory given")
	}
	if c.Effort == 0 {
		c.Effort = DefaultEffort
	}
	if !slices.Contains(Efforts, c.Effort) {
		return fmt.Errorf("effort %d, want one of %v: any other would mark the frames of who chose it", c.Effort, Efforts)
	}
	if c.Quota == 0 {
		c.Quota = DefaultQuota
	}
	if c.Quota < 256 || c.Quota > 1<<22 {
		return fmt.Errorf("quota of %d frames, want 256 to %d", c.Quota, 1<<22)
	}
	if c.DHT == "" {
		c.DHT = DefaultDHT
	}
	if !slices.Contains([]string{"off", "own", "public"}, c.DHT) {
		return fmt.Errorf("DHT %q, want off, own or public", c.DHT)
	}
	if c.DHT == "off" && len(c.Bootstrap) > 0 {
		return fmt.Errorf("%d peers to ask first, and the DHT is off", len(c.Bootstrap))
	}
	if c.Web == "" && c.Keeper {
		c.Web = "off"
	}
	if c.Web != "" && c.Web != "off" {
		if _, err := web.ParseAddr(c.Web); err != nil {
			return err
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}
