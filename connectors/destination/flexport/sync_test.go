package flexport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flexport"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
	"github.com/skubridge/skubridge/sync/merge"
)

// item is one record of a source.
type item struct{ sku, name, code, supplier, status string }

func (i item) AppendContent(dst []byte) []byte {
	return fmt.Appendf(dst, "%q", []string{i.sku, i.name, i.code, i.supplier, i.status})
}

func (i item) Decode() (product, variant catalog.Fields, err error) {
	variant = catalog.Fields{SKU: i.sku, Status: i.status, CountryOfOrigin: "CN", HSCodes: []string{i.code}, Suppliers: []string{i.supplier}}
	return catalog.Fields{Name: i.name, Description: "Of " + i.sku}, variant, nil
}

func items(n int) []item {
	out := make([]item, n)
	for i := range out {
		out[i] = item{sku: fmt.Sprintf("P-%04d", i), name: fmt.Sprintf("Fish %d", i), code: "0301.11", supplier: "F-1"}
	}
	return out
}

// shelf is a source of items.
type shelf struct{ items []item }

func (*shelf) Spec() connectors.SourceSpec { return connectors.SourceSpec{Snapshot: true} }

func (s *shelf) Read(context.Context, connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		for n, i := range s.items {
			if !yield(catalog.Record{Key: []byte(i.sku), Pos: catalog.NoPos, Line: n + 2, Raw: i}, nil) {
				return
			}
		}
	}
}

// world is one sync from a shelf to a sandbox, over a real state.
type world struct {
	*testing.T
	api   *sandbox.Flexport
	shelf *shelf
	base  string
	path  string
}

func newWorld(t *testing.T, cfg sandbox.FlexportConfig, n int) *world {
	t.Helper()
	api, base := serve(t, cfg)
	return &world{t, api, &shelf{items(n)}, base, filepath.Join(t.TempDir(), "state.db")}
}

// run is what one process does: it opens everything, syncs once, and ends.
func (w *world) run() engine.Report {
	w.Helper()
	store, err := state.Open(w.Context(), w.path, state.Options{Owner: "test"})
	if err != nil {
		w.Fatal(err)
	}
	defer store.Close()
	requests := new(delivery.Counter)
	dest := open(w.T, connectors.Env{
		Name: "freight", OnRequest: requests.Add, Tokens: keptIn{state.TokensOf(w.path, "destination freight")},
		Common: connectors.Common{BaseURL: w.base, Concurrency: 8, Timeout: time.Second},
	}, func(o *flexport.Options) { withClient(o); o.Region = "US" })
	account := delivery.NewAccount("freight", dest, delivery.Config{
		Concurrency: 8, Timeout: 5 * time.Millisecond, Backoff: time.Millisecond, BreakerFailures: 1000,
	}, requests, zerolog.Nop(), time.Now)
	var schema mapping.Schema
	for _, f := range dest.Spec().Fields {
		schema = append(schema, mapping.Field{Name: f.Name, Kind: string(f.Kind), Default: f.Default, Required: f.Required})
	}
	program, err := mapping.Compile(schema, mapping.Config{Level: dest.Spec().Level})
	if err != nil {
		w.Fatal(err)
	}
	s := &engine.Sync{
		Name: "shelf-to-freight", Sources: []engine.Source{{Name: "shelf", Source: w.shelf}}, Merge: merge.Rules{Sources: []string{"shelf"}},
		Account: account, Mapping: program, Grace: catalog.Grace{Reads: 1},
	}
	r, err := engine.New(store, engine.Config{TempDir: w.TempDir()}, zerolog.Nop()).Run(w.Context(), s, engine.Options{})
	if err != nil {
		w.Logf("%s: %v", r.Status, err)
	}
	return r
}

// settle runs until nothing is left to send, as a schedule does.
func (w *world) settle() {
	w.Helper()
	for range 30 {
		if r := w.run(); r.Requests == 0 && r.Pending == 0 {
			return
		}
	}
	w.Fatal("there is always more to send")
}

