package eligibility_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/eligibility"
)

const dest = "api"

var begun = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// api is a destination that can be asked for products.
type api struct {
	connectors.Contract
	mode catalog.Mode

	mu       sync.Mutex
	products map[string]catalog.Remote
	fails    map[string]error
	asked    []string
}

func (a *api) Spec() connectors.Spec {
	return connectors.Spec{Judges: true, Identity: catalog.Identity{Type: "fake", Mode: a.mode}}
}

func (a *api) Deliver(context.Context, catalog.Step) (catalog.Result, error) {
	panic("nothing is to be delivered")
}

func (a *api) Get(_ context.Context, id string) (catalog.Remote, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, id)
	if err := a.fails[id]; err != nil {
		return catalog.Remote{}, err
	}
	r, ok := a.products[id]
	if !ok {
		return r, &connectors.DeliveryError{Class: connectors.Gone, Status: 404}
	}
	return r, nil
}

// world is a state with listings at an API, and a clock.
type world struct {
	*testing.T
	api   *api
	store *state.Store
	watch *eligibility.Watch
	now   time.Time
}

func setup(t *testing.T, cfg eligibility.Config) *world {
	t.Helper()
	w := &world{T: t, now: begun, api: &api{mode: catalog.ModeTest, products: map[string]catalog.Remote{}, fails: map[string]error{}}}
	var err error
	w.store, err = state.Open(context.WithoutCancel(t.Context()), filepath.Join(t.TempDir(), "state.db"), state.Options{Owner: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	w.check(w.store.PutDestination(t.Context(), state.DestinationState{Name: dest, Identity: w.api.Spec().Identity}))
	account := delivery.NewAccount(dest, w.api, delivery.Config{Backoff: time.Nanosecond}, nil, zerolog.Nop(), w.clock)
	if cfg.Flips == nil {
		cfg.Flips = config.NoGuard()
	}
	w.watch = eligibility.New(account, w.store, cfg, w.clock, zerolog.New(zerolog.NewTestWriter(t)))
	return w
}

func (w *world) clock() time.Time { return w.now }

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// list has listings made, each told a verdict by the answer to its create.
func (w *world) list(value string, final bool, keys ...string) {
	w.Helper()
	var all []catalog.Listing
	for _, key := range keys {
		p, err := catalog.NewPayload(map[string]any{"name": key})
		w.check(err)
		v := catalog.Verdict{Value: value, Final: final, Source: catalog.FromResponse, Mode: w.api.mode, At: w.now, AsOf: w.now}
		all = append(all, catalog.Listing{
			Sync: "feed-to-api", Key: key, NaturalKey: key, RemoteID: "r-" + key, Status: catalog.ListingActive, Mode: w.api.mode,
			Payload: p, Hash: p.Hash(), Verdict: &v, SyncedAt: w.now,
		})
		w.holds(key, value, final)
	}
	_, err := w.store.PutListings(w.Context(), dest, all, w.now)
	w.check(err)
}

// holds has the API hold a verdict on a product, changed now.
func (w *world) holds(key, value string, final bool) {
	w.api.mu.Lock()
	defer w.api.mu.Unlock()
	w.api.products["r-"+key] = catalog.Remote{
		ID: "r-" + key, Key: key, Active: true, Mode: w.api.mode, UpdatedAt: w.now,
		Verdict: &catalog.Verdict{Value: value, Final: final, Source: catalog.FromPoll, Mode: w.api.mode, At: w.now},
	}
}

// takeAsked gives what the API was asked for since the last time.
func (w *world) takeAsked() []string {
	w.api.mu.Lock()
	defer w.api.mu.Unlock()
	asked := w.api.asked
	w.api.asked = nil
	return asked
}

// verdict is what is known of a key.
func (w *world) verdict(key string) catalog.Verdict {
	w.Helper()
	l, ok, err := w.store.Listing(w.Context(), dest, key)
	w.check(err)
	if !ok || l.Verdict == nil {
		w.Fatalf("%s has no verdict", key)
	}
	return *l.Verdict
}

func (w *world) alerts() (kinds []string) {
	w.Helper()
	for a, err := range w.store.Alerts(w.Context()) {
		w.check(err)
		kinds = append(kinds, a.Kind+" "+a.Name)
	}
	return kinds
}
