//go:build !linux

package web

import "net"

// own cannot ask who is at the other end here.
func own(net.Conn) bool { return true }
