package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/file"
)

// configured opens the source feed of a configuration.
func configured(tb testing.TB, dir, options string) (connectors.Source, error) {
	tb.Helper()
	cfg, err := config.Parse("skubridge.yaml", []byte("sources:\n  feed:\n    type: file\n"+options), dir, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return file.Type().Open(connectors.Env{Name: "feed", Dir: dir}, cfg.Sources["feed"].Options.Decode)
}

func TestOptionsAreStrict(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, options string
		want          []string
	}{
		{"no path", "    preset: shopify_csv", []string{"sources.feed.path", "missing"}},
		{"a way that is none", "    path: ftp://erp/out.csv", []string{"not read by ftp", "sftp://"}},
		{"an address without what it takes", "    path: sftp://erp/out.csv", []string{"sftp.user: missing", "sftp.known_hosts: missing", "sftp.key: missing"}},
		{"a password in an address", "    path: https://me:secret@erp/out.csv", []string{"holds a user or a password", "http.password"}},
		{"a password in another address", "    path: sftp://me:secret@erp/out.csv\n    sftp: {known_hosts: x, key: y}", []string{"holds a password", "sftp.password"}},
		{"no bucket", "    path: s3://B/out.csv", []string{"not a bucket"}},
		{"half a key", "    path: s3://bucket/out.csv\n    s3: {access_key: AK}", []string{"go together"}},
		{"settings of another way", "    path: out.csv\n    s3: {access_key: AK, secret_key: SK}", []string{"sources.feed.s3: is for other paths"}},
		{"a preset that nobody has", "    path: f.csv\n    preset: shopify", []string{"sources.feed.preset", "shopify_csv"}},
		{"a pick that nobody has", "    path: f.csv\n    pick: oldest", []string{"sources.feed.pick", "newest"}},
		{"what becomes of files, in a word that is none", "    path: f.csv\n    after: delete", []string{"sources.feed.after", "leave, move or rename"}},
		{"files moved to where they are", "    path: in/f.csv\n    after: move\n    after_to: ../in", []string{"after_to", "the folder that files are in"}},
		{"a new ending with a folder", "    path: f.csv\n    after: rename\n    after_to: done/x", []string{"sources.feed.after_to", "cannot contain a path"}},
		{"a place for files that stay", "    path: f.csv\n    after_to: done", []string{"sources.feed.after_to", "set after: move"}},
		{"an order of files that are read each time", "    path: f.csv\n    order: time", []string{"sources.feed.order", "leave order out"}},
		{"an order by names that tell none", "    path: f.csv\n    delta: d_*.csv\n    order: name", []string{"sources.feed.order", "set order: time"}},
		{"deltas of deltas", "    path: f.csv\n    delta: d_*.csv\n    mode: delta", []string{"sources.feed.delta", "by path alone"}},
		{"one of several deltas", "    path: f*.csv\n    mode: delta\n    pick: newest", []string{"sources.feed.pick", "each is read"}},
		{"words for deletions without their column", "    path: f.csv\n    deleted: { values: [D] }", []string{"sources.feed.deleted.column", "missing"}},
		{"a wait without end", "    path: f.csv\n    ready: { stable_for: 5h }", []string{"sources.feed.ready.stable_for", "10m"}},
		{"a field that is none", "    path: f.csv\n    fields: { sku: A, gtim: B }", []string{"sources.feed.fields.gtim", `did you mean "gtin"?`}},
		{"a level that is none", "    path: f.csv\n    fields: { parent.name: B }", []string{"sources.feed.fields", "neither product nor variant"}},
		{"a constant SKU", "    path: f.csv\n    fields: { sku: =A }", []string{"sources.feed.fields.sku", "cannot be a constant"}},
		{"a column that is a number", "    path: f.csv\n    fields: { sku: 7 }", []string{"sources.feed.fields.sku", "name of a column"}},
		{"two dimensions", "    path: f.csv\n    fields: { dimensions: [L, W] }", []string{"has 2 columns, want three"}},
		{"a currency that is none", "    path: f.csv\n    currency: dollars", []string{"sources.feed.currency", "USD"}},
		{"a marker with a folder", "    path: f.csv\n    ready: { marker: done/x }", []string{"sources.feed.ready.marker"}},
		{"a trailer that is no pattern", "    path: f.csv\n    complete: { trailer: '(' }", []string{"sources.feed.complete.trailer", "not a regular expression"}},
		{"a trailer with two numbers", "    path: f.csv\n    complete: { trailer: '([0-9]+);([0-9]+)' }", []string{"2 groups, want one at most"}},
		{"a band upside down", "    path: f.csv\n    complete: { min_rows: 5, max_rows: 2 }", []string{"sources.feed.complete.max_rows"}},
		{"an option that is none", "    path: f.csv\n    delimiter: ';'", []string{"sources.feed.delimiter", "unknown key"}},
		{"a preset of changes as the whole catalog", "    path: f.xml\n    preset: bmecat_prices\n    mode: full", []string{"mode: ", "list only changes", "leave mode out"}},
		{"a preset of another format", "    path: f.csv\n    preset: shopify_csv\n    format: { type: jsonlines }", []string{"format.type", "shopify_csv reads files of type delimited"}},
		{"a format that is none", "    path: f.csv\n    format: { type: xlsx }", []string{"format.type", `"xlsx" is not known`}},
		{"a setting of another format", "    path: f.csv\n    format: { type: jsonlines, delimiter: ';' }", []string{"sources.feed.format.delimiter", "unknown key"}},
		{"a setting of a format that is wrong", "    path: f.csv\n    format: { delimiter: ';;' }", []string{"format", "delimiter", "one character"}},
		{"an encoding that is none", "    path: f.csv\n    format: { encoding: klingon }", []string{"format", "encoding", "klingon"}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			_, err := configured(t, t.TempDir(), tt.options)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
		})
	}
}

