package contract_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/skubridge/skubridge/internal/sandbox/contract"
)

const product = `"name":"Knee Brace","description":"Hinged","upc_code":"036000291452","url":"https://cdn.example.com/a.jpg"`

func request(method, target, body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer fsk_test_1")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func TestEveryContractLoads(t *testing.T) {
	t.Parallel()
	for _, api := range []contract.API{contract.Flex, contract.FlexPortal, contract.Fluveo, contract.Flexport} {
		if _, err := contract.Load(api); err != nil {
			t.Error(err)
		}
	}
	if _, err := contract.Load("nobody"); err == nil {
		t.Error("a contract of nobody was found")
	}
}

func TestEveryContractIsValidOpenAPI(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"flex", "flexportal", "fluveo", "flexport"} {
		doc, err := openapi3.NewLoader().LoadFromFile("openapi/" + name + ".openapi.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := doc.Validate(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFlexRequests(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, method, target, body string
		change                      func(*http.Request)
		wrong                       string // empty: the request keeps the contract
	}{
		{about: "the four required fields", method: "POST", target: "/v1/products", body: `{"product":{` + product + `}}`},
		{about: "every field", method: "POST", target: "/v1/products", body: `{"product":{` + product + `,"gtin":"00036000291452","client_reference_id":"a","metadata":{"sku":"a"},"image_urls":["https://a.example/b"],"categories":["c"],"components":["d"],"reference_gtin":"12345678"}}`},
		{about: "a field is missing", method: "POST", target: "/v1/products", body: `{"product":{"name":"a"}}`, wrong: "description"},
		{about: "a field that is not there", method: "POST", target: "/v1/products", body: `{"product":{` + product + `,"price":1}}`, wrong: "price"},
		{about: "a UPC of eleven digits", method: "POST", target: "/v1/products", body: `{"product":{"name":"a","description":"b","upc_code":"03600029145","url":"https://a.example/b"}}`, wrong: "upc_code"},
		{about: "a UPC as a number", method: "POST", target: "/v1/products", body: `{"product":{"name":"a","description":"b","upc_code":36000291452,"url":"https://a.example/b"}}`, wrong: "upc_code"},
		{about: "null where text is due", method: "POST", target: "/v1/products", body: `{"product":{` + product + `,"gtin":null}}`, wrong: "gtin"},
		{about: "metadata that is not text", method: "POST", target: "/v1/products", body: `{"product":{` + product + `,"metadata":{"n":1}}}`, wrong: "metadata"},
		{about: "half a body", method: "POST", target: "/v1/products", body: `{"product":{`, wrong: "request body"},
		{about: "no body", method: "POST", target: "/v1/products", wrong: "request body"},
		{about: "an update of what can be updated", method: "PATCH", target: "/v1/products/fprod_1", body: `{"product":{"active":false}}`},
		{about: "an update of the name", method: "PATCH", target: "/v1/products/fprod_1", body: `{"product":{"name":"a"}}`, wrong: "name"},
		{about: "an update of nothing", method: "PATCH", target: "/v1/products/fprod_1", body: `{"product":{}}`, wrong: "product"},
		{about: "a list", method: "GET", target: "/v1/products?limit=100&starting_after=fprod_1&active=false&client_reference_id=a&metadata[sku]=a"},
		{about: "a page too long", method: "GET", target: "/v1/products?limit=101", wrong: "limit"},
		{about: "a filter that the API would ignore", method: "GET", target: "/v1/products?upc_code=1", wrong: "upc_code"},
		{about: "brackets on a plain parameter", method: "GET", target: "/v1/products?limit[a]=1", wrong: "limit[a]"},
		{about: "an empty reference", method: "GET", target: "/v1/products?client_reference_id=", wrong: "client_reference_id"},
		{about: "a body where none is due", method: "GET", target: "/v1/products/fprod_1", body: `{}`, wrong: "body"},
		{about: "no such method", method: "DELETE", target: "/v1/products/fprod_1", wrong: "DELETE"},
		{about: "a method that nobody knows", method: "BREW", target: "/v1/products", wrong: "BREW"},
		{about: "no such path", method: "GET", target: "/v2/products", wrong: "/v2/products"},
		{about: "no credentials", method: "GET", target: "/v1/products", change: func(r *http.Request) { r.Header.Del("Authorization") }, wrong: "security"},
		{about: "basic credentials", method: "GET", target: "/v1/products", change: func(r *http.Request) { r.SetBasicAuth("a", "b") }, wrong: "security"},
		{about: "another content type", method: "POST", target: "/v1/products", body: `{"product":{` + product + `}}`, change: func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, wrong: "Content-Type"},
		{about: "an idempotency key", method: "POST", target: "/v1/products", body: `{"product":{` + product + `}}`, change: func(r *http.Request) { r.Header.Set("Idempotency-Key", "k") }},
		{about: "an idempotency key too long", method: "POST", target: "/v1/products", body: `{"product":{` + product + `}}`, change: func(r *http.Request) { r.Header.Set("Idempotency-Key", strings.Repeat("k", 256)) }, wrong: "Idempotency-Key"},
	}
	c, err := contract.Load(contract.Flex)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range tests {
		r := request(tc.method, tc.target, tc.body)
		if tc.change != nil {
			tc.change(r)
		}
		err := c.CheckRequest(r, []byte(tc.body))
		switch {
		case tc.wrong == "" && err != nil:
			t.Errorf("%s: %v", tc.about, err)
		case tc.wrong != "" && (err == nil || !strings.Contains(err.Error(), tc.wrong)):
			t.Errorf("%s: error %v, want it to name %s", tc.about, err, tc.wrong)
		}
	}
}

