package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
	"github.com/skubridge/skubridge/sync/merge"
)

const (
	testKey = "fsk_test_s3cretOfTheTests"
	liveKey = "fsk_s3cretOfTheTests"
)

// item is one record of a source, or what spoils one.
type item struct {
	sku, name, description, gtin, status string
	err                                  error
}

// product is the n-th good item.
func product(n int) item {
	return item{
		sku: fmt.Sprintf("P-%d", n), name: fmt.Sprintf("Knee brace %d", n),
		description: fmt.Sprintf("Helps with number %d.", n), gtin: upc(n),
	}
}

// products are the good items from first to last.
func products(first, last int) []item {
	var out []item
	for n := first; n <= last; n++ {
		out = append(out, product(n))
	}
	return out
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

// AppendContent is every field.
func (i item) AppendContent(dst []byte) []byte {
	return fmt.Appendf(dst, "%q", []string{i.sku, i.name, i.description, i.gtin, i.status})
}

// Decode gives a product with one variant.
func (i item) Decode() (product, variant catalog.Fields, err error) {
	product = catalog.Fields{
		Name: i.name, Description: i.description, Status: i.status, Images: []string{"https://cdn.example.com/" + i.sku + ".jpg"},
	}
	return product, catalog.Fields{SKU: i.sku, GTIN: i.gtin}, nil
}

// shelf is a source of items.
type shelf struct {
	items []item
	// cut ends each read after the items; nil is a whole read.
	cut error
	// delta says that what a read lacks may be there all the same.
	delta bool
}

func (s *shelf) Spec() connectors.SourceSpec { return connectors.SourceSpec{Snapshot: !s.delta} }

func (s *shelf) Read(context.Context, connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		for n, i := range s.items {
			rec := catalog.Record{Key: []byte(i.sku), Pos: catalog.NoPos, File: "shelf.csv", Line: n + 2, Raw: i}
			if i.err != nil {
				rec = catalog.Record{}
			}
			if !yield(rec, i.err) {
				return
			}
		}
		if s.cut != nil {
			yield(catalog.Record{}, s.cut)
		}
	}
}

// bench is one sync from a shelf to a sandbox, over a real state.
type bench struct {
	*testing.T
	shelf  *shelf
	sync   *engine.Sync
	store  *state.Store
	engine *engine.Engine
	api    *sandbox.Flex

	url, path string
	log       *lockedBuffer
	// heard is how many requests news has told.
	heard int
	// ahead is how far the bench's clock is ahead of the wall's.
	ahead time.Duration
}

