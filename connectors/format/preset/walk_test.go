package preset_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTheWalkWorks uses the preset that docs/adding-a-connector.md writes, as it says.
func TestTheWalkWorks(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/adding-a-connector.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), "   ```yaml\n")
	block, _, ok := strings.Cut(block, "   ```\n")
	if !ok {
		t.Fatal("the page shows no preset")
	}
	dir := t.TempDir()
	files := map[string]string{
		"my-shop.yaml": strings.ReplaceAll("\n"+block, "\n   ", "\n"),
		"items.csv": "Kind,Item No.,Master No.,Title,Price USD,Weight (lbs),On sale,Option 1,Option 1 value,Pictures,Shelf\n" +
			"part,S,M,,5,.5,n,Size,Small,,7\nmaster,M,,Brace,,,y,,,https://x.example/a.jpg;https://x.example/b.jpg,\nitem,T,,Tape,x,,,,,,\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := source(t, dir, "path: items.csv\npreset: ./my-shop.yaml\ncurrency: USD")
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, s)
	want := []string{"items.csv:4: SKU T: price: column Price USD: 'x' does not belong in a number"}
	if diff := cmp.Diff(want, got.Problems); diff != "" || len(got.Records) != 1 {
		t.Fatalf("problems (-want +got):\n%s%+v", diff, got)
	}
	p, v := got.Records[0].Product, got.Records[0].Variant
	said := []string{
		p.Name, p.Status, v.Status, strings.Join(v.Images, " "), v.Price.String(), v.Weight.Amount.String() + " " + v.Weight.Unit,
		v.Options[0].Name + " " + v.Options[0].Value, v.Parent, v.Attributes["Shelf"],
	}
	wantSaid := []string{"Brace", "active", "inactive", "https://x.example/a.jpg https://x.example/b.jpg", "5 USD", "0.5 lb", "Size Small", "M", "7"}
	if diff := cmp.Diff(wantSaid, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
