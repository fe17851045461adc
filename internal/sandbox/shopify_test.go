package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// store is a store and how it is asked.
type store struct {
	t    *testing.T
	api  *sandbox.Shopify
	base string
	now  time.Time
}

func newStore(t *testing.T, cfg sandbox.ShopifyConfig) *store {
	t.Helper()
	s := &store{t: t, now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	cfg.Now = func() time.Time { return s.now }
	if cfg.Products == nil {
		cfg.Products = sandbox.ShopifySample()
	}
	var err error
	if s.api, err = sandbox.NewShopify(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.api)
	t.Cleanup(server.Close)
	s.base = server.URL
	return s
}

// ask gives the whole answer to a query as text.
func (s *store) ask(query string) string {
	s.t.Helper()
	body, _ := json.Marshal(map[string]any{"query": query})
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+"/admin/api/2026-07/graphql.json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Shopify-Access-Token", "shpat_x")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// An answer holds what was asked for, and an error names what is not there.
func TestShopifyAnswersWhatIsAsked(t *testing.T) {
	t.Parallel()
	s := newStore(t, sandbox.ShopifyConfig{})
	for query, want := range map[string]string{
		`{ shop { currencyCode } }`: `"data":{"shop":{"currencyCode":"USD"}}`,
		`{ one: product(id: "gid://shopify/Product/102") { handle tags category { id } } }`:       `"data":{"one":{"category":null,"handle":"thermometer","tags":["fsa"]}}`,
		`{ product(id: "gid://shopify/Product/9") { id } }`:                                       `"data":{"product":null}`,
		`{ products(first: 1) { nodes { handle } pageInfo { hasNextPage endCursor } } }`:          `"products":{"nodes":[{"handle":"knee-brace"}],"pageInfo":{"endCursor":"1","hasNextPage":true}}`,
		`{ products(first: 3, after: "3") { nodes { handle } pageInfo { hasNextPage } } }`:        `"products":{"nodes":[{"handle":"ice-pack"}],"pageInfo":{"hasNextPage":false}}`,
		`{ products(first: 1) { nodes { colour } } }`:                                             `Field 'colour' doesn't exist on type 'Product'`,
		`{ products { nodes { id } } }`:                                                           `you must provide first`,
		`{ products(first: 250) { nodes { variants(first: 100) { nodes { image { url } } } } } }`: `MAX_COST_EXCEEDED`,
		`{ products(first: 1`: `Parse error`,
		`{ productsCount(query: "updated_at:>='2026-11-01T13:00:00Z'") { count precision } }`: `{"count":0,"precision":"EXACT"}`,
		`{ productsCount(limit: 2) { count precision } }`:                                     `{"count":2,"precision":"AT_LEAST"}`,
		`mutation { bulkOperationRunQuery(query: "{ products { edges { node { variants { edges { node { media { edges { node { id } } } } } } } } } }") { userErrors { message } } }`: `nested deeper than 2 levels`,
		`mutation { productDelete { id } }`: `doesn't exist on type 'Mutation'`,
	} {
		if got := s.ask(query); !strings.Contains(got, want) {
			t.Errorf("%s\n gives %s\n  want %s", query, got, want)
		}
	}
}

// Points are used up and come back.
func TestShopifyThrottles(t *testing.T) {
	t.Parallel()
	s := newStore(t, sandbox.ShopifyConfig{Points: 10, Restore: 2})
	query := `{ products(first: 4) { nodes { category { id } } } }`
	said := s.ask(query)
	for n := 0; n < 10 && strings.Contains(said, `"data"`); n++ {
		said = s.ask(query)
	}
	if !strings.Contains(said, "THROTTLED") || !strings.Contains(said, `"restoreRate":2`) {
		t.Fatal(said)
	}
	s.now = s.now.Add(5 * time.Second)
	if got := s.ask(query); !strings.Contains(got, `"data"`) {
		t.Error(got)
	}
}

// A result names the parents of its children, comes from another host, and wants no token.
func TestShopifyResults(t *testing.T) {
	t.Parallel()
	s := newStore(t, sandbox.ShopifyConfig{})
	s.ask(`mutation { bulkOperationRunQuery(query: "{ products { edges { node { id variants { edges { node { id sku } } } } } } }") { bulkOperation { id } } }`)
	got := s.ask(`{ bulkOperation(id: "gid://shopify/BulkOperation/1") { status objectCount rootObjectCount fileSize url } }`)
	var said struct {
		Data struct {
			Operation struct {
				Status, ObjectCount, RootObjectCount, FileSize, URL string
			} `json:"bulkOperation"`
		}
	}
	if err := json.Unmarshal([]byte(got), &said); err != nil {
		t.Fatal(err)
	}
	o := said.Data.Operation
	if o.Status != "COMPLETED" || o.ObjectCount != "11" || o.RootObjectCount != "4" || !strings.HasPrefix(o.URL, "http://localhost:") {
		t.Fatalf("%s", got)
	}
	result := func(from, token string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(o.URL, "localhost", "127.0.0.1", 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		if from != "" {
			req.Header.Set("Range", "bytes="+from+"-")
		}
		if token != "" {
			req.Header.Set("X-Shopify-Access-Token", token)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	status, whole := result("", "")
	if status != 200 || strings.Count(whole, "\n") != 11 || strings.Count(whole, `"__parentId":"gid://shopify/Product/`) != 7 || fmt.Sprint(len(whole)) != o.FileSize {
		t.Errorf("%d: %s", status, whole)
	}
	if status, rest := result("100", ""); status != 206 || rest != whole[100:] {
		t.Errorf("%d: %q is not %q", status, rest, whole[100:])
	}
	if s.api.Report().ContractViolations != 0 {
		t.Error("a violation too early")
	}
	result("", "shpat_x")
	if s.api.Report().ContractViolations != 1 {
		t.Error("a token at the results is no violation")
	}
	s.api.SetQuirks(sandbox.ShopifyQuirks{Expired: 1})
	if status, _ := result("", ""); status != 403 {
		t.Errorf("an expired address answers %d", status)
	}
}