// setup makes a bench whose shelf holds the items and whose guards are off.
func setup(t *testing.T, items ...item) *bench {
	t.Helper()
	api, err := sandbox.NewFlex(sandbox.FlexConfig{FrontConfig: sandbox.FrontConfig{KeepRequests: 10000}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(contract.Validate(contract.Flex, api, func(v contract.Violation) { t.Errorf("contract: %s", v) }))
	t.Cleanup(server.Close)
	b := &bench{
		T: t, shelf: &shelf{items: items}, api: api, url: server.URL,
		path: filepath.Join(t.TempDir(), "state.db"), log: new(lockedBuffer),
	}
	b.sync = &engine.Sync{
		Name: "shelf-to-flex", Sources: []engine.Source{{Name: "shelf", Source: b.shelf}},
		Merge: merge.Rules{Sources: []string{"shelf"}}, Account: b.account(testKey, 1),
		Grace: catalog.Grace{Reads: 1},
	}
	b.remap(mapping.Config{})
	b.start()
	return b
}

func (b *bench) now() time.Time { return time.Now().Add(b.ahead) }

func (b *bench) logger() zerolog.Logger { return zerolog.New(b.log).Level(zerolog.DebugLevel) }

// account opens the destination with a key. Its times are short, so that what
// waits does not wait long.
func (b *bench) account(key string, concurrency int) *delivery.Account {
	b.Helper()
	requests := new(delivery.Counter)
	env := connectors.Env{
		Name: "flex", OnRequest: requests.Add,
		Common: connectors.Common{BaseURL: b.url, Concurrency: concurrency, Timeout: 5 * time.Second},
	}
	dest, err := flex.Type().Open(env, func(into any) error {
		into.(*flex.Options).APIKey = secret.New(key)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	cfg := delivery.Config{
		Concurrency: concurrency, Timeout: 20 * time.Millisecond, Backoff: time.Millisecond, BreakerFailures: 1000,
	}
	return delivery.NewAccount("flex", dest, cfg, requests, b.logger(), b.now)
}

// remap compiles another mapping for the sync.
func (b *bench) remap(cfg mapping.Config) {
	b.Helper()
	spec := b.sync.Account.Dest.Spec()
	var schema mapping.Schema
	for _, f := range spec.Fields {
		schema = append(schema, mapping.Field{Name: f.Name, Kind: string(f.Kind), Default: f.Default, Required: f.Required})
	}
	cfg.Level = spec.Level
	program, err := mapping.Compile(schema, cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.sync.Mapping = program
}

// start opens the state, as a new process does.
func (b *bench) start() {
	b.Helper()
	store, err := state.Open(context.WithoutCancel(b.Context()), b.path, state.Options{Owner: "test"})
	if err != nil {
		b.Fatal(err)
	}
	b.store = store
	b.engine = engine.New(store, engine.Config{Now: b.now, TempDir: b.TempDir()}, b.logger())
	b.Cleanup(func() {
		if b.store == store {
			b.stop()
		}
	})
}

// stop closes the state, as a process that ends does.
func (b *bench) stop() {
	b.Helper()
	if err := b.store.Close(); err != nil {
		b.Error(err)
	}
	b.store = nil
}

// run runs the sync, which must not fail.
func (b *bench) run(o engine.Options) engine.Report {
	b.Helper()
	r, err := b.engine.Run(b.Context(), b.sync, o)
	if err != nil {
		b.Fatalf("%s: %v", r.Status, err)
	}
	return r
}

// expect runs the sync and compares what it reports with want, as told says it.
func (b *bench) expect(want string) {
	b.Helper()
	r, _ := b.engine.Run(b.Context(), b.sync, engine.Options{}) // the word tells a failure
	b.says(r, want)
}

func (b *bench) says(r engine.Report, want string) {
	b.Helper()
	if got := told(r); got != want {
		b.Errorf("the run ended with %q, want %q (error: %s)", got, want, r.Error)
	}
}

// told is a report in short: its word, and the counts that are not zero.
func told(r engine.Report) string {
	s := string(r.Status) + ":"
	for _, c := range []struct {
		n    int
		word string
	}{
		{r.Created, "created"},
		{r.Adopted, "adopted"},
		{r.Updated, "updated"},
		{r.Replaced, "replaced"},
		{r.Archived, "archived"},
		{r.Restored, "restored"},
		{r.Unchanged, "unchanged"},
		{r.Skipped, "skipped"},
		{r.Quarantined, "quarantined"},
		{r.Rejected, "rejected"},
		{r.Held, "held"},
		{r.Pending, "pending"},
	} {
		if c.n > 0 {
			s += fmt.Sprintf(" %d %s", c.n, c.word)
		}
	}
	return s
}

// fault makes the API misbehave; without any it behaves.
func (b *bench) fault(faults ...sandbox.Fault) {
	b.Helper()
	if err := b.api.SetFaults(faults...); err != nil {
		b.Fatal(err)
	}
}

// held lists what the API holds: key, name, and what is archived.
func (b *bench) held() []string {
	b.Helper()
	w := httptest.NewRecorder()
	b.api.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), "GET", "/__sandbox/products", nil))
	var all []struct {
		Product struct {
			Key    string `json:"client_reference_id"`
			Name   string `json:"name"`
			Active bool   `json:"active"`
		} `json:"product"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil {
		b.Fatalf("%v in %s", err, w.Body)
	}
	lines := []string{}
	for _, p := range all {
		line := p.Product.Key + " " + p.Product.Name
		if !p.Product.Active {
			line += " (archived)"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// news is what was asked since the last call.
func (b *bench) news() []string {
	b.Helper()
	all := b.asked()
	fresh := all[b.heard:]
	b.heard = len(all)
	return fresh
}

// asked lists the requests: method, what a look-up asks for,
// and the fields that an update sends.
func (b *bench) asked() []string {
	b.Helper()
	lines := []string{}
	for _, r := range b.api.Requests() {
		line := r.Method
		switch {
		case strings.Contains(r.Query, "client_reference_id="):
			line = "look up"
		case r.Method == http.MethodGet:
			line = "walk"
		case r.Method == http.MethodPatch:
			line += " " + strings.Join(sent(b, r.Body), ",")
		}
		lines = append(lines, line)
	}
	return lines
}

// sent are the names of the fields in a body.
func sent(b *bench, body []byte) []string {
	b.Helper()
	var request struct {
		Product map[string]any `json:"product"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		b.Fatalf("%v in %s", err, body)
	}
	return slices.Sorted(maps.Keys(request.Product))
}

// listings are what the state calls listed: key, status, and the accepted name
// and description.
func (b *bench) listings() []string {
	b.Helper()
	lines := []string{}
	for l, err := range b.store.Listings(b.Context(), state.Filter{}) {
		if err != nil {
			b.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s; %s", l.Key, l.Status, l.Payload.Text("name"), l.Payload.Text("description")))
	}
	return lines
}

// problems are the open ones: key, kind and words.
func (b *bench) problems() []string {
	b.Helper()
	lines := []string{}
	for p, err := range b.store.Problems(b.Context(), state.Filter{}) {
		if err != nil {
			b.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s", p.SKU, p.Kind, p.Message))
	}
	return lines
}

// count is how often a request of the kind was asked for.
func (b *bench) count(kind string) int {
	n := 0
	for _, line := range b.asked() {
		if strings.HasPrefix(line, kind) {
			n++
		}
	}
	return n
}

// guard is a guard of so many changes, as the configuration has it.
func guard(n int) engine.Guard { return config.Count(n) }

// lockedBuffer is a buffer that many goroutines write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// errCut ends a read before its end.
var errCut = &connectors.IncompleteError{Source: "shelf.csv", Reason: "cut short", Err: errors.New("unexpected end")}
