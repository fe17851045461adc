package engine_test

import (
	"context"
	"fmt"
	"iter"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
	"github.com/skubridge/skubridge/sync/merge"
)

// export is a source of n products, each as wide as a row of a shop's export.
type export int

func (export) Spec() connectors.SourceSpec { return connectors.SourceSpec{Snapshot: true} }

func (n export) Read(context.Context, connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		for i := range int(n) {
			row := wide(i)
			if !yield(catalog.Record{Key: []byte(row.sku()), Parent: []byte(row.handle()), Pos: catalog.NoPos, File: "export.csv", Line: i + 2, Raw: row}, nil) {
				return
			}
		}
	}
}

// wide is one row of it. Its handle comes in another order than its SKU, as in most shops.
type wide int

func (i wide) sku() string    { return fmt.Sprintf("SKU-%06d", int(i)) }
func (i wide) handle() string { return fmt.Sprintf("foam-roller-%06d", int(i)*7919%1000003) }

func (i wide) AppendContent(dst []byte) []byte { return fmt.Append(dst, int(i)) }

func (i wide) Decode() (product, variant catalog.Fields, err error) {
	image := []string{"https://cdn.example.com/s/files/1/0257/products/" + i.handle() + ".jpg?v=1669508451"}
	product = catalog.Fields{
		Name: fmt.Sprintf("Foam Roller %d, 60 ct", int(i)), Brand: "Blue Heron & Sons", Status: "active", Images: image,
		Description: "<p>" + strings.Repeat("Tested by an independent lab & free of common allergens. ", 5) + "</p>",
		Category:    "Sporting Goods > Fitness", Categories: []string{"Sporting Goods > Fitness", "Therapy"}, Tags: []string{"drugstore", "new"},
		CountryOfOrigin: "IN", HSCodes: []string{"330499"},
	}
	variant = catalog.Fields{
		SKU: i.sku(), Parent: i.handle(), Name: "60 ct", Status: "active", Images: image, GTIN: upc(int(i)),
		Price: catalog.Money{Amount: catalog.NewDecimal(int64(1000+i), 2)}, Options: []catalog.Option{{Name: "Size", Value: "60 ct"}},
		Weight: catalog.Measure{Amount: catalog.NewDecimal(392, 0), Unit: "g"}, CountryOfOrigin: "IN", HSCodes: []string{"330499"},
		Attributes: map[string]string{
			"Image Alt Text": "Foam Roller, 60 ct", "Variant Inventory Policy": "deny", "Variant Inventory Qty": "420",
			"Variant Requires Shipping": "true", "Variant Taxable": "true",
		},
	}
	return product, variant, nil
}

// BenchmarkPlan is what planning costs a product of a first load: read from the state,
// joined, mapped, checked, compared and staged. Nothing is released or sent, and what
// was read before is read again unchanged.
func BenchmarkPlan(b *testing.B) {
	const products = 10_000
	e, s := planBench(b, products)
	b.ReportAllocs()
	for b.Loop() {
		if r, err := e.Run(b.Context(), s, engine.Options{DryRun: true}); err != nil || r.Plan.Counts[catalog.OpCreate] != products {
			b.Fatal(r.Plan.Counts, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(products*b.N), "ns/product")
}

// planBench is a sync whose products were read and not planned for yet.
func planBench(b *testing.B, products int) (*engine.Engine, *engine.Sync) {
	b.Helper()
	api, err := sandbox.NewFlex(sandbox.FlexConfig{})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(api)
	b.Cleanup(server.Close)
	env := connectors.Env{Name: "flex", OnRequest: new(delivery.Counter).Add, Common: connectors.Common{BaseURL: server.URL, Concurrency: 1}}
	dest, err := flex.Type().Open(env, func(into any) error {
		into.(*flex.Options).APIKey = secret.New(testKey)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	var schema mapping.Schema
	for _, f := range dest.Spec().Fields {
		schema = append(schema, mapping.Field{Name: f.Name, Kind: string(f.Kind), Default: f.Default, Required: f.Required})
	}
	program, err := mapping.Compile(schema, mapping.Config{Level: dest.Spec().Level})
	if err != nil {
		b.Fatal(err)
	}
	store, err := state.Open(b.Context(), filepath.Join(b.TempDir(), "state.db"), state.Options{Owner: "benchmark"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	s := &engine.Sync{
		Name: "shop-to-flex", Sources: []engine.Source{{Name: "shop", Source: export(products)}}, Merge: merge.Rules{Sources: []string{"shop"}},
		Mapping: program, Grace: catalog.Grace{Reads: 1},
		Account: delivery.NewAccount("flex", dest, delivery.Config{Concurrency: 1}, new(delivery.Counter), zerolog.Nop(), time.Now),
	}
	e := engine.New(store, engine.Config{TempDir: b.TempDir()}, zerolog.Nop())
	if _, err := e.Run(b.Context(), s, engine.Options{SourceOnly: true}); err != nil {
		b.Fatal(err)
	}
	return e, s
}
