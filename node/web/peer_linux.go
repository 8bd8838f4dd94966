package web

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// KnowsUsers reports whether connections of other users are closed. On a Mac it
// would take the tables of the kernel, which have no stable form, and on Windows
// the token of a process that may be gone.
const KnowsUsers = true

// own reports whether the other end of a connection on this computer is a
// process of the same user, or of root, who could read our memory anyway. Where
// the system does not say it is taken to be.
func own(c net.Conn) bool {
	peer, local := addrPort(c.RemoteAddr()), addrPort(c.LocalAddr())
	name := "/proc/net/tcp"
	if peer.Addr().Is6() {
		name = "/proc/net/tcp6"
	}
	table, err := os.Open(name)
	if err != nil {
		return true
	}
	defer table.Close()
	uid, found := owner(table, peer, local)
	return found && (uid == 0 || uid == os.Getuid())
}

func addrPort(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	p := t.AddrPort()
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

// established is the state of a connection whose process is still there: of one
// that was given up the table says that it is root's.
const established = "01"

// owner is the user that has the end of a connection which is at peer, by the
// table that proc_net_tcp(5) describes.
func owner(table io.Reader, peer, local netip.AddrPort) (uid int, found bool) {
	from, to := inTable(peer), inTable(local)
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 || fields[1] != from || fields[2] != to || fields[3] != established {
			continue
		}
		uid, err := strconv.Atoi(fields[7])
		return uid, err == nil
	}
	return 0, false
}

// inTable is an address as the table has it: words as they are in memory.
func inTable(a netip.AddrPort) string {
	var text strings.Builder
	for word := a.Addr().AsSlice(); len(word) > 0; word = word[4:] {
		fmt.Fprintf(&text, "%08X", binary.NativeEndian.Uint32(word))
	}
	fmt.Fprintf(&text, ":%04X", a.Port())
	return text.String()
}
