package daemon_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
)

// everySecond is a sync that runs often.
const everySecond = `  feed-to-flex: { from: feed, to: flex, schedule: "@every 1s" }
`

func TestHealthyIsNotReady(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start(`  feed-to-flex: { from: feed, to: flex }
`)
	b.until(1, "daemon started")
	if d := cmp.Diff([]int{200, 200, 404}, []int{b.get("/healthz"), b.get("/readyz"), b.get("/webhooks/nobody")}); d != "" {
		t.Error(d)
	}
	if err := b.closeState(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{200, 503}, []int{b.get("/healthz"), b.get("/readyz")}); d != "" {
		t.Errorf("without its state:\n%s", d)
	}
}

func TestAFailingRunStopsNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stop := b.start(everySecond + `  gone-to-flex: { from: gone, to: flex, schedule: "@every 1s" }
`)
	b.until(2, `run failed`)
	b.until(1, `"status":"nothing to do"`)
	if err := stop(); err != nil {
		t.Error(err)
	}
	words := map[string]map[state.RunStatus]bool{}
	for r, err := range b.store.Runs(t.Context(), state.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if words[r.Sync] == nil {
			words[r.Sync] = map[state.RunStatus]bool{}
		}
		words[r.Sync][r.Status] = true
	}
	if !words["feed-to-flex"][state.RunOK] || !words["gone-to-flex"][state.RunFailed] || words["feed-to-flex"][state.RunFailed] {
		t.Errorf("the runs ended with %v", words)
	}
}

// TestSyncsTakeTurns lets two syncs start at the same seconds: what one of them
// has begun, the other does not interrupt.
func TestSyncsTakeTurns(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Fault{Kind: sandbox.Slow, Delay: sandbox.Duration(50 * time.Millisecond)})
	stop := b.start(everySecond + `  again-to-flex: { from: feed, to: flex, schedule: "@every 1s" }
`)
	b.until(6, "run finished")
	if err := stop(); err != nil {
		t.Error(err)
	}
	var last state.Run
	for r, err := range b.store.Runs(t.Context(), state.Filter{}) { // the newest first
		if err != nil {
			t.Fatal(err)
		}
		if last.ID != 0 && r.Ended.After(last.Started) {
			t.Errorf("run %d of %s went on until %s, run %d of %s began at %s", r.ID, r.Sync, r.Ended, last.ID, last.Sync, last.Started)
		}
		last = r
	}
}

// TestAStalledRequestIsDrained stops a daemon whose request gets no answer: the
// outcome is unclear, and kept.
func TestAStalledRequestIsDrained(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Fault{Kind: sandbox.Stall, Method: "POST", Delay: sandbox.Duration(time.Second), Apply: true})
	stop := b.start(everySecond)
	for len(b.posts()) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	for r, err := range b.store.Runs(t.Context(), state.Filter{}) {
		if err != nil || r.Status != state.RunInterrupted {
			t.Errorf("the run ended with %s: %v", r.Status, err)
		}
	}
	created := 0
	for _, err := range b.store.Listings(t.Context(), state.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		created++
	}
	if created != len(b.posts()) {
		t.Errorf("%d listed of %d requests that were answered while draining", created, len(b.posts()))
	}
}

// posts are the creates that the API has seen.
func (b *bench) posts() (paths []string) {
	for _, r := range b.api.Requests() {
		if r.Method == http.MethodPost {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

func TestAPortInUseIsSaid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", b.listen)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	app, err := b.wire(everySecond)
	if err != nil {
		t.Fatal(err)
	}
	err = daemon.New(app, b.store, daemon.Config{}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "listen on "+b.listen) {
		t.Errorf("ended with %v, want the address", err)
	}
}

// TestWireSaysAllFaultsAtOnce breaks a sync in every way that only wiring sees.
func TestWireSaysAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app, err := b.wire(`  a:
    from: feed
    to: flex
    schedule: "61 * * * *"
    filter: variant.sku +
    map:
      name: produkt.name
      colour: product.name
    replace_on: [shade]
  b:
    from: nowhere
    to: flex
    guards: { archive: many }
`)
	faults, ok := errors.AsType[config.Faults](err)
	if app != nil || !ok {
		t.Fatalf("wired: %v, %v", app, err)
	}
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprintf("%s:%d", f.Path, f.Line))
	}
	want := []string{
		"syncs.a.schedule:12", "syncs.a.filter:13", "syncs.a.map.name:15", "syncs.a.map.colour:16", "syncs.a.replace_on:17",
		"syncs.b.from:19", "syncs.b.guards.archive:21",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s\nof %v", d, err)
	}
}
