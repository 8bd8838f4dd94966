package e2e

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Delay and loss of a poor line.
const (
	poorDelay  = 100 * time.Millisecond
	poorJitter = 20 * time.Millisecond // more or less, without overtaking
	poorLoss   = 0.05
)

// wire carries packets between two interfaces of a namespace as a poor line does,
// where the kernel has no netem to do it.
type wire struct {
	ends [2]int // packet sockets
	stop chan struct{}
	done sync.WaitGroup
}

// maxSegment is what a segment can be that the kernel has not cut up yet.
const maxSegment = 1<<16 + 256

// newWire opens the wire. It ends with the test.
func newWire(t *testing.T, ns, a, b string) {
	t.Helper()
	w := &wire{stop: make(chan struct{})}
	opened := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocks: the thread ends with the goroutine
		opened <- w.open(ns, a, b)
	}()
	if err := <-opened; err != nil {
		t.Fatalf("wire between %s and %s: %v", a, b, err)
	}
	w.done.Add(2)
	go w.carry(w.ends[0], w.ends[1])
	go w.carry(w.ends[1], w.ends[0])
	t.Cleanup(func() {
		close(w.stop)
		w.done.Wait()
		for _, fd := range w.ends {
			_ = unix.Close(fd)
		}
	})
}

// open enters the namespace, where sockets stay that are opened there.
func (w *wire) open(ns string, names ...string) error {
	fd, err := unix.Open("/run/netns/"+ns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return err
	}
	for i, name := range names {
		if w.ends[i], err = packets(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// packets opens a socket for all that comes in by an interface. What the kernel
// has left to the hardware, checksums and cutting up, comes and goes as a header
// before each packet.
func packets(name string) (int, error) {
	dev, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(all))
	if err != nil {
		return 0, err
	}
	for _, o := range []struct{ level, name, value int }{
		{unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1},
		{unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1},
		{unix.SOL_SOCKET, unix.SO_RCVBUF, 4 << 20},
	} {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return 0, err
		}
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}); err != nil {
		return 0, err
	}
	join := &unix.PacketMreq{Ifindex: int32(dev.Index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, join); err != nil {
		return 0, err
	}
	return fd, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: dev.Index})
}

// carry takes packets from one end to the other until the wire ends.
func (w *wire) carry(from, to int) {
	defer w.done.Done()
	type packet struct {
		bytes []byte
		due   time.Time
	}
	queue := make(chan packet, 4096)
	w.done.Go(func() {
		for p := range queue {
			select {
			case <-time.After(time.Until(p.due)):
				_, _ = unix.Write(to, p.bytes) // a line loses packets
			case <-w.stop:
			}
		}
	})
	defer close(queue)
	var last time.Time
	for b := make([]byte, maxSegment); ; {
		select {
		case <-w.stop:
			return
		default:
		}
		n, err := unix.Read(from, b)
		if err != nil || rand.Float64() < poorLoss {
			continue // after a while without packets, too
		}
		due := time.Now().Add(poorDelay - poorJitter + rand.N(2*poorJitter))
		if due.Before(last) {
			due = last
		}
		last = due
		select {
		case queue <- packet{append([]byte(nil), b[:n]...), due}:
		default: // full, as lines are
		}
	}
}
