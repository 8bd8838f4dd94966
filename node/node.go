package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"votive/node/almanac"
	"votive/node/api"
	"votive/node/caldav"
	"votive/node/courier"
	"votive/node/desktop"
	"votive/node/mesh"
	"votive/node/remind"
	"votive/node/secretary"
	"votive/node/store"
	"votive/node/vault"
	"votive/node/web"
	"votive/proto/votive"
)

// Node is a daemon, built and not yet running.
type Node struct {
	cfg       Config
	home      *home
	store     *store.Store
	vault     *vault.Vault
	almanac   *almanac.Almanac
	secretary *secretary.Secretary
	remind    *remind.Remind
	mesh      meshes
	courier   *courier.Courier
	caldav    *caldav.Handler
	web       *web.Web // nil: off
	socket    net.Listener
	path      string
	stop      chan struct{} // closed when somebody asked the daemon to stop
	ageEvery  time.Duration // for tests
}

// Ready is what the daemon says when it serves.
type Ready struct {
	Ready  bool     `json:"ready"`
	PeerID string   `json:"peer_id"`
	Addrs  []string `json:"addrs"`
	Socket string   `json:"socket"`
	Web    string   `json:"web"` // address for calendars, empty where that is off
	Locked bool     `json:"locked"`
}

// Open builds a daemon and holds its home. It neither dials nor serves before
// Run. What was opened is closed again when something is wrong.
func Open(ctx context.Context, cfg Config) (_ *Node, err error) {
	if err := cfg.complete(); err != nil {
		return nil, BadConfig{err}
	}
	n := &Node{cfg: cfg, stop: make(chan struct{}), ageEvery: ageEvery}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if n.home, err = openHome(cfg.Home); err != nil {
		return nil, err
	}
	if err := n.openDisk(ctx); err != nil {
		return nil, err
	}
	if err := n.openNetwork(); err != nil {
		return nil, err
	}
	n.secretary = secretary.New(n.almanac, secretary.Options{
		Keeper: func() string { return n.on().KeeperAddr() },
		Here:   func() string { return n.on().OwnAddr() },
		Dial:   func(ctx context.Context, addr string) error { return n.on().Dial(ctx, addr) },
		Log:    cfg.Log,
	})
	n.caldav = caldav.New(caldav.Options{Almanac: n.almanac, Secretary: n.secretary, Log: cfg.Log})
	if n.web, err = n.openWeb(); err != nil {
		return nil, err
	}
	n.remind = remind.New(n.almanac, remind.Options{Show: desktop.Show, Desktop: desktop.Found, Log: cfg.Log})
	n.socket, n.path, err = n.home.listen()
	return n, err
}

// openDisk opens what is kept, and unlocks it if a passphrase was given.
func (n *Node) openDisk(ctx context.Context) (err error) {
	n.store, err = store.Open(n.home.path("store"), store.Options{Quota: n.cfg.Quota, Log: n.cfg.Log})
	if err != nil {
		return err
	}
	n.vault, err = vault.Open(n.home.path("vault"), vault.Options{Log: n.cfg.Log})
	if err != nil {
		return err
	}
	n.almanac, err = almanac.Open(ctx, almanac.Options{
		Store: n.store, Vault: n.vault, Effort: n.cfg.Effort, Log: n.cfg.Log,
	})
	if err != nil {
		return err
	}
	passphrase := n.cfg.Passphrase
	n.cfg.Passphrase = nil
	defer clear(passphrase) // a daemon that is locked later must not have it
	if passphrase == nil || !n.vault.Exists() {
		return nil
	}
	return n.almanac.Unlock(ctx, passphrase)
}

// openNetwork builds the courier and the mesh, which need each other: frames
// come in through the courier's verdict, and go out through the mesh.
func (n *Node) openNetwork() (err error) {
	n.courier, err = courier.Open(courier.Config{Store: n.store, Almanac: n.almanac, Log: n.cfg.Log})
	if err != nil {
		return err
	}
	m, err := n.openMesh()
	if err != nil {
		return err
	}
	n.mesh.set(m)
	return nil
}

