package sandbox_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// pim is an Akeneo sandbox with a token.
type pim struct {
	t     *testing.T
	api   *sandbox.Akeneo
	token string
}

func newPIM(t *testing.T, cfg sandbox.AkeneoConfig) *pim {
	t.Helper()
	api, err := sandbox.NewAkeneo(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := &pim{t: t, api: api}
	_, body := p.ask(`{"grant_type":"password","username":"u","password":"p"}`)
	p.token, _ = body["access_token"].(string)
	return p
}

// ask asks for a token.
func (p *pim) ask(body string) (int, map[string]any) {
	r := httptest.NewRequest(http.MethodPost, "/api/oauth/v1/token", strings.NewReader(body))
	r.SetBasicAuth("id", "secret")
	r.Header.Set("Content-Type", "application/json")
	return p.do(r)
}

func (p *pim) get(target string) (int, map[string]any) {
	r := httptest.NewRequest(http.MethodGet, strings.TrimPrefix(target, "http://example.com"), http.NoBody)
	r.Header.Set("Authorization", "Bearer "+p.token)
	return p.do(r)
}

func (p *pim) do(r *http.Request) (int, map[string]any) {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.api.ServeHTTP(w, r)
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		p.t.Fatalf("%s: %v in %s", r.URL, err, w.Body)
	}
	return w.Code, out
}

func items(page map[string]any) []any {
	embedded, _ := page["_embedded"].(map[string]any)
	list, _ := embedded["items"].([]any)
	return list
}

// walk follows the links of pages to the end.
func (p *pim) walk(target string) (all []any, pages int) {
	for target != "" {
		status, page := p.get(strings.ReplaceAll(target, " ", "%20"))
		if status != http.StatusOK {
			p.t.Fatalf("%s: %d %v", target, status, page)
		}
		all, pages = append(all, items(page)...), pages+1
		links, _ := page["_links"].(map[string]any)
		next, _ := links["next"].(map[string]any)
		target, _ = next["href"].(string)
	}
	return all, pages
}