// held is what the API has on sale: SKU, name, codes and suppliers.
func (w *world) held() []string {
	w.Helper()
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, httptest.NewRequestWithContext(w.Context(), "GET", "/__sandbox/products", nil))
	var all []struct {
		Product struct {
			SKU      string  `json:"sku"`
			Name     string  `json:"name"`
			Archived *string `json:"archived_at"`
			Classes  []struct {
				Codes []string `json:"codes"`
			} `json:"classifications"`
			Suppliers []struct {
				Ref string `json:"ref"`
			} `json:"suppliers"`
		} `json:"product"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &all); err != nil {
		w.Fatal(err)
	}
	lines := []string{}
	for _, h := range all {
		if p := h.Product; p.Archived == nil {
			lines = append(lines, fmt.Sprint(p.SKU, " ", p.Name, " ", p.Classes, " ", p.Suppliers))
		}
	}
	slices.Sort(lines)
	return lines
}

// level wants the API to have exactly these items, and nothing twice.
func (w *world) level(want []item) {
	w.Helper()
	lines := []string{}
	for _, i := range want {
		digits := strings.ReplaceAll(i.code, ".", "")
		lines = append(lines, fmt.Sprintf("%s %s [{[%s:%s]}] [{%s}]", i.sku, i.name, digits[:4], digits[4:], i.supplier))
	}
	slices.Sort(lines)
	if diff := cmp.Diff(lines, w.held()); diff != "" {
		w.Errorf("the API (-want +got):\n%s", diff)
	}
	if r := w.api.Report(); r.Duplicates+r.ActiveDuplicates > 0 {
		w.Errorf("the API holds %d products twice", r.Duplicates+r.ActiveDuplicates)
	}
}

// problems are the open ones, by their words.
func (w *world) problems() map[string]int {
	w.Helper()
	store, err := state.Open(w.Context(), w.path, state.Options{ReadOnly: true})
	if err != nil {
		w.Fatal(err)
	}
	defer store.Close()
	out := map[string]int{}
	for p, err := range store.Problems(w.Context(), state.Filter{}) {
		if err != nil {
			w.Fatal(err)
		}
		out[p.Message]++
	}
	return out
}

func (w *world) faults(faults ...sandbox.Fault) {
	w.Helper()
	if err := w.api.SetFaults(faults...); err != nil {
		w.Fatal(err)
	}
}

// count is 1,000 products, or fewer where that is asked for.
func count() int {
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		return 100
	}
	return 1000
}

// At scale, and without faults: as many requests as it takes and no more.
func TestManyProducts(t *testing.T) {
	t.Parallel()
	n := count()
	w := newWorld(t, sandbox.FlexportConfig{}, n)
	if r := w.run(); r.Created != n || r.Requests > int64(2*n+2) { // a look-up and a create each, a walk, a token
		t.Errorf("created %d with %d requests", r.Created, r.Requests)
	}
	w.level(w.shelf.items)
	if r := w.run(); r.Requests != 0 {
		t.Errorf("%d requests when nothing changed", r.Requests)
	}
	if n := w.api.TokenRequests(); n != 1 {
		t.Errorf("%d tokens were asked for by two processes", n)
	}

	// Another state meets the filled account: one walk, no create, and suppliers are
	// told once, since they cannot be read.
	w.path = filepath.Join(t.TempDir(), "other.db")
	before := w.api.Report()
	r := w.run()
	after := w.api.Report()
	if r.Adopted != n || r.Created != 0 || after.CreatesApplied != before.CreatesApplied {
		t.Errorf("adopted %d, created %d", r.Adopted, r.Created)
	}
	pages := int64((n + 99) / 100)
	if reads := after.Requests["GET"]["200"] - before.Requests["GET"]["200"]; reads != pages {
		t.Errorf("%d reads, want one walk of %d pages", reads, pages)
	}
	if r := w.run(); r.Requests != 0 {
		t.Errorf("%d requests after the adoption", r.Requests)
	}
	w.level(w.shelf.items)
}

// What vanished or was withdrawn is reported once for each, and until it is back.
func TestWhatVanishedIsReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.FlexportConfig{}, 4)
	w.settle()
	all := slices.Clone(w.shelf.items)
	w.shelf.items = slices.Clone(all[:3])
	w.shelf.items[0].status = "draft"
	for range 3 {
		w.run()
	}
	got := w.problems()
	withdrawn, vanished := 0, 0
	for message, n := range got {
		if strings.Contains(message, "cannot archive") {
			if strings.Contains(message, "missing from its source") {
				vanished += n
			} else {
				withdrawn += n
			}
		}
	}
	if withdrawn != 1 || vanished != 1 || len(got) != 2 {
		t.Errorf("problems %v", got)
	}
	w.shelf.items = all
	if r := w.run(); len(w.problems()) != 0 || r.Requests != 0 {
		t.Errorf("when they are back: %d requests, problems %v", r.Requests, w.problems())
	}
}

// A product archived on Flexport's pages is made anew under its SKU.
func TestArchivedAtFlexportIsMadeAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.FlexportConfig{}, 3)
	w.settle()
	w.api.Archive("P-0001")
	w.shelf.items[1].name = "Fish, smoked"
	w.settle()
	w.level(w.shelf.items)
	if r := w.api.Report(); r.ProductsArchived != 1 || r.ProductsActive != 3 {
		t.Errorf("the API has %+v", r)
	}
}

// A new product that look-ups do not show yet is not made twice: the API refuses
// the second, and by then it shows.
func TestProductsThatShowLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.FlexportConfig{Unseen: 2}, 5)
	w.faults(sandbox.Fault{Kind: sandbox.HangupAfter, Method: "POST", Path: "/products", Every: 2})
	w.settle()
	w.level(w.shelf.items)
	if r := w.api.Report(); r.CreatesApplied != 5 {
		t.Errorf("%d products were made", r.CreatesApplied)
	}
}

// One that customs do not know is told in the API's words; the rest goes on.
func TestUnknownCodeIsAProblem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.FlexportConfig{}, 5)
	w.shelf.items[2].code = "7701.11"
	w.shelf.items[3].name = strings.Repeat("x", 300)
	w.settle()
	want := map[string]int{"HS code 7701.11 is not known for region US": 1, "name is too long (maximum is 255 characters)": 1}
	if diff := cmp.Diff(want, w.problems()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if n := len(w.held()); n != 3 {
		t.Errorf("the API has %d", n)
	}
}
