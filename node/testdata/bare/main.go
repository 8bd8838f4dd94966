// Command bare is the yardstick for starting and idling: a libp2p host with
// gossipsub, a Pebble database and an HTTP server, and nothing done with them.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	pebbleds "github.com/ipfs/go-ds-pebble"
	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	dir := os.Args[1]
	db, err := pebbleds.NewDatastore(dir + "/db")
	check(err)
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"))
	check(err)
	ps, err := pubsub.NewGossipSub(ctx, h)
	check(err)
	topic, err := ps.Join("/bare/1")
	check(err)
	_, err = topic.Subscribe()
	check(err)
	l, err := net.Listen("unix", dir+"/sock")
	check(err)
	go func() { _ = http.Serve(l, http.NotFoundHandler()) }()
	fmt.Println("ready")
	<-ctx.Done()
	_ = h.Close()
	_ = db.Close()
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
