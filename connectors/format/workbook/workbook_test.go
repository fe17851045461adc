package workbook

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/format"
)

const styleParts = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[$-409]d/m/yy\ h:mm"/><numFmt numFmtId="165" formatCode="0.00&quot; days&quot;"/>` +
	`<numFmt numFmtId="166" formatCode="[h]:mm:ss"/><numFmt numFmtId="167" formatCode="&quot;day &quot;0;[Red]d"/><numFmt numFmtId="168" formatCode="General"/></numFmts>` +
	`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>` +
	`<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="20"/><xf numFmtId="168"/><xf numFmtId="11"/></cellXfs></styleSheet>`

const heads = `<row r="1"><c r="A1" t="str"><v>sku</v></c><c r="B1" t="str"><v>value</v></c></row>`

// TestCells shows what the text of a cell is, whatever it looks like in the spreadsheet.
func TestCells(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, cell, want string }{
		{"a shared text", `<c r="B2" t="s"><v>0</v></c>`, "plain & <simple>"},
		{"a rich text is its runs, without readings", `<c r="B2" t="s"><v>1</v></c>`, "Blue Chip"},
		{"characters that XML cannot hold are spelled", `<c r="B2" t="s"><v>2</v></c>`, "two\nlines _x0041_"},
		{"a text in place", `<c r="B2" t="inlineStr"><is><r><t>in </t></r><r><t xml:space="preserve">place </t></r></is></c>`, "in place "},
		{"CDATA is text", `<c r="B2" t="inlineStr"><is><t><![CDATA[a<b>&amp;]]></t></is></c>`, "a<b>&amp;"},
		{"a number is written as it is stored", `<c r="B2"><v>0.1</v></c>`, "0.1"},
		{"a number of binary fractions is written in the fewest digits", `<c r="B2"><v>1.1000000000000001</v></c>`, "1.1"},
		{"a long number is not rounded for show", `<c r="B2" s="8"><v>4006381333931</v></c>`, "4006381333931"},
		{"a stored exponent is written out", `<c r="B2"><v>4.006381333931E+12</v></c>`, "4006381333931"},
		{"a small one too", `<c r="B2"><v>1E-7</v></c>`, "0.0000001"},
		{"a negative number", `<c r="B2"><v>-12.50</v></c>`, "-12.5"},
		{"a whole number has no decimals, whoever stored it", `<c r="B2"><v>4711.0</v></c>`, "4711"},
		{"zeros of a whole number are its own", `<c r="B2"><v>4700</v></c>`, "4700"},
		{"nothing", `<c r="B2"><v>0.00</v></c>`, "0"},
		{"a day", `<c r="B2" s="1"><v>42545</v></c>`, "2016-06-24"},
		{"a moment", `<c r="B2" s="2"><v>42545.520833333336</v></c>`, "2016-06-24T12:30:00"},
		{"midnight under a format with a time", `<c r="B2" s="2"><v>42545</v></c>`, "2016-06-24T00:00:00"},
		{"a day that is shown without its time has it all the same", `<c r="B2" s="1"><v>42545.5</v></c>`, "2016-06-24T12:00:00"},
		{"what rounds to the next day is the next day", `<c r="B2" s="1"><v>42544.999999999</v></c>`, "2016-06-24"},
		{"parts of seconds", `<c r="B2" s="2"><v>42545.00000578704</v></c>`, "2016-06-24T00:00:00.500"},
		{"a time of day", `<c r="B2" s="6"><v>0.5625</v></c>`, "13:30:00"},
		{"an elapsed time is a number", `<c r="B2" s="4"><v>1.5</v></c>`, "1.5"},
		{"words in a format make no date", `<c r="B2" s="3"><v>3</v></c>`, "3"},
		{"the format of negative numbers does not count", `<c r="B2" s="5"><v>3</v></c>`, "3"},
		{"a general format is none of dates", `<c r="B2" s="7"><v>42545</v></c>`, "42545"},
		{"early days count from another day", `<c r="B2" s="1"><v>59</v></c>`, "1900-02-28"},
		{"late days", `<c r="B2" s="1"><v>2958465</v></c>`, "9999-12-31"},
		{"a date in words of its own", `<c r="B2" t="d"><v>2016-06-24</v></c>`, "2016-06-24"},
		{"true", `<c r="B2" t="b"><v>1</v></c>`, "TRUE"},
		{"false", `<c r="B2" t="b"><v>0</v></c>`, "FALSE"},
		{"a formula is the value worked out last", `<c r="B2"><f>A1*2</f><v>7</v></c>`, "7"},
		{"a formula of texts", `<c r="B2" t="str"><f>A1&amp;"x"</f><v></v></c>`, ""},
		{"a cell without a place follows the one before", `<c t="str"><v>next</v></c>`, "next"},
		{"prefixes of names do not matter", `<x:c r="B2" t="str"><x:v>pre</x:v></x:c>`, "pre"},
		{"a comment is nothing", `<!-- > --><c r="B2" t="str"><v>a<!-- b -->c</v></c>`, "ac"},
	}
	parts := map[string]string{
		"xl/styles.xml": styleParts,
		"xl/sharedStrings.xml": `<?xml version="1.0" encoding="utf-8"?><sst><si><t>plain &amp; &lt;simple&gt;</t></si>` +
			`<si><r><rPr><b/></rPr><t xml:space="preserve">Blue </t></r><r><t>Chip</t></r><rPh sb="0" eb="1"><t>ブルー</t></rPh><phoneticPr/></si>` +
			`<si><t>two_x000D_` + "\n" + `lines _x005F_x0041_</t></si></sst>`,
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			file := bookOf(t, []string{heads + `<row r="2"><c r="A2" t="str"><v>A</v></c>` + tt.cell + `</row>`}, parts)
			_, all, end := readAll(t, Default(), file)
			if diff := cmp.Diff([]string{"2: A|" + tt.want}, all); diff != "" || !errors.Is(end, io.EOF) {
				t.Errorf("%v (-want +got):\n%s", end, diff)
			}
		})
	}
}

