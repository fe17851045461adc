package jsonlines_test

import (
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	records := []string{`{"sku":"A","name":"Brace"}`, `{"sku":"B","name":"two\nlines"}`, `{"sku":"C","name":"Knäuel"}`}
	join := func(front, between, back string) func(...int) []byte {
		return func(rows ...int) []byte {
			var chosen []string
			for _, i := range rows {
				chosen = append(chosen, records[i])
			}
			return []byte(front + strings.Join(chosen, between) + back)
		}
	}
	rows := []map[string]string{{"sku": "A", "name": "Brace"}, {"sku": "B", "name": "two\nlines"}, {"sku": "C", "name": "Knäuel"}}
	foreign := map[string][]byte{
		"UTF-16": []byte("\xff\xfe{\x00"), "windows-1252": []byte("{\"name\":\"Kn\xe4uel\"}\n"), "a table": []byte("sku,name\n"),
	}
	with := func(records, each string) jsonlines.Config {
		c := jsonlines.Default()
		c.Records, c.Each = records, each
		return c
	}
	small := with("", "")
	small.MaxRow = 100
	array, object := join("[", ",\n", "]"), join(`{"page":1,"products":[`, ", ", `],"next":null}`)
	past := map[string]connectortest.Past{
		"a gigantic record": {Format: small, File: strings.NewReader(`{"a":"` + strings.Repeat("x", 1000))},
		"deep nesting":      {Format: with("", ""), File: strings.NewReader(`{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}\n")},
	}
	for name, setup := range map[string]connectortest.FormatSetup{
		"an array": {
			Format: with("", ""), File: array(0, 1, 2), Of: array, Rows: rows, Enclosed: true,
			Spoilt: []byte(`[{"a":1},2,{"a":3}]`), Faults: 1, Good: 2, Foreign: foreign, Past: past,
		},
		"an array within an object": {
			Format: with("products", ""), File: object(0, 1, 2), Of: object, Rows: rows, Enclosed: true,
			Foreign: map[string][]byte{"another object": []byte(`{"items":[]}`)},
		},
		"a row an element": {
			Format: with("", "variants"),
			File:   []byte(`{"id":1,"variants":[{"sku":"A"},{"sku":"B"}]}` + "\n" + `{"id":2,"variants":[{"sku":"C"}]}` + "\n" + `{"id":3}` + "\n"),
			Rows: []map[string]string{
				{"id": "1", "variants.sku": "A"}, {"id": "1", "variants.sku": "B"}, {"id": "2", "variants.sku": "C"}, {"id": "3"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Format(t, setup)
		})
	}
}
