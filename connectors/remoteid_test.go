package connectors_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors"
)

func TestCheckRemoteID(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"fprod_01HZX", "gid://shop/Product/1?x#y", "12345678901234567890", "Größe 7", "...", strings.Repeat("x", 512),
	} {
		if err := connectors.CheckRemoteID(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for what, bad := range map[string]string{
		"empty": "", "a step in a path": ".", "a step back": "..", "a line break": "a\nb", "a header of its own": "a\r\nX-Evil: 1", "NUL": "a\x00b",
		"an escape sequence": "a\x1b[2Jb", "text turned round": "a\u202eb", "a line break of Unicode": "a\u2028b", "not UTF-8": "a\xffb", "too long": strings.Repeat("x", 513), "a megabyte": strings.Repeat("x", 1<<20),
	} {
		err := connectors.CheckRemoteID(bad)
		if err == nil {
			t.Errorf("%s: %.40q is taken for an id", what, bad)
			continue
		}
		if text := err.Error(); len(text) > 300 || !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n\x1b\x00\u202e") {
			t.Errorf("%s: the error repeats it: %q", what, text)
		}
	}
}