// TestZerosOfAFormat: a whole number has the zeros that a format of zeros shows it with.
func TestZerosOfAFormat(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, code, value, want string }{
		{"a GTIN of 14 digits", "00000000000000", "12345678905", "00012345678905"},
		{"a GTIN that is stored with an exponent", "0000000000000", "1.2345678905E10", "0012345678905"},
		{"an article number that is stored with decimals", "0000", "7.0", "0007"},
		{"an article number, with a section for negative numbers", "0000;-0000", "7", "0007"},
		{"a number that is long enough", "000", "4711", "4711"},
		{"a number with decimals is what is stored", "000", "7.5", "7.5"},
		{"a negative number is what is stored", "000", "-7", "-7"},
		{"one zero is no format of zeros", "0", "7", "7"},
		{"a price", "00.00", "7", "7"},
		{"a number with marks between its digits", `000\-00`, "7", "000-07"},
		{"a number with marks, of eight digits", "000-00000", "12300045", "123-00045"},
		{"a number with marks that is longer", "00/00", "12345", "123/45"},
		{"an article number with letters before it", "&quot;SKU-&quot;00000", "42", "SKU-00042"},
		{"an amount with its unit", "0000&quot;kg&quot;", "42", "42"},
		{"an amount with marks", "#,##0", "4200", "4200"},
		{"marks that leave no room for an article number", "0-0", "12", "12"},
		{"a text that does not end", "&quot;0000", "12", "12"},
		{"a number with marks and decimals is what is stored", "000-00", "1.5", "1.5"},
		{"a format longer than any number", strings.Repeat("0", 41), "7", "7"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			styles := `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="` + tt.code + `"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`
			file := bookOf(t, []string{heads + `<row r="2"><c r="A2" t="str"><v>A</v></c><c r="B2" s="1"><v>` + tt.value + `</v></c></row>`}, map[string]string{"xl/styles.xml": styles})
			_, all, end := readAll(t, Default(), file)
			if diff := cmp.Diff([]string{"2: A|" + tt.want}, all); diff != "" || !errors.Is(end, io.EOF) {
				t.Errorf("%v (-want +got):\n%s", end, diff)
			}
		})
	}
}

