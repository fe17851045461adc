package file_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/source/file"
)

// shopify reads text as a Shopify export.
func shopify(tb testing.TB, text string) result {
	tb.Helper()
	dir := write(tb, map[string]string{"products.csv": text})
	return read(tb, open(tb, dir, func(o *file.Options) { o.Path, o.Preset = "products.csv", "shopify_csv" }))
}

const (
	classicHead = "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value," +
		"Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Image Position,Variant Image,Cost per item,Status," +
		"Fit (product.metafields.custom.fit)"
	currentHead = "URL handle,Title,Description,Vendor,Product category,Type,Tags,Published on online store,Option1 name,Option1 value,Option2 name,Option2 value," +
		"SKU,Weight value (grams),Inventory quantity,Price,Compare-at price,Barcode,Product image URL,Image position,Variant image URL,Cost per item,Status," +
		"Fit (product.metafields.custom.fit)"
	body = `knee,Knee Brace,"<p>Soft &amp; firm
on all sides</p>",Northwind,Health > Braces,Braces,"hsa, knee ,hsa",TRUE,Size,S,Color,Black,'KB-S,250,7,19.90,24.90,'036000291452,https://x.example/2.jpg,2,https://x.example/s.jpg,8.5,active,Loose
knee,,,,,,,,,M,,Black,KB-M,260,,20.90,,036000291469,https://x.example/1.jpg,1,,,,
knee,,,,,,,,,,,,,,,,,,https://x.example/3.jpg,3,,,,
tape,Tape,,Northwind,,,,FALSE,Title,Default Title,,,TAPE,0,,3,,,,,,,,
`
)

func TestShopifyNamesOfBothGenerations(t *testing.T) {
	t.Parallel()
	amount := func(s string) catalog.Money {
		d, err := catalog.ParseDecimal(s, catalog.DecimalStyle{})
		if err != nil {
			t.Fatal(err)
		}
		return catalog.Money{Amount: d}
	}
	product := catalog.Fields{
		Name: "Knee Brace", Description: "<p>Soft &amp; firm\non all sides</p>", Brand: "Northwind", Category: "Health > Braces",
		Categories: []string{"Health > Braces", "Braces"}, Tags: []string{"hsa", "knee"}, Status: "active",
		Images:     []string{"https://x.example/1.jpg", "https://x.example/2.jpg", "https://x.example/3.jpg"},
		Attributes: map[string]string{"Fit (product.metafields.custom.fit)": "Loose"},
	}
	for _, head := range []string{classicHead, currentHead, "\ufeff" + strings.ToUpper(currentHead)} {
		got := shopify(t, head+"\n"+body)
		if got.err != nil || got.problems != nil || len(got.records) != 3 {
			t.Fatalf("got %v", got)
		}
		for i := range got.records { // the names of attributes are the file's own
			got.records[i].Product.Attributes = lower(got.records[i].Product.Attributes)
			got.records[i].Variant.Attributes = lower(got.records[i].Variant.Attributes)
			got.records[i].Content, got.records[i].Pos = catalog.Hash{}, 0
		}
		product.Attributes = lower(product.Attributes)
		quantity := "variant inventory qty"
		if head != classicHead {
			quantity = "inventory quantity"
		}
		small := record{Key: "KB-S", Parent: "knee", Where: "products.csv:2", Product: product, Variant: catalog.Fields{
			SKU: "KB-S", Parent: "knee", Name: "S / Black", GTIN: "036000291452", Status: "active",
			Price: amount("19.9"), CompareAtPrice: amount("24.9"), Cost: amount("8.5"),
			Options: []catalog.Option{{Name: "Size", Value: "S"}, {Name: "Color", Value: "Black"}},
			Images:  []string{"https://x.example/s.jpg", "https://x.example/1.jpg", "https://x.example/2.jpg", "https://x.example/3.jpg"},
			Weight:  catalog.Measure{Amount: catalog.NewDecimal(250, 0), Unit: "g"},
			Attributes: map[string]string{
				"fit (product.metafields.custom.fit)": "Loose", quantity: "7",
			},
		}}
		medium := record{Key: "KB-M", Parent: "knee", Where: "products.csv:4", Product: product, Variant: catalog.Fields{
			SKU: "KB-M", Parent: "knee", Name: "M / Black", GTIN: "036000291469", Status: "active", Price: amount("20.9"),
			Options: []catalog.Option{{Name: "Size", Value: "M"}, {Name: "Color", Value: "Black"}},
			Images:  product.Images,
			Weight:  catalog.Measure{Amount: catalog.NewDecimal(260, 0), Unit: "g"},
		}}
		tape := record{
			Key: "TAPE", Parent: "tape", Where: "products.csv:6", Product: catalog.Fields{Name: "Tape", Brand: "Northwind", Status: "unpublished"},
			Variant: catalog.Fields{SKU: "TAPE", Parent: "tape", Status: "unpublished", Price: amount("3")},
		}
		if diff := gocmp.Diff([]record{small, medium, tape}, got.records, gocmp.Comparer(catalog.Decimal.Equal)); diff != "" {
			t.Errorf("%.20s: records (-want +got):\n%s", head, diff)
		}
	}
}

