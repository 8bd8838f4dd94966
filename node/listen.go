package node

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"

	"votive/node/caldav"
	"votive/node/subscribe"
	"votive/node/web"
)

// openWeb listens for the programs on this computer that were given a calendar,
// nil where that is off. Where nobody named the address it is not worth a
// daemon that does not start: another program may have taken the port.
func (n *Node) openWeb() (*web.Web, error) {
	switch n.cfg.Web {
	case "off":
		return nil, nil
	case "":
		w, err := n.home.listenWeb(n.cfg)
		if err != nil {
			n.cfg.Log.Warn("calendars are not served; name another address with --web", "err", err)
		}
		return w, nil
	}
	if a, err := web.ParseAddr(n.cfg.Web); err == nil && a.Port() == 0 {
		return n.home.listenWeb(n.cfg)
	}
	w, err := web.Open(n.cfg.Web, n.cfg.Log)
	if err != nil {
		return nil, fmt.Errorf("--web: %w", err)
	}
	return w, nil
}

// The ports among which one is chosen: systems give none of them to programs
// that connect to somewhere, so that it is free after the next start as well.
const (
	firstPort = 20_000
	lastPort  = 32_000
	portTries = 50
)

// listenWeb listens on the address that was chosen once, since calendars
// remember it, or chooses it.
func (h *home) listenWeb(cfg Config) (*web.Web, error) {
	host := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if a, err := web.ParseAddr(cfg.Web); err == nil {
		host = a.Addr()
	}
	path := h.path("web")
	if b, err := os.ReadFile(path); err == nil {
		addr := strings.TrimSpace(string(b))
		a, err := web.ParseAddr(addr)
		if err != nil {
			return nil, fmt.Errorf("%s is damaged: remove it, and calendars get a new address: %w", path, err)
		}
		return web.Open(netip.AddrPortFrom(host, a.Port()).String(), cfg.Log)
	}
	var w *web.Web
	var err error
	for range portTries {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if w, err = web.Open(netip.AddrPortFrom(host, uint16(port)).String(), cfg.Log); err == nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if err := replace(path, []byte(w.Addr()+"\n")); err != nil {
		_ = w.Close()
		return nil, err
	}
	return w, nil
}

// webURL is the address for calendars, empty where they are not served.
func (n *Node) webURL() string {
	if n.web == nil {
		return ""
	}
	return n.web.URL()
}

// shut reports whether there is nothing to be seen: no vault, or a locked one.
func (n *Node) shut() bool { return !n.vault.Exists() || n.vault.Locked() }

// routes is what is served on loopback.
func (n *Node) routes() []web.Route {
	return []web.Route{
		{Prefix: subscribe.FeedPrefix, Handler: subscribe.Feeds(n.almanac)},
		{Prefix: caldav.Prefix, Handler: n.caldav},
		{Prefix: caldav.WellKnown, Handler: n.caldav},
	}
}
