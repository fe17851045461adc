package writeback_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/writeback"
)

const dest = "flex"

var begun = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a state with verdicts, and a clock.
type world struct {
	*testing.T
	store *state.Store
	dir   string
	now   time.Time
}

func setup(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), now: begun}
	var err error
	w.store, err = state.Open(context.WithoutCancel(t.Context()), filepath.Join(w.dir, "state.db"), state.Options{Owner: "test"})
	w.check(err)
	t.Cleanup(func() { w.store.Close() })
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

// decide has the API settle the verdict on a product.
func (w *world) decide(value string, keys ...string) {
	w.decideIn(catalog.ModeLive, value, true, keys...)
}

func (w *world) decideIn(mode catalog.Mode, value string, final bool, keys ...string) {
	w.Helper()
	var all []catalog.Listing
	for _, key := range keys {
		p, err := catalog.NewPayload(map[string]any{"name": key})
		w.check(err)
		all = append(all, catalog.Listing{
			Sync: "feed-to-flex", Key: key, Parent: "P", NaturalKey: key, RemoteID: "r-" + key, Status: catalog.ListingActive, Mode: mode,
			Payload: p, Hash: p.Hash(), SyncedAt: w.now,
			Verdict: &catalog.Verdict{Value: value, Final: final, Source: catalog.FromPoll, Mode: mode, At: w.now},
		})
	}
	_, err := w.store.PutListings(w.Context(), dest, all, w.now)
	w.check(err)
}

// target is a target made of a function.
type target struct {
	most int
	send func(m state.WriteMessage) (map[string]string, error)
	sent []state.WriteMessage
}

func (t *target) Most() int { return max(t.most, 1) }

func (t *target) Draft(_ string, _ time.Time, items []state.WriteItem) ([]byte, error) {
	var b []byte
	for _, i := range items {
		b = append(b, i.Key+" "+i.Verdict.Value+"\n"...)
	}
	return b, nil
}

func (t *target) Send(_ context.Context, m state.WriteMessage) (map[string]string, error) {
	t.sent = append(t.sent, m)
	if t.send == nil {
		return nil, nil
	}
	return t.send(m)
}

// take gives what was sent since the last time.
func (t *target) take() (bodies []string) {
	for _, m := range t.sent {
		bodies = append(bodies, string(m.Body))
	}
	t.sent = nil
	return bodies
}

// writer makes a writer to a target, as a process that just began does.
func (w *world) writer(to writeback.Target, edit func(*writeback.Config)) *writeback.Writer {
	cfg := writeback.Config{Name: "back", Destination: dest}
	if edit != nil {
		edit(&cfg)
	}
	return writeback.New(cfg, to, w.store, w.clock, zerolog.New(zerolog.NewTestWriter(w.T)))
}

func (w *world) round(wr *writeback.Writer) writeback.Round {
	w.Helper()
	r, err := wr.Round(w.Context())
	w.check(err)
	r.Writeback = ""
	return r
}

func (w *world) alerts() (kinds []string) {
	w.Helper()
	for a, err := range w.store.Alerts(w.Context()) {
		w.check(err)
		kinds = append(kinds, a.Kind)
	}
	return kinds
}
