package charset_test

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors/format/charset"
)

// FuzzDecode: a text in any encoding comes out as UTF-8, the same in one go and byte by
// byte, and not many times as long.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("Knäuel\r\n"), "utf-8")
	f.Add([]byte("\x83u\x83\x8c\x81["), "shift_jis")
	f.Add([]byte("\xff\xfeA\x00\n\x00"), "utf-16")
	f.Add([]byte("\xd8\x00\xd8"), "utf-16be")
	f.Add([]byte("\x80\x99\x81"), "windows-1252")
	f.Add([]byte("\x1b$B%V\x1b(B"), "iso-2022-jp")
	f.Add([]byte("\x81\x30\x81"), "gb18030")
	f.Fuzz(func(t *testing.T, in []byte, name string) {
		if len(name) > 40 {
			t.Skip("no name of an encoding")
		}
		if _, err := charset.Lookup(name); err != nil {
			return
		}
		whole, err := io.ReadAll(charset.Decode(bytes.NewReader(in), name))
		slow, slowErr := io.ReadAll(charset.Decode(iotest.OneByteReader(bytes.NewReader(in)), name))
		if !bytes.Equal(whole, slow) || (err == nil) != (slowErr == nil) {
			t.Fatalf("%q in %s: in one go %q, %v; byte by byte %q, %v", in, name, whole, err, slow, slowErr)
		}
		if len(whole) > 8*len(in)+8 {
			t.Errorf("%d bytes became %d", len(in), len(whole))
		}
		if !charset.IsUTF8(name) && err == nil && !utf8.Valid(whole) {
			t.Errorf("%q in %s is %q", in, name, whole)
		}
		at, reason, remedy := charset.BadText(whole, true)
		if at >= len(whole) || at >= 0 != (reason != "") || at >= 0 != (remedy != "") || at >= 0 && !charset.Suspect(whole, true) {
			t.Errorf("%q: %d %q %q", whole, at, reason, remedy)
		}
	})
}