func TestOptionsOfAnERPExtract(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"MATMAS_1.csv": "MATNR;EAN11;MAKTX;Preis;HERKL;STAWN;Bild 1;Bild 2;Farbe;Brutto;Werk\n" +
			"000042;04006381333931;Kn\xe4uel;1.299,50;DE;90211010|90211090;https://x.example/a,b.jpg;https://x.example/c.jpg;rot;0,25;1000\n" +
			"000043;;Schiene;abc;;;;;;;\n" +
			"ENDE;2\n",
	})
	if err := os.WriteFile(filepath.Join(dir, "MATMAS_1.csv.done"), nil, 0o600); err != nil { // no older than its file
		t.Fatal(err)
	}
	s, err := configured(t, dir, `    path: MATMAS_*.csv
    ready: { marker: .done }
    complete: { min_rows: 2, trailer: 'ENDE;([0-9]+)' }
    format: { type: delimited, delimiter: ";", encoding: windows-1252, decimal: ",", group: "." }
    separator: "|"
    currency: EUR
    weight_unit: kg
    fields:
      sku: MATNR
      gtin: EAN11
      name: MAKTX
      price: Preis
      country_of_origin: HERKL
      hs_codes: STAWN
      images: [Bild 1, Bild 2]
      options: [Farbe]
      weight: Brutto
      condition: =new
      variant.name: Farbe
`)
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, s)
	if got.err != nil || len(got.records) != 1 {
		t.Fatalf("got %+v", got)
	}
	r := got.records[0]
	product := `{"name":"Knäuel","images":["https://x.example/a,b.jpg","https://x.example/c.jpg"],"condition":"new",` +
		`"country_of_origin":"DE","hs_codes":["90211010","90211090"],"attributes":{"Werk":"1000"}}`
	variant := `{"sku":"000042","name":"rot","images":["https://x.example/a,b.jpg","https://x.example/c.jpg"],"gtin":"04006381333931",` +
		`"price":{"amount":"1299.5","currency":"EUR"},"options":[{"name":"Farbe","value":"rot"}],"condition":"new",` +
		`"weight":{"amount":"0.25","unit":"kg"},"country_of_origin":"DE","hs_codes":["90211010","90211090"],"attributes":{"Werk":"1000"}}`
	if diff := gocmp.Diff([]string{"000042", product, variant}, []string{r.Key, encode(t, r.Product), encode(t, r.Variant)}); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	want := []string{"MATMAS_1.csv:3: SKU 000043: price: column Preis: 'a' does not belong in a number"}
	if diff := gocmp.Diff(want, got.problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if r.Pos != -1 {
		t.Error("a file in another encoding cannot be read again by offset")
	}
}

