package daemon_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
)

// feed are two products, as a file source reads them.
const feed = `sku,name,description,gtin,images
P-1,Knee brace 1,Helps.,036000291452,https://cdn.example.com/1.jpg
P-2,Knee brace 2,Helps.,012345678905,https://cdn.example.com/2.jpg
`

// bench is a daemon over a sandbox.
type bench struct {
	*testing.T
	api    *sandbox.Flex
	url    string // of the API
	listen string
	dir    string
	// env is the environment that the configuration is read in.
	env   []string
	store *state.Store
	log   *lines
	// config is what the daemon is made with; key, more and watch go into its file.
	config           daemon.Config
	key, more, watch string
	// replaced is for a test to put something aside.
	replaced string
	// closeState closes the store, once.
	closeState func() error
}

// setup makes the surroundings of a daemon; start starts one.
func setup(t *testing.T, faults ...sandbox.Fault) *bench {
	t.Helper()
	b := &bench{T: t, dir: t.TempDir(), log: &lines{seen: make(chan string, 10000)}, key: "fsk_test_1", watch: "20ms"}
	var err error
	if b.api, err = sandbox.NewFlex(sandbox.FlexConfig{FrontConfig: sandbox.FrontConfig{Faults: faults, KeepRequests: 1000}}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b.api)
	t.Cleanup(server.Close)
	b.url = server.URL
	b.write("feed.csv", feed)
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.listen = ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if b.store, err = state.Open(context.WithoutCancel(t.Context()), filepath.Join(b.dir, "state.db"), state.Options{Owner: "test"}); err != nil {
		t.Fatal(err)
	}
	b.closeState = sync.OnceValue(b.store.Close)
	t.Cleanup(func() {
		if err := b.closeState(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bench) write(name, text string) string {
	b.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// configure writes the configuration; syncs are its lines below `syncs:`.
func (b *bench) configure(syncs string) (path string) {
	b.Helper()
	return b.write("skubridge.yaml", fmt.Sprintf(`server: { listen: %q }
daemon: { watch: %s }
sources:
  feed: { type: file, path: feed.csv }
  gone: { type: file, path: gone.csv }
destinations:
  flex: { type: flex, base_url: %q, api_key: %q, timeout: 30s }
%ssyncs:
%s`, b.listen, b.watch, b.url, b.key, b.more, syncs))
}

// wire wires a configuration, and has the daemon read it again when it changes.
func (b *bench) wire(syncs string) (*daemon.App, error) {
	b.Helper()
	b.config.Load = &daemon.Loader{
		Path: b.configure(syncs), Env: b.env, Registry: all.Registry(), UserAgent: "skubridge/test",
		Log: func(*config.Config) zerolog.Logger { return b.logger() },
	}
	return b.config.Load.Load()
}

// start runs a daemon until stop, which gives what it ended with.
func (b *bench) start(syncs string) (stop func() error) {
	b.Helper()
	app, err := b.wire(syncs)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- daemon.New(app, b.store, b.config).Run(ctx) }()
	var once sync.Once
	stop = func() (err error) {
		once.Do(func() {
			cancel()
			err = <-ended
		})
		return err
	}
	b.Cleanup(func() { _ = stop() }) // most tests stop it themselves
	return stop
}

func (b *bench) logger() zerolog.Logger { return zerolog.New(b.log).Level(zerolog.InfoLevel) }

// until waits for n lines of the log that hold text, from those that were not
// waited for yet.
func (b *bench) until(n int, text string) {
	b.Helper()
	b.collect(n, text)
}

// collect gives the lines of the log up to the n-th that holds text.
func (b *bench) collect(n int, text string) (seen []string) {
	b.Helper()
	for n > 0 {
		select {
		case line := <-b.log.seen:
			seen = append(seen, line)
			if strings.Contains(line, text) {
				n--
			}
		case <-time.After(30 * time.Second):
			b.Fatalf("%q was not logged after\n%s", text, strings.Join(seen, ""))
		}
	}
	return seen
}

// get asks the daemon, and gives its status.
func (b *bench) get(path string) int {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://"+b.listen+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// lines is a log that a test can wait for.
type lines struct{ seen chan string }

func (l *lines) Write(p []byte) (int, error) {
	select {
	case l.seen <- string(p):
	default: // a test that waits for nothing reads nothing
	}
	return len(p), nil
}
