package workbook

import (
	"bytes"
	"testing"

	"github.com/skubridge/skubridge/connectors/connectortest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	table := [][]string{{"A", "Brace, L"}, {"B", ""}, {"C", "Wrap"}}
	of := func(rows ...int) []byte {
		sheet := [][]string{{"sku", "name"}}
		for _, i := range rows {
			sheet = append(sheet, table[i])
		}
		return bookOf(t, []string{inline(sheet...)}, nil)
	}
	whole := of(0, 1, 2)
	damaged := bytes.Clone(whole)
	damaged[bytes.Index(whole, []byte("xl/worksheets/sheet1.xml"))+40] ^= 0xFF
	c := Default()
	c.temp = t.TempDir()
	small := c
	small.MaxRow = 100
	connectortest.Format(t, connectortest.FormatSetup{
		Format: c, File: whole, Of: of, Enclosed: true,
		Rows:   []map[string]string{{"sku": "A", "name": "Brace, L"}, {"sku": "B", "name": ""}, {"sku": "C", "name": "Wrap"}},
		Spoilt: bookOf(t, []string{heads + `<row><c t="e"><v>#REF!</v></c></row><row><c t="str"><v>A</v></c></row><row><c><f>B1</f></c></row>`}, nil),
		Faults: 2, Good: 1,
		Cut: map[string][]byte{
			"half of it":              whole[:len(whole)/2],
			"a sheet not packed well": damaged,
			"a sheet that stops":      bookOf(t, nil, map[string]string{"xl/worksheets/sheet1.xml": "<worksheet>", "xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`, "xl/workbook.xml": `<workbook><sheets><sheet name="S" r:id="r"/></sheets></workbook>`}),
		},
		Foreign: map[string][]byte{
			"a text":                []byte("sku,name\nA,Brace\n"),
			"texts in windows-1252": bookOf(t, []string{heads + "<row><c t=\"str\"><v>Kn\xE4uel</v></c></row>"}, nil),
		},
		Past: map[string]connectortest.Past{
			"a gigantic cell": {Format: small, File: bytes.NewReader(bookOf(t, []string{inline([]string{"sku"}, []string{string(make([]byte, 200))})}, nil))},
		},
	})
}
