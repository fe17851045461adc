package ziplist_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/internal/ziplist"
)

// archive is one with so many files, each of them described by a long comment, which stands
// in the list alone.
func archive(t *testing.T, files, comment int) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range files {
		f, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("../%d.csv", i), Comment: strings.Repeat("x", comment)})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, "sku\n")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

func TestOpen(t *testing.T) {
	t.Parallel()
	small := archive(t, 300, 60_000) // 17 MiB
	z, err := ziplist.Open(small, small.Size())
	if err != nil || len(z.File) != 300 {
		t.Fatalf("%v", err)
	}
	for range 2_000 { // what is read afterwards is not counted
		r, err := z.File[7].Open()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "sku\n" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	large := archive(t, 600, 60_000)
	if _, err := ziplist.Open(large, large.Size()); !errors.Is(err, ziplist.ErrLong) {
		t.Errorf("a list of 34 MiB: %v", err)
	}
	if _, err := ziplist.Open(strings.NewReader("PK"), 2); !errors.Is(err, zip.ErrFormat) {
		t.Errorf("no archive: %v", err)
	}
}