// TestSpoiltCells shows what cannot be read as a value, and spoils its row alone.
func TestSpoiltCells(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, cell, want string }{
		{"an error", `<c r="B2" t="e"><v>#N/A</v></c>`, `line 2, column 2, "value": cell B2: the cell holds #N/A, an error of the spreadsheet; correct the formula, or clear the cell`},
		{"a formula without a value", `<c r="B2"><f>A1</f></c>`, "the formula was never worked out; open the file in a spreadsheet and save it"},
		{"a text that is not there", `<c r="B2" t="s"><v>9</v></c>`, `text "9" is not among the shared texts`},
		{"a number that is none", `<c r="B2"><v>0x10</v></c>`, `"0x10" is not a value of its kind`},
		{"a date before all days", `<c r="B2" s="1"><v>-1</v></c>`, "-1 is shown as a date and is none"},
		{"a day that never was", `<c r="B2" s="1"><v>60</v></c>`, "29 February 1900, which never was"},
		{"a NUL", `<c r="B2" t="str"><v>_x0000_</v></c>`, "a NUL byte"},
		{"bytes that are no text", "<c r=\"B2\" t=\"str\"><v>\xff</v></c>", "byte 0xFF is not UTF-8"},
		{"a cell behind the last head", `<c r="D2" t="str"><v>note</v></c>`, "cell D2: a cell stands behind the last column that has a head"},
		{"the header again", `<c r="A2" t="str"><v>sku</v></c><c r="B2" t="str"><v> value</v></c>`, "the header stands here again; set repeated_header: skip"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			file := bookOf(t, []string{heads + `<row r="2">` + tt.cell + `</row><row r="3"><c t="str"><v>B</v></c></row>`}, map[string]string{"xl/styles.xml": styleParts})
			_, all, end := readAll(t, Default(), file)
			if len(all) != 2 || !strings.Contains(all[0], tt.want) || all[1] != "3: B|" || !errors.Is(end, io.EOF) {
				t.Errorf("got %q, %v, want %q", all, end, tt.want)
			}
		})
	}
}

