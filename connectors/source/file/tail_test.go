package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzTail wants the bytes of a file to come through unchanged but for its trailer, however
// they are read.
func FuzzTail(f *testing.F) {
	f.Add("sku\nA\nEND;1\n")
	f.Add("sku\nA\nEND;1\r\n\n \n")
	f.Add("END;0")
	f.Add("a\n" + strings.Repeat("x", 2*maxTrailer) + "\nEND;7")
	pattern := regexp.MustCompile(`^END;([0-9]+)$`)
	f.Fuzz(func(t *testing.T, text string) {
		for what, r := range map[string]io.Reader{
			"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)),
			"the end with the last bytes": iotest.DataErrReader(strings.NewReader(text)),
		} {
			end := &tail{ctx: t.Context(), r: r, holds: true, match: pattern.Match}
			got, err := io.ReadAll(end)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			rest, ok := strings.CutPrefix(text, string(got))
			if !ok || strings.TrimSpace(rest) != string(end.trailer) || end.passed != int64(len(got)) {
				t.Fatalf("%s: %q became %q and the trailer %q", what, text, got, end.trailer)
			}
			lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r", " ")), "\n")
			if last := strings.TrimSpace(lines[len(lines)-1]); end.trailer == nil && pattern.MatchString(last) && strings.HasSuffix(strings.TrimRight(text, "\r\n \t"), last) {
				t.Fatalf("%s: the trailer of %q was not seen", what, text)
			}
			if len(text) > 0 && end.last != text[len(text)-1] {
				t.Fatalf("%s: the last byte is %q", what, end.last)
			}
		}
	})
}

func TestTailEndsWhenToldTo(t *testing.T) {
	t.Parallel()
	stop := errors.New("told to")
	ctx, cancel := context.WithCancelCause(t.Context())
	end := &tail{ctx: ctx, r: bytes.NewReader(make([]byte, 100))}
	if _, err := end.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	cancel(stop)
	if _, err := end.Read(make([]byte, 10)); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func TestTailHandsOnWhatWentWrong(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	r := io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken))
	end := &tail{ctx: t.Context(), r: r, holds: true, match: func([]byte) bool { return true }}
	if got, err := io.ReadAll(end); !errors.Is(err, broken) || string(got) != "a\n" {
		t.Errorf("got %q, %v", got, err)
	}
}
