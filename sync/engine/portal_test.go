package engine_test

import (
	"context"
	"encoding/json"
	"errors"
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
	"github.com/skubridge/skubridge/connectors/destination/flexportal"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/diff"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
	"github.com/skubridge/skubridge/sync/merge"
)

// device is one variant of a product that is rented out.
type device struct {
	sku, parent, name, currency string
	monthly                     int64 // in cents
}

// devices are the two variants of each product from first to last.
func devices(first, last int) []device {
	var out []device
	for n := first; n <= last; n++ {
		for _, size := range []string{"S", "L"} {
			out = append(out, device{sku: fmt.Sprintf("D%d-%s", n, size), parent: fmt.Sprintf("D%d", n), name: "Tablet", monthly: 3990, currency: "EUR"})
		}
	}
	return out
}

// AppendContent is every field.
func (d device) AppendContent(dst []byte) []byte {
	return fmt.Appendf(dst, "%q %d", []string{d.sku, d.parent, d.name, d.currency}, d.monthly)
}

// Decode gives a product and one of its variants.
func (d device) Decode() (product, variant catalog.Fields, err error) {
	product = catalog.Fields{Name: d.name, Description: "Eleven inches", Brand: "Acme", Category: "Tablets", Specification: "128GB"}
	variant = catalog.Fields{SKU: d.sku, Name: d.sku, SubscriptionPrices: []catalog.SubscriptionFee{
		{Months: 12, Monthly: catalog.Money{Amount: catalog.NewDecimal(d.monthly, 2), Currency: d.currency}},
	}}
	return product, variant, nil
}

// drawer is a source of devices.
type drawer struct{ devices []device }

func (s *drawer) Spec() connectors.SourceSpec { return connectors.SourceSpec{Snapshot: true} }

func (s *drawer) Read(context.Context, connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		for n, d := range s.devices {
			rec := catalog.Record{Key: []byte(d.sku), Parent: []byte(d.parent), Pos: catalog.NoPos, File: "drawer.csv", Line: n + 2, Raw: d}
			if !yield(rec, nil) {
				return
			}
		}
	}
}

// portal is one sync from a drawer to a FlexPortal sandbox, over a real state.
type portal struct {
	*bench
	drawer *drawer
	api    *sandbox.FlexPortal
	edit   func(*flexportal.Options)
}

func openPortal(t *testing.T, cfg sandbox.FlexPortalConfig, list []device, edit func(*flexportal.Options)) *portal {
	t.Helper()
	cfg.KeepRequests, cfg.Tenants = 100000, []string{"bu_1"}
	api, err := sandbox.NewFlexPortal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(contract.Validate(contract.FlexPortal, api, func(v contract.Violation) { t.Errorf("contract: %s", v) }))
	t.Cleanup(server.Close)
	p := &portal{
		bench:  &bench{T: t, url: server.URL, path: filepath.Join(t.TempDir(), "state.db"), log: new(lockedBuffer)},
		drawer: &drawer{list}, api: api, edit: edit,
	}
	p.again()
	return p
}

// again makes the sync anew over the state that there is.
func (p *portal) again() {
	p.Helper()
	if p.store != nil {
		p.stop()
	}
	requests := new(delivery.Counter)
	env := connectors.Env{Name: "portal", OnRequest: requests.Add, Common: connectors.Common{BaseURL: p.url, Concurrency: 4, Timeout: 5 * time.Second}}
	dest, err := flexportal.Type().Open(env, func(into any) error {
		o := into.(*flexportal.Options)
		o.APIKey, o.TenantID, o.Currency = secret.New("pk_live"), "bu_1", "EUR"
		if p.edit != nil {
			p.edit(o)
		}
		return nil
	})
	if err != nil {
		p.Fatal(err)
	}
	cfg := delivery.Config{Concurrency: 4, Timeout: 20 * time.Millisecond, Backoff: time.Millisecond, BreakerFailures: 1000}
	p.sync = &engine.Sync{
		Name: "drawer-to-portal", Sources: []engine.Source{{Name: "drawer", Source: p.drawer}},
		Merge: merge.Rules{Sources: []string{"drawer"}}, Grace: catalog.Grace{Reads: 1},
		Account: delivery.NewAccount("portal", dest, cfg, requests, zerolog.Nop(), p.now),
	}
	p.remap(mapping.Config{})
	p.start()
}

