package mapping_test

import (
	"fmt"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/mapping"
)

// tenFields is a mapping of the size of a real destination's.
var tenFields = mapping.Schema{
	{Name: "name", Kind: mapping.Text, Default: `product.name + (variant.name != "" ? " - " + variant.name : "")`},
	{Name: "description", Kind: mapping.Text, Default: `text(product.description)`},
	{Name: "upc_code", Kind: mapping.Text, Default: `gtin12(variant.gtin)`},
	{Name: "gtin", Kind: mapping.Text, Default: `gtin14(variant.gtin)`},
	{Name: "url", Kind: mapping.Text, Default: `first(first(variant.images), first(product.images))`},
	{Name: "client_reference_id", Kind: mapping.Text, Default: `variant.sku`},
	{Name: "image_urls", Kind: mapping.Texts, Default: `first(variant.images, product.images)`},
	{Name: "categories", Kind: mapping.Texts, Default: `product.categories`},
	{Name: "metadata", Kind: mapping.TextMap, Default: `{"brand": product.brand, "sku": variant.sku}`},
	{Name: "components", Kind: mapping.Texts, Default: `variant.components`},
}

func BenchmarkMap(b *testing.B) {
	p := catalog.Product{Key: "balm", Fields: catalog.Fields{
		Name: "Balm", Brand: "Acme", Categories: []string{"Skin"}, Images: []string{"https://cdn.example/a.jpg"},
		Description: `<p>Soft &amp; <b>warm</b>, for dry hands.</p><ul><li>30 ml</li><li>no perfume</li></ul>`,
	}}
	price, err := catalog.ParseMoney("19.99", "USD", catalog.DecimalStyle{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10 {
		sku := fmt.Sprintf("BALM-%d", i)
		p.Variants = append(p.Variants, catalog.Variant{SKU: sku, Fields: catalog.Fields{
			SKU: sku, Name: fmt.Sprintf("%d ml", i), GTIN: "036000291452", Price: price,
		}})
	}
	program, err := mapping.Compile(tenFields, mapping.Config{Filter: "variant.price.amount > 0", Level: catalog.VariantLevel})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		program.Map(p)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/variant")
}