func TestLayouts(t *testing.T) {
	t.Parallel()
	table := inline([]string{"sku", "name"}, []string{"A", "Brace"}, nil, []string{"", " "}, []string{"B", "Sling"})
	twice := inline([]string{"Items", "", "Price", "", "Note"}, []string{"SKU", "Name", "EUR", "USD", ""}, []string{"A", "Brace", "1", "2", "x"})
	hidden := map[string]string{"xl/workbook.xml": `<workbook><workbookPr date1904="1"/><sheets><sheet name="Lists" state="hidden" r:id="rId1"/><sheet name="Products" r:id="rId2"/></sheets></workbook>`}
	tests := []struct {
		what   string
		config Config
		sheets []string
		parts  map[string]string
		header string
		rows   []string
		fault  string
	}{
		{"blank rows are passed over", Default(), []string{table}, nil, "sku|name", []string{"2: A|Brace", "5: B|Sling"}, ""},
		{"the one sheet with anything on it", Default(), []string{"", table, `<row r="1"><c r="A1" s="1"/></row>`}, nil, "sku|name", []string{"2: A|Brace", "5: B|Sling"}, ""},
		{"two sheets have to be told apart", Default(), []string{table, table}, nil, "", nil, `name one of them with sheet: "Sheet1", "Sheet2"`},
		{"a sheet by its name", with(func(c *Config) { c.Sheet = "Sheet2" }), []string{table, inline([]string{"a"}, []string{"1"})}, nil, "a", []string{"2: 1"}, ""},
		{"a sheet by its number", with(func(c *Config) { c.Sheet = "2" }), []string{table, inline([]string{"a"}, []string{"1"})}, nil, "a", []string{"2: 1"}, ""},
		{"a sheet that is not there", with(func(c *Config) { c.Sheet = "Prices" }), []string{table}, nil, "", nil, `no sheet "Prices"; its sheets are "Sheet1"`},
		{"a hidden sheet is not meant unless it is named", Default(), []string{table, inline([]string{"a"}, []string{"1"})}, hidden, "a", []string{"2: 1"}, ""},
		{"nothing at all", Default(), []string{"", ""}, nil, "", nil, "no sheet of the workbook has anything on it"},
		{
			"a title above the table", with(func(c *Config) { c.HeaderRow = 3 }),
			[]string{inline([]string{"Price list"}, nil, []string{"sku", "name"}, []string{"A", "Brace"})},
			nil, "sku|name",
			[]string{"4: A|Brace"},
			"",
		},
		{
			"a header row that is blank", with(func(c *Config) { c.HeaderRow = 2 }),
			[]string{inline([]string{"Price list"}, nil, []string{"sku"})},
			nil, "", nil, "row 2 of sheet \"Sheet1\", which should name the columns, is blank; correct header_row",
		},
		{"heads above each other", with(func(c *Config) { c.HeaderRows = 2 }), []string{twice}, nil, "Items SKU|Items Name|Price EUR|Price USD|Note", []string{"3: A|Brace|1|2|x"}, ""},
		{"rows under the heads that are none of the data", with(func(c *Config) { c.SkipAfter = 1 }), []string{table}, nil, "sku|name", []string{"5: B|Sling"}, ""},
		{"no heads", with(func(c *Config) { c.Columns, c.HeaderRow = []string{"sku", "name"}, 2 }), []string{table}, nil, "sku|name", []string{"2: A|Brace", "5: B|Sling"}, ""},
		{
			"a header that stands again on every page", with(func(c *Config) { c.RepeatedHeader = "skip" }),
			[]string{inline([]string{"sku"}, []string{"A"}, []string{"sku"}, []string{"B"})},
			nil, "sku",
			[]string{"2: A", "4: B"},
			"",
		},
		{"the same head twice", Default(), []string{inline([]string{"sku", "price", "price"}, []string{"A", "1", "2"})}, nil, "sku|price#1|price#2", []string{"2: A|1|2"}, ""},
		{"rows without numbers", Default(), []string{`<row><c t="str"><v>sku</v></c></row><row><c t="str"><v>A</v></c></row>`}, nil, "sku", []string{"2: A"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			header, all, end := readAll(t, tt.config, bookOf(t, tt.sheets, tt.parts))
			if tt.fault != "" {
				if end == nil || !strings.Contains(end.Error(), tt.fault) {
					t.Errorf("got %v, want %q", end, tt.fault)
				}
				return
			}
			if diff := cmp.Diff(append([]string{tt.header}, tt.rows...), append([]string{strings.Join(header, "|")}, all...)); diff != "" || !errors.Is(end, io.EOF) {
				t.Errorf("%v (-want +got):\n%s", end, diff)
			}
		})
	}
}

func TestDaysMayCountFrom1904(t *testing.T) {
	t.Parallel()
	file := bookOf(t, []string{heads + `<row r="2"><c r="A2" s="1"><v>41083</v></c><c r="B2" s="1"><v>0</v></c></row>`}, map[string]string{
		"xl/styles.xml":   styleParts,
		"xl/workbook.xml": `<workbook><workbookPr date1904="1"/><sheets><sheet name="S" r:id="rId1"/></sheets></workbook>`,
	})
	_, all, end := readAll(t, Default(), file)
	if diff := cmp.Diff([]string{"2: 2016-06-24|1904-01-01"}, all); diff != "" {
		t.Errorf("%v (-want +got):\n%s", end, diff)
	}
}

