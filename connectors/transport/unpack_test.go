package transport

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

func TestGzip(t *testing.T) {
	t.Parallel()
	const text = "sku,name\nA-1,Brace\n"
	packed := pack(t, text)
	damaged := bytes.Clone(packed)
	damaged[len(damaged)-6] ^= 0xff
	tests := []struct {
		what, name string
		in         []byte
		want       string
		fault      string
	}{
		{"a plain file", "a.csv", []byte(text), text, ""},
		{"a packed file", "a.csv.gz", packed, text, ""},
		{"a packed file is known by its bytes", "a.csv", packed, text, ""},
		{"two packed files one behind the other", "a.gz", append(bytes.Clone(packed), packed...), text + text, ""},
		{"a name that lies", "a.csv.GZ", []byte(text), "", "not gzip"},
		{"nothing", "a.csv", nil, "", ""},
		{"nothing where something packed should be", "a.csv.gz", nil, "", ""},
		{"cut in the data", "a.gz", packed[:len(packed)-12], "", "cut"},
		{"cut in the checksum", "a.gz", packed[:len(packed)-2], "", "cut"},
		{"cut in the head", "a.gz", packed[:5], "", "cut"},
		{"a wrong checksum", "a.gz", damaged, "", "damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got, err := plainOf(Unpacking{}, tt.name, tt.in)
			if tt.fault != "" {
				var fault *connectors.IncompleteError
				if !errors.As(err, &fault) || !strings.Contains(fault.Reason, tt.fault) || fault.Source != tt.name {
					t.Fatalf("got %v, want %q", err, tt.fault)
				}
				return
			}
			if want := []string{tt.want}; err != nil || cmp.Diff(want, got) != "" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// stored is a file whose bytes can be read once, in order.
type stored struct{ io.Reader }

func (stored) Close() error { return nil }
func (stored) Proof() error { return nil }

// plainOf reads all that a file holds.
func plainOf(u Unpacking, name string, in []byte) (all []string, err error) {
	for plain, err := range u.Of(name, stored{bytes.NewReader(in)}) {
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(plain)
		if err != nil {
			return nil, err
		}
		all = append(all, plain.Name+string(text))
	}
	return all, nil
}