// The other contracts differ in how they find a path and want credentials.
func TestOtherAPIs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		api            contract.API
		method, target string
		header         http.Header
		wrong          string
	}{
		{contract.FlexPortal, "GET", "/v1/products/variants", http.Header{"Authorization": {"Bearer k"}, "Tenant-Id": {"3f0c9a52-6c1e-4a6f-9a3b-1f2e3d4c5b6a"}}, ""},
		{contract.FlexPortal, "GET", "/v1/products/variants", http.Header{"Authorization": {"Bearer k"}}, "Tenant-ID"},
		{contract.Fluveo, "GET", "/v1/products", http.Header{"Authorization": {"Basic a2V5Og=="}}, ""},
		{contract.Fluveo, "GET", "/v1/products", http.Header{"Authorization": {"Bearer k"}}, "security"},
		{contract.Flexport, "GET", "/products", http.Header{"Authorization": {"Bearer k"}, "Flexport-Version": {"3"}}, ""},
	}
	for _, tc := range tests {
		c, err := contract.Load(tc.api)
		if err != nil {
			t.Fatal(err)
		}
		r := request(tc.method, tc.target, "")
		r.Header = tc.header
		err = c.CheckRequest(r, nil)
		switch {
		case tc.wrong == "" && err != nil:
			t.Errorf("%s %s: %v", tc.api, tc.target, err)
		case tc.wrong != "" && (err == nil || !strings.Contains(err.Error(), tc.wrong)):
			t.Errorf("%s %s: error %v, want it to name %s", tc.api, tc.target, err, tc.wrong)
		}
	}
}

func TestHandlerReportsAndPassesOn(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var found []string
	report := func(v contract.Violation) {
		mu.Lock()
		defer mu.Unlock()
		found = append(found, v.String())
	}
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(string(body), "teapot") {
			w.WriteHeader(http.StatusTeapot)
		}
		io.WriteString(w, `{"product":{"hsa_fsa_eligibility":7}}`)
	})
	tests := []struct {
		about, target, body string
		want                []string
	}{
		{"the sandbox's own paths pass", "/__sandbox/faults", `{}`, nil},
		{"an answer is checked", "/v1/products", `{"product":{` + product + `}}`, []string{"flex: POST /v1/products: answer 200: "}},
		{"a request is checked", "/v1/products", `{"teapot":1}`, []string{"flex: POST /v1/products: request: ", "answer 418: "}},
	}
	h := contract.ValidateBoth(contract.Flex, next, report)
	for _, tc := range tests {
		found = nil
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request("POST", tc.target, tc.body))
		if !strings.Contains(w.Body.String(), "product") {
			t.Errorf("%s: the answer was %q", tc.about, w.Body)
		}
		if len(found) != len(tc.want) {
			t.Errorf("%s: found %q, want %q", tc.about, found, tc.want)
			continue
		}
		for i := range found {
			if !strings.Contains(found[i], tc.want[i]) || strings.Contains(found[i], "\n") {
				t.Errorf("%s: found %q, want one line with %q", tc.about, found[i], tc.want[i])
			}
		}
	}
}

func BenchmarkCheckRequest(b *testing.B) {
	c, err := contract.Load(contract.Flex)
	if err != nil {
		b.Fatal(err)
	}
	body := []byte(`{"product":{` + product + `}}`)
	r := request("POST", "/v1/products", string(body))
	for b.Loop() {
		if err := c.CheckRequest(r, body); err != nil {
			b.Fatal(err)
		}
	}
}
