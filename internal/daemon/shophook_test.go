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
)

// shopHook sends a webhook as Shopify does, and gives the status of the answer.
func (b *bench) shopHook(id, topic, body, secret string) int {
	b.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+b.listen+"/webhooks/shop", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	for name, value := range map[string]string{
		"Topic": topic, "Webhook-Id": id, "Shop-Domain": "acme.myshopify.com", "Hmac-Sha256": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	} {
		req.Header.Set("X-Shopify-"+name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// TestAShopsWebhooksReachTheAPI changes and deletes products of a shop that is read once:
// webhooks name them, and the API has it. A forged one does nothing.
func TestAShopsWebhooksReachTheAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	shop, err := sandbox.NewShopify(sandbox.ShopifyConfig{Products: sandbox.ShopifySample()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	start := func(schedule string) (stop func()) {
		path := b.write("shop.yaml", fmt.Sprintf(`server: { listen: %q }
sources:
  shop: { type: shopify, shop: acme.myshopify.com, base_url: %q, token: shpat_x, webhook_secret: hush }
destinations:
  flex: { type: flex, base_url: %q, api_key: fsk_test_1 }
syncs:
  s:
    from: shop
    to: flex
    schedule: %q
    guards: { archive: off }
    map: { image_urls: '["https://cdn.example.com/1.jpg"]', gtin: '"036000291452"', description: '"Helps."' }
`, b.listen, server.URL, b.url, schedule))
		b.config.Load = &daemon.Loader{
			Path: path, Registry: all.Registry(), UserAgent: "skubridge/test", Log: func(*config.Config) zerolog.Logger { return b.logger() },
		}
		app, err := b.config.Load.Load()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- daemon.New(app, b.store, b.config).Run(ctx) }()
		return func() { cancel(); <-ended }
	}
	stop := start("@every 1s")
	b.listed("KB-S", func(l catalog.Listing) bool { return l.Status == catalog.ListingActive })
	b.listed("TH-8", func(l catalog.Listing) bool { return l.Status == catalog.ListingActive })
	stop()
	defer start("0 0 1 1 *")() // from now on nothing but a webhook tells of a change
	b.until(2, "daemon started")

	p, _ := shop.Product("knee-brace")
	p.Title = "Knee Brace, Mark II"
	p.Variants[0].Price = "41.00"
	shop.Put(p)
	shop.Delete(102)
	if status := b.shopHook("w1", "products/update", `{"id":101}`, "hushed"); status != http.StatusUnauthorized {
		t.Errorf("a forged webhook is answered %d", status)
	}
	if status := b.shopHook("w2", "products/delete", `{"id":102}`, "hush"); status != http.StatusOK {
		t.Errorf("a webhook is answered %d", status)
	}
	b.became("w2")
	b.listed("TH-8", func(l catalog.Listing) bool { return l.Status != catalog.ListingActive })
	if status := b.shopHook("w3", "products/update", `{"id":101}`, "hush"); status != http.StatusOK {
		t.Errorf("a webhook is answered %d", status)
	}
	b.became("w3")
	deadline := time.Now().Add(30 * time.Second)
	for {
		text := string(b.listed("KB-S", func(catalog.Listing) bool { return true }).Payload.Bytes())
		if strings.Contains(text, "Mark II") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the change did not reach the API: %s", text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
