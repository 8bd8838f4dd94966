//go:build !linux

package web

import "net"

// KnowsUsers reports whether connections of other users are closed.
const KnowsUsers = false

// own cannot ask who is at the other end here.
func own(net.Conn) bool { return true }