func lower(m map[string]string) map[string]string {
	if m == nil {
		return nil
	}
	out := map[string]string{}
	for k, v := range m {
		out[strings.ToLower(k)] = v
	}
	return out
}

func TestShopifyRows(t *testing.T) {
	t.Parallel()
	const head = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Price,Variant Barcode,Image Src,Status,Published\n"
	tests := []struct {
		what     string
		rows     string
		keys     []string
		problems []string
	}{
		{
			what: "without SKUs the key is the handle and the options",
			rows: "a,A,Size,Small,Color,Red,,1,,,,\na,,,Small,,Blue,,1,,,,\nb,B,Title,Default Title,,,,1,,,,\n",
			keys: []string{"a/Small/Red", "a/Small/Blue", "b"},
		},
		{
			what: "a row with an image and nothing else is no variant",
			rows: "a,A,Title,Default Title,,,A-1,1,,http://x/1.jpg,,\na,,,,,,,,,http://x/2.jpg,,\n",
			keys: []string{"A-1"},
		},
		{
			what: "a product without any variant data is one variant",
			rows: "a,A,,,,,,,,,,\na,,,,,,,,,http://x/2.jpg,,\n",
			keys: []string{"a"},
		},
		{
			what: "a first row that only heads its variants is none",
			rows: "a,A,Size,,,,,,,,,\na,,,S,,,A-S,1,,,,\na,,,M,,,A-M,1,,,,\n",
			keys: []string{"A-S", "A-M"},
		},
		{
			what: "a SKU twice is left to whoever compares all of them",
			rows: "a,A,Size,S,,,X,1,,,,\na,,,M,,,X,1,,,,\n",
			keys: []string{"X", "X"},
		},
		{
			what: "a title on every row repeats the product",
			rows: "a,A,Size,S,,,A-S,1,,,,\na,A,,M,,,A-M,1,,,,\n",
			keys: []string{"A-S", "A-M"},
		},
		{
			what: "rows that say nothing are passed over",
			rows: "a,A,,,,,A-1,1,,,,\n,,,,,,,,,,,\nb,B,,,,,B-1,1,,,,\n",
			keys: []string{"A-1", "B-1"},
		},
		{
			what:     "a row without a handle is a problem of its own",
			rows:     "a,A,,,,,A-1,1,,,,\n,B,,,,,B-1,1,,,,\nc,C,,,,,C-1,1,,,,\n",
			keys:     []string{"A-1", "C-1"},
			problems: []string{"products.csv:3: SKU B-1: Handle: the row does not say which product it belongs to"},
		},
		{
			what:     "a spoilt row among variants spoils itself only",
			rows:     "a,A,Size,S,,,A-S,1,,,,\na,,,M,,\na,,,L,,,A-L,1,,,,\nb,B,,,,,B-1,1,,,,\n",
			keys:     []string{"A-S", "A-L", "B-1"},
			problems: []string{"products.csv:3: 6 cells where the header has 12"},
		},
		{
			what: "a spoilt first row spoils its variants, which are known to be there",
			rows: "a,A,Size,S,,\na,,,M,,,A-M,1,,,,\na,,,L,,,,1,,,,\na,,,,,,,,,http://x/1.jpg,,\nb,B,,,,,B-1,1,,,,\n",
			keys: []string{"B-1"},
			problems: []string{
				"products.csv:2: 6 cells where the header has 12",
				"products.csv:3: SKU A-M: name: the first row of its product a, with the title, is missing or cannot be read",
				"products.csv:4: SKU a/L: name: the first row of its product a, with the title, is missing or cannot be read",
			},
		},
		{
			what:     "a product without a title anywhere is a problem",
			rows:     "a,A,,,,,A-1,1,,,,\nb,,,,,,B-1,1,,,,\n",
			keys:     []string{"A-1"},
			problems: []string{"products.csv:3: SKU B-1: name: the first row of its product b, with the title, is missing or cannot be read"},
		},
		{
			what:     "a price that is no number spoils its variant",
			rows:     "a,A,Size,S,,,A-S,$5,,,,\na,,,M,,,A-M,5,,,,\n",
			keys:     []string{"A-M"},
			problems: []string{"products.csv:2: SKU A-S: price: column Variant Price: $ stands for several currencies"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got := shopify(t, head+tt.rows)
			if got.err != nil {
				t.Fatal(got.err)
			}
			if diff := gocmp.Diff(tt.keys, got.keys()); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			if diff := gocmp.Diff(tt.problems, got.problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestShopifyTwoBlocksOfOneProduct(t *testing.T) {
	t.Parallel()
	got := shopify(t, "Handle,Title,Variant SKU,Option1 Name,Option1 Value\na,A,A-1,Size,S\nb,B,B-1,,\na,A again,A-2,Size,M\na,,A-3,,L\n")
	var all []string
	for _, r := range got.records {
		all = append(all, r.Key+" "+r.Parent+" "+r.Product.Name)
	}
	if diff := gocmp.Diff([]string{"A-1 a A", "B-1 b B", "A-2 a A again", "A-3 a A again"}, all); diff != "" || got.restarts > 0 {
		t.Errorf("%d restarts, records (-want +got):\n%s", got.restarts, diff)
	}
}

func TestShopifyStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, head, row, want string
	}{
		{"the status counts, whatever is published", "Handle,Title,Published,Status,Variant SKU", "a,A,FALSE,active,", "active"},
		{"a draft", "Handle,Title,Published,Status,Variant SKU", "a,A,TRUE,draft,", "draft"},
		{"a blank status falls back to what is published", "Handle,Title,Published,Status,Variant SKU", "a,A,false,,", "unpublished"},
		{"an old export without a status column", "Handle,Title,Published,Variant SKU", "a,A,True,", "active"},
		{"neither column", "Handle,Title,Variant SKU", "a,A,", "active"},
		{"a word that nobody knows is handed on", "Handle,Title,Status,Variant SKU", "a,A,resting,", "resting"},
	}
	for _, tt := range tests {
		got := shopify(t, tt.head+"\n"+tt.row+"\n")
		if len(got.records) != 1 || got.records[0].Product.Status != tt.want || got.records[0].Variant.Status != tt.want {
			t.Errorf("%s: got %+v, want %s", tt.what, got, tt.want)
		}
	}
}

// scattered makes an export of products with several rows each, a group a product.
func scattered(products int) (head string, groups [][]string) {
	random := rand.New(rand.NewPCG(1, 2))
	for p := range products {
		handle := fmt.Sprintf("product-%03d", p*7919%1000)
		var rows []string
		variants := 1 + random.IntN(4)
		for v := range variants {
			row := fmt.Sprintf("%s,,,,%c,P%d-%d,%d.50,https://x.example/%d-%d.jpg,%d", handle, 'S'+v, p, v, v+1, p, v, v+1)
			if v == 0 {
				row = fmt.Sprintf("%s,Product %d,\"Text\nof %d\",Size,S,P%d-0,1.50,https://x.example/%d-0.jpg,1", handle, p, p, p, p)
			}
			rows = append(rows, row)
		}
		for i := range random.IntN(3) {
			rows = append(rows, fmt.Sprintf("%s,,,,,,,https://x.example/%d-more%d.jpg,%d", handle, p, i, variants+i+1))
		}
		groups = append(groups, rows)
	}
	return "Handle,Title,Body (HTML),Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src,Image Position", groups
}

func TestScatteredRowsReadTheSame(t *testing.T) {
	t.Parallel()
	head, groups := scattered(60)
	rows := slices.Concat(groups...)
	file := func(rows []string) string { return head + "\n" + strings.Join(rows, "\n") + "\n" }
	want := shopify(t, file(rows))
	if want.err != nil || want.restarts != 0 || len(want.records) < 100 || want.problems != nil {
		t.Fatalf("neighbours: %+v", want)
	}
	orders := map[string]func([]string){
		"reversed": slices.Reverse[[]string],
		"shuffled": func(rows []string) {
			rand.New(rand.NewPCG(3, 4)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		},
		"by SKU": func(rows []string) {
			sku := func(row string) string { return strings.Split(row, ",")[5] }
			slices.SortStableFunc(rows, func(a, b string) int { return strings.Compare(sku(a), sku(b)) })
		},
		"by image": func(rows []string) {
			slices.SortStableFunc(rows, func(a, b string) int {
				return strings.Compare(a[strings.Index(a, "https"):], b[strings.Index(b, "https"):])
			})
		},
	}
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mixed := slices.Clone(rows)
			order(mixed)
			got := shopify(t, file(mixed))
			if got.err != nil || got.restarts > 1 || got.problems != nil {
				t.Fatalf("ended with %v, %d restarts, %q", got.err, got.restarts, got.problems)
			}
			if diff := gocmp.Diff(want.sorted(), got.sorted(), gocmp.Comparer(catalog.Decimal.Equal)); diff != "" {
				t.Errorf("records (-neighbours +scattered):\n%s", diff)
			}
			for _, r := range got.records {
				if got.restarts == 1 && r.Pos != catalog.NoPos {
					t.Fatalf("%s says it can be read again", r.Key)
				}
			}
		})
	}
}

func TestShopifyRereadGivesTheSame(t *testing.T) {
	t.Parallel()
	head, groups := scattered(4000)
	dir := write(t, map[string]string{"products.csv": head + "\n" + strings.Join(slices.Concat(groups...), "\n") + "\n"})
	s := open(t, dir, func(o *file.Options) { o.Path, o.Preset = "products.csv", "shopify_csv" })
	first := read(t, s)
	if first.err != nil || first.restarts > 0 {
		t.Fatalf("%v, %d restarts", first.err, first.restarts)
	}
	for _, every := range []int{1, 7, 1500} {
		var pos []int64
		var want []record
		for i := 0; i < len(first.records); i += every {
			pos = append(pos, first.records[i].Pos)
		}
		for _, r := range first.records {
			if _, found := slices.BinarySearch(pos, r.Pos); found {
				want = append(want, r)
			}
		}
		again := collect(s.Reread(t.Context(), pos))
		if diff := gocmp.Diff(want, again.records, gocmp.Comparer(catalog.Decimal.Equal)); diff != "" || again.err != nil {
			t.Fatalf("every %d: %v (-want +got):\n%.2000s", every, again.err, diff)
		}
	}
	path := filepath.Join(dir, "products.csv")
	if err := os.WriteFile(path, []byte(head+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := collect(s.Reread(t.Context(), []int64{first.records[0].Pos})); again.err == nil || !strings.Contains(again.err.Error(), "bytes while it was read") {
		t.Errorf("a file that changed since: %v", again.err)
	}
}

func TestVariantsChangeByThemselves(t *testing.T) {
	t.Parallel()
	const head = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty,Image Src,Image Position,Vendor\n"
	base := "a,A,Size,S,A-S,1,5,http://x/1.jpg,1,V\na,,,M,A-M,2,5,,,\na,,,,,,,http://x/2.jpg,2,\nb,B,Title,Default Title,B,1,1,,,W\n"
	tests := []struct {
		what     string
		old, new string
		changed  []string
	}{
		{"nothing", "", "", nil},
		{"a price on the first row", "A-S,1,", "A-S,9,", []string{"A-S"}},
		{"a price on another row", "A-M,2,", "A-M,9,", []string{"A-M"}},
		{"the title", "a,A,", "a,AA,", []string{"A-S", "A-M"}},
		{"an image row", "http://x/2.jpg", "http://x/3.jpg", []string{"A-S", "A-M"}},
		{"the order of images", ",,http://x/2.jpg,2", ",,http://x/2.jpg,0", []string{"A-S", "A-M"}},
		{"a lone product", "b,B,", "b,BB,", []string{"B"}},
		{"cells that swap a letter over their border", "b,B,Title", "b,BT,itle", []string{"B"}},
	}
	before := shopify(t, head+base)
	for _, tt := range tests {
		after := shopify(t, head+strings.Replace(base, tt.old, tt.new, 1))
		var changed []string
		for i, r := range after.records {
			if before.records[i].Content != r.Content {
				changed = append(changed, r.Key)
			}
		}
		if diff := gocmp.Diff(tt.changed, changed); diff != "" {
			t.Errorf("%s: changed (-want +got):\n%s", tt.what, diff)
		}
	}
}

func TestPublicShopifyExports(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                     string
		variants, products, keys int
	}{
		{"partners-apparel.csv", 22, 20, 22},
		{"partners-jewelery.csv", 23, 20, 23}, // 41 rows, 18 of them for an image,
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := sample(t, "shopify/"+tt.name)
			got := read(t, open(t, filepath.Dir(path), func(o *file.Options) { o.Path, o.Preset = tt.name, "shopify_csv" }))
			parents, keys, blank := map[string]bool{}, map[string]bool{}, 0
			for _, r := range got.records {
				parents[r.Parent], keys[r.Key] = true, true
				if r.Variant.GTIN == "" && strings.HasPrefix(r.Key, r.Parent) {
					blank++
				}
			}
			if got.err != nil || got.problems != nil || got.restarts != 0 ||
				len(got.records) != tt.variants || len(parents) != tt.products || len(keys) != tt.keys || blank != tt.variants {
				t.Errorf("%d variants of %d products with %d keys, %d without barcode and SKU, %d restarts, problems %q, ended with %v",
					len(got.records), len(parents), len(keys), blank, got.restarts, got.problems, got.err)
			}
		})
	}
}
