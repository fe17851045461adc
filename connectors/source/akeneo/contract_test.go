package akeneo_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/akeneo"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
)

// shared is where files of others are, which are no part of the repository.
const shared = "../../../../shared"

// published is Akeneo's own Swagger description.
func published(t *testing.T) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, "contracts/sources/akeneo-web-api.swagger.json.gz"))
	if err != nil {
		t.Skip("without Akeneo's Swagger description nothing is held against it: ", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// parsed is the contract, parsed once for all tests.
var (
	parseOnce sync.Once
	parsed    *contract.Contract
	errParse  error
)

func publishedContract(t *testing.T) *contract.Contract {
	t.Helper()
	data := published(t)
	parseOnce.Do(func() { parsed, errParse = contract.Swagger(data) })
	if errParse != nil {
		t.Fatal(errParse)
	}
	return parsed
}

// Every request that there is keeps to what Akeneo published: reads of everything and of
// changes, by UUID and by identifier, single products, checks, tokens.
func TestRequestsKeepTheContract(t *testing.T) {
	t.Parallel()
	c := publishedContract(t)
	w := newWorld(t, sandbox.AkeneoConfig{Bare: true, TokenLife: 20 * time.Minute})
	for _, by := range []akeneo.By{akeneo.ByUUID, akeneo.ByIdentifier} {
		s := w.source(func(o *akeneo.Options) {
			asConfigured(o)
			o.By, o.PageSize, o.Fallback = by, 5, []string{"fr_FR"}
			o.Fields["brand"] = mapped.Columns{"brnd", "brand"}
		})
		w.whole(s)
		since := s.Cursor()
		_ = w.clock.wait(t.Context(), 30*time.Minute)
		w.pim.Edit(func(c *sandbox.AkeneoCatalog) {
			c.Model("wrist_splint")["updated"] = w.pim.Stamp(w.clock.now())
			c.Product("BH-PO-1")["updated"] = w.pim.Stamp(w.clock.now())
		})
		if r := read(t.Context(), s, since); r.err != nil || len(r.records) == 0 {
			t.Fatal(r.err)
		}
		for range s.Fetch(t.Context(), []string{"BH-PO-1", "00000000-0000-4000-8000-000000000000"}) {
			continue
		}
		_, _ = s.Probe(t.Context())
	}
	kinds := map[string]bool{}
	for i, r := range w.requests {
		if strings.HasSuffix(r.URL.Path, "/token") && strings.Contains(w.bodies[i], "refresh_token") {
			continue // the description knows of the password alone; the page on authentication of this too
		}
		if err := c.CheckRequest(r, []byte(w.bodies[i])); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		kinds[strings.Split(strings.TrimPrefix(r.URL.Path, "/api/"), "/")[min(2, strings.Count(r.URL.Path, "/")-2)]] = true
	}
	for _, kind := range []string{"products-uuid", "products", "product-models", "attributes", "families", "categories", "channels", "asset-families", "reference-entities", "token"} {
		if !kinds[kind] {
			t.Errorf("nothing was asked of %s, so that this proves nothing of it", kind)
		}
	}
}

// What breaks the contract is noticed, or the test above proves nothing.
func TestBrokenRequestsAreNoticed(t *testing.T) {
	t.Parallel()
	c := publishedContract(t)
	for _, target := range []string{
		"/api/rest/v1/products-uuid?limit=101", "/api/rest/v1/products-uuid?pagination=search_after",
		"/api/rest/v1/product-models?with_attribute_options=true", "/api/rest/v1/product?limit=1",
	} {
		if err := c.CheckRequest(mustRequest(t, target), nil); err == nil {
			t.Errorf("%s passes", target)
		}
	}
}

// The sandbox answers with no member that Akeneo's description does not know.
func TestSandboxKeepsTheContract(t *testing.T) {
	t.Parallel()
	var swagger struct {
		Paths map[string]struct {
			Get struct {
				Responses map[string]any `json:"responses"`
			} `json:"get"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(published(t), &swagger); err != nil {
		t.Fatal(err)
	}
	var held map[string]any
	b, err := json.Marshal(sandbox.AkeneoSample())
	if err != nil || json.Unmarshal(b, &held) != nil {
		t.Fatal(err)
	}
	for kind, path := range map[string]string{
		"channels": "channels", "locales": "locales", "currencies": "currencies", "attributes": "attributes", "families": "families",
		"categories": "categories", "product_models": "product-models", "products": "products-uuid",
	} {
		names := map[string]bool{"identifier": true} // the older list has it
		membersOf(swagger.Paths["/api/rest/v1/"+path].Get.Responses["200"], names)
		for _, i := range held[kind].([]any) {
			for name := range i.(map[string]any) {
				if !names[name] {
					t.Errorf("%s: %s is not in the description", kind, name)
				}
			}
		}
	}
}

// membersOf collects the names of all members below v.
func membersOf(v any, names map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			membersOf(one, names)
		}
	case map[string]any:
		for name, one := range v {
			names[name] = true
			membersOf(one, names)
		}
	}
}

func mustRequest(t *testing.T, target string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer x")
	return r
}

// samplePage reads what a real PIM answered, from a public repository.
func samplePage(t *testing.T, name string) []map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(shared, "samples/akeneo", name))
	if err != nil {
		t.Skip("without the real answers of a PIM they are not read: ", err)
	}
	var page struct {
		Embedded struct {
			Items []map[string]any `json:"items"`
		} `json:"_embedded"`
	}
	if err := json.Unmarshal(raw, &page); err != nil {
		t.Fatal(err)
	}
	for _, i := range page.Embedded.Items {
		delete(i, "_links")
	}
	return page.Embedded.Items
}

// A page of products that a real PIM answered with is read whole. Its models are not
// there, as where a user may not see them.
func TestRealPage(t *testing.T) {
	t.Parallel()
	c := sandbox.AkeneoSample()
	c.Products = samplePage(t, "api-products-page.json")
	c.Attributes = append(c.Attributes, samplePage(t, "api-attributes.json")...)
	for i, p := range c.Products {
		p["uuid"] = product(i, nil, map[string]any{})["uuid"]
	}
	w := newWorld(t, sandbox.AkeneoConfig{Catalog: c, Bare: true})
	records := w.whole(w.source(func(o *akeneo.Options) { o.By = akeneo.ByIdentifier }))
	if len(records) != 14 {
		t.Fatalf("%d records", len(records))
	}
	bag := find(t, records, "1111111171")
	if bag.Product.Name != "Bag" || bag.Variant.Price.String() != "899 USD" || bag.Variant.GTIN != "1234567890183" ||
		bag.Variant.Weight.Unit != "g" || bag.Variant.Weight.Amount.String() != "500" || bag.Parent != "" {
		t.Errorf("%+v\n%+v", bag.Product, bag.Variant)
	}
	if i := slices.IndexFunc(records, func(g got) bool { return g.Parent == "apollon_yellow" }); i < 0 {
		t.Error("no variant of apollon_yellow")
	}
}
