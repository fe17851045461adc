package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/sandbox"
)

var (
	stepwiseSeeds = flag.Int("stepwise.seeds", 1, "how many catalogs TestStepByStep lives through")
	stepwiseSteps = flag.Int("stepwise.steps", 6, "in how many steps")
)

// stepwiseConfig joins a shop and an ERP for all four APIs; of what many changes at once
// would hold up, nothing is.
const stepwiseConfig = `
sources:
  shop:
    type: file
    path: ../shop.csv
    currency: USD
    fields: { sku: sku, parent: handle, name: title, description: text, brand: brand, category: category, status: status, price: price, gtin: gtin, images: image }
  erp:
    type: file
    path: ../erp.csv
    currency: USD
    fields: { sku: number, gtin: ean, country_of_origin: origin, hs_codes: hs, subscription_prices: "rent_{months}" }
catalogs:
  main: { from: [shop, erp], match: MATCH, introduce: [shop] }
destinations:
  flex: { type: flex, base_url: "API/flex", api_key: fsk_test_x }
  portal: { type: flexportal, base_url: "API/flexportal", api_key: k, tenant_id: t, currency: USD }
  payments: { type: fluveo, base_url: "API/fluveo", secret_key: sk_test_x, currency: USD }
  freight: { type: flexport, base_url: "API/flexport", client_id: a, client_secret: b, region: US }
syncs:
  to-flex: { from: main, to: flex, guards: &off { archive: off, replace: off, create: off, update: off, price: off, shrink: off } }
  to-portal: { from: main, to: portal, guards: *off, filter: 'len(variant.subscription_prices) > 0' }
  to-payments: { from: main, to: payments, guards: *off }
  to-freight: { from: main, to: freight, guards: *off, filter: 'len(variant.hs_codes) > 0', missing: report }
`

// TestStepByStep brings a catalog to the APIs step by step, as it changes: products come, go
// and come back, variants move and change their SKUs and barcodes, rows are doubled and
// spoiled. Each sync does what the plan before it said, a run with nothing to do sends
// nothing, and in the end the APIs hold what they hold where the catalog came at once.
//
//	go test ./cmd/skubridge -run TestStepByStep -stepwise.seeds 50 -stepwise.steps 30
func TestStepByStep(t *testing.T) {
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		*stepwiseSteps = min(*stepwiseSteps, 3)
	}
	for seed := range *stepwiseSeeds {
		for _, match := range []string{"sku", "gtin"} {
			t.Run(fmt.Sprintf("%s %d", match, seed), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				inSteps, atOnce := newDesk(t, dir, "in-steps", match), newDesk(t, dir, "at-once", match)
				shop := newStepShop(uint64(seed), match)
				for step := range *stepwiseSteps {
					shop.edit(step)
					shop.write(t, dir)
					inSteps.planned()
					inSteps.level()
				}
				atOnce.level()
				compareDesks(t, inSteps, atOnce, shop)
				inSteps.kept()
				atOnce.kept()
				if t.Failed() {
					t.Logf("edits: %q", shop.edits)
				}
			})
		}
	}
}

// desk is the program with a state of its own, and the APIs that it talks to.
type desk struct {
	*testing.T
	config string
	server *sandbox.Server
}

var stepwiseAPIs = []string{"flex", "flexportal", "fluveo", "flexport"}

