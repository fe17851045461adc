package transport

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors"
)

func pack(tb testing.TB, text string) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestDecompressed(t *testing.T) {
	t.Parallel()
	const text = "sku,name\nA-1,Brace\n"
	packed := pack(t, text)
	damaged := bytes.Clone(packed)
	damaged[len(damaged)-6] ^= 0xff
	tests := []struct {
		what, name string
		in         []byte
		packed     bool
		want       string
		fault      string
	}{
		{"a plain file", "a.csv", []byte(text), false, text, ""},
		{"a packed file", "a.csv.gz", packed, true, text, ""},
		{"a packed file is known by its bytes", "a.csv", packed, true, text, ""},
		{"two packed files one behind the other", "a.gz", append(bytes.Clone(packed), packed...), true, text + text, ""},
		{"a name that lies", "a.csv.GZ", []byte(text), false, "", "not gzip"},
		{"nothing", "a.csv", nil, false, "", ""},
		{"nothing where something packed should be", "a.csv.gz", nil, false, "", ""},
		{"cut in the data", "a.gz", packed[:len(packed)-12], true, "", "cut"},
		{"cut in the checksum", "a.gz", packed[:len(packed)-2], true, "", "cut"},
		{"cut in the head", "a.gz", packed[:5], true, "", "cut"},
		{"a wrong checksum", "a.gz", damaged, true, "", "damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			r, packed, err := Decompressed(tt.name, bytes.NewReader(tt.in))
			var got []byte
			if err == nil {
				got, err = io.ReadAll(r)
			}
			if tt.fault != "" {
				var fault *connectors.IncompleteError
				if !errors.As(err, &fault) || !strings.Contains(fault.Reason, tt.fault) || fault.Source != tt.name {
					t.Fatalf("got %v, want %q", err, tt.fault)
				}
				return
			}
			if err != nil || string(got) != tt.want || packed != tt.packed {
				t.Errorf("got %q, %v, %v", got, packed, err)
			}
		})
	}
}
