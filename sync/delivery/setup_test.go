package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
)

const (
	dest    = "api"
	syncOf  = "feed-to-api"
	timeout = 10 * time.Second
)

// api is a destination made of two functions. It notes what it is asked.
type api struct {
	deliver func(ctx context.Context, s catalog.Step) (catalog.Result, error)
	find    func(naturalKey string) ([]catalog.Remote, error)
	// idempotent says that a create may be repeated.
	idempotent bool
	// unique says that a second active product under a key is refused.
	unique bool

	mu    sync.Mutex
	sent  []sent
	found []time.Time
}

type sent struct {
	catalog.Step
	at time.Time
}

func (a *api) Spec() connectors.Spec {
	look := connectors.LookNever
	if a.unique {
		look = connectors.LookAlways
	}
	return connectors.Spec{
		LookFirst: look, Unique: a.unique,
		Identity: catalog.Identity{Type: "fake", Mode: catalog.ModeTest}, Level: catalog.VariantLevel, NaturalKey: "ref",
		Fields: []connectors.Field{{Name: "ref"}, {Name: "name", Replaces: true}, {Name: "text", Updatable: true}},
		Steps: map[catalog.Op][]string{
			catalog.OpCreate: {"create"}, catalog.OpUpdate: {"update"},
			catalog.OpReplace: {"create", "archive"}, catalog.OpArchive: {"archive"},
		},
	}
}

func (a *api) Check(catalog.Payload) []catalog.Fault { return nil }

func (a *api) Draft(c catalog.Change, name string, _ catalog.Made) (catalog.Step, error) {
	if name == "create" {
		return catalog.Step{Method: "POST", Path: "/", Body: c.Want.Bytes(), Repeatable: a.idempotent}, nil
	}
	return catalog.Step{Method: "PATCH", Path: "/" + c.RemoteID, RemoteID: c.RemoteID, Body: []byte(name), Repeatable: true}, nil
}

func (a *api) Deliver(ctx context.Context, s catalog.Step) (catalog.Result, error) {
	a.mu.Lock()
	a.sent = append(a.sent, sent{s, time.Now()})
	a.mu.Unlock()
	return a.deliver(ctx, s)
}

func (a *api) Find(_ context.Context, naturalKey string) ([]catalog.Remote, error) {
	a.mu.Lock()
	a.found = append(a.found, time.Now())
	a.mu.Unlock()
	if a.find == nil {
		return nil, nil
	}
	return a.find(naturalKey)
}

// accept is what a healthy API answers: the product of a create is named after
// its idempotency key.
func accept(_ context.Context, s catalog.Step) (catalog.Result, error) {
	id := s.RemoteID
	if id == "" {
		id = "new-" + s.IdempotencyKey
	}
	return catalog.Result{Remote: catalog.Remote{ID: id, Active: true, Mode: catalog.ModeTest}}, nil
}

func failing(class connectors.Class) error {
	return &connectors.DeliveryError{Class: class, Status: 500, Message: "no luck"}
}

// world is a state with an account on it.
type world struct {
	*testing.T
	api     *api
	store   *state.Store
	account *delivery.Account
	cfg     delivery.Config
}

