package config_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/config"
)

func TestWriteBacksAreHeldToWhatTheyNeed(t *testing.T) {
	t.Parallel()
	const head = "sources: { shop: { type: file, path: a.csv } }\ndestinations: { flex: { type: flex } }\n"
	for _, c := range []struct{ name, block, want string }{
		{"a file", `writeback: { a: { from: flex, file: "out/{time}.csv" } }`, ""},
		{"a webhook", `writeback: { a: { from: flex, url: "https://example.com/x", secret: [one, two] } }`, ""},
		{"a webhook on this machine", `writeback: { a: { from: flex, url: "http://127.0.0.1:1/x", secret: one } }`, ""},
		{"a field", `writeback: { a: { from: flex, source: shop, field: custom.hsa } }`, ""},
		{"nowhere", `writeback: { a: { from: flex } }`, "writeback.a"},
		{"two places", `writeback: { a: { from: flex, file: "{time}.csv", source: shop, field: x } }`, "writeback.a"},
		{"of nothing", `writeback: { a: { file: "{time}.csv" } }`, "writeback.a.from"},
		{"of an unknown destination", `writeback: { a: { from: flux, file: "{time}.csv" } }`, "writeback.a.from"},
		{"to an unknown source", `writeback: { a: { from: flex, source: shup, field: x } }`, "writeback.a.source"},
		{"without a secret", `writeback: { a: { from: flex, url: "https://example.com/x" } }`, "writeback.a.secret"},
		{"in the clear", `writeback: { a: { from: flex, url: "http://example.com/x", secret: one } }`, "writeback.a.url"},
		{"with a password in the address", `writeback: { a: { from: flex, url: "https://u:p@example.com/x", secret: one } }`, "writeback.a.url"},
		{"without a field", `writeback: { a: { from: flex, source: shop } }`, "writeback.a.field"},
		{"by another name", `writeback: { "A B": { from: flex, file: "{time}.csv" } }`, `writeback["A B"]`},
		{"polls that never come", `eligibility: { poll: { first: 0 } }`, "eligibility.poll.first"},
		{"polls that grow faster", `eligibility: { poll: { first: 2h, slowest: 1h } }`, "eligibility.poll.slowest"},
		{"an unknown key", `eligibility: { pol: 1 }`, "eligibility.pol"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("skubridge.yaml", []byte(head+c.block+"\n"), ".", nil)
			var at string
			if faults, ok := errors.AsType[config.Faults](err); ok {
				at = faults[0].Path
			} else if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, at); d != "" {
				t.Errorf("%v\n%s", err, d)
			}
		})
	}
}
