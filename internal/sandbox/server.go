package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// DefaultListen lets the operating system choose a free port.
const DefaultListen = "127.0.0.1:0"

// shutdownTimeout bounds how long open requests are waited for at the end.
const shutdownTimeout = 2 * time.Second

// ServerConfig sets up a Server.
type ServerConfig struct {
	// Listen is a loopback address with a port, DefaultListen if empty. Any other
	// address is refused: the sandbox has no secrets and knows no callers.
	Listen string
	// Listener is served in the place of Listen, if set: connections without a network.
	Listener net.Listener
	// Flex is served under /flex.
	Flex FlexConfig
	// FlexPortal is served under /flexportal.
	FlexPortal FlexPortalConfig
	// Fluveo is served under /fluveo.
	Fluveo FluveoConfig
	// Flexport is served under /flexport.
	Flexport FlexportConfig
	// Items is served under /items: an API of nobody's, without a published contract.
	Items ItemsConfig
	// Akeneo is served under /akeneo: a PIM, to be read.
	Akeneo AkeneoConfig
	// Shopify is served under /shopify: a store, to be read. Without products it has those
	// of ShopifySample.
	Shopify ShopifyConfig
	// Wrap, if set, stands before each API, as a validator of its contract does;
	// api is the name of the folder it is served under. What it reports is counted
	// in the API's Report.
	Wrap func(api string, next http.Handler, report func(violation string)) http.Handler
}

// Server serves every sandbox API on one loopback address.
type Server struct {
	// Flex is the API under /flex.
	Flex *Flex
	// FlexPortal is the API under /flexportal.
	FlexPortal *FlexPortal
	// Fluveo is the API under /fluveo.
	Fluveo *Fluveo
	// Flexport is the API under /flexport.
	Flexport *Flexport
	// Items is the API under /items.
	Items *Items
	// Akeneo is the PIM under /akeneo.
	Akeneo *Akeneo
	// Shopify is the store under /shopify.
	Shopify *Shopify

	mounts []mount
	addr   string
	ended  chan struct{}
	err    error // valid once ended is closed
}

// mount is one API and the folder that it is served under.
type mount struct {
	name  string
	front *front
	// private says that nothing is built in that its requests could be held against.
	private bool
}

// Start listens and serves until ctx ends; Wait waits for that. A stalled answer
// is given up when ctx ends.
func Start(ctx context.Context, cfg ServerConfig) (*Server, error) {
	if cfg.Listen == "" {
		cfg.Listen = DefaultListen
	}
	if err := checkLoopback(cfg.Listen); err != nil {
		return nil, err
	}
	s, err := newServer(cfg)
	if err != nil {
		return nil, err
	}
	ln := cfg.Listener
	if ln == nil {
		if ln, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen); err != nil {
			return nil, fmt.Errorf("start the sandbox: %w", err)
		}
	}
	s.addr = ln.Addr().String()
	go s.run(ctx, ln, s.handler(cfg))
	return s, nil
}

// newServer sets every API up, and where each is served.
func newServer(cfg ServerConfig) (*Server, error) {
	flex, err := NewFlex(cfg.Flex)
	if err != nil {
		return nil, fmt.Errorf("set up the Flex sandbox: %w", err)
	}
	portal, err := NewFlexPortal(cfg.FlexPortal)
	if err != nil {
		return nil, fmt.Errorf("set up the FlexPortal sandbox: %w", err)
	}
	fluveo, err := NewFluveo(cfg.Fluveo)
	if err != nil {
		return nil, fmt.Errorf("set up the Fluveo sandbox: %w", err)
	}
	freight, err := NewFlexport(cfg.Flexport)
	if err != nil {
		return nil, fmt.Errorf("set up the Flexport sandbox: %w", err)
	}
	items, err := NewItems(cfg.Items)
	if err != nil {
		return nil, fmt.Errorf("set up the items sandbox: %w", err)
	}
	pim, err := NewAkeneo(cfg.Akeneo)
	if err != nil {
		return nil, fmt.Errorf("set up the Akeneo sandbox: %w", err)
	}
	if cfg.Shopify.Products == nil && cfg.Shopify.Generate == 0 {
		cfg.Shopify.Products = ShopifySample()
	}
	store, err := NewShopify(cfg.Shopify)
	if err != nil {
		return nil, fmt.Errorf("set up the Shopify sandbox: %w", err)
	}
	s := &Server{Flex: flex, FlexPortal: portal, Fluveo: fluveo, Flexport: freight, Items: items, Akeneo: pim, Shopify: store, ended: make(chan struct{})}
	s.mounts = []mount{
		{name: "flex", front: flex.front},
		{name: "flexportal", front: portal.front},
		{name: "fluveo", front: fluveo.front},
		{name: "flexport", front: freight.front},
		{name: "items", front: items.front, private: true},
		{name: "akeneo", front: pim.front, private: true},
		{name: "shopify", front: store.front, private: true},
	}
	return s, nil
}

// URL is the base URL of an API: URL("flex").
func (s *Server) URL(api string) string { return "http://" + s.addr + "/" + api }

// APIs are the names of the APIs, each of which is the folder that one is served under.
func (s *Server) APIs() []string {
	names := make([]string, len(s.mounts))
	for i, m := range s.mounts {
		names[i] = m.name
	}
	return names
}

// Wait returns once the server has ended, with what ended it before its context did.
func (s *Server) Wait() error {
	<-s.ended
	return s.err
}

func (s *Server) handler(cfg ServerConfig) http.Handler {
	mux := http.NewServeMux()
	addresses := map[string]string{}
	for _, m := range s.mounts {
		var api http.Handler = m.front
		if cfg.Wrap != nil && !m.private {
			api = cfg.Wrap(m.name, api, m.front.Violated)
		}
		mux.Handle("/"+m.name+"/", http.StripPrefix("/"+m.name, api))
		addresses[m.name] = s.URL(m.name)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, addresses)
	})
	return mux
}

func (s *Server) run(ctx context.Context, ln net.Listener, h http.Handler) {
	defer close(s.ended)
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	select {
	case err := <-served:
		s.err = fmt.Errorf("serve the sandbox: %w", err)
		return
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if srv.Shutdown(bounded) != nil {
		_ = srv.Close() // who is still there after the wait is cut off
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		s.err = fmt.Errorf("serve the sandbox: %w", err)
	}
}

// ErrListen is the kind of an address that a sandbox does not listen on, whatever becomes free.
var ErrListen = errors.New("serves loopback only, as 127.0.0.1:8485")

// checkLoopback refuses addresses that others could reach.
func checkLoopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("listen on %q: %w: the sandbox %w", listen, err, ErrListen)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("listen on %q: the sandbox %w", listen, ErrListen)
}

// An API is one of the sandbox's, as a test or a person steers it.
type API interface {
	SetFaults(faults ...Fault) error
	Report() Report
}

// API gives the API that is served under a folder, nil where there is none.
func (s *Server) API(name string) API {
	for _, m := range s.mounts {
		if m.name == name {
			return m.front
		}
	}
	return nil
}
