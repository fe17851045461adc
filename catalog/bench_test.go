package catalog_test

import (
	"bytes"
	"testing"

	"github.com/skubridge/skubridge/catalog"
)

// BenchmarkHashBytes hashes the content of a record of usual size.
func BenchmarkHashBytes(b *testing.B) {
	content := bytes.Repeat([]byte("Supports everyday movement. "), 20)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		catalog.HashBytes(content)
	}
}
