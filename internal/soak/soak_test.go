package soak

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
)

var days = flag.Float64("days", 0.3, "how many days to live, half of them before the clocks change")

const settings = `
state: { backup: { schedule: "@hourly", count: 3, folder: backups }, keep: { history_days: 30 } }
server: { listen: %[1]q }
daemon: { watch: 0s }
sources:
  feed: { type: file, path: feed.csv }
destinations:
  flex: { type: flex, base_url: %[2]q, api_key: fsk_test_1 }
syncs:
  often: { from: feed, to: flex, schedule: "*/15 * * * *", timezone: America/New_York, guards: { update: off } }
`

// world is a daemon with all that it needs, and what it leaves behind.
type world struct {
	*testing.T
	dir    string
	listen string
	api    *sandbox.Flex
	store  *state.Store
	clock  *clock
	log    *errorsOf
}

func newWorld(t *testing.T, begin time.Time) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), clock: newClock(begin), log: &errorsOf{}}
	var err error
	if w.api, err = sandbox.NewFlex(sandbox.FlexConfig{}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.api)
	t.Cleanup(server.Close)
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.listen = ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	w.write("skubridge.yaml", fmt.Sprintf(settings, w.listen, server.URL))
	w.feed(0)
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

func (w *world) write(name, text string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// feed writes an edition of the export.
func (w *world) feed(edition int) {
	var b strings.Builder
	b.WriteString("sku,name,description,gtin,images\n")
	for i := range 20 {
		fmt.Fprintf(&b, "P-%d,Brace %d,Edition %d.,%s,https://cdn.example.com/%d.jpg\n", i, i, edition, upc(i), i)
	}
	w.write("feed.csv", b.String())
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

// TestDays lives the days around each change of the clocks. What the whole process
// holds is counted, so nothing else runs beside it.
func TestDays(t *testing.T) { //nolint:paralleltest // see above
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	life := time.Duration(*days * float64(24*time.Hour))
	for _, c := range []struct {
		name    string
		changes time.Time
	}{
		{"an hour is left out", time.Date(2026, 3, 8, 3, 0, 0, 0, newYork)},
		{"an hour comes twice", time.Date(2026, 11, 1, 1, 0, 0, 0, newYork).Add(time.Hour)},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := c.changes.Add(-life / 2).Truncate(15 * time.Minute).Add(time.Minute)
			w := newWorld(t, begin)
			early, late, turns := w.live(begin, life)
			t.Logf("%d turns; a third of it left %+v, all of it %+v", turns, early, late)
			// Connections that are kept come and go by the dozen; what leaked a turn would be hundreds.
			if late.goroutines > early.goroutines+24 || late.files > early.files+12 || late.heap > early.heap+6<<20 {
				t.Errorf("what is held on to grows: %+v, then %+v", early, late)
			}
			w.check(begin, life)
		})
	}
}

// live runs the daemon for a life: the export changes every few hours, the
// configuration is read again as often, and somebody scrapes its metrics.
func (w *world) live(begin time.Time, life time.Duration) (early, late used, turns int) {
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
	ctx, stop := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- daemon.New(app, w.store, daemon.Config{Load: &loader, Hangup: hangup, Clock: w.clock}).Run(ctx)
	}()
	edition := 0
	w.clock.drive(ctx, begin.Add(life), w.log.busy, func(now time.Time) {
		turns++
		if at := int(now.Sub(begin) / (4 * time.Hour)); at > edition {
			edition = at
			w.feed(edition)
			w.clock.settle()
			hangup <- struct{}{}
			w.scrape()
		}
		if early.goroutines == 0 && now.Sub(begin) > life/3 {
			early = use()
		}
	})
	late = use()
	stop()
	if err := <-ended; err != nil {
		w.Error(err)
	}
	return early, late, turns
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

// check looks at what was left: every start was made once, the copies are there, and
// the state is sound.
func (w *world) check(begin time.Time, life time.Duration) {
	w.Helper()
	ctx := context.WithoutCancel(w.Context())
	starts := map[int64]int{} // by the second of the quarter of an hour
	for r, err := range w.store.Runs(ctx, state.Filter{}) {
		switch {
		case err != nil:
			w.Fatal(err)
		case r.Status == state.RunInterrupted: // by a reload; it went on under the next configuration
		case r.Status != state.RunOK && r.Status != state.RunNothing:
			w.Errorf("run %d ended as %s: %s", r.ID, r.Status, r.Error)
		default:
			starts[r.Started.Truncate(15*time.Minute).Unix()]++
		}
	}
	for at := begin.Truncate(15 * time.Minute).Add(15 * time.Minute); at.Before(begin.Add(life)); at = at.Add(15 * time.Minute) {
		if n := starts[at.Unix()]; n != 1 {
			w.Errorf("%d runs at %s, want 1", n, at)
		}
	}
	if copies, err := filepath.Glob(filepath.Join(w.dir, "backups", "*")); err != nil || len(copies) != 3 {
		w.Errorf("the backups are %v, %v; want the last three", copies, err)
	}
	if len(w.log.lines) > 0 {
		w.Errorf("%d errors were logged, first %s", len(w.log.lines), w.log.lines[0])
	}
	if err := w.store.Check(ctx); err != nil {
		w.Error(err)
	}
	if n := w.api.Report().Duplicates; n > 0 {
		w.Errorf("%d products doubled", n)
	}
}
