package engine_test

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/destination/flexportal"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
)

func byCSV(o *flexportal.Options) { o.FirstLoad = flexportal.LoadByCSV }

// inCSV maps devices to what an import can say; edit goes over it.
func inCSV(edit map[string]string) mapping.Config {
	m := map[string]string{
		"description": "", "variant.listPrice": `decimal("599")`, "variant.acquisitionCost": `decimal("410.50")`,
		"variant.variantName": "product.name", // as the API calls a variant without a colour
	}
	maps.Copy(m, edit)
	return mapping.Config{Map: m}
}

func (p *portal) posts() (total int64) {
	for _, n := range p.api.Report().Requests["POST"] {
		total += n
	}
	return total
}

// 2,000 products get there with four imports, each read back once.
func TestPortalFirstLoadByCSV(t *testing.T) {
	t.Parallel()
	n := 2000
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		n = 600
	}
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, n), byCSV)
	p.remap(inCSV(nil))
	r := p.run(engine.Options{})
	imports := int64((n + 499) / 500)
	if r.Created != n || r.Status != state.RunOK || r.Requests > 1+2*imports || p.posts() != imports {
		t.Errorf("%d created, %s, %d requests, %d of them imports", r.Created, r.Status, r.Requests, p.posts())
	}
	p.isLevel()

	// After the first load a product goes by itself, and each has its id.
	p.drawer.devices = append(p.drawer.devices, devices(n+1, n+3)...)
	p.drawer.devices[0].monthly = 4990
	before := p.posts()
	if r := p.run(engine.Options{}); r.Created != 3 || r.Updated != 1 || p.posts() != before+3 {
		t.Errorf("%d created, %d updated, %d posts", r.Created, r.Updated, p.posts()-before)
	}
	p.isLevel()
}

// What an import cannot say goes by itself; a variant that the API calls otherwise is
// corrected in the same run.
func TestPortalCSVCompleted(t *testing.T) {
	t.Parallel()
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 9), byCSV)
	p.remap(inCSV(map[string]string{
		"description":         `product.sku == "D3" ? "Eleven inches" : ""`,
		"variant.variantName": `product.sku == "D5" ? "another" : product.name`,
	}))
	if r := p.run(engine.Options{}); r.Status != state.RunOK || p.posts() != 2 {
		t.Errorf("%s after %d posts, problems %q", told(r), p.posts(), p.problems())
	}
	p.isLevel()
}

// A row that is refused is a problem of its product, in the API's words, and of no other.
func TestPortalCSVRowErrors(t *testing.T) {
	t.Parallel()
	for _, cfg := range []sandbox.FlexPortalConfig{{}, {Summary: true}, {FirstRow: 1}} {
		p := openPortal(t, cfg, devices(9, 9), nil)
		p.remap(inCSV(map[string]string{"variant.variantSku": `replace(variant.sku, "D9", "D3")`}))
		p.run(engine.Options{}) // D9 has the variants of D3
		mine := openPortalBeside(t, p, devices(1, 5), byCSV)
		r := mine.run(engine.Options{})
		if r.Created != 4 || r.Rejected != 1 || r.Status != state.RunPartial {
			t.Errorf("%+v: %s", cfg, told(r))
		}
		if got := mine.problems(); len(got) != 1 || !strings.Contains(got[0], "D3") || !strings.Contains(got[0], "already exists on different product") {
			t.Errorf("%+v: problems %q", cfg, got)
		}
	}
}

// Whatever an import meets, the API ends equal to the catalog, with nothing twice.
func TestPortalCSVThroughFaults(t *testing.T) {
	t.Parallel()
	swallowed := 0
	for name, tt := range map[string]struct {
		cfg   sandbox.FlexPortalConfig
		fault sandbox.Fault
	}{
		"hangup after":      {fault: sandbox.Fault{Kind: sandbox.HangupAfter, Path: "/v1/products/csv", Times: 1}},
		"hangup for good":   {fault: sandbox.Fault{Kind: sandbox.HangupAfter, Path: "/v1/products/csv"}},
		"refused as such":   {fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 413, Path: "/v1/products/csv"}},
		"no such address":   {fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 404, Path: "/v1/products/csv"}},
		"truncated":         {fault: sandbox.Fault{Kind: sandbox.Truncate, Method: "POST", Times: 1}},
		"list unread":       {fault: sandbox.Fault{Kind: sandbox.ServerError, Path: "/v1/products/variants", Times: 2}},
		"rate limit":        {fault: sandbox.Fault{Kind: sandbox.RateLimit, Path: "/v1/products/variants", Times: 1}},
		"every fifth fails": {fault: sandbox.Fault{Kind: sandbox.ServerError, Apply: true, Every: 5}},
		"swallowed rows": {cfg: sandbox.FlexPortalConfig{Swallows: func(sku string) bool {
			swallowed++ // imports are one at a time
			return strings.HasPrefix(sku, "D2-") && swallowed < 30
		}}, fault: sandbox.Fault{Kind: sandbox.Slow, Times: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openPortal(t, tt.cfg, devices(1, 12), byCSV)
			p.remap(inCSV(nil))
			p.level(tt.fault)
			if r := p.api.Report(); r.CreatesApplied != 12 || r.ContractViolations != 0 {
				t.Errorf("the API has %+v", r)
			}
		})
	}
}

// A product that stands there already is adopted, not overwritten, also by an import of a
// run that goes on where another one ended.
func TestPortalCSVOverwritesNothing(t *testing.T) {
	t.Parallel()
	p := openPortal(t, sandbox.FlexPortalConfig{}, devices(1, 6), byCSV)
	p.remap(inCSV(nil))
	if err := p.api.SetFaults(sandbox.Fault{Kind: sandbox.Unauthorized, Method: "POST"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.engine.Run(t.Context(), p.sync, engine.Options{}); err == nil {
		t.Fatal("bad credentials did not stop the run")
	}
	if err := p.api.SetFaults(); err != nil {
		t.Fatal(err)
	}
	// Somebody makes one of them by hand meanwhile.
	theirs := openPortalBeside(t, p, devices(4, 4), nil)
	theirs.run(engine.Options{})
	made := p.posts()
	r := p.run(engine.Options{})
	if r.Adopted != 1 || p.posts() != made+1 {
		t.Errorf("%s after %d posts, problems %q", told(r), p.posts()-made, p.problems())
	}
	p.isLevel()
	if r := p.api.Report(); r.CreatesApplied != 6 {
		t.Errorf("%d products made", r.CreatesApplied)
	}
}

// openPortalBeside is another skubridge with a state of its own, at the same API.
func openPortalBeside(t *testing.T, p *portal, list []device, edit func(*flexportal.Options)) *portal {
	t.Helper()
	other := openPortal(t, sandbox.FlexPortalConfig{}, list, edit)
	other.url = p.url
	other.again()
	other.remap(inCSV(nil))
	return other
}
