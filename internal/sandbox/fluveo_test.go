package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
)

// fluveo is a sandbox whose answers are held against the contract too.
type fluveo struct {
	*testing.T
	api *sandbox.Fluveo
	url string
	now time.Time
}

func newFluveo(t *testing.T, cfg sandbox.FluveoConfig) *fluveo {
	t.Helper()
	f := &fluveo{T: t, now: time.Now()}
	cfg.Now = func() time.Time { return f.now }
	var err error
	if f.api, err = sandbox.NewFluveo(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(contract.ValidateBoth(contract.Fluveo, f.api, func(v contract.Violation) { t.Errorf("contract: %s", v) }))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// ask sends a request under a key and gives the status, the body and the headers.
func (f *fluveo) ask(method, path, key, body string) (int, map[string]any, http.Header) {
	f.Helper()
	req, err := http.NewRequestWithContext(f.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	req.SetBasicAuth("sk_test_1", "")
	req.Header.Set("X-API-Version", "2026-03-09")
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", key)
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		f.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		f.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(text, &answer); err != nil {
		f.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	return resp.StatusCode, answer, resp.Header
}

func TestFluveoKeepsAnswers(t *testing.T) {
	t.Parallel()
	f := newFluveo(t, sandbox.FluveoConfig{CreateStatus: 201})
	const desk = `{"name":"Desk","default_price_data":{"currency":"usd","unit_amount":100},"metadata":{"sku":"D"}}`
	status, first, h := f.ask("POST", "/v1/products", "k1", desk)
	if status != 201 || h.Get("X-RateLimit-Limit") != "1500" || h.Get("X-API-Version") != "2026-03-09" {
		t.Errorf("created: %d, %v", status, h)
	}
	if status, again, _ := f.ask("POST", "/v1/products", "k1", desk); status != 200 || again["id"] != first["id"] {
		t.Errorf("repeated: %d %v", status, again["id"])
	}
	if status, _, _ := f.ask("POST", "/v1/products", "k1", `{"name":"Other"}`); status != 422 {
		t.Errorf("the same key with another body: %d", status)
	}
	if err := f.api.SetFaults(sandbox.Fault{Kind: sandbox.ServerError, Apply: true, Times: 1}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time without a fault
		if status, _, _ := f.ask("POST", "/v1/products", "k2", `{"name":"Mat"}`); status != 500 {
			t.Errorf("a kept error: %d", status)
		}
	}
	f.now = f.now.Add(25 * time.Hour)
	if status, again, _ := f.ask("POST", "/v1/products", "k1", desk); status != 201 || again["id"] == first["id"] {
		t.Errorf("a day later: %d", status)
	}
	if r := f.api.Report(); r.CreatesApplied != 3 || r.Duplicates != 1 || r.IdempotentReplays != 2 {
		t.Errorf("%+v", r)
	}
}

func TestFluveoPrices(t *testing.T) {
	t.Parallel()
	f := newFluveo(t, sandbox.FluveoConfig{})
	_, p, _ := f.ask("POST", "/v1/products", "k1", `{"name":"Desk","default_price_data":{"currency":"usd","unit_amount":100}}`)
	product, old := p["id"].(string), p["default_price"].(string)
	if status, _, _ := f.ask("POST", "/v1/prices/"+old, "k2", `{"active":false}`); status != 400 {
		t.Errorf("the default price was archived: %d", status)
	}
	_, price, _ := f.ask("POST", "/v1/prices", "k3", `{"product":"`+product+`","currency":"usd","unit_amount":200}`)
	if r := f.api.Report(); r.ExtraPrices != 1 {
		t.Errorf("%d prices too many, want 1", r.ExtraPrices)
	}
	f.ask("POST", "/v1/products/"+product, "k4", `{"default_price":"`+price["id"].(string)+`"}`)
	if status, _, _ := f.ask("POST", "/v1/prices/"+old, "k5", `{"active":false}`); status != 200 {
		t.Errorf("the old price stays: %d", status)
	}
	if _, list, _ := f.ask("GET", "/v1/prices?active=true&product="+product, "", ""); len(list["data"].([]any)) != 1 {
		t.Errorf("active prices: %v", list["data"])
	}
}

func TestFluveoAllowance(t *testing.T) {
	t.Parallel()
	f := newFluveo(t, sandbox.FluveoConfig{PerMinute: 2})
	for _, want := range []int{200, 200, 429} {
		status, _, h := f.ask("GET", "/v1/products", "", "")
		if status != want || want == 429 && h.Get("Retry-After") == "" {
			t.Errorf("%d, %v, want %d", status, h, want)
		}
	}
	f.now = f.now.Add(time.Minute)
	if status, _, _ := f.ask("GET", "/v1/products", "", ""); status != 200 {
		t.Errorf("a minute later: %d", status)
	}
}