func newDesk(t *testing.T, dir, name, match string) *desk {
	t.Helper()
	server, err := sandbox.Start(t.Context(), sandbox.ServerConfig{Listen: "127.0.0.1:0", Wrap: validated})
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, config: filepath.Join(dir, "skubridge.yaml"), server: server}
	text := strings.NewReplacer("API", strings.TrimSuffix(server.URL("flex"), "/flex"), "MATCH", match).Replace(stepwiseConfig)
	if err := os.WriteFile(d.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// run runs a command and gives what it prints, a JSON value each.
func (d *desk) run(args ...string) (out []map[string]any) {
	d.Helper()
	var data, talk bytes.Buffer
	code := run(d.Context(), append(args, "--json", "--config", d.config), console{in: strings.NewReader(""), out: &data, err: &talk})
	if code != 0 && code != exitPartial {
		d.Fatalf("%v: exit code %d\n%s", args, code, talk.String())
	}
	for dec := json.NewDecoder(&data); dec.More(); {
		var v any
		if err := dec.Decode(&v); err != nil {
			d.Fatal(err)
		}
		if list, ok := v.([]any); ok {
			for _, of := range list {
				out = append(out, of.(map[string]any))
			}
			continue
		}
		out = append(out, v.(map[string]any))
	}
	return out
}

// planned holds what a sync does against what the plan before it said.
func (d *desk) planned() {
	d.Helper()
	said, did := d.run("plan"), d.run("sync")
	words := map[string]string{"create": "created", "adopt": "adopted", "update": "updated", "replace": "replaced", "archive": "archived", "restore": "restored"}
	for i, run := range did {
		if run["rejected"] != 0.0 {
			continue // what the API refuses was planned, and is not done
		}
		counts := said[i]["plan"].(map[string]any)["counts"].(map[string]any)
		for op, word := range words {
			of, _ := counts[op].(float64)
			if was, _ := run[word].(float64); of != was {
				d.Errorf("%s: the plan said %s %v, and %v were %s", run["sync"], op, of, was, word)
			}
		}
	}
}

// level runs syncs until what went missing is gone. The last one has nothing to do.
func (d *desk) level() {
	d.Helper()
	for range 2 {
		d.run("sync")
	}
	for _, run := range d.run("sync") {
		if run["requests"] != 0.0 || run["pending"] != 0.0 {
			d.Errorf("%s: nothing changed, and it sent %v requests and has %v pending", run["sync"], run["requests"], run["pending"])
		}
	}
}

// kept asks the APIs whether all they got was as their contracts say, and once.
func (d *desk) kept() {
	d.Helper()
	for _, api := range stepwiseAPIs {
		var r sandbox.Report
		d.get(api, "report", &r)
		if r.ContractViolations != 0 || r.KeysWithTwoBodies != 0 || r.ActiveDuplicates != 0 || r.ExtraPrices != 0 {
			d.Errorf("%s: %d breaches of the contract %q, %d keys for two bodies, %d products twice, %d prices too many",
				api, r.ContractViolations, r.Violations, r.KeysWithTwoBodies, r.ActiveDuplicates, r.ExtraPrices)
		}
	}
}

// get asks the sandbox of an API about what it holds.
func (d *desk) get(api, about string, into any) {
	d.Helper()
	resp, err := http.Get(d.server.URL(api) + "/__sandbox/" + about)
	if err != nil {
		d.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		d.Fatal(err)
	}
}

// troubled are the SKUs and products that have a problem, what is in one product with them,
// and the products that those SKUs have been in: what has one stays as it was, and so may what
// the others there say.
func (d *desk) troubled(shop *stepShop) map[string]bool {
	d.Helper()
	troubled := map[string]bool{}
	for _, p := range d.run("problems") {
		troubled[p["sku"].(string)] = true
	}
	together := func() {
		for _, v := range shop.variants {
			troubled[v.handle] = troubled[v.handle] || troubled[v.sku]
		}
		for _, v := range shop.variants {
			troubled[v.sku] = troubled[v.sku] || troubled[v.handle]
		}
	}
	together()
	for sku, homes := range shop.homes {
		for _, handle := range homes {
			troubled[handle] = troubled[handle] || troubled[sku]
		}
	}
	together()
	return troubled
}

// compareDesks compares what the APIs hold of what has no problem.
func compareDesks(t *testing.T, inSteps, atOnce *desk, shop *stepShop) {
	t.Helper()
	troubled, compared := inSteps.troubled(shop), 0
	for _, api := range stepwiseAPIs {
		got, want := inSteps.onSale(api), atOnce.onSale(api)
		for _, of := range []map[string]any{got, want} {
			maps.DeleteFunc(of, func(sku string, _ any) bool {
				_, wanted := want[sku]
				return troubled[sku] || api == "flexport" && !wanted // it archives nothing by a call
			})
		}
		compared += len(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-at once +in steps):\n%s", api, diff)
		}
	}
	if compared == 0 {
		t.Error("nothing is left to compare")
	}
}

// onSale is what an API sells, by SKU, without what only it says. Of one SKU there is one product.
func (d *desk) onSale(api string) map[string]any {
	d.Helper()
	var all []struct {
		Product map[string]any `json:"product"`
	}
	d.get(api, "products", &all)
	out := map[string]any{}
	for _, held := range all {
		p := held.Product
		if offSale(p) {
			continue
		}
		meta, _ := p["metadata"].(map[string]any)
		for _, sku := range []any{p["client_reference_id"], p["productSku"], meta["sku"], p["sku"]} {
			if sku, ok := sku.(string); ok {
				if out[sku] != nil {
					d.Errorf("%s: two products of %s are on sale", api, sku)
				}
				out[sku] = plainly(p)
				break
			}
		}
	}
	return out
}

func offSale(p map[string]any) bool {
	return p["active"] == false || p["archived_at"] != nil || slices.Contains([]any{"archived", "inactive", "discontinued"}, p["status"])
}

// notCompared are members of products that an API makes up, and what it cannot change or
// blank.
var notCompared = []string{
	"product_id", "productId", "variantId", "id", "product", "default_price", "skubridge_replaces", "created", "updated", "created_at", "updated_at", "createdAt",
	"updatedAt", "archived_at", "_sync", "client_verified", "hsa_fsa_eligibility", "visit_type", "image_urls", "country_of_origin", "suppliers",
}

// plainly is a value without those, and without parts that are off sale. Lists are in an order.
func plainly(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, of := range v {
			if !slices.Contains(notCompared, k) {
				out[k] = plainly(of)
			}
		}
		return out
	case []any:
		var out []any
		for _, of := range v {
			if part, ok := of.(map[string]any); !ok || !offSale(part) {
				out = append(out, plainly(of))
			}
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return out
	}
	return v
}

// dice are what a seed makes of chance.
func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 11)) } //nolint:gosec // to be had again
