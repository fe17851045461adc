package fixedwidth

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/format"
)

func with(change func(*Config)) Config {
	c := Default()
	c.Columns = []Column{{Name: "sku", Width: 4}, {Name: "name", Width: 6}}
	change(&c)
	return c
}

func plain(*Config) {}

// readAll gives every row as its cells, every fault as its words, and how it ended.
func readAll(tb testing.TB, c Config, in io.Reader) (all []string, end error) {
	tb.Helper()
	rows, err := c.Open(in)
	if err != nil {
		return nil, err
	}
	return connectortest.ReadRows(tb, rows, connectortest.Cells)
}

func TestRows(t *testing.T) {
	t.Parallel()
	short := `line 1, column 8: the line has 7 places, want 10; the line may be cut; set ragged: pad if blanks at its end are left out`
	tests := []struct {
		what   string
		config Config
		in     string
		want   []string
		end    error
	}{
		{"blanks around cells go", with(plain), "A-1 Brace \nA-2   Sli \r\n", []string{"A-1|Brace", "A-2|Sli"}, io.EOF},
		{"they stay where they mean something", with(func(c *Config) { c.Columns[1].Trim = "none" }), "A-1  Brac \n", []string{"A-1| Brac "}, io.EOF},
		{"or on one side", with(func(c *Config) { c.Columns[0].Trim, c.Columns[1].Trim = "left", "right" }), " A   Brac \n", []string{"A  | Brac"}, io.EOF},
		{"blank lines are passed over, and the end of DOS", with(plain), "\nA-1 Brace \n   \n\x1a", []string{"A-1|Brace"}, io.EOF},
		{"columns may overlap and leave gaps", with(func(c *Config) {
			c.Columns = []Column{{Name: "name", Start: 5, Width: 6}, {Name: "sku", Start: 1, Width: 3}, {Name: "type", Start: 1, Width: 1}}
		}), "A-1 Brace and more\n", []string{"Brace|A-1|A"}, io.EOF},
		{"places count characters in UTF-8", with(plain), "Ä-1 Knäuel\nA-2 Sling \n", []string{"Ä-1|Knäuel", "A-2|Sling"}, io.EOF},
		{"and bytes elsewhere", with(func(c *Config) { c.Encoding = "windows-1252" }), "\xc4-1 Kn\xe4uel\n", []string{"Ä-1|Knäuel"}, io.EOF},
		{"of several to a character too", with(func(c *Config) { c.Encoding = "shift_jis" }), "A-1 \x83u\x83\x8c\x81[\n", []string{"A-1|ブレー"}, io.EOF},
		{"unless said otherwise", with(func(c *Config) { c.Encoding, c.Count = "shift_jis", characters }), "A-1 \x83u\x83\x8c\x81[\x83X  \n", []string{"A-1|ブレース"}, io.EOF},
		{"UTF-16", with(func(c *Config) { c.Encoding = "utf-16le" }), "A\x00-\x001\x00 \x00\xe4\x00b\x00c\x00d\x00e\x00f\x00\n\x00", []string{"A-1|äbcdef"}, io.EOF},
		{"a mark at the start is none of the text", with(plain), "\uFEFFA-1 Brace \n", []string{"A-1|Brace"}, io.EOF},
		{"a mainframe's records without line ends", with(func(c *Config) {
			c.Encoding, c.LineEnds, c.Length = "ibm037", false, 10
		}), "\xc1\x60\xf1\x40\xc2\x99\x81\x83\x85\x40\xc1\x60\xf2\x40\xe2\x93\x89\x95\x87\x40", []string{"A-1|Brace", "A-2|Sling"}, io.EOF},
		{"a record that stops", with(func(c *Config) { c.LineEnds, c.Length = false, 10 }), "A-1 Brace A-2 ", []string{"A-1|Brace"}, format.ErrCut},
		{"lines that are no rows", with(func(c *Config) { c.Skip, c.Prefix = 1, "A" }), "PAGE 1    \nA-1 Brace \nTOTAL 0001\nA-2 Sling \n", []string{"A-1|Brace", "A-2|Sling"}, io.EOF},
		{"a line that ends too soon", with(plain), "A-1 Bra\nA-2 Sling \n", []string{short, "A-2|Sling"}, io.EOF},
		{"where blanks at its end are left out", with(func(c *Config) { c.Ragged = raggedPad }), "A-1 Bra\nA\nA-2 Sling\n", []string{"A-1|Bra", "A|", "A-2|Sling"}, io.EOF},
		{"the last one may be cut all the same", with(func(c *Config) { c.Ragged = raggedPad }), "A-1 Bra", []string{short}, io.EOF},
		{"a last line without its end is whole when it is long enough", with(plain), "A-1 Braces", []string{"A-1|Braces"}, io.EOF},
		{"a line that is too long", with(func(c *Config) { c.Length = 10 }), "A-1 Brace  \n", []string{"line 1, column 11: the line has 11 places, want 10; something in it is wider than its column; check length and encoding"}, io.EOF},
		{"bytes that are no UTF-8", with(plain), "A-1 Kn\xe4uel\nA-2 Sling \n", []string{"line 1, column 7: byte 0xE4 is not UTF-8; set encoding to the one that the file is in, such as windows-1252", "A-2|Sling"}, io.EOF},
		{"bytes that the encoding does not know", with(func(c *Config) { c.Encoding = "shift_jis" }), "A-1 \xff     \n", []string{`line 1, column 5, "name": bytes that the encoding does not know; check the places of the columns and the encoding`}, io.EOF},
		{"a line without end", with(func(c *Config) { c.MaxRow = 10 }), "A-1 Brace \nA-1 Braces.\n", []string{"A-1|Brace"}, format.ErrTooLong},
		{"a file that ends within its header", with(func(c *Config) { c.Skip = 2 }), "PAGE\n", nil, format.ErrCut},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			if err := tt.config.Validate(); err != nil {
				t.Fatal(err)
			}
			got, end := readAll(t, tt.config, strings.NewReader(tt.in))
			if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(end, tt.end) {
				t.Errorf("%v, want %v (-want +got):\n%s", end, tt.end, diff)
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, cell string
		decimals   int
		overpunch  bool
		want       string // "" for a fault
	}{
		{"a point that is not written", "0001299", 2, false, "12.99"},
		{"less than one", "0000005", 3, false, "0.005"},
		{"fewer digits than decimals", "5", 3, false, "0.005"},
		{"nothing", "0000000", 2, false, "0.00"},
		{"a trailing minus", "0001250-", 2, false, "-12.50"},
		{"a leading one", "-0001250", 2, false, "-12.50"},
		{"a plus", "+0001250", 2, false, "12.50"},
		{"a sign within the last digit", "000125}", 2, true, "-12.50"},
		{"a positive one", "000125C", 2, true, "12.53"},
		{"without decimals", "00042R", 0, true, "-429"},
		{"without a sign", "000429", 0, true, "429"},
		{"a point that is written", "12.99", 2, false, ""},
		{"letters", "12A", 2, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			c := Default()
			c.Columns = []Column{{Name: "price", Width: 9, Decimals: tt.decimals, Overpunch: tt.overpunch}}
			c.Ragged = raggedPad
			got, end := readAll(t, c, strings.NewReader(tt.cell+"\n"))
			if len(got) != 1 || !errors.Is(end, io.EOF) {
				t.Fatalf("got %q, %v", got, end)
			}
			if tt.want == "" && !strings.Contains(got[0], `, "price": `) || tt.want != "" && got[0] != tt.want {
				t.Errorf("got %q, want %q", got[0], tt.want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what   string
		change func(*Config)
		want   string
	}{
		{"no columns", func(c *Config) { c.Columns = nil }, "columns: name the columns"},
		{"a column without width", func(c *Config) { c.Columns[1].Width = 0 }, "columns[1]: name has a width of 0"},
		{"a column without a name", func(c *Config) { c.Columns[0].Name = "" }, "columns[0]: has no name"},
		{"a side that is none", func(c *Config) { c.Columns[0].Trim = "up" }, "want both, left, right or none"},
		{"an encoding that is none", func(c *Config) { c.Encoding = "klingon" }, "encoding: "},
		{"records of unknown length", func(c *Config) { c.LineEnds, c.Encoding = false, "ibm037" }, "length: say how long"},
		{"records of characters", func(c *Config) { c.LineEnds, c.Length = false, 10 }, ""},
		{"records of characters, said so", func(c *Config) { c.LineEnds, c.Length, c.Count = false, 10, characters }, "count: records without line ends"},
		{"lines of a mainframe", func(c *Config) { c.Encoding = "ibm037" }, "set line_ends: false"},
		{"lines of UTF-16 in bytes", func(c *Config) { c.Encoding, c.Count = "utf-16le", inBytes }, "set line_ends: false"},
		{"a length that is too short", func(c *Config) { c.Length = 9 }, "length: is 9, and the columns reach to 10"},
		{"a row that is longer than rows may be", func(c *Config) { c.MaxRow = 9 }, "max_row: "},
		{"a word that is none", func(c *Config) { c.Ragged = "drop" }, "ragged: "},
		{"nothing skipped", func(c *Config) { c.Skip = -1 }, "skip: "},
	}
	for _, tt := range tests {
		err := with(tt.change).Validate()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.what, err, tt.want)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	lines := []string{"A-1 Brace \n", "A-2 Knäuel\n", "A-3 Wrap  \n"}
	of := func(rows ...int) []byte {
		b := []byte("PRODUCTS\n")
		for _, i := range rows {
			b = append(b, lines[i]...)
		}
		return b
	}
	c := with(func(c *Config) { c.Skip = 1 })
	records := with(func(c *Config) { c.LineEnds, c.Length, c.Count, c.Encoding = false, 10, inBytes, "windows-1252" })
	small := with(func(c *Config) { c.MaxRow = 20 })
	want := []map[string]string{{"sku": "A-1", "name": "Brace"}, {"sku": "A-2", "name": "Knäuel"}, {"sku": "A-3", "name": "Wrap"}}
	for name, setup := range map[string]connectortest.FormatSetup{
		"lines": {
			Format: c, File: of(0, 1, 2), Of: of, Rows: want,
			Spoilt: []byte("PRODUCTS\nA-1 Brace \nA-2 Sli\nA-3 \xff     \nA-4 Wrap  \n"), Faults: 2, Good: 2,
			Foreign: map[string][]byte{
				"UTF-16": []byte("\xff\xfeA\x00\n\x00"), "windows-1252": []byte("PRODUCTS\nA-2 Kn\xe4uel\n"),
				"text with commas": []byte("sku,name\nA-1,Brace\n"),
			},
			Past: map[string]connectortest.Past{"a line without end": {Format: small, File: strings.NewReader(strings.Repeat("x", 1000))}},
		},
		"records": {
			Format: records, Rows: want, File: []byte("A-1 Brace A-2 Kn\xe4uelA-3 Wrap  "),
			Cut: map[string][]byte{"half a record": []byte("A-1 Brace A-2 ")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Format(t, setup)
		})
	}
}

// FuzzRows reads files of any bytes: no panic, and what is read again is the same.
func FuzzRows(f *testing.F) {
	f.Add([]byte("A-1 Knäuel\r\n\x1a"), "utf-8", false)
	f.Add([]byte("A-1 \x83u\x83\x8c\x81[\n"), "shift_jis", true)
	f.Add([]byte("\xff\xfeA\x00\n\x00"), "utf-16", false)
	f.Add([]byte("0001299-00012}"), "windows-1252", true)
	f.Fuzz(func(t *testing.T, b []byte, encoding string, ends bool) {
		c := with(func(c *Config) { c.Encoding, c.LineEnds, c.Ragged, c.MaxRow = encoding, ends, raggedPad, 1<<16 })
		c.Columns = append(c.Columns, Column{Name: "n", Start: 2, Width: 5, Decimals: 2, Overpunch: true})
		if c.Length = 10; c.Validate() != nil {
			return
		}
		r, form := c.Text(bytes.NewReader(b))
		text, err := io.ReadAll(r)
		if err != nil {
			return
		}
		rows, err := form.Open(bytes.NewReader(text))
		if err != nil {
			return
		}
		again := rows.Resumer()
		for {
			row, err := rows.Next()
			if _, spoilt := errors.AsType[*format.RowError](err); err != nil && !spoilt {
				return
			}
			if err != nil || again == nil {
				continue
			}
			again.Reset(bytes.NewReader(text[row.Offset:row.Offset+int64(row.Length)]), row.Line, row.Offset)
			same, err := again.Next()
			if err != nil || !cmp.Equal(row.Cells, same.Cells) {
				t.Fatalf("line %d: %q, then %q, %v", row.Line, row.Cells, same.Cells, err)
			}
		}
	})
}
