package charset_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/format/charset"
)

// stalled gives its text and then neither bytes nor an error, for ever.
type stalled struct{ r io.Reader }

func (s stalled) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// TestDecodeEndsStalled reads inputs that give no more: a transformer would ask them
// for more for ever.
func TestDecodeEndsStalled(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"windows-1252", "utf-16le", "shift_jis"} {
		for _, text := range []string{"", "s", "sku,name\nA,one\n"} {
			_, err := io.ReadAll(charset.Decode(stalled{strings.NewReader(text)}, name))
			if !errors.Is(err, io.ErrNoProgress) {
				t.Errorf("%s after %d bytes: %v", name, len(text), err)
			}
		}
	}
}
