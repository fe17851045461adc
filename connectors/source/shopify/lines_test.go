package shopify_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/shopify"
	"github.com/skubridge/skubridge/internal/secret"
)

// resultOf reads a bulk operation whose result is given, with the counts that it has.
func resultOf(t testing.TB, result string, lines, roots int) (keys, problems []string, err error) {
	t.Helper()
	var base string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(result))
			return
		}
		body, _ := io.ReadAll(r.Body)
		asked := string(body)
		operation := `{"id":"gid://shopify/BulkOperation/1","status":"COMPLETED","createdAt":"2026-11-01T12:00:00Z","objectCount":"` +
			strconv.Itoa(lines) + `","rootObjectCount":"` + strconv.Itoa(roots) + `","url":"` + base + `/result"}`
		switch {
		case strings.Contains(asked, "query Shop"):
			_, _ = w.Write([]byte(`{"data":{"shop":{"myshopifyDomain":"acme.myshopify.com","currencyCode":"USD"},"productsCount":{"count":` + strconv.Itoa(roots) + `,"precision":"EXACT"}}}`))
		case strings.Contains(asked, "query Operations"):
			_, _ = w.Write([]byte(`{"data":{"bulkOperations":{"nodes":[]}}}`))
		default:
			_, _ = w.Write([]byte(`{"data":{"bulkOperationRunQuery":{"bulkOperation":` + operation + `,"userErrors":[]}}}`))
		}
	}))
	defer server.Close()
	base = server.URL
	o := shopify.Default()
	o.Shop, o.BaseURL, o.Token = "acme.myshopify.com", server.URL, secret.New(token)
	s, err := shopify.New(connectors.Env{TempDir: t.TempDir()}, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for r, err := range s.Read(t.Context(), "") {
		if bad, ok := errors.AsType[*connectors.RecordError](err); ok {
			problems = append(problems, bad.Error())
			continue
		}
		if err != nil {
			return keys, problems, err
		}
		keys = append(keys, string(r.Key))
	}
	return keys, problems, nil
}

const (
	productLine = `{"id":"gid://shopify/Product/1","handle":"p"}` + "\n"
	variantLine = `{"id":"gid://shopify/ProductVariant/2","sku":"A","price":"1","__parentId":"gid://shopify/Product/1"}` + "\n"
)

// What a result may be made of, and what is said of it.
func TestResults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		result       string
		lines, roots int
		keys         int
		says         string
	}{
		{"a product with a variant", productLine + variantLine, 2, 1, 1, ""},
		{"the child before its parent", variantLine + productLine, 2, 1, 1, ""},
		{"no line end behind the last line", productLine + strings.TrimSpace(variantLine), 2, 1, 1, ""},
		{"blank lines", "\n" + productLine + "\r\n" + variantLine, 2, 1, 1, ""},
		{"a variant that comes twice", productLine + variantLine + variantLine, 3, 1, 1, ""},
		{"a product that comes twice, in the place of another", productLine + variantLine + productLine, 3, 2, 1, "1 products were read, and the API says that there are 2"},
		{"an image", productLine + variantLine + `{"id":"gid://shopify/MediaImage/3","image":{"url":"u"},"__parentId":"gid://shopify/Product/1"}`, 3, 1, 1, ""},
		{"a child without its parent", variantLine, 1, 0, 0, "holds parts of product 1, but not the product itself"},
		{"a line that is cut", productLine + variantLine[:40], 2, 1, 0, "line 2 of the result cannot be read: it is not whole"},
		{"a line that is no object", productLine + "[]\n", 2, 1, 0, "line 2 of the result cannot be read"},
		{"no id", productLine + "{}\n", 2, 1, 0, "is not an id"},
		{"a child of a child", productLine + strings.Replace(variantLine, "gid://shopify/Product/1\"}", "gid://shopify/ProductVariant/1\"}", 1), 2, 1, 0, "not a product"},
		{"fewer lines than counted", productLine + variantLine, 3, 1, 0, "holds 2 objects, but Shopify counted 3"},
		{"more products than counted", productLine + variantLine, 2, 2, 0, "holds 1 products, but Shopify counted 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			keys, problems, err := resultOf(t, test.result, test.lines, test.roots)
			if len(keys) != test.keys || len(problems) > 0 || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%q, %q, %v, want %q", keys, problems, err, test.says)
			}
		})
	}
}

// FuzzResult wants whatever a result holds to be read or refused, no record without a key,
// and none that cannot be decoded without saying so.
func FuzzResult(f *testing.F) {
	f.Add(productLine + variantLine)
	f.Add(variantLine + productLine)
	f.Add(`{"id":"gid://shopify/Product/1","tags":5}`)
	f.Add(productLine + `{"id":"gid://shopify/ProductVariant/2","inventoryItem":{"measurement":{"weight":{"value":1e-9,"unit":"X"}}},"m0":{"value":"x"},"__parentId":"gid://shopify/Product/1"}`)
	o := shopify.Default()
	o.Shop, o.BaseURL, o.Token = "acme.myshopify.com", "http://127.0.0.1:1", secret.New(token)
	o.Metafields, o.Countries = []string{"variant.a_b.c"}, []string{"DE"}
	env := connectors.Env{TempDir: f.TempDir()}
	s, err := shopify.New(env, o)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	s.SetTime(env, time.Now, func(context.Context, time.Duration) error { return nil }, -1)
	f.Fuzz(func(t *testing.T, result string) {
		_ = s.ReadResult(t.Context(), strings.NewReader(result), func(r catalog.Record, err error) bool {
			if err != nil {
				return true
			}
			if len(r.Key) == 0 || len(r.Subject) == 0 {
				t.Errorf("record %+v", r)
			}
			if _, _, err := r.Raw.Decode(); err != nil {
				if _, ok := errors.AsType[*connectors.RecordError](err); !ok {
					t.Errorf("%T: %v", err, err)
				}
			}
			return len(r.Raw.AppendContent(nil)) > 0
		})
	})
}
