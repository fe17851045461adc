// Package examples holds configurations that run, and the catalog that
// `skubridge demo` works on. Each folder is exercised by a test.
package examples

import "embed"

// Quickstart is a Shopify export of our own, with its configuration.
//
//go:embed quickstart
var Quickstart embed.FS
