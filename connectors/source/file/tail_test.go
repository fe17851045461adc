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

var trailerPattern = regexp.MustCompile(`^END;([0-9]+)$`)

// FuzzTail wants the bytes of a file to come through unchanged but for its trailer, however
// they are read.
func FuzzTail(f *testing.F) {
	f.Add("sku\nA\nEND;1\n")
	f.Add("sku\nA\nEND;1\r\n\n \n")
	f.Add("END;0")
	f.Add("a\n" + strings.Repeat("x", maxTrailer+50) + "\nEND;7")
	f.Fuzz(func(t *testing.T, text string) {
		for what, r := range map[string]io.Reader{
			"at once": strings.NewReader(text), "in pieces": pieces{strings.NewReader(text), 1 + len(text)/64},
			"the end with the last bytes": iotest.DataErrReader(strings.NewReader(text)),
		} {
			checkTail(t, what, text, r)
		}
	})
}

// What FuzzTail reads in pieces, so as to try many, comes byte by byte here: a line that is
// the trailer, almost too long for one, and too long.
func TestTailByteByByte(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"END;7", "END;" + strings.Repeat("7", maxTrailer-20), "END;" + strings.Repeat("7", maxTrailer), strings.Repeat("x", 2*maxTrailer)} {
		for _, end := range []string{"", "\n", "\r\n \n"} {
			text := "sku\n" + strings.Repeat("x", 2*maxTrailer) + "\n" + line + end
			r := iotest.OneByteReader(strings.NewReader(text))
			if len(line) > maxTrailer {
				end := &tail{ctx: t.Context(), r: r, holds: true, match: trailerPattern.Match}
				if got, err := io.ReadAll(end); err != nil || string(got) != text || end.trailer != nil {
					t.Errorf("a line of %d bytes: %v, %d of %d bytes, the trailer %q", len(line), err, len(got), len(text), end.trailer)
				}
				continue
			}
			checkTail(t, "byte by byte", text, r)
		}
	}
}

// checkTail reads text from r through a tail.
func checkTail(t *testing.T, what, text string, r io.Reader) {
	t.Helper()
	end := &tail{ctx: t.Context(), r: r, holds: true, match: trailerPattern.Match}
	got, err := io.ReadAll(end)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	rest, ok := strings.CutPrefix(text, string(got))
	if !ok || strings.TrimSpace(rest) != string(end.trailer) || end.passed != int64(len(got)) {
		t.Fatalf("%s: %q became %q and the trailer %q", what, text, got, end.trailer)
	}
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r", " ")), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); end.trailer == nil && trailerPattern.MatchString(last) && strings.HasSuffix(strings.TrimRight(text, "\r\n \t"), last) {
		t.Fatalf("%s: the trailer of %q was not seen", what, text)
	}
	if len(text) > 0 && end.last[1] != text[len(text)-1] {
		t.Fatalf("%s: the last byte is %q", what, end.last)
	}
}

// pieces gives most bytes at a time.
type pieces struct {
	r    io.Reader
	most int
}

func (p pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), p.most)]) }

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
