package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
	"github.com/skubridge/skubridge/sync/merge"
)

var (
	productsFlag = flag.Int("products", 0, "products of each run; a few unless set")
	wholeFlag    = flag.Bool("whole", false, "try every fault at every destination, not a sample")
	updateFlag   = flag.Bool("update", false, "write the counts into docs/destinations.md, and the outcomes into docs/faults.md")
)

// whole reports whether every fault is tried at every destination.
func whole() bool { return *wholeFlag || *updateFlag || *productsFlag > 0 }

// count is how many products there are.
func count() int {
	switch {
	case *productsFlag > 0:
		return *productsFlag
	case os.Getenv("SKUBRIDGE_TEST_SMALL") != "":
		return 5
	}
	return 12
}

// item is a product of the catalog, with one variant.
type item struct {
	n     int
	name  string
	text  string
	price string
}

func newItem(n int) item {
	return item{n: n, name: fmt.Sprintf("Knee Brace %d", n), text: fmt.Sprintf("Helps with number %d.", n), price: fmt.Sprintf("%d.90", n%90+10)}
}

func (i item) sku() string { return fmt.Sprintf("KB-%05d", i.n) }

// AppendContent is every field.
func (i item) AppendContent(dst []byte) []byte {
	return fmt.Appendf(dst, "%q", []string{i.sku(), i.name, i.text, i.price})
}

// Decode gives a product with one variant that has what any destination asks for.
func (i item) Decode() (product, variant catalog.Fields, err error) {
	price, err := catalog.ParseMoney(i.price, "USD", catalog.DecimalStyle{})
	product = catalog.Fields{
		Name: i.name, Description: i.text, Images: []string{"https://cdn.example.com/" + i.sku() + ".jpg"},
		Category: "Braces", CountryOfOrigin: "DE", HSCodes: []string{"902110"},
	}
	return product, catalog.Fields{SKU: i.sku(), GTIN: upc(i.n), Price: price}, err
}

// upc is the n-th UPC of a made-up maker, with its check digit.
func upc(n int) string {
	digits := fmt.Sprintf("036%08d", n)
	sum := 0
	for i, d := range digits {
		sum += int(d-'0') * (3 - i%2*2)
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}

// shelf is a source of items.
type shelf struct{ items []item }

func (s *shelf) Spec() connectors.SourceSpec { return connectors.SourceSpec{Snapshot: true} }

func (s *shelf) Read(context.Context, connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		for n, i := range s.items {
			rec := catalog.Record{Key: []byte(i.sku()), Pos: catalog.NoPos, File: "shelf.csv", Line: n + 2, Raw: i}
			if !yield(rec, nil) {
				return
			}
		}
	}
}

// world is one merchant, one state and one API.
type world struct {
	*testing.T
	to    destination
	shelf *shelf
	// aside are items that left the shelf for a while.
	aside  []item
	net    *pipes
	server *sandbox.Server
	store  *state.Store
	file   string // of the state
	// liar changes what the API answers, if it is set.
	liar   atomic.Pointer[liar]
	engine *engine.Engine
	sync   *engine.Sync
	runs   int
	// workers is how many requests may be in flight, failures how many in a row open
	// the breaker.
	workers, failures int
}

// live runs a test whose time goes on by itself. What every world needs is made before
// that, in the time of the machine.
func live(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		if _, err := blank(); err != nil {
			t.Fatal(err)
		}
		for _, to := range destinations {
			if to.api != "" {
				continue // an API of nobody's has no contract
			}
			if _, err := contract.Load(contract.API(to.name)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Test(t, f)
	})
}

func newWorld(t *testing.T, to destination, items ...item) *world {
	t.Helper()
	net := newPipes()
	w := &world{T: t, to: to, shelf: &shelf{items}, net: net, workers: 4, failures: 100000}
	cfg := sandbox.ServerConfig{Listener: net, Wrap: func(api string, next http.Handler, report func(string)) http.Handler {
		if api == to.api {
			return w.between(next)
		}
		return w.between(contract.Validate(contract.API(api), next, func(v contract.Violation) { report(v.String()) }))
	}}
	if to.configure != nil {
		to.configure(&cfg)
	}
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	server, err := sandbox.Start(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		end()
		if err := server.Wait(); err != nil {
			t.Error(err)
		}
	})
	w.server = server
	w.open()
	return w
}

// blank is a state that knows nothing, made once: that takes longer than most of what
// is tried with one.
var blank = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "matrix")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "state.db")
	store, err := state.Open(context.Background(), path, state.Options{Owner: "test"})
	if err == nil {
		err = store.Close()
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// open begins with an empty state.
func (w *world) open() {
	w.Helper()
	dir := w.TempDir()
	path := filepath.Join(dir, "state.db")
	empty, err := blank()
	if err == nil {
		err = os.WriteFile(path, empty, 0o600)
	}
	if err != nil {
		w.Fatal(err)
	}
	store, err := state.Open(context.WithoutCancel(w.Context()), path, state.Options{Owner: "test"})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := store.Close(); err != nil {
			w.Error(err)
		}
	})
	w.file = path
	w.use(store)
}

// use goes on with a state.
func (w *world) use(store *state.Store) {
	w.Helper()
	w.store, w.runs = store, 0
	w.engine = engine.New(store, engine.Config{TempDir: w.TempDir()}, zerolog.Nop())
	w.restart()
}

// restart has a process begin anew: of the account it knows what the state does.
func (w *world) restart() {
	w.Helper()
	account := w.account()
	w.sync = &engine.Sync{
		Name: "shelf-to-" + w.to.name, Sources: []engine.Source{{Name: "shelf", Source: w.shelf}},
		Merge: merge.Rules{Sources: []string{"shelf"}}, Account: account, Grace: catalog.Grace{Reads: 1},
		Mapping: w.mapping(account.Dest.Spec()),
	}
}

