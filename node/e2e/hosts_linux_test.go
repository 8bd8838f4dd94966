package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The tests of this file run daemons on hosts of their own: network namespaces
// that the test makes and takes down, and that lead nowhere else. There is one
// wire between them, and routers that hide what is behind them.
//
// Public addresses are of 192.0.0.128/25: reserved by IANA and routed nowhere,
// and libp2p takes them for public ones, which it does not do with those that
// are reserved for documentation.
const (
	publicNet = "192.0.0."
	firstHost = 129
	hostPort  = "4001"
	hostsNeed = "root, Linux namespaces, and the programs ip, tc (iproute2) and nft (nftables)"
	longWait  = 5 * time.Minute // a lost connection is noticed after half a minute, and dialled again later
)

// internet is a wire and the hosts on it.
type internet struct {
	t     *testing.T
	wire  string // the namespace with the bridge
	hosts int
}

// computer is a namespace with one interface, eth0.
type computer struct {
	net  *internet
	ns   string
	port string // its end on the wire, in the wire's namespace, or its router's
	at   string // the namespace that port is in
	ip   string
}

// newInternet makes the wire. It skips the test where nobody asked for hosts, and
// fails it where somebody did and there can be none.
func newInternet(t *testing.T) *internet {
	t.Helper()
	if os.Getenv("VOTIVE_HOSTS") == "" {
		t.Skip("runs where VOTIVE_HOSTS is set: make hosts")
	}
	var missing []string
	for _, program := range []string{"ip", "tc", "nft"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if len(missing) > 0 || os.Geteuid() != 0 {
		t.Fatalf("missing %v, user %d: needs %s", missing, os.Geteuid(), hostsNeed)
	}
	n := &internet{t: t, wire: fmt.Sprintf("votive-%d-%s", os.Getpid(), strings.ToLower(t.Name()))}
	if out, err := exec.Command("ip", "netns", "add", n.wire).CombinedOutput(); err != nil {
		t.Fatalf("ip netns add = %v: %s: needs %s", err, out, hostsNeed)
	}
	t.Cleanup(func() { n.run("ip", "netns", "del", n.wire) })
	n.in(n.wire, "ip", "link", "add", "wire", "type", "bridge")
	n.in(n.wire, "ip", "link", "set", "wire", "up")
	return n
}

// run runs a program that has to succeed.
func (n *internet) run(args ...string) {
	n.t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		n.t.Fatalf("%s = %v: %s", strings.Join(args, " "), err, out)
	}
}

// in runs a program in a namespace.
func (n *internet) in(ns string, args ...string) {
	n.t.Helper()
	n.run(append([]string{"ip", "netns", "exec", ns}, args...)...)
}

// namespace makes one that goes with the test.
func (n *internet) namespace() string {
	n.t.Helper()
	n.hosts++
	ns := n.wire + "-" + strconv.Itoa(n.hosts)
	n.run("ip", "netns", "add", ns)
	n.t.Cleanup(func() { n.run("ip", "netns", "del", ns) })
	n.in(ns, "ip", "link", "set", "lo", "up")
	return ns
}

// plug connects an interface of one namespace with one of another.
func (n *internet) plug(ns, name, to, port string) {
	n.t.Helper()
	n.run("ip", "-n", ns, "link", "add", name, "type", "veth", "peer", "name", port, "netns", to)
	n.in(ns, "ip", "link", "set", name, "up")
	n.in(to, "ip", "link", "set", port, "up")
}

// host is a computer with a public address.
func (n *internet) host() *computer {
	n.t.Helper()
	ns := n.namespace()
	h := &computer{net: n, ns: ns, port: "h" + strconv.Itoa(n.hosts), at: n.wire, ip: publicNet + strconv.Itoa(firstHost+n.hosts)}
	n.plug(ns, "eth0", n.wire, h.port)
	n.in(n.wire, "ip", "link", "set", h.port, "master", "wire")
	n.in(ns, "ip", "addr", "add", h.ip+"/25", "dev", "eth0")
	return h
}

