package browsertest

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

const token = "open-sesame"

// site is a daemon with its pages, over a sandbox.
type site struct {
	*testing.T
	api    *sandbox.Flex
	dir    string
	listen string
	url    string
	store  *state.Store
	stop   func()
}

// product is a row of the feed.
type product struct{ sku, name, text, gtin string }

// gtins are valid numbers, one a product.
var gtins = []string{
	"036000291452", "012345678905", "614141000012", "614141000029", "614141000036", "614141000043", "614141000050", "614141000067",
	"614141000074", "614141000081", "614141000098", "614141000104", "614141000111", "614141000128", "614141000135", "614141000142",
}

// some are n products with nothing wrong with them.
func some(n int) (list []product) {
	for i := range n {
		list = append(list, product{fmt.Sprintf("KB-%02d", i+1), fmt.Sprintf("Knee Brace %d", i+1), "Keeps the knee warm.", gtins[i]})
	}
	return list
}

func newSite(t *testing.T, list []product) *site {
	t.Helper()
	s := &site{T: t, dir: t.TempDir()}
	var err error
	if s.api, err = sandbox.NewFlex(sandbox.FlexConfig{}); err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(s.api)
	t.Cleanup(api.Close)
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listen = ln.Addr().String()
	s.url = "http://" + s.listen
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	s.write("skubridge.yaml", fmt.Sprintf(`server: { listen: %q, admin_token: %s }
sources:
  feed: { type: file, path: feed.csv }
destinations:
  flex: { type: flex, base_url: %q, api_key: fsk_test_1, rate: 200/s }
syncs:
  feed-to-flex: { from: feed, to: flex, guards: { archive: 3 }, grace: { runs: 1 } }
`, s.listen, token, api.URL))
	s.feed(list)
	if s.store, err = state.Open(context.WithoutCancel(t.Context()), filepath.Join(s.dir, "state.db"), state.Options{Owner: "test"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.stop != nil {
			s.stop()
		}
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *site) write(name, text string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

// feed writes the export.
func (s *site) feed(list []product) {
	s.Helper()
	var b strings.Builder
	b.WriteString("sku,name,description,gtin,images\n")
	for _, p := range list {
		quoted := func(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }
		fmt.Fprintf(&b, "%s,%s,%s,%s,https://cdn.example.com/%s.jpg\n", quoted(p.sku), quoted(p.name), quoted(p.text), p.gtin, "a")
	}
	s.write("feed.csv", b.String())
}

func (s *site) app() *daemon.App {
	s.Helper()
	loader := daemon.Loader{
		Path: filepath.Join(s.dir, "skubridge.yaml"), Registry: all.Registry(), UserAgent: "skubridge/test",
		Log: func(*config.Config) zerolog.Logger { return zerolog.Nop() },
	}
	app, err := loader.Load()
	if err != nil {
		s.Fatal(err)
	}
	return app
}

// sync runs the sync once, before the daemon is started.
func (s *site) sync() {
	s.Helper()
	if _, err := engine.New(s.store, engine.Config{}, zerolog.Nop()).Run(s.Context(), s.app().Syncs["feed-to-flex"], engine.Options{}); err != nil {
		s.Fatal(err)
	}
}

// start starts the daemon.
func (s *site) start() {
	s.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	ended := make(chan error, 1)
	d := daemon.New(s.app(), s.store, daemon.Config{Version: "test"})
	go func() { ended <- d.Run(ctx) }()
	s.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			s.Error(err)
		}
		s.stop = nil
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		conn, err := new(net.Dialer).DialContext(s.Context(), "tcp", s.listen)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			s.Fatal(err)
		}
	}
}
