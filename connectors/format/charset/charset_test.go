package charset

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, name, in, want, fault string }{
		{"no name is UTF-8", "", "Knäuel", "Knäuel", ""},
		{"the names of the WHATWG come first", "iso-8859-1", "\x80 5", "€ 5", ""},
		{"DOS is known", "ibm850", "Kn\x84uel", "Knäuel", ""},
		{"a mainframe is known", "IBM037", "\xc1\xc2\xf1", "AB1", ""},
		{"UTF-16 by its mark", "utf-16", "\xfe\xff\x00A", "A", ""},
		{"UTF-16 without one", "utf-16be", "\x00A", "A", ""},
		{"a mark of UTF-8 speaks against another encoding", "windows-1252", "\xef\xbb\xbfA", "", "set encoding: utf-8"},
		{"an encoding that is none", "klingon", "A", "", "klingon"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got, err := io.ReadAll(Decode(strings.NewReader(tt.in), tt.name))
			if tt.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fault) {
					t.Errorf("got %v, want %q", err, tt.fault)
				}
				return
			}
			if err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestBadText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, in string
		decoded  bool
		at       int
	}{
		{"text is well", "Knäuel \uFFFD", false, -1},
		{"a NUL", "ab\x00", false, 2},
		{"bytes before a NUL", "a\xff\x00", false, 1},
		{"damage left by a decoder", "ab\uFFFD", true, 2},
	}
	for _, tt := range tests {
		at, reason, _ := BadText([]byte(tt.in), tt.decoded)
		if at != tt.at || Suspect([]byte(tt.in), tt.decoded) != (at >= 0) || (reason == "") != (at < 0) {
			t.Errorf("%s: at %d, %q", tt.what, at, reason)
		}
	}
	if !IsWide([]byte("\xff\xfeA")) || IsWide(Mark) || errors.Is(ErrWide, nil) {
		t.Error("a mark was not told")
	}
}