// openMesh opens a mesh under the peer key of now.
func (n *Node) openMesh() (*mesh.Mesh, error) {
	key, err := n.home.peerKey(n.cfg.Keeper, time.Now())
	if err != nil {
		return nil, err
	}
	cfg := n.meshConfig()
	cfg.Key = key
	return mesh.Open(cfg)
}

// meshConfig is that of every mesh of this node.
func (n *Node) meshConfig() mesh.Config {
	return mesh.Config{
		Listen:    n.cfg.Listen,
		Peers:     n.cfg.Peers,
		Cached:    n.home.peers(),
		MDNS:      n.cfg.MDNS,
		DHT:       mesh.DHT(strings.TrimPrefix(n.cfg.DHT, "off")),
		Bootstrap: n.cfg.Bootstrap,
		Rendezvous: func(at time.Time) []byte {
			hash := votive.Rendezvous(votive.DayOf(at))
			return hash[:]
		},
		Keeper:    n.cfg.Keeper,
		Topic:     votive.Topic,
		FrameSize: votive.FrameSize,
		FrameID:   func(b []byte) string { id := votive.FrameID(b); return string(id[:]) },
		Verdict:   n.courier.Judge,
		Log:       n.cfg.Log,
	}
}

// Run serves until ctx ends or somebody asks it to stop over the API. ready is
// called once, when it serves. When Run returns, everything is stopped and
// closed.
func (n *Node) Run(ctx context.Context, ready func(Ready)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := n.server(ctx)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return n.almanac.Run(ctx) })
	g.Go(func() error { return n.vault.Run(ctx) })
	g.Go(func() error { return n.secretary.Run(ctx) })
	g.Go(func() error { return n.remind.Run(ctx) })
	g.Go(func() error { return n.prune(ctx) })
	g.Go(func() error { return n.carry(ctx) })
	if n.web != nil {
		g.Go(func() error { return n.caldav.Run(ctx) })
		g.Go(func() error { return n.web.Run(ctx, n.shut, n.routes()...) })
	}
	g.Go(func() error {
		if err := server.Serve(n.socket); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("local API: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		select {
		case <-ctx.Done():
		case <-n.stop:
			cancel()
		}
		return n.shutdown(server)
	})
	ready(Ready{
		Ready:  true,
		PeerID: n.on().ID().String(),
		Addrs:  n.on().Addrs(),
		Socket: n.path,
		Web:    n.webURL(),
		Locked: n.vault.Exists() && n.vault.Locked(),
	})
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, n.home.savePeers(n.on().Remembered()), n.close())
}

// grace is how long requests may take to end when the daemon stops.
const grace = 3 * time.Second

// shutdown ends the local API: requests under way first, streams at once.
func (n *Node) shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}

// server is the local API. Its requests end with ctx.
func (n *Node) server(ctx context.Context) *http.Server {
	handler := api.New(api.Options{
		Almanac:   n.almanac,
		Secretary: n.secretary,
		Remind:    n.remind,
		Network:   network{n},
		Bundles:   bundles{n},
		Web:       n.webURL(),
		AnyUser:   !web.KnowsUsers,
		Version:   n.cfg.Version,
		Shutdown:  func() { close(n.stop) },
		Log:       n.cfg.Log,
	})
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           handler,
		Protocols:         protocols,
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
}

// close closes what Open opened, the last first. Every part may be missing.
func (n *Node) close() error {
	var errs []error
	if n.socket != nil {
		if err := n.socket.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if n.web != nil {
		errs = append(errs, n.web.Close())
	}
	if m := n.on(); m != nil {
		errs = append(errs, m.Close())
	}
	if n.vault != nil {
		errs = append(errs, n.vault.Close())
	}
	if n.store != nil {
		errs = append(errs, n.store.Close())
	}
	if n.home != nil {
		errs = append(errs, n.home.close())
	}
	return errors.Join(errs...)
}
