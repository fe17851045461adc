package runner_test

import (
	"context"
	"fmt"
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
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// handClock is a clock that is turned on to the next moment somebody waits for, once
// all who look at it wait.
type handClock struct {
	mu      sync.Mutex
	now     time.Time
	lookers int
	waits   map[*wait]bool
	// moved is told of each turn.
	moved func(now time.Time)
}

type wait struct {
	at   time.Time
	ring chan struct{}
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) Wait(ctx context.Context, at time.Time, wake <-chan struct{}) {
	w := &wait{at, make(chan struct{})}
	c.mu.Lock()
	c.waits[w] = true
	if len(c.waits) == c.lookers {
		c.turn()
	}
	c.mu.Unlock()
	select {
	case <-w.ring:
	case <-wake:
	case <-ctx.Done():
	}
	c.mu.Lock()
	delete(c.waits, w)
	c.mu.Unlock()
}

// turn goes on to the earliest moment that is waited for. Call it with the lock held.
func (c *handClock) turn() {
	first := time.Time{}
	for w := range c.waits {
		if first.IsZero() || w.at.Before(first) {
			first = w.at
		}
	}
	c.now = first
	for w := range c.waits {
		if !w.at.After(first) {
			delete(c.waits, w)
			close(w.ring)
		}
	}
	c.moved(first)
}

// week is a week of a daemon's syncs: a real state, a real API, and a clock that goes
// as fast as they do.
type week struct {
	store *state.Store
	clock *handClock
	app   *daemon.App
}

const weekly = `sources:
  feed: { type: file, path: feed.csv }
  other: { type: file, path: other.csv }
destinations:
  one: { type: flex, base_url: %[1]q, api_key: fsk_test_1 }
  two: { type: flex, base_url: %[2]q, api_key: fsk_test_1 }
syncs:
  often: { from: feed, to: one, schedule: "20 * * * *", timezone: America/New_York }
  nightly: { from: feed, to: two, schedule: "30 2 * * *", timezone: America/New_York, jitter: 10m }
  early: { from: other, to: two, schedule: "30 1 * * *", timezone: America/New_York }
`

func newWeek(t *testing.T, begin time.Time) *week {
	t.Helper()
	dir, urls := t.TempDir(), [2]string{}
	for i := range urls {
		api, err := sandbox.NewFlex(sandbox.FlexConfig{})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(api)
		t.Cleanup(server.Close)
		urls[i] = server.URL
	}
	const feed = "sku,name,description,gtin,images\nP-1,Knee brace,Helps.,036000291452,https://cdn.example.com/1.jpg\n"
	for name, text := range map[string]string{"feed.csv": feed, "other.csv": strings.Replace(feed, "P-1", "P-2", 1), "skubridge.yaml": fmt.Sprintf(weekly, urls[0], urls[1])} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(filepath.Join(dir, "skubridge.yaml"), nil)
	w := &week{clock: &handClock{now: begin, lookers: 3, waits: map[*wait]bool{}}}
	if w.app, err = daemon.Wire(cfg, err, all.Registry(), "skubridge/test", zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	if w.store, err = state.Open(context.WithoutCancel(t.Context()), filepath.Join(dir, "state.db"), state.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	return w
}

// used is what a process holds on to.
type used struct {
	goroutines, files int
	heap              uint64
}

func use(t *testing.T) used {
	t.Helper()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Log("file handles are not counted here:", err)
	}
	return used{runtime.NumGoroutine(), len(files), m.HeapAlloc}
}

// TestAWeekKeepsEveryStart goes through seven days with a change of the clocks in the
// middle, and looks what the second and the seventh day have left behind. It counts
// what the whole process holds, so nothing else runs beside it.
func TestAWeekKeepsEveryStart(t *testing.T) { //nolint:paralleltest // see above
	weeks := []struct {
		name  string
		begin time.Time // in New York
		often int       // starts, one an hour
	}{
		{"an hour is left out", time.Date(2026, 3, 5, 0, 10, 0, 0, newYork(t)), 7*24 - 1},
		{"an hour comes twice", time.Date(2026, 10, 29, 0, 10, 0, 0, newYork(t)), 7*24 + 1},
	}
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		weeks = weeks[:1]
	}
	for _, c := range weeks {
		t.Run(c.name, func(t *testing.T) {
			w := newWeek(t, c.begin)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var early, late used
			w.clock.moved = func(now time.Time) {
				switch end := c.begin.AddDate(0, 0, 7); {
				case early == used{} && now.Sub(c.begin) > 48*time.Hour:
					early = use(t)
				case now.After(end):
					late = use(t)
					stop()
				}
			}
			r := runner.New(w.store, w.clock)
			r.Use(w.app.Jobs())
			r.Run(ctx, engine.New(w.store, engine.Config{Now: w.clock.Now, TempDir: t.TempDir()}, zerolog.Nop()), zerolog.Nop())

			w.check(t, c.begin, c.often)
			t.Logf("the second day left %+v, the seventh %+v", early, late)
			if late.goroutines > early.goroutines+2 || late.files > early.files+2 || late.heap > early.heap+2<<20 {
				t.Errorf("what is held on to grows: %+v after two days, %+v after seven", early, late)
			}
		})
	}
}

// check counts the runs of a week, and looks when they began.
func (w *week) check(t *testing.T, begin time.Time, often int) {
	t.Helper()
	ran, at := map[string]int{}, map[string]map[string]int{}
	for r, err := range w.store.Runs(context.WithoutCancel(t.Context()), state.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Started.After(begin.AddDate(0, 0, 7)) {
			continue
		}
		if r.Status != state.RunOK && r.Status != state.RunNothing {
			t.Errorf("run %d of %s ended as %s: %s", r.ID, r.Sync, r.Status, r.Error)
		}
		ran[r.Sync]++
		if at[r.Sync] == nil {
			at[r.Sync] = map[string]int{}
		}
		at[r.Sync][r.Started.In(begin.Location()).Format("01-02")]++
	}
	if ran["often"] != often || ran["nightly"] != 7 || ran["early"] != 7 {
		t.Errorf("they ran %v times, want often %d times and the others each night", ran, often)
	}
	for _, sync := range []string{"nightly", "early"} {
		for day, n := range at[sync] {
			if n != 1 {
				t.Errorf("%s ran %d times on %s", sync, n, day)
			}
		}
	}
}

func newYork(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