// onSale lists what the API has on sale: each variant with its name and price.
func (p *portal) onSale() []string {
	p.Helper()
	w := httptest.NewRecorder()
	p.api.ServeHTTP(w, httptest.NewRequestWithContext(p.Context(), "GET", "/__sandbox/products", nil))
	var all []struct {
		Product struct {
			SKU      string `json:"productSku"`
			Name     string `json:"name"`
			Status   string `json:"status"`
			Variants []struct {
				SKU     string `json:"variantSku"`
				Status  string `json:"status"`
				Pricing []struct {
					Monthly json.Number `json:"monthlyPrice"`
				} `json:"pricing"`
			} `json:"variants"`
		} `json:"product"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil {
		p.Fatalf("%v in %s", err, w.Body)
	}
	lines := []string{}
	for _, a := range all {
		for _, v := range a.Product.Variants {
			if a.Product.Status == "active" && v.Status == "active" {
				lines = append(lines, fmt.Sprintf("%s %s %s %s", a.Product.SKU, v.SKU, a.Product.Name, v.Pricing[0].Monthly))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// isLevel compares what is on sale with the catalog, and wants the next run to have
// nothing to do.
func (p *portal) isLevel() {
	p.Helper()
	want := []string{}
	for _, d := range p.drawer.devices {
		want = append(want, fmt.Sprintf("%s %s %s %s", d.parent, d.sku, d.name, catalog.NewDecimal(d.monthly, 2)))
	}
	slices.Sort(want)
	if d := cmp.Diff(want, p.onSale()); d != "" {
		p.Errorf("on sale (-want +got):\n%s", d)
	}
	if err := p.api.SetFaults(); err != nil {
		p.Fatal(err)
	}
	if r := p.run(engine.Options{}); r.Requests != 0 || r.Status != state.RunNothing {
		p.Errorf("the run after: %d requests, %s", r.Requests, told(r))
	}
}

// level runs until nothing is left to do: what was parked is taken up by the next run.
func (p *portal) level(faults ...sandbox.Fault) engine.Report {
	p.Helper()
	var first engine.Report
	for n := range 10 {
		if err := p.api.SetFaults(faults...); err != nil {
			p.Fatal(err)
		}
		r, err := p.engine.Run(p.Context(), p.sync, engine.Options{})
		if n == 0 {
			first = r
		}
		if err == nil && (r.Status == state.RunOK || r.Status == state.RunNothing) {
			break
		}
		if n == 9 {
			p.Fatalf("not level after 10 runs: %s, %v, problems %q", told(r), err, p.problems())
		}
	}
	p.isLevel()
	return first
}

// many is more than a page of products holds.
func many() int {
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		return 30
	}
	return 110
}

// Products come, change, lose variants, vanish and return, while every fifth
// request meets a fault: the API ends equal to the catalog, with nothing twice.
func TestPortalThroughFaults(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]sandbox.Fault{
		"none":          {Kind: sandbox.Slow, Times: 1},
		"hangup before": {Kind: sandbox.HangupBefore, Every: 5},
		"hangup after":  {Kind: sandbox.HangupAfter, Every: 5},
		"5xx applied":   {Kind: sandbox.ServerError, Apply: true, Every: 5},
		"5xx":           {Kind: sandbox.ServerError, Every: 5},
		"truncated":     {Kind: sandbox.Truncate, Every: 5},
		"web page":      {Kind: sandbox.HTML, Apply: true, Every: 5},
		"empty":         {Kind: sandbox.Empty, Apply: true, Every: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 12 // internal/matrix has the numbers; here are two variants of each
			p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, n), nil)
			p.level(f)

			for i := range p.drawer.devices { // changed
				p.drawer.devices[i].monthly, p.drawer.devices[i].name = 2990, "Tablet <2>"
			}
			p.level(f)
			whole := slices.Clone(p.drawer.devices)
			p.drawer.devices = slices.DeleteFunc(slices.Clone(whole), func(d device) bool { return strings.HasSuffix(d.sku, "-L") })
			p.level(f) // a variant of each left
			p.drawer.devices = whole
			p.level(f) // and returned
			p.drawer.devices = whole[:2]
			p.level(f) // all but one vanished
			p.drawer.devices = whole
			p.level(f) // and returned
			if r := p.api.Report(); r.CreatesApplied != int64(n) || r.ProductsActive != n || r.ContractViolations != 0 {
				t.Errorf("the API has %+v, want %d products", r, n)
			}
		})
	}
}

// An account that holds everything is adopted by one walk, without a create. Where
// the list shows whole products, nothing but the walk is asked for.
func TestPortalAdoption(t *testing.T) {
	t.Parallel()
	for name, whole := range map[string]bool{"bare lists": false, "whole lists": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := many()
			p := openPortal(t, sandbox.FlexPortalConfig{ListsWhole: whole}, devices(1, n), nil)
			p.level()
			p.stop()
			p.path = filepath.Join(t.TempDir(), "state.db")
			p.store = nil
			p.again()
			before := len(p.api.Requests())
			if r := p.level(); r.Adopted != n || r.Created != 0 {
				t.Errorf("%s, want %d adopted", told(r), n)
			}
			counts := map[string]int{}
			for _, r := range p.api.Requests()[before:] {
				path := r.Path
				if strings.HasPrefix(path, "/v1/products/prod") {
					path = "one product"
				}
				counts[r.Method+" "+path]++
			}
			want := map[string]int{"GET /v1/products": (n + 99) / 100}
			if !whole {
				want["GET one product"] = n // to see its variants, and whose it is
			}
			if d := cmp.Diff(want, counts); d != "" {
				t.Errorf("requests (-want +got):\n%s", d)
			}
		})
	}
}

// What the answer does not say was written is not listed, and is refused once.
func TestPortalVariantNotWritten(t *testing.T) {
	t.Parallel()
	skip := true
	cfg := sandbox.FlexPortalConfig{Skips: func(sku string) bool { return skip && sku == "D1-L" }}
	p := openPortal(t, cfg, devices(1, 2), nil)
	p.expect("partial: 2 created") // one of them in part
	if got := fmt.Sprint(p.problems()); !strings.Contains(got, "D1 rejected: the API did not write variant D1-L") {
		t.Errorf("problems %s", got)
	}
	l, _, err := p.store.Listing(t.Context(), "portal", "D1")
	if err != nil || l.RemoteID == "" || strings.Contains(string(l.Payload.Bytes()), "D1-L") {
		t.Errorf("listed %s as %q, %v", l.Payload.Bytes(), l.RemoteID, err)
	}
	before := len(p.api.Requests())
	p.expect("partial: 1 unchanged 1 rejected")
	if got := len(p.api.Requests()) - before; got != 0 {
		t.Errorf("%d requests for what was refused", got)
	}
	skip = false
	p.drawer.devices[0].monthly, p.drawer.devices[1].monthly = 100, 100 // another payload
	p.level()
}

// A product that FlexPortal's own connector writes is reported and left alone.
func TestPortalOtherWriter(t *testing.T) {
	t.Parallel()
	for name, whole := range map[string]bool{"told when it is looked at": false, "told by the walk": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openPortal(t, sandbox.FlexPortalConfig{ListsWhole: whole}, devices(1, 2), nil)
			p.level()
			if !p.api.SetWriter("D1", "shopify") {
				t.Fatal("no such product")
			}
			p.stop()
			p.path, p.store = filepath.Join(t.TempDir(), "state.db"), nil
			p.drawer.devices[0].name, p.drawer.devices[1].name = "Mine", "Mine"
			p.again()
			r := p.run(engine.Options{})
			if r.Adopted != 1 || r.Status != state.RunPartial || !strings.Contains(fmt.Sprint(p.problems()), "connector to shopify writes it") {
				t.Errorf("%s, problems %q", told(r), p.problems())
			}
			if strings.Contains(fmt.Sprint(p.onSale()), "Mine") {
				t.Errorf("it was changed: %q", p.onSale())
			}
			p.edit = func(o *flexportal.Options) { o.OtherWriters = flexportal.OverwriteOthers }
			p.again()
			if _, err := p.store.Retry(t.Context(), p.sync.Name, nil, p.now()); err != nil {
				t.Fatal(err)
			}
			p.level()
		})
	}
}

// A product that is there already is looked up before it would be overwritten.
func TestPortalLooksBeforeItUpserts(t *testing.T) {
	t.Parallel()
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 1), nil)
	p.level()
	other := openPortal(t, sandbox.FlexPortalConfig{}, devices(5, 5), nil)
	other.url, other.api = p.url, p.api
	other.again()
	other.expect("ok: 1 created") // D5, by another state
	if !p.api.SetWriter("D5", "woocommerce") {
		t.Fatal("no such product")
	}
	p.drawer.devices = append(p.drawer.devices, devices(5, 6)...)
	p.expect("partial: 1 created 1 unchanged 1 quarantined")
}

// A variant with orders stays on sale until they are over; the run says so, and the
// next one tries again.
func TestPortalVariantInUse(t *testing.T) {
	t.Parallel()
	inUse := true
	p := openPortal(t, sandbox.FlexPortalConfig{InUse: func(sku string) bool { return inUse && sku == "D1-L" }}, devices(1, 2), nil)
	p.level()
	p.drawer.devices = slices.DeleteFunc(p.drawer.devices, func(d device) bool { return d.sku == "D1-L" })
	p.expect("partial: 1 unchanged 1 pending")
	p.expect("partial: 1 unchanged 1 pending")
	inUse = false
	p.level()
}

// A product that somebody deleted for good is made anew by the same run.
func TestPortalProductGone(t *testing.T) {
	t.Parallel()
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 2), nil)
	p.level()
	if !p.api.Remove("D1") {
		t.Fatal("no such product")
	}
	p.drawer.devices[0].monthly = 100
	p.expect("ok: 1 created 1 unchanged")
	p.isLevel()
}

// A product whose parent has another name now is no product of the catalog any more,
// although no record is missing. It stays on sale until its variants are on sale elsewhere.
func TestPortalParentRenamed(t *testing.T) {
	t.Parallel()
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 2), nil)
	p.level()
	for i := range p.drawer.devices[:2] {
		p.drawer.devices[i].parent = "D1-new"
	}
	// The API keeps variants with their product, so that the new one is refused.
	for range 2 {
		if r := p.run(engine.Options{}); r.Archived != 0 || r.Rejected != 1 {
			t.Errorf("after the renaming: %s", told(r))
		}
		if got := p.onSale(); len(got) != 4 {
			t.Errorf("on sale: %q", got)
		}
	}
	v, err := engine.Examine(p.Context(), p.store, p.sync, "D1", time.Now())
	if err != nil || v.Verdict != "waiting" || !strings.Contains(v.Reason, "D1-new") || !strings.Contains(v.Next, "why D1-new") {
		t.Errorf("the old one: %+v, %v", v, err)
	}

	// Under its old name it is as it was, and nothing is left of the refusal.
	p.drawer.devices = devices(1, 2)
	if r := p.run(engine.Options{}); r.Rejected != 0 || r.Requests != 0 {
		t.Errorf("back again: %s", told(r))
	}
	p.isLevel()
}

// TestPortalVariantsMove has the variants of a product move to others: it is taken off sale when
// each of those that are to be on sale is, and not before.
func TestPortalVariantsMove(t *testing.T) {
	t.Parallel()
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 2), nil)
	p.level()
	p.drawer.devices[0].parent, p.drawer.devices[1].parent = "D2", "D3"
	p.drawer.devices[1].monthly = -1 // nobody knows what D3 is to be
	p.expect("partial: 1 unchanged 1 quarantined 1 rejected")
	if !p.api.Remove("D1") { // a person makes room, so that D2 can have its variant
		t.Fatal("no such product")
	}
	p.drawer.devices[0].monthly++
	p.expect("partial: 1 updated 1 unchanged 1 quarantined")
	p.expect("partial: 2 unchanged 1 quarantined") // D3 is still to come
	p.drawer.devices[1].monthly = 10
	if plan := p.run(engine.Options{DryRun: true}); plan.Plan == nil || plan.Plan.Counts[catalog.OpArchive] != 0 || plan.Plan.Counts[catalog.OpCreate] != 1 {
		t.Errorf("planned %+v", plan.Plan)
	}
	p.expect("ok: 1 created 2 unchanged")
	if plan := p.run(engine.Options{DryRun: true}); plan.Plan == nil || plan.Plan.Counts[catalog.OpArchive] != 1 {
		t.Errorf("planned %+v", plan.Plan)
	}
	p.level()
}

// TestPortalVariantsMoveAndAreMissing has the product that the variants moved to be missing from the
// next read: what it was before stays on sale as long as that one's grace is not over (law 5).
func TestPortalVariantsMoveAndAreMissing(t *testing.T) {
	t.Parallel()
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 2), nil)
	p.sync.Grace = catalog.Grace{Reads: 2}
	p.level()
	p.drawer.devices[0].parent, p.drawer.devices[1].parent = "D9", "D9"
	p.expect("partial: 2 unchanged 1 rejected") // the API has the variants in D1
	p.drawer.devices = p.drawer.devices[2:]
	if r := p.run(engine.Options{}); r.Archived != 0 || len(p.onSale()) != 4 {
		t.Errorf("missing for the first time: %s, on sale %q", told(r), p.onSale())
	}
	if r := p.run(engine.Options{}); r.Archived != 1 || len(p.onSale()) != 2 {
		t.Errorf("its grace is over: %s, on sale %q", told(r), p.onSale())
	}
}

// TestPortalVariantsGoOffSale has the variants of a product move to one that is not to be on sale:
// the old one waits for nothing.
func TestPortalVariantsGoOffSale(t *testing.T) {
	t.Parallel()
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 2), nil)
	p.remap(mapping.Config{Filter: `product.sku != "D9"`})
	p.level()
	p.drawer.devices[0].parent, p.drawer.devices[1].parent = "D9", "D9"
	p.expect("ok: 1 archived 1 unchanged 1 skipped")
}

// TestPortalPlansWhatItSends has variants go, come back and change, alone and with others: a plan
// says how many requests the run sends.
func TestPortalPlansWhatItSends(t *testing.T) {
	t.Parallel()
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 3), nil)
	p.level()
	renamed := devices(1, 3)
	renamed[2].name, renamed[3].name = "Slate", "Slate"
	for _, c := range []struct {
		what string
		list []device
	}{
		{"a variant and a product go", append(devices(1, 1), devices(2, 2)[0])},
		{"they come back", devices(1, 3)},
		{"a name changes, and a variant goes", slices.Delete(slices.Clone(renamed), 3, 4)},
		{"it comes back", renamed},
		{"the name changes back", devices(1, 3)},
	} {
		p.drawer.devices = c.list
		plan := p.run(engine.Options{DryRun: true})
		if r := p.run(engine.Options{}); plan.Plan == nil || plan.Plan.Requests != int(r.Requests) || r.Status != state.RunOK {
			t.Errorf("%s: planned %+v, %s with %d requests", c.what, plan.Plan, told(r), r.Requests)
		}
	}
	p.isLevel()
}

// A process that ends anywhere in a change of several steps loses nothing of it.
func TestPortalInterrupted(t *testing.T) {
	t.Parallel()
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 2), nil)
	p.level()
	whole := p.drawer.devices
	for n := 1; n <= 8; n++ { // interrupted after the n-th request
		p.drawer.devices = whole
		if n%2 == 1 {
			p.drawer.devices = []device{whole[0], whole[2]}
		}
		if err := p.api.SetFaults(sandbox.Fault{Kind: sandbox.HangupAfter, On: n}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for p.api.Report().Faults[sandbox.HangupAfter] == 0 && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		_, _ = p.engine.Run(ctx, p.sync, engine.Options{}) // whatever becomes of it
		cancel()
		p.again()
		// What was under way is finished first; a newer wish goes with the same run.
		p.drawer.devices[0].monthly++
		p.level()
	}
}

// Bad products are problems in the API's words or ours, and the rest goes on.
func TestPortalBadInput(t *testing.T) {
	t.Parallel()
	list := devices(1, 4)
	list[2].currency, list[3].currency = "USD", "USD" // D2
	list[5].sku = "D1-S+"                             // D3
	list[6].monthly, list[7].monthly = -1, 10         // D4
	p := openPortal(t, sandbox.FlexPortalConfig{}, []device{{sku: "D1-S+", parent: "X", name: "Tablet", monthly: 1, currency: "EUR"}}, nil)
	p.level() // the SKU is another product's at the API
	p.store.Close()
	p.path, p.store = filepath.Join(t.TempDir(), "state.db"), nil
	p.drawer.devices = list
	p.again()
	p.expect("partial: 1 created 2 quarantined 1 rejected")
	got := strings.Join(p.problems(), "\n")
	for _, want := range []string{
		"D2 quarantined: variant D2-S: the price is in USD, and EUR is wanted",
		"D3 rejected: Variant SKU already exists on different product (DUPLICATE_SKU)",
		"D4 quarantined: variant D4-S: the monthly price is negative",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("problems lack %q:\n%s", want, got)
		}
	}
}

// A tenant that the key is not for stops the destination, and says what to do; so
// does an account that is empty although products are listed there.
func TestPortalStops(t *testing.T) {
	t.Parallel()
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 1), func(o *flexportal.Options) { o.TenantID = "bu_2" })
	_, err := p.engine.Run(t.Context(), p.sync, engine.Options{})
	var hint interface{ Hint() string }
	if !errors.As(err, &hint) || !strings.Contains(hint.Hint(), "tenant_id") || !strings.Contains(err.Error(), "NO_TENANT_ACCESS") {
		t.Errorf("unknown tenant: %v", err)
	}
	if got := p.problems(); len(got) > 0 {
		t.Errorf("a product was blamed: %q", got)
	}
	p = openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 1), nil)
	p.level()
	p.drawer.devices = devices(1, 2)
	if err := p.api.SetFaults(sandbox.Fault{Kind: sandbox.HangupAfter, Method: "GET", On: 1}); err != nil {
		t.Fatal(err)
	}
	if r := p.run(engine.Options{}); r.Status != state.RunOK { // the question is asked again
		t.Errorf("a connection was lost, and the run is %s", told(r))
	}
	p.api.Reset()
	p.drawer.devices = devices(1, 3)
	if _, err := p.engine.Run(t.Context(), p.sync, engine.Options{}); err == nil || !strings.Contains(err.Error(), "region") {
		t.Errorf("another region: %v", err)
	}
	if r := p.api.Report(); r.CreatesApplied != 0 {
		t.Errorf("%d products made there", r.CreatesApplied)
	}
}

// A variant that is missing from its product stays on sale until its grace is over,
// and for ever where what is missing is kept (law 5).
func TestPortalVariantHasItsGrace(t *testing.T) {
	t.Parallel()
	for policy, want := range map[diff.MissingPolicy][]int{ // on sale after each run without it
		diff.MissingArchive: {2, 2, 1},
		diff.MissingKeep:    {2, 2, 2},
		diff.MissingReport:  {2, 2, 2},
	} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 1), nil)
			p.sync.Grace, p.sync.Missing = catalog.Grace{Reads: 3}, policy
			p.level()
			p.drawer.devices = p.drawer.devices[:1]
			for n, on := range want {
				p.drawer.devices[0].monthly++ // its sibling goes on changing, so that the product is sent
				r, err := p.engine.Run(p.Context(), p.sync, engine.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if got := p.onSale(); len(got) != on {
					t.Errorf("after %d reads without it %d variants are on sale, want %d: %q", n+1, len(got), on, got)
				}
				if reported := r.Status == state.RunPartial; reported != (policy == diff.MissingReport && n == 2) {
					t.Errorf("after %d reads without it: %s", n+1, told(r))
				}
			}
		})
	}
}