// hidden is a computer behind a router that translates addresses, and takes no
// calls from outside.
func (n *internet) hidden() *computer {
	n.t.Helper()
	router := n.host()
	ns := n.namespace()
	inside := fmt.Sprintf("10.77.%d.", n.hosts)
	h := &computer{net: n, ns: ns, port: "lan", at: router.ns, ip: inside + "2"}
	n.plug(ns, "eth0", router.ns, "lan")
	n.in(router.ns, "ip", "addr", "add", inside+"1/24", "dev", "lan")
	n.in(ns, "ip", "addr", "add", h.ip+"/24", "dev", "eth0")
	n.in(ns, "ip", "route", "add", "default", "via", inside+"1")
	n.in(router.ns, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
	n.rules(router.ns, `table ip home {
		chain out { type nat hook postrouting priority 100; oifname "eth0" masquerade; }
		chain in { type filter hook input priority 0; iifname "eth0" ct state new drop; }
		chain through { type filter hook forward priority 0; iifname "eth0" ct state new drop; }
	}`)
	return h
}

// rules loads a firewall.
func (n *internet) rules(ns, text string) {
	n.t.Helper()
	cmd := exec.Command("ip", "netns", "exec", ns, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("nft = %v: %s", err, out)
	}
}

func (h *computer) cut()  { h.net.t.Helper(); h.net.in(h.at, "ip", "link", "set", h.port, "down") }
func (h *computer) heal() { h.net.t.Helper(); h.net.in(h.at, "ip", "link", "set", h.port, "up") }

// slow bounds what leaves a host, in kbit/s.
func (h *computer) slow(kbit int) {
	h.net.t.Helper()
	h.net.in(h.ns, "tc", "qdisc", "replace", "dev", "eth0", "root", "tbf",
		"rate", strconv.Itoa(kbit)+"kbit", "burst", "16kb", "latency", "400ms")
}

// Who makes a bad line: the kernel, or the test where the kernel has no netem.
const (
	byKernel = "netem, 100 ms and 5 % loss"
	byTest   = "NO NETEM, a wire of the test's own, 100 ms and 5 % loss"
)

// poor makes a host's line bad, both ways: packets take 100 ms more or less, and of
// a hundred five are lost. It says who makes it so.
func (h *computer) poor() (how string) {
	h.net.t.Helper()
	netem := func(ns, dev string) ([]byte, error) {
		return exec.Command("ip", "netns", "exec", ns, "tc", "qdisc", "add", "dev", dev, "root",
			"netem", "delay", "100ms", "20ms", "loss", "5%").CombinedOutput()
	}
	out, err := netem(h.ns, "eth0")
	if err == nil {
		out, err = netem(h.at, h.port)
	}
	switch {
	case err == nil:
		return byKernel
	case !bytes.Contains(out, []byte("qdisc kind is unknown")):
		h.net.t.Fatalf("tc netem = %v: %s", err, out)
	}
	near, far := "n"+h.port, "f"+h.port
	h.net.in(h.at, "ip", "link", "set", h.port, "nomaster")
	h.net.plug(h.at, near, h.at, far)
	h.net.in(h.at, "ip", "link", "set", far, "master", "wire")
	newWire(h.net.t, h.at, h.port, near)
	return byTest
}

// runs starts somebody's daemon on a host. The command line reaches it from
// anywhere: its socket is a file.
func (h *computer) runs(p *person, flags ...string) {
	h.net.t.Helper()
	p.within = []string{"ip", "netns", "exec", h.ns}
	args := []string{
		"--json", "--effort", "16",
		"--listen", "/ip4/0.0.0.0/udp/" + hostPort + "/quic-v1", "--listen", "/ip4/0.0.0.0/tcp/" + hostPort,
	}
	line, err := p.launch(append(args, flags...)...)
	if err != nil {
		h.net.t.Fatalf("%s: %v", p.name, err)
	}
	d, err := parse(line)
	if err != nil {
		h.net.t.Fatalf("%s printed %q: %v", p.name, line, err)
	}
	p.ready.PeerID = d.at("peer_id")
}

// addr is where somebody's daemon can be called.
func (h *computer) addr(p *person) string {
	return "/ip4/" + h.ip + "/udp/" + hostPort + "/quic-v1/p2p/" + p.ready.PeerID
}

// waits is polls with more patience.
func (p *person) waits(t *testing.T, pattern string, args ...string) said {
	t.Helper()
	wanted := regexp.MustCompile(pattern)
	for began := time.Now(); ; {
		s := p.votive(args...)
		if s.code == 0 && wanted.MatchString(s.out) {
			return s
		}
		if time.Since(began) > longWait {
			t.Fatalf("%s: votive %s printed %s%s, want %q within %v\nstatus: %s", p.name, strings.Join(args, " "),
				s.out, s.err, pattern, longWait, p.votive("status").out)
		}
	}
}

func (p *person) joins() {
	p.does("init", "--no-passphrase")
	p.does("circle", "join", "june4")
}

// vigil is the title of an event, which begins no other's.
func vigil(i int) string { return fmt.Sprintf("Vigil %02d", i) }

// announcesAll makes n events in the circle.
func (p *person) announcesAll(n int) {
	for i := range n {
		p.announces(vigil(i))
	}
}

// count is a number in the status.
func (p *person) count(t *testing.T, path string) int {
	t.Helper()
	n, err := strconv.Atoi(p.asks("status").at(path))
	if err != nil {
		t.Fatalf("%s: status has %s: %v", p.name, path, err)
	}
	return n
}

// A link that is cut in the middle of a catch-up costs time and nothing else.
func TestHostsCut(t *testing.T) {
	n := newInternet(t)
	const events = 40
	at, keeperAt, away := n.host(), n.host(), n.host()
	organizer, keeper, guest := newPerson(t, "organizer"), newPerson(t, "keeper"), newPerson(t, "guest")
	keeperAt.runs(keeper, "--keeper")
	at.runs(organizer, "--peer", keeperAt.addr(keeper))
	organizer.joins()
	organizer.announcesAll(events)
	organizer.waits(t, `"waiting": 0\b`, "status", "--json")
	if err := organizer.stop(os.Interrupt); err != nil {
		t.Fatalf("votived ended with %v", err)
	}
	keeperAt.slow(64) // 4 KiB take half a second
	away.runs(guest, "--peer", keeperAt.addr(keeper))
	guest.joins()
	guest.waits(t, `"events": [1-9]`, "status", "--json")
	away.cut()
	guest.waits(t, `"peers": 0\b`, "status", "--json")
	had := guest.count(t, "events")
	if had == 0 || had >= events {
		t.Fatalf("%d of %d events were there when the link was cut: nothing is tested", had, events)
	}
	keeperAt.slow(10_000)
	away.heal()
	guest.waits(t, fmt.Sprintf(`"events": %d\b`, events), "status", "--json")
	for i := range events {
		guest.does("show", vigil(i))
	}
	t.Logf("cut at %d of %d events; all came", had, events)
}

// Over bad lines everything arrives. What made them bad is part of the name of
// the test, for whoever reads its output.
func TestHostsPoorLines(t *testing.T) {
	n := newInternet(t)
	at, keeperAt, away := n.host(), n.host(), n.host()
	how := keeperAt.poor()
	for _, h := range []*computer{at, away} {
		if got := h.poor(); got != how {
			t.Fatalf("one line has %q, another %q", how, got)
		}
	}
	t.Run(how, func(t *testing.T) { arrives(t, at, keeperAt, away) })
}

// arrives has everything arrive.
func arrives(t *testing.T, at, keeperAt, away *computer) {
	const events = 15
	organizer, keeper, guest := newPerson(t, "organizer"), newPerson(t, "keeper"), newPerson(t, "guest")
	keeperAt.runs(keeper, "--keeper")
	at.runs(organizer, "--peer", keeperAt.addr(keeper))
	away.runs(guest, "--peer", keeperAt.addr(keeper))
	organizer.joins()
	guest.joins()
	organizer.announcesAll(events)
	for i := range events {
		guest.waits(t, vigil(i), "show", vigil(i))
	}
}

// invites announces an event without a circle, and gives the link to it.
func (p *person) invites() string {
	p.does("init", "--no-passphrase")
	p.does("announce", "Candlelight", "--at", soon, "--place", "Victoria Park, gate 3")
	return strings.TrimSpace(p.does("invite", "Candlelight"))
}

// A guest and an organizer who can both not be called reach each other through
// a keeper, and then directly; and no address behind a router is told.
func TestHostsBehindRouters(t *testing.T) {
	n := newInternet(t)
	keeperAt, at, away := n.host(), n.hidden(), n.hidden()
	keeper, organizer, guest := newPerson(t, "keeper"), newPerson(t, "organizer"), newPerson(t, "guest")
	keeperAt.runs(keeper, "--keeper")
	there := keeperAt.addr(keeper)
	at.runs(organizer, "--peer", there)
	link := organizer.invites()
	organizer.waits(t, `"relays": 1`, "status", "--json")
	relayed := there + "/p2p-circuit/p2p/" + organizer.ready.PeerID
	away.runs(guest, "--peer", there, "--peer", relayed)
	guest.does("init", "--no-passphrase")
	guest.does("accept", link, "--yes")
	guest.waits(t, "Candlelight", "events")
	guest.does("rsvp", "Candlelight", "yes", "--name", "Mei")
	organizer.waits(t, "Mei", "guests", "Candlelight")
	guest.waits(t, "gate 3", "show", "Candlelight")
	// The router's address, not the relay's, is the other end now.
	guest.waits(t, `"peer": "`+organizer.ready.PeerID+`",\s*"addr": "/ip4/192\.0\.0\.[0-9]+/(udp/[0-9]+/quic-v1|tcp/[0-9]+)"`, "status", "--json")
	for _, p := range []*person{organizer, guest} { // who say so
		p.waits(t, `"holes": 1\b`, "status", "--json")
		p.waits(t, "1 peer through a hole", "status")
	}
	keeper.waits(t, `"guests": 2\b`, "status", "--json")
	for _, p := range []*person{keeper, organizer, guest} {
		for _, c := range p.asks("status").list("connections") {
			if strings.Contains(c.at("addr"), "/10.77.") {
				t.Errorf("%s is connected to %s", p.name, c.at("addr"))
			}
		}
	}
}

// An organizer who is gone for good, with the computer, before the guest ever
// comes is still the organizer of an event that can be found and answered.
func TestHostsOrganizerGone(t *testing.T) {
	n := newInternet(t)
	keeperAt, at, away := n.host(), n.hidden(), n.hidden()
	keeper, organizer, guest := newPerson(t, "keeper"), newPerson(t, "organizer"), newPerson(t, "guest")
	keeperAt.runs(keeper, "--keeper")
	at.runs(organizer, "--peer", keeperAt.addr(keeper))
	link := organizer.invites()
	organizer.waits(t, `"waiting": 0`, "status", "--json")
	keeper.waits(t, `"frames": [1-9]`, "status", "--json")
	_ = organizer.stop(os.Kill) // it says that it was killed
	at.cut()
	if err := os.RemoveAll(organizer.home); err != nil {
		t.Fatal(err)
	}
	away.runs(guest)
	guest.does("init", "--no-passphrase")
	guest.does("accept", link, "--yes") // the keeper's address is in it
	guest.waits(t, "Candlelight", "events")
	guest.does("rsvp", "Candlelight", "yes", "--name", "Mei")
	guest.waits(t, `"waiting": 0`, "status", "--json")
}

// Who knows one keeper finds the others through the network's own DHT.
func TestHostsFindEachOther(t *testing.T) {
	n := newInternet(t)
	firstAt := n.host()
	first := newPerson(t, "first")
	firstAt.runs(first, "--keeper")
	const others = 3
	for i := range others {
		k := newPerson(t, "keeper"+strconv.Itoa(i))
		n.host().runs(k, "--keeper", "--bootstrap", firstAt.addr(first))
		k.waits(t, `"table": [1-9]`, "status", "--json")
	}
	newcomer := newPerson(t, "newcomer")
	n.hidden().runs(newcomer, "--bootstrap", firstAt.addr(first))
	newcomer.waits(t, fmt.Sprintf(`"peers": %d\b`, others+1), "status", "--json")
}
