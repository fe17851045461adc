package akeneo_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/internal/sandbox"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	holding := func(c *sandbox.AkeneoCatalog, faults ...sandbox.Fault) connectortest.OpenSource {
		return func(t *testing.T, _ string) connectors.Source {
			w := newWorld(t, sandbox.AkeneoConfig{Catalog: c})
			if err := w.pim.SetFaults(faults...); err != nil {
				t.Fatal(err)
			}
			return w.source(nil)
		}
	}
	const list = "/api/rest/v1/products-uuid"
	sample, spoilt := plain(5), plain(5)
	spoilt.Products[1]["categories"] = "not a list"
	spoilt.Products[3]["values"].(map[string]any)["price"] = one("cheap")
	connectortest.Source(t, connectortest.SourceSetup{
		Open: holding(sample), Keys: inOrder(sample), Long: holding(plain(1200)),
		Spoilt: holding(spoilt), Faults: 2,
		SpoiltKeys: slices.DeleteFunc(inOrder(spoilt), func(k string) bool { return k == "SKU-000001" || k == "SKU-000003" }),
		Incomplete: map[string]connectortest.OpenSource{
			"a product that is not shown":      holding(plain(150), sandbox.Fault{Kind: sandbox.DropItem, Path: list}),
			"a page that comes again":          holding(plain(350), sandbox.Fault{Kind: sandbox.RepeatPage, Path: list, Every: 4}),
			"a web page for an answer":         holding(sample, sandbox.Fault{Kind: sandbox.HTML, Path: list}),
			"an answer that is cut, each time": holding(sample, sandbox.Fault{Kind: sandbox.Truncate, Path: list}),
			"a PIM that is down":               holding(sample, sandbox.Fault{Kind: sandbox.ServerError, Path: list, Status: 503}),
			"a role that may not list":         holding(sample, sandbox.Fault{Kind: sandbox.Forbidden, Path: list}),
		},
	})
}

// inOrder are the identifiers of a catalog in the order of its pages.
func inOrder(c *sandbox.AkeneoCatalog) []string {
	var all []string
	for _, p := range c.Products {
		all = append(all, p["uuid"].(string)+" "+p["identifier"].(string))
	}
	slices.Sort(all)
	for i := range all {
		_, all[i], _ = strings.Cut(all[i], " ")
	}
	return all
}