func TestColumnsNamedLikeFields(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"f.csv": "SKU,Name,Compare At Price,TAGS,Colour\n A-1 ,Brace,9.90,\"a, b,,a\",red\n"})
	s, err := configured(t, dir, "    path: f.csv\n")
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, s)
	if got.err != nil || len(got.records) != 1 {
		t.Fatalf("got %+v", got)
	}
	r := got.records[0]
	want := []string{
		"A-1", `{"name":"Brace","tags":["a","b"],"attributes":{"Colour":"red"}}`,
		`{"sku":"A-1","compare_at_price":{"amount":"9.9","currency":""},"attributes":{"Colour":"red"}}`,
	}
	if diff := gocmp.Diff(want, []string{r.Key, encode(t, r.Product), encode(t, r.Variant)}); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

func TestJSONThroughFields(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"f.json": `{"data":{"items":[
{"id":"A-1","title":"Brace","codes":{"ean":"4006381333931"},"images":[{"src":"https://x/1.jpg"},{"src":"https://x/2.jpg"}],"tags":["a","b"],"price":12.50},
{"id":"A-2","title":"Sling","price":"7","tags":[],"extra":true}
]}}`,
		"f.jsonl": "{\"id\":\"A-1\",\"title\":\"Brace\"}\n{\"id\":\"A-2\" \"title\":1}\n{\"title\":\"Wrap\"}\n",
	})
	s, err := configured(t, dir, `    path: f.json
    format: { type: jsonlines, records: data.items }
    fields: { sku: id, name: title, gtin: codes.ean, images: images.*.src, tags: tags, price: price }
`)
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, s)
	if got.err != nil || got.problems != nil || len(got.records) != 2 {
		t.Fatalf("got %+v", got)
	}
	want := []string{
		"A-1", `{"name":"Brace","tags":["a","b"],"images":["https://x/1.jpg","https://x/2.jpg"]}`,
		`{"sku":"A-1","images":["https://x/1.jpg","https://x/2.jpg"],"gtin":"4006381333931","price":{"amount":"12.5","currency":""}}`,
		"A-2", `{"name":"Sling","attributes":{"extra":"true"}}`,
		`{"sku":"A-2","price":{"amount":"7","currency":""},"attributes":{"extra":"true"}}`,
	}
	var all []string
	var pos []int64
	for _, r := range got.records {
		all = append(all, r.Key, encode(t, r.Product), encode(t, r.Variant))
		pos = append(pos, r.Pos)
	}
	if diff := gocmp.Diff(want, all); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	again := collect(s.(connectors.Rereader).Reread(t.Context(), pos))
	if diff := gocmp.Diff(got.records, again.records); diff != "" || again.err != nil {
		t.Errorf("read again: %v (-want +got):\n%s", again.err, diff)
	}

	if s, err = configured(t, dir, "    path: f.jsonl\n    format: { type: jsonlines }\n    fields: { sku: id, name: title }\n"); err != nil {
		t.Fatal(err)
	}
	got = read(t, s)
	if got.err != nil || len(got.records) != 1 || len(got.problems) != 2 || !strings.HasPrefix(got.problems[0], "f.jsonl:2: ") ||
		!strings.HasPrefix(got.problems[1], "f.jsonl:3: sku: there is none") {
		t.Errorf("lines: %+v", got)
	}

	if s, err = configured(t, dir, "    path: f.jsonl\n    format: { type: jsonlines }\n    fields: { sku: id, gtin: ean }\n"); err != nil {
		t.Fatal(err)
	}
	if got = read(t, s); got.err == nil || !strings.Contains(got.err.Error(), "no record has what fields.gtin names") {
		t.Errorf("a member that no record has: %v", got.err)
	}
}

func TestMode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what, options string
		snapshot      bool
	}{
		{"a file names every product unless said", "    path: f.csv", true},
		{"one that names what changed", "    path: f.csv\n    mode: delta", false},
		{"a preset may know", "    path: f.xml\n    preset: bmecat_products", false},
		{"and be agreed with", "    path: f.xml\n    preset: bmecat_products\n    mode: delta", false},
		{"changes in the columns of a known export", "    path: f.csv\n    preset: woocommerce\n    mode: delta", false},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			s, err := configured(t, t.TempDir(), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Spec().Snapshot; got != tt.snapshot {
				t.Errorf("a snapshot: %t", got)
			}
		})
	}
}
