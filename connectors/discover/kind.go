package discover

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors/format/charset"
)

// kind is what the first bytes of a file say.
type kind string

const (
	isText     kind = "text"
	isWorkbook kind = "workbook"
	isXML      kind = "markup"
	isJSON     kind = "json"
	isEDI      kind = "edi"
	isYAML     kind = "yaml"
)

// unfit is a kind of file that cannot be read, and what to do about it.
type unfit struct{ what, remedy string }

// signatures are the first bytes of files that people have at hand and that cannot be read.
var signatures = []struct {
	start string
	unfit unfit
}{
	{"\xD0\xCF\x11\xE0", unfit{"a workbook of Excel 97 (.xls) or another binary file of Office", "save it as .xlsx or as CSV, and name that file"}},
	{"%PDF-", unfit{"a PDF", "export the products as CSV, .xlsx, XML or JSON"}},
	{"\x89PNG", unfit{"an image", "name an export of products, such as a CSV file"}},
	{"\xFF\xD8\xFF", unfit{"an image", "name an export of products, such as a CSV file"}},
	{"GIF8", unfit{"an image", "name an export of products, such as a CSV file"}},
	{"SQLite format 3\x00", unfit{"a SQLite database", "write a source with type: database and driver: sqlite for it, or export its products as CSV"}},
	{"UNA:", unfit{"an EDIFACT interchange", "ask for an X12 832, BMEcat, CSV or XML instead"}},
	{"UNB+", unfit{"an EDIFACT interchange", "ask for an X12 832, BMEcat, CSV or XML instead"}},
	{"PAR1", unfit{"a Parquet file", "export it as CSV or JSON lines"}},
	{"\x1F\x8B", unfit{"packed with gzip within an archive", "pack it once"}},
	{"BZh", unfit{"packed with bzip2", "unpack it, or pack it with gzip"}},
	{"7z\xBC\xAF", unfit{"packed with 7-Zip", "unpack it first"}},
	{"\xFD7zXZ", unfit{"packed with xz", "unpack it, or pack it with gzip"}},
	{"\x28\xB5\x2F\xFD", unfit{"packed with zstd", "unpack it, or pack it with gzip"}},
	{"Rar!", unfit{"packed with RAR", "unpack it first"}},
	{"\x7FELF", unfit{"a program", "name an export of products, such as a CSV file"}},
}

// statements is how a dump of a database begins.
var statements = regexp.MustCompile(`(?i)^(?:--[^\n]*\n\s*)*(?:-- \w+ (?:sql |database )?dump\b|/\*!|(?:insert into|create table|drop table if exists) \S)`)

// kindOf tells the kind of a file by its first bytes, and by its name where those leave
// it open; nil where nothing speaks against reading it.
func kindOf(name string, head []byte) (kind, *unfit) {
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.start)) {
			return "", &s.unfit
		}
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		if bytes.Contains(head, []byte("[Content_Types].xml")) || bytes.Contains(head, []byte("xl/")) || strings.EqualFold(path.Ext(name), ".xlsx") {
			return isWorkbook, nil
		}
		if bytes.Contains(head, []byte("application/vnd.oasis.opendocument")) {
			return "", &unfit{"an OpenDocument file (.ods)", "save it as .xlsx or as CSV, and name that file"}
		}
		return "", &unfit{"a ZIP archive", "unpack it first, and name the export that is in it"}
	}
	if len(head) > 262 && bytes.HasPrefix(head[257:], []byte("ustar")) {
		return "", &unfit{"a tar archive", "unpack it first, or pack the export as .zip or .gz"}
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(text(head), charset.Mark), " \t\r\n")
	switch {
	case bytes.HasPrefix(start, []byte("<")):
		return isXML, nil
	case statements.Match(start):
		return "", &unfit{"a dump of SQL statements", "export the products as CSV, or write a source with type: database for the database itself"}
	case bytes.HasPrefix(start, []byte("ISA")) && len(start) > 3 && !letter(start[3]):
		return isEDI, nil
	case bytes.HasPrefix(start, []byte("{")), opensList(start), strings.EqualFold(path.Ext(name), ".json") && json.Valid(start):
		return isJSON, nil
	}
	if wide(head) == "" && binary(head) {
		return "", &unfit{"binary", "name an export of text: CSV, XML, JSON, an EDI file or an .xlsx workbook"}
	}
	switch strings.ToLower(path.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz"))) {
	case ".yaml", ".yml":
		return isYAML, nil
	}
	return isText, nil
}

// opensList reports whether a JSON array starts here; a head such as [id],name does not.
func opensList(start []byte) bool {
	rest, ok := bytes.CutPrefix(start, []byte("["))
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return ok && len(rest) > 0 && bytes.IndexByte([]byte(`{["]`), rest[0]) >= 0
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' }

// binary reports whether b can hardly be text in any encoding of single bytes.
func binary(b []byte) bool {
	odd := 0
	for _, c := range b {
		if c == 0 {
			return true
		}
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1a && c != 0x1b {
			odd++
		}
	}
	return odd*20 > len(b)
}

// wide names the encoding of two bytes a character that b is in, "" for none.
func wide(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xFF\xFE")), bytes.HasPrefix(b, []byte("\xFE\xFF")):
		return "utf-16"
	}
	var zeros [2]int
	n := min(len(b), 4096) &^ 1
	for i := range n {
		if b[i] == 0 {
			zeros[i&1]++
		}
	}
	switch half := n / 2; {
	case n < 8:
	case zeros[1]*10 > half*6 && zeros[0] == 0:
		return "utf-16le"
	case zeros[0]*10 > half*6 && zeros[1] == 0:
		return "utf-16be"
	}
	return ""
}

// text gives the ASCII of UTF-16 text, and other bytes as they are: enough to tell kinds.
func text(b []byte) []byte {
	if wide(b) == "" {
		return b
	}
	out := make([]byte, 0, len(b)/2)
	for _, c := range b {
		if c != 0 && c < utf8.RuneSelf {
			out = append(out, c)
		}
	}
	return out
}