func setup(t *testing.T, a *api, cfg delivery.Config) *world {
	t.Helper()
	store, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{Owner: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg.Timeout = timeout
	if cfg.BreakerFailures == 0 {
		cfg.BreakerFailures = 1000
	}
	w := &world{T: t, api: a, store: store, cfg: cfg}
	w.restart()
	return w
}

// restart forgets what the process knew.
func (w *world) restart() {
	w.account = delivery.NewAccount(dest, w.api, w.cfg, nil, zerolog.Nop(), time.Now)
}

func (w *world) drain(ctx context.Context) (delivery.Tally, error) {
	return w.deliver(ctx, delivery.Job{Sync: syncOf, Run: 1})
}

func (w *world) deliver(ctx context.Context, job delivery.Job) (delivery.Tally, error) {
	return w.account.Drain(ctx, &impatient{Store: w.store}, job)
}

// impatient is an outbox that gives up on a delivery which goes on and on, with nothing
// to do or with the same again: it would not end.
type impatient struct {
	*state.Store
	asked, settled int
}

// Settle gives up long after the last product that any test has.
func (o *impatient) Settle(ctx context.Context, outcomes []state.Outcome, c state.Claim) ([]state.Intent, []state.Conflict, error) {
	if o.settled++; o.settled > 2000 {
		return nil, nil, errors.New("delivery settles again and again what is never done")
	}
	return o.Store.Settle(ctx, outcomes, c)
}

func (o *impatient) Backlog(ctx context.Context, destination, sync string) (state.Backlog, error) {
	if o.asked++; o.asked > 2000 {
		return state.Backlog{}, errors.New("delivery waits for what it never takes up")
	}
	return o.Store.Backlog(ctx, destination, sync)
}

// recover is what a run begins with.
func (w *world) recover() {
	w.Helper()
	if _, err := w.store.Recover(w.Context(), dest, syncOf, time.Now()); err != nil {
		w.Fatal(err)
	}
}

func payload(key, name, text string) catalog.Payload {
	p, err := catalog.NewPayload(map[string]any{"ref": key, "name": name, "text": text})
	if err != nil {
		panic(err) // strings always encode
	}
	return p
}

// release makes changes durable and ready to go.
func (w *world) release(changes ...catalog.Change) {
	w.Helper()
	ctx := w.Context()
	plan, err := w.store.BeginPlan(ctx, syncOf, dest, 1, time.Now())
	if err != nil {
		w.Fatal(err)
	}
	var batch state.Batch
	for _, c := range changes {
		name := w.api.Spec().Steps[c.Op][0]
		step, err := w.api.Draft(c, name, catalog.Made{})
		if err != nil {
			w.Fatal(err)
		}
		step.Op, step.Name, step.Key, step.NaturalKey, step.IdempotencyKey = c.Op, name, c.Key, c.Key, delivery.NewKey()
		batch.Changes = append(batch.Changes, state.StagedChange{Change: c, NaturalKey: c.Key, Step: &step})
	}
	if err := w.store.Stage(ctx, plan, batch, time.Now()); err != nil {
		w.Fatal(err)
	}
	if err := w.store.Release(ctx, plan, state.Released{Now: time.Now()}); err != nil {
		w.Fatal(err)
	}
}

// creates releases so many creates, of the keys K0, K1 and so on.
func (w *world) creates(n int) {
	w.Helper()
	changes := make([]catalog.Change, n)
	for i := range changes {
		key := fmt.Sprintf("K%d", i)
		changes[i] = catalog.Change{Op: catalog.OpCreate, Key: key, Want: payload(key, "name of "+key, "text")}
	}
	w.release(changes...)
}

// listed has a product K0 made at the API, and gives its id.
func (w *world) listed() string {
	w.Helper()
	deliver := w.api.deliver
	w.api.deliver = accept
	w.creates(1)
	if _, err := w.drain(w.Context()); err != nil {
		w.Fatal(err)
	}
	w.api.deliver, w.api.sent = deliver, nil
	return w.listing("K0").RemoteID
}

// longListed is listed, and as much later as the API needs to know of it everywhere. Only
// the time of a bubble passes at once.
func (w *world) longListed() string {
	w.Helper()
	id := w.listed()
	time.Sleep(time.Hour)
	return id
}

func (w *world) listing(key string) catalog.Listing {
	w.Helper()
	l, _, err := w.store.Listing(w.Context(), dest, key)
	if err != nil {
		w.Fatal(err)
	}
	return l
}

// status is where the newest intent of a key stands.
func (w *world) status(key string) state.IntentStatus {
	w.Helper()
	histories, err := w.store.Histories(w.Context(), state.Filter{Destination: dest}, key)
	if err != nil {
		w.Fatal(err)
	}
	if len(histories) == 0 {
		return ""
	}
	newest := slices.MaxFunc(histories, func(a, b state.History) int { return int(a.Intent.ID - b.Intent.ID) })
	return newest.Intent.Status
}

func (w *world) problems() (messages []string) {
	w.Helper()
	for p, err := range w.store.Problems(w.Context(), state.Filter{}) {
		if err != nil {
			w.Fatal(err)
		}
		messages = append(messages, p.SKU+": "+p.Message)
	}
	return messages
}

// oneKeyOneBody checks law 2: what a step sends is the same each time, and no
// two steps share a key.
func (w *world) oneKeyOneBody() {
	w.Helper()
	bodies := map[string]string{}
	keys := map[string]string{}
	for _, s := range w.api.sent {
		request := s.Method + s.Path + string(s.Body)
		if b, ok := bodies[s.IdempotencyKey]; ok && b != request {
			w.Errorf("key %s came with %q and %q", s.IdempotencyKey, b, request)
		}
		bodies[s.IdempotencyKey] = request
		step := fmt.Sprint(s.Intent, s.N)
		if k, ok := keys[step]; ok && k != s.IdempotencyKey {
			w.Errorf("step %s was sent with two keys", step)
		}
		keys[step] = s.IdempotencyKey
	}
}
