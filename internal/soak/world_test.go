package soak

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/state"
)

// world is what a daemon needs on its machine, and what it leaves behind there.
type world struct {
	*testing.T
	dir    string
	listen string
	store  *state.Store
	clock  *clock
	log    *errorsOf
}

func newWorld(t *testing.T, begin time.Time) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), clock: newClock(begin), log: &errorsOf{}}
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.listen = ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if w.store, err = state.Open(context.WithoutCancel(t.Context()), filepath.Join(w.dir, config.StateFile), state.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// start runs the daemon until stop, over the configuration that was written. reload has
// it read that again.
func (w *world) start() (ctx context.Context, reload, stop func()) {
	w.Helper()
	loader := daemon.Loader{
		Path: filepath.Join(w.dir, "skubridge.yaml"), Registry: all.Registry(), UserAgent: "skubridge/soak",
		Log: func(*config.Config) zerolog.Logger { return zerolog.New(w.log) },
	}
	app, err := loader.Load()
	if err != nil {
		w.Fatal(err)
	}
	hangup := make(chan struct{})
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- daemon.New(app, w.store, daemon.Config{Load: &loader, Hangup: hangup, Clock: w.clock}).Run(ctx)
	}()
	reload = func() {
		w.clock.settle()
		hangup <- struct{}{}
	}
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			w.Error(err)
		}
	}
	return ctx, reload, stop
}

func (w *world) write(name, text string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

func (w *world) scrape() {
	w.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, "http://"+w.listen+"/metrics", http.NoBody)
	if err != nil {
		w.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		w.Error(err)
		return
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(text), "skubridge_build_info") {
		w.Errorf("the metrics: %v, %d bytes", err, len(text))
	}
}

// upc is a made-up code with its check digit.
func upc(n int) string {
	digits, sum := fmt.Sprintf("0360%07d", n), 0
	for i, d := range digits {
		sum += int(d-'0') * (3 - 2*(i%2))
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}

// errorsOf keeps the lines of a log that tell of errors, and counts the runs under way.
type errorsOf struct {
	mu      sync.Mutex
	lines   []string
	running int
}

// busy reports whether a run is under way: it waits for nothing that the clock has.
func (e *errorsOf) busy() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running > 0
}

// Write is that of io.Writer.
func (e *errorsOf) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch line := string(p); {
	case strings.Contains(line, `"message":"run started"`):
		e.running++
	case strings.Contains(line, `"message":"run finished"`):
		e.running--
	}
	if strings.Contains(string(p), `"level":"error"`) {
		e.lines = append(e.lines, string(p))
	}
	return len(p), nil
}

// used is what the process holds on to.
type used struct {
	goroutines, files int
	heap              uint64
}

func use() used {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, _ := os.ReadDir("/proc/self/fd") // elsewhere they are not counted
	return used{runtime.NumGoroutine(), len(files), m.HeapAlloc}
}
