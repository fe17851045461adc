package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func TestScreen(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct{ text, want string }{
		"a plain line":               {"A-1\tBrace “M”, 19,90 € 🦵\n", "A-1\tBrace “M”, 19,90 € 🦵\n"},
		"our own colours":            {paint(true).red("A") + paint(true).bold("B") + "\n", paint(true).red("A") + paint(true).bold("B") + "\n"},
		"a screen that is cleared":   {"A\x1b[2J\x1b[HB", `A\u001b[2J\u001b[HB`},
		"a title that is set":        {"A\x1b]0;x\aB", `A\u001b]0;x\u0007B`},
		"text that is hidden":        {"A\x1b[8mB", `A\u001b[8mB`},
		"a sequence of one sign":     {"A\u009b2JB", `A\u009b2JB`},
		"the same as a bare byte":    {"A\x9b2JB", `A\x9b2JB`},
		"a line that is drawn over":  {"A\rB\b\b", `A\u000dB\u0008\u0008`},
		"text that is turned round":  {"A\u202egpj\u2066B", `A\u202egpj\u2066B`},
		"an end of a line":           {"A\u2028B", `A\u2028B`},
		"NUL and DEL":                {"A\x00\x7fB", `A\u0000\u007fB`},
		"an escape at the very end":  {"A\x1b\nB", `A\u001b` + "\nB"},
		"not UTF-8":                  {"A\xff\xfeB", `A\xff\xfeB`},
		"what emojis are made of":    {"👩\u200d⚕️", "👩\u200d⚕️"},
		"a colour that is none":      {"\x1b[31;8mA", `\u001b[31;8mA`},
		"a colour that is not ended": {"\x1b[3\n", `\u001b[3` + "\n"},
	} {
		for size := 1; size <= len(c.text); size++ {
			var got bytes.Buffer
			s := &screen{Writer: &got}
			for rest := []byte(c.text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if n, err := s.Write(rest[:min(size, len(rest))]); err != nil || n != min(size, len(rest)) {
					t.Fatal(n, err)
				}
			}
			if got.String() != c.want {
				t.Errorf("%s, %d bytes at a time: %q, want %q", what, size, got.String(), c.want)
			}
		}
	}
}

// What is JSON stays the same JSON.
func TestScreenKeepsJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a\u009bb", "\u202e", "\x7f", "\x1b[2J", "<&>\u2028", "🦵\u061c"} {
		b, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		shown, rest := visible(b)
		var back string
		if err := json.Unmarshal(shown, &back); err != nil || back != text || len(rest) > 0 {
			t.Errorf("%q: %s became %s, %q, %v", text, b, shown, back, err)
		}
	}
}

func TestTablesForProgramsAreFaithful(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	out := &output{Writer: &screen{Writer: &got}}
	rows := func(yield func(string, error) bool) { yield("A\x1b[2J\u009b", nil) }
	table := table[string]{columns: []string{"sku"}, cells: func(s string) []string { return []string{s} }}
	if err := table.print(out, tableFlags{csv: true}, rows); err != nil || got.String() != "sku\nA\x1b[2J\u009b\n" {
		t.Errorf("%q, %v", got.String(), err)
	}
	got.Reset()
	if err := table.print(out, tableFlags{}, rows); err != nil || got.String() != "SKU\nA [2J\n" {
		t.Errorf("%q, %v", got.String(), err)
	}
	broken, err := os.Open(os.DevNull) // it cannot be written to
	if err != nil {
		t.Fatal(err)
	}
	defer broken.Close()
	out = &output{Writer: &screen{Writer: broken}}
	if err := table.print(out, tableFlags{csv: true}, rows); err == nil || !errors.Is(out.err, err) && out.err == nil {
		t.Errorf("a table that was not written: %v, %v", err, out.err)
	}
}

// TestScreenOfMany writes from many goroutines, as the parts of a daemon do: each line
// comes out whole.
func TestScreenOfMany(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	s := &screen{Writer: &got}
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for range 50 {
				_, _ = s.Write([]byte("a line\n")) // a buffer takes everything
			}
		})
	}
	writers.Wait()
	if want := strings.Repeat("a line\n", 8*50); got.String() != want {
		t.Errorf("got %d bytes, not %d whole lines", got.Len(), 8*50)
	}
}

func FuzzScreen(f *testing.F) {
	f.Add("A-1 \x1b[31mred\x1b[0m\n", 3)
	f.Add("\x1b[2J\u009b\x9b\u202e", 1)
	f.Add("\x1b\x1b[\x1b[9\x1b[90m\r", 2)
	f.Fuzz(func(t *testing.T, text string, size int) {
		size = 1 + (size&0xff)%16
		var parts bytes.Buffer
		s := &screen{Writer: &parts}
		for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
			_, _ = s.Write(rest[:min(size, len(rest))]) // a buffer takes everything
		}
		whole, rest := visible([]byte(text))
		if parts.String() != string(whole) || string(s.rest) != string(rest) || len(rest) > len("\x1b[90") {
			t.Fatalf("%q: in parts %q and %q, at once %q and %q", text, &parts, s.rest, whole, rest)
		}
		if !utf8.Valid(whole) {
			t.Fatalf("%q became %q", text, whole)
		}
		for rest := string(whole); rest != ""; {
			if n := len(ownColours.FindString(rest)); n > 0 {
				rest = rest[n:]
				continue
			}
			r, n := utf8.DecodeRuneInString(rest)
			if steers(r) {
				t.Fatalf("%q became %q", text, whole)
			}
			rest = rest[n:]
		}
		if !strings.ContainsFunc(text, steers) && utf8.ValidString(text) && text != string(whole) {
			t.Fatalf("%q became %q", text, whole)
		}
	})
}
