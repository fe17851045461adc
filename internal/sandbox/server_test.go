package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/httpclient"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
)

func TestServerIsOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:80", "example.com:80", "127.0.0.1"} {
		if _, err := sandbox.Start(t.Context(), sandbox.ServerConfig{Listen: listen}); err == nil || !strings.Contains(err.Error(), listen) {
			t.Errorf("listen on %q: error %v, want a refusal that names it", listen, err)
		}
	}
}

func TestServerServesUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	arrived := make(chan string, 10)
	s, err := sandbox.Start(ctx, sandbox.ServerConfig{
		Flex: sandbox.FlexConfig{FrontConfig: sandbox.FrontConfig{
			OnRequest: func(r *http.Request, _ []byte) { arrived <- r.URL.Path },
		}},
		Wrap: func(api string, next http.Handler, report func(string)) http.Handler {
			return contract.Validate(contract.API(api), next, func(v contract.Violation) { report(v.String()) })
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, flex: s.Flex, url: s.URL("flex"), key: testKey}
	b.create(nil)
	b.must(200, "GET", "/v1/products?upc_code=1", "")
	report := b.must(200, "GET", "/__sandbox/report", "")
	if report["contract_violations"] != 1.0 || !strings.Contains(fmt.Sprint(report["violations"]), "upc_code") {
		t.Errorf("report %v, want the violation", report)
	}
	index := (&bench{t: t, url: strings.TrimSuffix(s.URL("flex"), "/flex")}).must(200, "GET", "/", "")
	if index["flex"] != s.URL("flex") {
		t.Errorf("index %v, want the base URL", index)
	}

	if err := s.Flex.SetFaults(sandbox.Fault{Kind: sandbox.Stall, Apply: true, Delay: sandbox.Duration(1 << 60)}); err != nil {
		t.Fatal(err)
	}
	stalled := make(chan struct{})
	go func() {
		defer close(stalled)
		b.do("PATCH", "/v1/products/stalled", body(nil))
	}()
	for path := range arrived {
		if strings.HasSuffix(path, "stalled") {
			break
		}
	}
	cancel()
	if err := s.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	<-stalled
	if _, _, err := b.do("GET", "/v1/products", ""); err == nil {
		t.Error("the server answers after its end")
	}
}

func TestReportAndLedgerOverHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.FlexConfig{SeparateAccounts: true})
	ledger := func(query string) []string {
		t.Helper()
		_, answer, err := b.do("GET", "/__sandbox/products"+query, "")
		if err != nil {
			t.Fatal(err)
		}
		var held []struct {
			Account, Mode string
			Product       struct {
				Name   string
				Active bool
			}
		}
		if err := json.Unmarshal(answer, &held); err != nil {
			t.Fatalf("%v in %s", err, answer)
		}
		got := []string{}
		for _, h := range held {
			got = append(got, fmt.Sprint(h.Account, " ", h.Mode, " ", h.Product.Name, " ", h.Product.Active))
		}
		return got
	}
	if got := ledger(""); len(got) != 0 {
		t.Errorf("an empty sandbox holds %q", got)
	}
	id := b.create(fields{"name": "A"})["product_id"].(string)
	b.create(fields{"name": "B", "client_reference_id": "other"})
	b.as(liveKey).create(fields{"name": "C"})
	b.must(200, "PATCH", "/v1/products/"+id, `{"product":{"active":false}}`)
	want := []string{"…sk_1 live C true", "…st_1 test A false", "…st_1 test B true"}
	if diff := cmp.Diff(want, ledger("")); diff != "" {
		t.Errorf("all (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"…st_1 test B true"}, ledger("?client_reference_id=other")); diff != "" {
		t.Errorf("one reference (-want +got)\n%s", diff)
	}

	got := b.must(200, "GET", "/__sandbox/report", "")
	wantReport := fields{
		"requests":        fields{"POST": fields{"200": 3.0}, "PATCH": fields{"200": 1.0}},
		"creates_applied": 3.0, "updates_applied": 1.0, "products_active": 2.0, "products_archived": 1.0,
		"client_reference_ids": 3.0, "duplicates": 0.0, "active_duplicates": 0.0, "idempotent_replays": 0.0,
		"keys_with_two_bodies": 0.0, "contract_violations": 0.0, "violations": []any{}, "faults": fields{},
	}
	if diff := cmp.Diff(wantReport, got); diff != "" {
		t.Errorf("report (-want +got)\n%s", diff)
	}
	b.must(204, "POST", "/__sandbox/reset", "")
	if got := ledger(""); len(got) != 0 {
		t.Errorf("after a reset it holds %q", got)
	}
	b.must(404, "GET", "/__sandbox/nothing", "")
}

func TestLedgerStreamsMoreThanAChunk(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.FlexConfig{})
	client := httpclient.New(httpclient.Config{})
	defer client.Close()
	for range 1201 {
		_, err := client.Do(t.Context(), httpclient.Request{
			Method: "POST", URL: b.url + "/v1/products", Body: []byte(body(nil)),
			Header: http.Header{"Authorization": {"Bearer " + testKey}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, answer, err := b.do("GET", "/__sandbox/products", "")
	var held []json.RawMessage
	if err != nil || json.Unmarshal(answer, &held) != nil || len(held) != 1201 {
		t.Errorf("the ledger lists %d products (%v), want 1201", len(held), err)
	}
}

func BenchmarkCreate(b *testing.B) {
	ctx, cancel := context.WithCancel(b.Context())
	s, err := sandbox.Start(ctx, sandbox.ServerConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { cancel(); s.Wait() }()
	payload := []byte(body(fields{"description": strings.Repeat("x", 300), "image_urls": []string{"https://cdn.example.com/a.jpg"}}))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, s.URL("flex")+"/v1/products", bytes.NewReader(payload))
			req.Header.Set("Authorization", "Bearer "+testKey)
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
