package mapping_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/mapping"
)

// blocks are the fenced blocks of a kind in docs/mapping.md.
func blocks(t *testing.T, kind string) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```"+kind+"\n(.*?)^```").FindAllSubmatch(page, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

// TestTheExamplesOfTheDocs evaluates what docs/mapping.md says of the functions.
func TestTheExamplesOfTheDocs(t *testing.T) {
	t.Parallel()
	var record struct {
		Product  catalog.Fields
		Variants []catalog.Fields
	}
	if err := json.Unmarshal([]byte(blocks(t, "json")[0]), &record); err != nil {
		t.Fatal(err)
	}
	product := catalog.Product{Key: record.Product.SKU, Fields: record.Product}
	for _, f := range record.Variants {
		product.Variants = append(product.Variants, catalog.Variant{SKU: f.SKU, Fields: f})
	}
	tables := map[string]mapping.Table{
		"hs": mapping.NewTable(map[string]string{"Socks": "6115104000"}), "duty": mapping.NewTable(map[string]string{"Socks": "14.6"}),
	}
	n := 0
	for _, block := range blocks(t, "expr") {
		for line := range strings.Lines(block) {
			n++
			source, want, ok := strings.Cut(strings.TrimSpace(line), " → ")
			source = strings.TrimSpace(source)
			if !ok {
				t.Errorf("an example without a result: %s", line)
				continue
			}
			if got := told(t, source, product, tables); !asTold(got, want) {
				t.Errorf("%s\n got %s\nwant %s", source, got, want)
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d examples were found", n)
	}
}

// told evaluates an expression for the first variant.
func told(t *testing.T, source string, product catalog.Product, tables map[string]mapping.Table) string {
	t.Helper()
	p, err := mapping.Compile(mapping.Schema{{Name: "f", Kind: mapping.JSON}}, mapping.Config{
		Map: map[string]string{"f": source}, Level: catalog.VariantLevel, Tables: tables,
	})
	if err != nil {
		return "error: " + err.Error()
	}
	out := p.Map(product)[0]
	if len(out.Faults) > 0 {
		return "fault: " + out.Faults[0].Value + " " + out.Faults[0].Reason
	}
	if !out.Payload.Has("f") {
		return "nothing"
	}
	return string(out.Payload.Raw("f"))
}

func asTold(got, want string) bool {
	if part, ok := strings.CutPrefix(want, "fault: "); ok {
		return strings.HasPrefix(got, "fault: ") && strings.Contains(got, part)
	}
	return got == want
}