// TestRefusedFiles shows files that cannot be read at all, and what is said of them.
func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	good := inline([]string{"sku"}, []string{"A"})
	book := func(sheet string, parts map[string]string) []byte { return bookOf(t, []string{sheet}, parts) }
	raw := func(text string) []byte { return book(good, map[string]string{"xl/worksheets/sheet1.xml": text}) }
	tests := []struct {
		what string
		file []byte
		want string
	}{
		{"an old or protected workbook", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more"), "an .xls or a protected workbook; save it as .xlsx without a password"},
		{"a web page called .xls", []byte("\n<html><table>"), "a page of HTML or XML"},
		{"a spreadsheet of 2003", []byte(`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">`), "an XML spreadsheet of 2003"},
		{"a text", []byte("sku,name\nA,Brace\n"), "set type: delimited"},
		{"a binary workbook", book("", map[string]string{"xl/workbook.bin": "x", "xl/workbook.xml": ""}), "a binary workbook (.xlsb); save it as .xlsx"},
		{"an OpenDocument sheet", book("", map[string]string{"content.xml": "x", "xl/workbook.xml": ""}), "an OpenDocument sheet (.ods); save it as .xlsx"},
		{"an archive of something else", book("", map[string]string{"readme.txt": "x", "xl/workbook.xml": ""}), "a zip archive and no workbook"},
		{"a sheet that is not packed", book("", map[string]string{"xl/worksheets/sheet1.xml": ""}), "the workbook has no part xl/worksheets/sheet1.xml"},
		{"a document type", raw(`<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>`), "has a document type, which no workbook has"},
		{"an entity of its own", raw(`<worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>`), "an entity that XML does not know by itself"},
		{"another encoding", raw(`<?xml version="1.0" encoding="utf-16"?><worksheet/>`), `is written in "utf-16"`},
		{"elements that cross", raw(`<worksheet><sheetData></worksheet></sheetData>`), "not closed in order"},
		{"a sheet that stops", raw(`<worksheet><sheetData><row><c t="str"><v>sku</v></c></row>`), "ends before its end"},
		{"rows that go back", raw(`<worksheet><sheetData><row r="2"><c t="str"><v>sku</v></c></row><row r="2"/></sheetData></worksheet>`), `row "2" follows row 2`},
		{"cells that go back", raw(`<worksheet><sheetData><row r="1"><c r="B1" t="str"><v>a</v></c><c r="A1"/></row></sheetData></worksheet>`), `cell "A1" stands in row 1 behind column B`},
		{"a column that no sheet has", raw(`<worksheet><sheetData><row r="1"><c r="XFE1" t="str"><v>a</v></c></row></sheetData></worksheet>`), `cell "XFE1"`},
		{"nesting without end", raw(strings.Repeat("<a>", 300)), "nested deeper than 256"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			_, all, end := readAll(t, Default(), tt.file)
			if end == nil || errors.Is(end, io.EOF) || !strings.Contains(end.Error(), tt.want) {
				t.Errorf("got %q, %v, want %q", all, end, tt.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	bomb := bookOf(t, []string{heads + strings.Repeat(" ", 20<<20)}, nil)
	long := bookOf(t, []string{heads + `<row><c t="str"><v>` + strings.Repeat("x", 2000) + `</v></c></row>`}, nil)
	many := bookOf(t, []string{heads + `<row>` + strings.Repeat(`<c t="str"><v>xxxxxxxxxx</v></c>`, 200) + `</row>`}, nil)
	tests := []struct {
		what   string
		config Config
		file   []byte
		want   error
		says   string
	}{
		{"a part far larger than it was packed", Default(), bomb, format.ErrLimit, "raise max_ratio"},
		{"more than may be unpacked", with(func(c *Config) { c.MaxUnpacked = 8 << 10 }), bookOf(t, []string{heads + strings.Repeat("<row/>", 4000)}, nil), format.ErrLimit, "raise max_unpacked"},
		{"a file larger than that", with(func(c *Config) { c.MaxUnpacked = 100 }), long, format.ErrLimit, "raise max_unpacked"},
		{"a gigantic cell", with(func(c *Config) { c.MaxRow = 1000 }), long, format.ErrTooLong, "more than 1000 bytes"},
		{"a gigantic row", with(func(c *Config) { c.MaxRow = 1000 }), many, format.ErrTooLong, "more than 1000 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			_, _, end := readAll(t, tt.config, tt.file)
			if !errors.Is(end, tt.want) || !strings.Contains(end.Error(), tt.says) {
				t.Errorf("got %v, want %v: %s", end, tt.want, tt.says)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := Default().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	bad := Config{HeaderRow: -1, Columns: []string{"", ""}, RepeatedHeader: "drop"}
	for _, key := range []string{"header_row:", "header_rows:", "columns:", "repeated_header:", "max_row:", "max_unpacked:", "max_ratio:"} {
		if err := bad.Validate(); err == nil || !strings.Contains("\n"+err.Error(), "\n"+key) {
			t.Errorf("no fault of %s in %v", key, err)
		}
	}
}
