package delimited_test

import (
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/format/delimited"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	lines := []string{"A;Brace\n", "B;\"two; and\nmore\"\n", "C;Kn\u00e4uel\n"}
	of := func(rows ...int) []byte {
		b := []byte("sku;name\n")
		for _, i := range rows {
			b = append(b, lines[i]...)
		}
		return b
	}
	c := delimited.Default()
	c.Delimiter = ";"
	small := c
	small.MaxRow = 50
	framed := delimited.Default()
	framed.Delimiter, framed.Quote, framed.Padding, framed.Framed, framed.RepeatedHeader = "|", "none", true, true, "skip"
	want := []map[string]string{{"sku": "A", "name": "Brace"}, {"sku": "B", "name": "two; and\nmore"}, {"sku": "C", "name": "Kn\u00e4uel"}}
	for name, setup := range map[string]connectortest.FormatSetup{
		"quoted": {
			Format: c, File: of(0, 1, 2), Of: of, Rows: want,
			Spoilt: []byte("sku;name\nA\nsku;name\nB;two\n"), Faults: 2, Good: 1,
			Cut: map[string][]byte{"an open quote": []byte("sku;name\nB;\"two")},
			Foreign: map[string][]byte{
				"windows-1252": []byte("sku;name\nC;Kn\xe4uel\n"), "UTF-16": []byte("\xff\xfes\x00"), "a workbook": []byte("PK\x03\x04"),
				"commas and a semicolon": []byte("sku,name\nA,\"x;\"\n"),
			},
			Past: map[string]connectortest.Past{
				"a gigantic cell":           {Format: small, File: strings.NewReader("sku;name\nA;" + strings.Repeat("x", 1000))},
				"a quote that is left open": {Format: small, File: strings.NewReader("sku;name\nA;\"" + strings.Repeat("x\n", 1000))},
			},
		},
		"printed": {
			Format: framed, Rows: []map[string]string{{"sku": "A", "name": "Brace"}, {"sku": "B", "name": ""}, {"sku": "C", "name": "Wrap"}},
			File: []byte("Page 1\n-------------\n|sku |name   |\n|----+-------|\n|A   |Brace  |\n|B   |       |\n-------------\nPage 2\n|sku |name   |\n|C   |Wrap   |\n"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Format(t, setup)
		})
	}
}