// requestTimeout is that of a configuration which says nothing. Time goes on by itself
// in these tests as soon as everybody waits.
const requestTimeout = 30 * time.Second

// account opens the destination.
func (w *world) account() *delivery.Account {
	w.Helper()
	requests := new(delivery.Counter)
	env := connectors.Env{
		Name: w.to.name, OnRequest: requests.Add, Dial: w.net.dial,
		Common: connectors.Common{BaseURL: w.server.URL(w.to.folder()), Concurrency: w.workers, Timeout: requestTimeout},
	}
	dest, err := w.to.kind.Open(env, func(into any) error { w.to.options(into); return nil })
	if err != nil {
		w.Fatal(err)
	}
	cfg := delivery.Config{Concurrency: w.workers, Timeout: requestTimeout, BreakerFailures: w.failures}
	return delivery.NewAccount(w.to.name, dest, cfg, requests, zerolog.Nop(), time.Now)
}

func (w *world) mapping(spec connectors.Spec) *mapping.Program {
	w.Helper()
	var schema mapping.Schema
	for _, f := range spec.Fields {
		schema = append(schema, mapping.Field{Name: f.Name, Kind: string(f.Kind), Default: f.Default, Required: f.Required})
	}
	program, err := mapping.Compile(schema, mapping.Config{Level: spec.Level, Map: w.to.mapping})
	if err != nil {
		w.Fatal(err)
	}
	return program
}

// fault makes the API misbehave; without any it behaves.
func (w *world) fault(faults ...sandbox.Fault) {
	w.Helper()
	if err := w.server.API(w.to.folder()).SetFaults(faults...); err != nil {
		w.Fatal(err)
	}
}

func (w *world) report() sandbox.Report { return w.server.API(w.to.folder()).Report() }

// level runs the sync until nothing is left to do, and holds the API against the
// catalog.
func (w *world) level(phase string) {
	w.Helper()
	const most = 60
	for n := 1; ; n++ {
		r, err := w.engine.Run(w.Context(), w.sync, engine.Options{})
		w.runs++
		if _, stopped := errors.AsType[*delivery.StopError](err); err != nil && !stopped {
			w.Fatalf("%s: %v", phase, err)
		}
		if r.Status == state.RunNothing || r.Status == state.RunOK && r.Requests == 0 {
			break
		}
		if w.to.keepsGone && r.Requests == 0 && r.Pending+r.Rejected == 0 {
			break // what is left are reports of what cannot be taken off sale
		}
		if n == most {
			w.Fatalf("%s: not level after %d runs: %+v, %q", phase, most, r, w.problems())
		}
		if _, err := w.store.Retry(w.Context(), w.sync.Name, nil, time.Now()); err != nil { // what a fault refused goes again
			w.Fatal(err)
		}
	}
	before := w.requests()
	if r, err := w.engine.Run(w.Context(), w.sync, engine.Options{}); err != nil || r.Requests != 0 || w.requests() != before {
		w.Errorf("%s: another run sent %d requests, %v", phase, w.requests()-before, err)
	}
	w.compare(phase)
}

func (w *world) problems() (messages []string) {
	w.Helper()
	for p, err := range w.store.Problems(w.Context(), state.Filter{}) {
		if err != nil {
			w.Fatal(err)
		}
		messages = append(messages, p.SKU+": "+p.Message)
	}
	return messages[:min(len(messages), 5)]
}

// requests is how many the API has seen.
func (w *world) requests() (n int64) {
	for _, byStatus := range w.report().Requests {
		for _, count := range byStatus {
			n += count
		}
	}
	return n
}

// compare holds what is on sale at the API against the shelf.
func (w *world) compare(phase string) {
	w.Helper()
	onSale := map[string][]string{}
	for _, raw := range w.held() {
		var p held
		if err := w.to.read(raw, &p); err != nil {
			w.Fatal(err)
		}
		if p.active {
			onSale[p.sku] = append(onSale[p.sku], p.shows)
		}
	}
	for _, i := range w.shelf.items {
		got := onSale[i.sku()]
		if want := w.to.wants(i); len(got) != 1 || got[0] != want {
			w.Errorf("%s: %s is on sale as %q, want %q", phase, i.sku(), got, want)
		}
		delete(onSale, i.sku())
	}
	for sku := range onSale {
		if !w.to.keepsGone {
			w.Errorf("%s: %s is still on sale as %q", phase, sku, onSale[sku])
		}
	}
	r := w.report()
	if r.ActiveDuplicates+r.ExtraPrices > 0 || r.Duplicates > 0 {
		w.Errorf("%s: %d products doubled, %d of them on sale, %d prices too many", phase, r.Duplicates, r.ActiveDuplicates, r.ExtraPrices)
	}
	if r.KeysWithTwoBodies > 0 {
		w.Errorf("%s: %d idempotency keys came with two bodies", phase, r.KeysWithTwoBodies)
	}
	if r.ContractViolations > 0 {
		w.Errorf("%s: %d requests broke the contract: %q", phase, r.ContractViolations, r.Violations)
	}
}

// held asks the sandbox for everything that it holds.
func (w *world) held() (rows []json.RawMessage) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.server.URL(w.to.folder())+"/__sandbox/products", nil)
	if err != nil {
		w.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DialContext: w.net.dial, DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	var all []struct {
		Product json.RawMessage `json:"product"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		w.Fatal(err)
	}
	for _, row := range all {
		rows = append(rows, row.Product)
	}
	return rows
}
