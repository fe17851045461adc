// Package examples holds configurations that run, and the catalog that
// `skubridge demo` works on. Each folder is exercised by a test.
package examples

import "embed"

// Catalog holds a Shopify export of our own and an ERP's list beside it, with the
// configuration that takes both to four product APIs, and the one that takes a shop and
// a PIM there.
//
//go:embed quickstart/products.csv four-apis/erp.csv four-apis/skubridge.yaml live-sources/skubridge.yaml
var Catalog embed.FS
