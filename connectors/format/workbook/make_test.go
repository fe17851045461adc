package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/format"
)

// bookOf packs a workbook of these sheets, which are given as what stands in sheetData.
// Parts given besides replace those that are made, and blank ones take them away.
func bookOf(tb testing.TB, sheets []string, parts map[string]string) []byte {
	tb.Helper()
	return bookBy(tb, zip.Deflate, sheets, parts)
}

// bookBy is bookOf by a method of the archive; zip.Store takes the least time.
func bookBy(tb testing.TB, method uint16, sheets []string, parts map[string]string) []byte {
	tb.Helper()
	all := map[string]string{
		"[Content_Types].xml": `<Types/>`,
		"_rels/.rels":         `<Relationships><Relationship Id="rId1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
	}
	var list, rels strings.Builder
	for i, s := range sheets {
		fmt.Fprintf(&list, `<sheet name="Sheet%d" sheetId="%d" r:id="rId%d"/>`, i+1, i+1, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="http://x/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
		all[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = `<?xml version="1.0" encoding="UTF-8"?>` + "\n<worksheet><sheetData>" + s + "</sheetData></worksheet>\n"
	}
	for name, kind := range map[string]string{"xl/sharedStrings.xml": "sharedStrings", "xl/styles.xml": "styles"} {
		if parts[name] != "" {
			fmt.Fprintf(&rels, `<Relationship Id="%s" Type="http://x/%s" Target="/%s"/>`, kind, kind, name)
		}
	}
	all["xl/workbook.xml"] = "<workbook><sheets>" + list.String() + "</sheets></workbook>"
	all["xl/_rels/workbook.xml.rels"] = "<Relationships>" + rels.String() + "</Relationships>"
	maps.Copy(all, parts)
	maps.DeleteFunc(all, func(_, text string) bool { return text == "" })
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			tb.Fatal(err)
		}
		io.WriteString(w, all[name])
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// inline writes rows of texts.
func inline(rows ...[]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, cell := range row {
			if cell != "" {
				fmt.Fprintf(&b, `<c r="%s%d" t="inlineStr"><is><t>%s</t></is></c>`, columnName(j), i+1, cell)
			}
		}
		b.WriteString("</row>")
	}
	return b.String()
}

// readAll gives every row as its cells, every fault as its words, and how it ended.
func readAll(tb testing.TB, c Config, file []byte) (header, all []string, end error) {
	tb.Helper()
	if c.temp == "" {
		c.temp = tb.TempDir()
	}
	r, err := c.Open(bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	defer r.(io.Closer).Close()
	for {
		row, err := r.Next()
		if fault, ok := errors.AsType[*format.RowError](err); ok {
			all = append(all, fault.Error())
			continue
		}
		if err != nil {
			return r.Header(), all, err
		}
		all = append(all, fmt.Sprintf("%d: %s", row.Line, bytes.Join(row.Cells, []byte("|"))))
	}
}

func with(change func(*Config)) Config {
	c := Default()
	change(&c)
	return c
}
