package daemon_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors/all"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
)

// TestAWebhookOfTheShopReachesTheAPI: what it names is fetched and synced without a
// schedule; the verdict goes back into a metafield of the shop, and the webhook that
// tells of that starts nothing.
func TestAWebhookOfTheShopReachesTheAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	shop, err := sandbox.NewShopify(sandbox.ShopifyConfig{
		Products: sandbox.ShopifySample(), Scopes: []string{"read_products", "read_inventory", "write_products"},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	configure := func(when string) string {
		return b.write("shop.yaml", fmt.Sprintf(`server: { listen: %q }
sources:
  shop: { type: shopify, shop: acme.myshopify.com, base_url: %q, token: shpat_1, webhook_secret: hush }
destinations:
  flex: { type: flex, base_url: %q, api_key: fsk_test_1 }
syncs:
  shop-to-flex:
    from: shop
    to: flex
    %s
    map: { upc_code: '"036000291452"', image_urls: '["https://cdn.example.com/1.jpg"]', url: '"https://cdn.example.com/1.jpg"' }
writeback:
  verdicts: { from: flex, source: shop, field: custom.hsa, test: true }
`, b.listen, server.URL, b.url, when))
	}
	start := func(when string) (stop func()) {
		load := &daemon.Loader{
			Path: configure(when), Registry: all.Registry(), UserAgent: "skubridge/test",
			Log: func(*config.Config) zerolog.Logger { return b.logger() },
		}
		app, err := load.Load()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- daemon.New(app, b.store, daemon.Config{Load: load}).Run(ctx) }()
		return func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	stop := start(`schedule: "@every 1s"`) // what was never read whole is not known by its changes
	l := b.listed("KB-S", func(l catalog.Listing) bool { return l.Verdict != nil && l.Verdict.Final })
	stop()
	stop = start("")
	b.settled("KB-S", l.Verdict.Value, shop) // the first round of write-backs is made at once
	p, _ := shop.Product("knee-brace")
	p.Description = "<p>Another one.</p>"
	shop.Put(p)
	if code := b.tell("w1", 101); code != http.StatusOK {
		t.Fatalf("answered %d", code)
	}
	b.listed("KB-S", func(l catalog.Listing) bool { return l.Payload.Text("description") == "Another one." })
	before := b.runs()
	if code := b.tell("w2", 101); code != http.StatusOK { // the shop tells of our own write
		t.Fatalf("answered %d", code)
	}
	if status := b.became("w2"); status != state.EventDone {
		t.Errorf("w2 is %s", status)
	}
	stop()
	if after := b.runs(); after != before {
		t.Errorf("%d runs because of our own write", after-before)
	}
}

// tell sends a webhook of the shop about a product.
func (b *bench) tell(id string, product int64) int {
	b.Helper()
	body := fmt.Sprintf(`{"id":%d,"admin_graphql_api_id":"gid://shopify/Product/%d","updated_at":%q}`, product, product, time.Now().UTC().Format(time.RFC3339))
	mac := hmac.New(sha256.New, []byte("hush"))
	mac.Write([]byte(body))
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+b.listen+"/webhooks/shop", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	for name, value := range map[string]string{
		"X-Shopify-Hmac-Sha256": base64.StdEncoding.EncodeToString(mac.Sum(nil)), "X-Shopify-Shop-Domain": "acme.myshopify.com",
		"X-Shopify-Topic": "products/update", "X-Shopify-Webhook-Id": id, "X-Shopify-Triggered-At": time.Now().UTC().Format(time.RFC3339),
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// settled waits until a verdict stands in a metafield of the shop.
func (b *bench) settled(sku, verdict string, shop *sandbox.Shopify) {
	b.Helper()
	held := ""
	for deadline := time.Now().Add(30 * time.Second); held != verdict; time.Sleep(20 * time.Millisecond) {
		p, _ := shop.Product("knee-brace")
		for _, v := range p.Variants {
			if v.SKU == sku {
				held = v.Metafields["custom.hsa"]
			}
		}
		if time.Now().After(deadline) {
			b.Fatalf("the shop holds %q, want %q", held, verdict)
		}
	}
}

// runs counts the runs so far.
func (b *bench) runs() (n int) {
	b.Helper()
	for _, err := range b.store.Runs(b.Context(), state.Filter{}) {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	return n
}
