package diff_test

import (
	"fmt"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/diff"
)

// BenchmarkDecide is what comparing one product costs: one that is new, one in which a
// field of ten changed, and one that is as it was.
func BenchmarkDecide(b *testing.B) {
	values := map[string]any{"name": "Soap"}
	for i := range 9 {
		values[fmt.Sprint("field", i)] = "some value that a product has"
	}
	have, err := catalog.NewPayload(values)
	if err != nil {
		b.Fatal(err)
	}
	values["field3"] = "another"
	changed, err := catalog.NewPayload(values)
	if err != nil {
		b.Fatal(err)
	}
	rules := flexLike()
	rules.Updatable = func(string) bool { return true }
	rules.Mapped = func(string) bool { return true }
	listing := &catalog.Listing{Key: "A", RemoteID: "r1", Status: catalog.ListingActive, Payload: have, Hash: have.Hash()}
	for name, tt := range map[string]struct {
		have  diff.Have
		want  catalog.Payload
		class diff.Class
	}{
		"new":       {diff.Have{}, changed, diff.Changed},
		"changed":   {diff.Have{Listing: listing}, changed, diff.Changed},
		"unchanged": {diff.Have{Listing: listing}, have, diff.Unchanged},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			wish := diff.Wish{Kind: diff.Wanted, Key: "A", Payload: tt.want}
			for b.Loop() {
				if d := diff.Decide(wish, tt.have, rules); d.Class != tt.class {
					b.Fatal(d.Class)
				}
			}
		})
	}
}
