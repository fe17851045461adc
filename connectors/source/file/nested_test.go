package file_test

import (
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/file"
)

const restProducts = `{"products":[
{"id":1,"handle":"knee","title":"Knee Brace","body_html":"<p>Soft</p>","vendor":"Northwind","product_type":"Braces","tags":"hsa, knee","status":"active",
 "options":[{"id":7,"name":"Size","values":["S","M"]}],
 "images":[{"id":11,"src":"https://x.example/1.jpg"},{"id":12,"src":"https://x.example/2.jpg"}],
 "variants":[
  {"id":21,"sku":"KB-S","barcode":"036000291452","option1":"S","price":"19.90","compare_at_price":"24.90","grams":250,"image_id":12,"updated_at":"2026-11-01T08:00:00+04:00"},
  {"id":22,"sku":"","barcode":null,"option1":"M","price":"20.90","grams":0,"image_id":null}]},
{"id":2,"handle":"tape","title":"Tape","status":"draft","options":[{"name":"Title"}],"images":[],
 "variants":[{"sku":"TAPE","option1":"Default Title","price":"3.00"}]},
{"id":3,"handle":"void","title":"Void","variants":[]}
]}`

func TestShopifyJSON(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"products.json": restProducts})
	s := open(t, dir, func(o *file.Options) { o.Path, o.Preset = "products.json", "shopify_json" })
	got := read(t, s)
	if got.err != nil || len(got.records) != 3 {
		t.Fatalf("got %+v", got)
	}
	var all []string
	var pos []int64
	for _, r := range got.records {
		all = append(all, r.Key, r.Where, encode(t, r.Product), encode(t, r.Variant))
		pos = append(pos, r.Pos)
	}
	knee := `{"name":"Knee Brace","description":"<p>Soft</p>","brand":"Northwind","category":"Braces","categories":["Braces"],"tags":["hsa","knee"],` +
		`"status":"active","images":["https://x.example/1.jpg","https://x.example/2.jpg"],"attributes":{"id":"1"}}`
	want := []string{
		"KB-S", "products.json:2", knee, `{"sku":"KB-S","parent":"knee","name":"S","status":"active","images":["https://x.example/2.jpg","https://x.example/1.jpg"],` +
			`"gtin":"036000291452","price":{"amount":"19.9","currency":""},"compare_at_price":{"amount":"24.9","currency":""},"options":[{"name":"Size","value":"S"}],` +
			`"weight":{"amount":"250","unit":"g"},"updated_at":"2026-11-01T04:00:00Z","attributes":{"id":"21"}}`,
		"knee/M", "products.json:2", knee, `{"sku":"knee/M","parent":"knee","name":"M","status":"active","images":["https://x.example/1.jpg","https://x.example/2.jpg"],` +
			`"price":{"amount":"20.9","currency":""},"options":[{"name":"Size","value":"M"}],"attributes":{"id":"22"}}`,
		"TAPE", "products.json:8", `{"name":"Tape","status":"draft","attributes":{"id":"2"}}`,
		`{"sku":"TAPE","parent":"tape","status":"draft","price":{"amount":"3","currency":""}}`,
	}
	if diff := gocmp.Diff(want, all); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff([]string{"products.json:10: variants: the product void has none"}, got.problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	again := collect(s.Reread(t.Context(), pos))
	if diff := gocmp.Diff(got.records, again.records); diff != "" || again.err != nil {
		t.Errorf("read again: %v (-want +got):\n%s", again.err, diff)
	}
}

func TestPublicShopifyJSON(t *testing.T) {
	t.Parallel()
	path := sample(t, "shopify/rest-bulk-products.json")
	var s connectors.Source = open(t, filepath.Dir(path), func(o *file.Options) {
		o.Path, o.Preset = filepath.Base(path), "shopify_json"
	})
	got := read(t, s)
	products, images, keys := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range got.records {
		products[r.Parent], keys[r.Key] = true, true
		for _, image := range r.Product.Images {
			images[image] = true
		}
	}
	if got.err != nil || got.problems != nil || len(got.records) != 33 || len(products) != 10 || len(keys) != 33 || len(images) != 42 {
		t.Errorf("%d variants of %d products, %d keys, %d images, problems %q, ended with %v",
			len(got.records), len(products), len(keys), len(images), got.problems, got.err)
	}
}
