package web

import (
	"net/netip"
	"strings"
	"testing"
)

func TestOwner(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:5000 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0000000000000000 100 0 0 10 0
   1: 0100007F:5000 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 2 1 0000000000000000 20 4 0 10 -1
   2: 0100007F:C001 0100007F:5000 01 00000000:00000000 00:00000000 00000000  1001        0 3 1 0000000000000000 20 4 0 10 -1
   3: 0100007F:C002 0100007F:5000 05 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 20 4 0 10 -1
   4: 0100007F:C003 0100007F:5001 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0000000000000000 20 4 0 10 -1
   5: 00000000000000000000000001000000:C004 00000000000000000000000001000000:5000 01 00000000:00000000 00:00000000 00000000  1002 0 3 1 0
   6: 0100007F:C005
`
	for _, c := range []struct {
		peer, local string
		uid         int
		found       bool
	}{
		{"127.0.0.1:49153", "127.0.0.1:20480", 1001, true}, // its end, and not ours
		{"127.0.0.1:49154", "127.0.0.1:20480", 0, false},   // given up: root's by the table alone
		{"127.0.0.1:49155", "127.0.0.1:20480", 0, false},   // to another port
		{"[::1]:49156", "[::1]:20480", 1002, true},
		{"127.0.0.1:49157", "127.0.0.1:20480", 0, false},
		{"127.0.0.1:49158", "127.0.0.1:20480", 0, false},
	} {
		uid, found := owner(strings.NewReader(table), netip.MustParseAddrPort(c.peer), netip.MustParseAddrPort(c.local))
		if uid != c.uid || found != c.found {
			t.Errorf("owner of %s = %d, %t, want %d, %t", c.peer, uid, found, c.uid, c.found)
		}
	}
}
