package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
)

const (
	testKey = "fsk_test_1"
	liveKey = "fsk_1"
)

// bench is a Flex sandbox behind a real server, with every answer checked against
// the contract unless faults are expected to break it.
type bench struct {
	t    *testing.T
	flex *sandbox.Flex
	url  string
	key  string
}

func setup(t *testing.T, cfg sandbox.FlexConfig) *bench {
	t.Helper()
	flex, err := sandbox.NewFlex(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(flex)
	t.Cleanup(server.Close)
	return &bench{t: t, flex: flex, url: server.URL, key: testKey}
}

// checked is setup with every answer held against the contract.
func checked(t *testing.T, cfg sandbox.FlexConfig) *bench {
	t.Helper()
	flex, err := sandbox.NewFlex(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(contract.ValidateBoth(contract.Flex, flex, func(v contract.Violation) {
		if v.Status != 0 { // requests are broken on purpose here
			t.Errorf("contract: %s", v)
		}
	}))
	t.Cleanup(server.Close)
	return &bench{t: t, flex: flex, url: server.URL, key: testKey}
}

func (b *bench) as(key string) *bench {
	other := *b
	other.key = key
	return &other
}

// reply is an answer's head.
type reply struct {
	status int
	header http.Header
}

// do sends one request on a connection of its own, so that faults of one do not
// reach another.
func (b *bench) do(method, path, body string, header ...string) (*reply, []byte, error) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.GetBody = nil
	if b.key != "" {
		req.Header.Set("Authorization", "Bearer "+b.key)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return &reply{resp.StatusCode, resp.Header}, answer, err
}

// must sends a request and wants the status; it gives the answer's JSON.
func (b *bench) must(status int, method, path, body string, header ...string) map[string]any {
	b.t.Helper()
	resp, answer, err := b.do(method, path, body, header...)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	if resp.status != status {
		b.t.Fatalf("%s %s: status %d, want %d: %s", method, path, resp.status, status, answer)
	}
	var v map[string]any
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &v); err != nil {
			b.t.Fatalf("%s %s: %v in %s", method, path, err, answer)
		}
	}
	return v
}

// body is a create with overrides, as a JSON object of fields.
func body(overrides map[string]any) string {
	product := map[string]any{
		"name": "Knee Brace", "description": "Hinged", "upc_code": "036000291452",
		"url": "https://cdn.example.com/a.jpg", "client_reference_id": "sku-1",
	}
	for name, v := range overrides {
		if v == nil {
			delete(product, name)
			continue
		}
		product[name] = v
	}
	text, _ := json.Marshal(map[string]any{"product": product})
	return string(text)
}

type fields = map[string]any

func (b *bench) create(overrides fields, header ...string) fields {
	b.t.Helper()
	return b.must(200, "POST", "/v1/products", body(overrides), header...)["product"].(fields)
}

// list gives the names on a page.
func (b *bench) list(query string) []string {
	b.t.Helper()
	names := []string{}
	for _, p := range b.must(200, "GET", "/v1/products"+query, "")["products"].([]any) {
		names = append(names, p.(fields)["name"].(string))
	}
	return names
}