func TestAkeneoSampleIsWhatTheTypeHolds(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("akeneo.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var c sandbox.AkeneoCatalog
	if err := d.Decode(&c); err != nil || len(c.Products) == 0 {
		t.Fatal(err)
	}
	for _, p := range append(c.ProductModels, c.Products...) {
		if parent, _ := p["parent"].(string); parent != "" && c.Model(parent) == nil {
			t.Errorf("%v is below %s, which is not there", p["code"], parent)
		}
	}
}

func TestAkeneoLists(t *testing.T) {
	t.Parallel()
	p := newPIM(t, sandbox.AkeneoConfig{})
	for _, test := range []struct {
		about, target string
		items, pages  int
	}{
		{"products behind each other; the last page is not full", "/api/rest/v1/products-uuid?pagination_type=search_after&limit=5", 23, 5},
		{"ten to a page unless asked otherwise", "/api/rest/v1/products-uuid?pagination_type=search_after", 23, 3},
		{"a full last page leads to an empty one", "/api/rest/v1/products-uuid?pagination_type=search_after&limit=23", 23, 2},
		{"the older list has those with an identifier", "/api/rest/v1/products?pagination_type=search_after&limit=100", 22, 1},
		{"models by number", "/api/rest/v1/product-models?limit=3", 9, 4},
		{"attributes by code", `/api/rest/v1/attributes?search={"code":[{"operator":"IN","value":["ean","name","nobody"]}]}`, 2, 1},
		{"variants below a root", `/api/rest/v1/products-uuid?search={"parent":[{"operator":"=","value":"wrist_splint"}]}`, 4, 1},
		{"what changed since", `/api/rest/v1/products-uuid?search={"updated":[{"operator":">","value":"2026-10-01 08:00:00"}]}`, 0, 1},
		{"what changed since an earlier time", `/api/rest/v1/products-uuid?limit=100&search={"updated":[{"operator":">","value":"2026-10-01 07:59:59"}]}`, 23, 1},
		{"assets of a family", "/api/rest/v1/asset-families/packshots/assets", 8, 1},
	} {
		all, pages := p.walk(test.target)
		if len(all) != test.items || pages != test.pages {
			t.Errorf("%s: %d on %d pages, want %d on %d", test.about, len(all), pages, test.items, test.pages)
		}
	}
}

func TestAkeneoRefuses(t *testing.T) {
	t.Parallel()
	p := newPIM(t, sandbox.AkeneoConfig{Forbidden: []string{"/api/rest/v1/families"}})
	for _, test := range []struct {
		target string
		status int
		says   string
	}{
		{"/api/rest/v1/products-uuid?limit=101", 422, "more than 100"},
		{"/api/rest/v1/products-uuid?limit=100&page=101", 422, "maximum number of pages"},
		{`/api/rest/v1/products-uuid?search={"gone":[{"operator":"=","value":1}]}`, 422, "not supported"},
		{`/api/rest/v1/products-uuid?search={`, 400, "JSON"},
		{"/api/rest/v1/channels/web", 404, "does not exist"},
		{"/api/rest/v1/families/braces/variants/braces_size", 403, "not allowed"},
		{"/api/rest/v1/nothing", 404, "No route"},
	} {
		status, body := p.get(strings.ReplaceAll(test.target, `"`, "%22"))
		if said, _ := body["message"].(string); status != test.status || !strings.Contains(said, test.says) {
			t.Errorf("%s: %d %v", test.target, status, body)
		}
	}
}

// A variant has what its models have, and is new when one of them is.
func TestAkeneoVariants(t *testing.T) {
	t.Parallel()
	p := newPIM(t, sandbox.AkeneoConfig{Zone: time.FixedZone("", 2*3600)})
	p.api.Edit(func(c *sandbox.AkeneoCatalog) { c.Model("wrist_splint")["updated"] = "2026-10-05T10:00:00+02:00" })
	all, _ := p.walk(`/api/rest/v1/products-uuid?scope=ecommerce&locales=en_US&with_attribute_options=true&search={"updated":[{"operator":">","value":"2026-10-05 09:59:59"}]}`)
	if len(all) != 4 {
		t.Fatalf("%d variants, want 4", len(all))
	}
	values := all[0].(map[string]any)["values"].(map[string]any)
	for _, code := range []string{"sku", "hand", "size", "name", "description"} {
		if list, _ := values[code].([]any); len(list) != 1 {
			t.Errorf("%s: %v", code, values[code])
		}
	}
	size := values["size"].([]any)[0].(map[string]any)
	if linked, _ := size["linked_data"].(map[string]any); linked["labels"] == nil {
		t.Errorf("size without labels: %v", size)
	}
}

func TestAkeneoTokens(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	cfg := sandbox.AkeneoConfig{Username: "u"}
	cfg.Now = func() time.Time { return now }
	p := newPIM(t, cfg)
	if status, body := p.ask(`{"grant_type":"password","username":"x","password":"p"}`); status != 422 {
		t.Errorf("another user: %d %v", status, body)
	}
	_, grant := p.ask(`{"grant_type":"password","username":"u","password":"p"}`)
	refresh, _ := grant["refresh_token"].(string)
	for n, want := range []int{200, 422} { // it is good once
		if status, body := p.ask(`{"grant_type":"refresh_token","refresh_token":"` + refresh + `"}`); status != want {
			t.Errorf("refresh %d: %d %v", n, status, body)
		}
	}
	now = now.Add(time.Hour)
	if status, _ := p.get("/api/rest/v1/channels"); status != 401 {
		t.Errorf("a token of an hour ago: %d", status)
	}
}

func TestAkeneoFaults(t *testing.T) {
	t.Parallel()
	p := newPIM(t, sandbox.AkeneoConfig{})
	const list = "/api/rest/v1/products-uuid?pagination_type=search_after&limit=5"
	firstUUID := func(page map[string]any) any { return items(page)[0].(map[string]any)["uuid"] }
	_, plain := p.get(list)
	next := plain["_links"].(map[string]any)["next"].(map[string]any)["href"].(string)
	for _, test := range []struct {
		kind sandbox.FaultKind
		look func(status int, page map[string]any) bool
	}{
		{sandbox.RepeatPage, func(_ int, page map[string]any) bool { return firstUUID(page) == firstUUID(plain) }},
		{sandbox.DropItem, func(_ int, page map[string]any) bool { return len(items(page)) == 4 }},
		{sandbox.Nulls, func(_ int, page map[string]any) bool {
			one := items(page)[0].(map[string]any)
			return one["family"] == nil && one["uuid"] != nil
		}},
		{sandbox.OddTypes, func(_ int, page map[string]any) bool {
			body, _ := json.Marshal(page)
			return bytes.Contains(body, []byte("unexpected"))
		}},
		{sandbox.ExpireTokens, func(status int, _ map[string]any) bool { return status == 401 }},
	} {
		if err := p.api.SetFaults(sandbox.Fault{Kind: test.kind, Times: 1}); err != nil {
			t.Fatal(err)
		}
		if status, page := p.get(next); !test.look(status, page) {
			t.Errorf("%s: %d %v", test.kind, status, page)
		}
	}
}
