package file_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/source/file"
)

// samples is where public exports lie beside the repository, on machines that have them.
const samples = "../../../../shared/samples"

// sample gives the path of a public export, or skips the test.
func sample(tb testing.TB, name string) string {
	tb.Helper()
	path, err := filepath.Abs(filepath.Join(samples, name))
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		tb.Skipf("the public export %s is not here", name)
	}
	return path
}

// write puts files into a folder of their own.
func write(tb testing.TB, files map[string]string) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// open makes a source of files in dir. change lays options over the defaults.
func open(tb testing.TB, dir string, change func(*file.Options)) *file.Source {
	tb.Helper()
	o := file.Default()
	change(&o)
	s, err := file.New(connectors.Env{Name: "feed", Dir: dir, TempDir: tb.TempDir()}, o)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// record is a record that was decoded.
type record struct {
	Key, Parent      string
	Where            string
	Product, Variant catalog.Fields
	Content          catalog.Hash
	Pos              int64
}

// result is what a read gave.
type result struct {
	records  []record
	problems []string // of rows
	restarts int
	err      error // that ended it
}

// read decodes everything.
func read(tb testing.TB, s connectors.Source) result {
	tb.Helper()
	return collect(s.Read(tb.Context(), ""))
}

func collect(records func(func(catalog.Record, error) bool)) result {
	var r result
	for rec, err := range records {
		if errors.Is(err, connectors.ErrRestart) {
			r = result{restarts: r.restarts + 1}
			continue
		}
		if r.err != nil {
			panic("reading went on after " + r.err.Error())
		}
		if err == nil {
			var got record
			got, err = decode(rec)
			if err == nil {
				r.records = append(r.records, got)
				continue
			}
		}
		if fault, ok := errors.AsType[*connectors.RecordError](err); ok {
			r.problems = append(r.problems, fault.Error())
			continue
		}
		r.err = err
	}
	return r
}

func decode(rec catalog.Record) (record, error) {
	content := rec.Raw.AppendContent(nil)
	product, variant, err := rec.Raw.Decode()
	return record{
		Key: string(rec.Key), Parent: string(rec.Parent), Where: fmt.Sprintf("%s:%d", rec.File, rec.Line),
		Product: product, Variant: variant, Content: catalog.HashBytes(content), Pos: rec.Pos,
	}, err
}

// encode gives fields as state keeps them.
func encode(tb testing.TB, f catalog.Fields) string {
	tb.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		tb.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

func (r result) keys() []string {
	var all []string
	for _, rec := range r.records {
		all = append(all, rec.Key)
	}
	return all
}

// sorted gives the records by key, without where they were found.
func (r result) sorted() []record {
	all := slices.Clone(r.records)
	for i := range all {
		all[i].Where, all[i].Pos = "", 0
	}
	slices.SortFunc(all, func(a, b record) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), bytes.Compare(a.Content[:], b.Content[:]))
	})
	return all
}

// plainFile is a file with the columns sku, name and price.
const plainFile = "sku,name,price\nA-1,Brace,19.99\nA-2,Sling,5\n"

func TestReadIsCompleteOrSaysWhy(t *testing.T) {
	t.Parallel()
	gz := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write([]byte(text))
		w.Close()
		return b.String()
	}
	tests := []struct {
		what    string
		text    string
		name    string // f.csv unless set
		change  func(*file.Options)
		records int
		fault   string
		remedy  string
	}{
		{what: "a whole file", text: plainFile, records: 2},
		{what: "a last row without a line end is whole", text: strings.TrimSuffix(plainFile, "\n"), records: 2},
		{what: "a file of no bytes", text: "", fault: "the file is empty", remedy: "whether the export went wrong"},
		{what: "a header without rows", text: "sku,name,price\n", fault: "0 rows, expected at least 1", remedy: "complete.min_rows"},
		{
			what: "a header and rows of nothing", text: "sku,name,price\n,,\n, ,\n",
			fault: "0 rows, expected at least 1",
		},
		{
			what: "a header without rows, when that may be", text: "sku,name,price\n",
			change: func(o *file.Options) { o.Complete.MinRows = 0 },
		},
		{
			what: "a delta without rows: nothing changed", text: "sku,name,price\n",
			change: func(o *file.Options) { o.Mode = file.Delta },
		},
		{what: "a file cut inside a quote", text: "sku,name\nA-1,\"Bra", fault: "cut off", remedy: "export it again"},
		{
			what: "a file cut inside a row", text: plainFile + "A-3,Sl", records: 2,
			fault: "the file ends in the middle of a row", remedy: "export it again",
		},
		{what: "a packed file", name: "f.csv.gz", text: gz(plainFile), records: 2},
		{what: "a packed file that is cut", name: "f.csv.gz", text: gz(plainFile)[:40], fault: "cut"},
		{
			what: "fewer rows than there must be", text: plainFile, records: 2,
			change: func(o *file.Options) { o.Complete.MinRows = 3 }, fault: "2 rows, expected at least 3",
		},
		{
			what: "more rows than there may be", text: plainFile, records: 2,
			change: func(o *file.Options) { o.Complete.MaxRows = 1 }, fault: "2 rows, expected at most 1",
		},
		{
			what: "a trailer that is right", text: plainFile + "TRAILER;2\n", records: 2,
			change: func(o *file.Options) { o.Complete.Trailer = "TRAILER;([0-9]+)" },
		},
		{
			what: "a trailer that says no number, such as a line of totals", text: plainFile + "Total;;\n", records: 2,
			change: func(o *file.Options) { o.Complete.Trailer = "Total.*" },
		},
		{
			what: "a trailer that says more rows", text: plainFile + "TRAILER;3", records: 2,
			change: func(o *file.Options) { o.Complete.Trailer = "TRAILER;([0-9]+)" }, fault: "the trailer says 3 rows, the file has 2",
		},
		{
			what: "a trailer that is not there", text: plainFile, records: 2,
			change: func(o *file.Options) { o.Complete.Trailer = "TRAILER;([0-9]+)" }, fault: "the last line is not the trailer",
		},
		{
			what: "a trailer counts rows that cannot be read too", text: plainFile + "A-3\nTRAILER;3\n", records: 2,
			change: func(o *file.Options) { o.Complete.Trailer = "TRAILER;([0-9]+)" },
		},
		{
			what: "a file that is not there", name: "other.csv", text: plainFile, fault: "no such file",
		},
		{
			what: "a column that was named and is not there", text: plainFile,
			change: func(o *file.Options) { o.Fields = map[string]mapped.Columns{"sku": {"sku"}, "brand": {"prize"}} },
			fault:  `no column "prize", which fields.brand names`, remedy: `did you mean "price"? columns are sku, name, price`,
		},
		{
			what: "no column for the SKU", text: "number,name\n1,Brace\n",
			fault: "no column for the SKU", remedy: "fields: { sku: COLUMN }; columns are number, name",
		},
		{
			what: "another delimiter", text: "sku;name\nA-1;Brace\n",
			fault: "no column for the SKU", remedy: "check format.delimiter",
		},
		{
			what: "an export that lost its SKUs", text: "Handle,Title\na,A\n",
			change: func(o *file.Options) { o.Preset = "shopify_csv" }, fault: "no column for the SKU",
		},
		{
			what: "not the export that the preset is for", text: plainFile,
			change: func(o *file.Options) { o.Preset = "shopify_csv" },
			fault:  "no column URL handle or Handle, which shopify_csv needs", remedy: "columns are sku, name, price",
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			dir := write(t, map[string]string{cmp.Or(tt.name, "f.csv"): tt.text})
			s := open(t, dir, func(o *file.Options) {
				o.Path = "f.csv"
				if strings.HasSuffix(tt.name, ".gz") {
					o.Path = tt.name
				}
				if tt.change != nil {
					tt.change(o)
				}
			})
			got := read(t, s)
			if len(got.records) != tt.records {
				t.Errorf("%d records, want %d: %v", len(got.records), tt.records, got)
			}
			if tt.fault == "" {
				if got.err != nil {
					t.Errorf("ended with %v", got.err)
				}
				return
			}
			var fault *connectors.IncompleteError
			if !errors.As(got.err, &fault) || !strings.Contains(fault.Error(), tt.fault) || !strings.Contains(fault.Remedy, tt.remedy) {
				t.Errorf("ended with %v (%#v), want %q, remedy %q", got.err, fault, tt.fault, tt.remedy)
			}
		})
	}
}

func TestReadOfAFileThatChanges(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"f.csv": plainFile})
	s := open(t, dir, func(o *file.Options) { o.Path = "f.csv" })
	var last error
	for _, err := range s.Read(t.Context(), "") {
		if last = err; err == nil {
			if err := os.WriteFile(filepath.Join(dir, "f.csv"), []byte(plainFile+"A-3,Wrap,1\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	var fault *connectors.IncompleteError
	if !errors.As(last, &fault) || !strings.Contains(fault.Reason, "while it was read") {
		t.Errorf("ended with %v", last)
	}
}

func TestReadStopsWhenToldTo(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"f.csv": "sku\n" + strings.Repeat("A\n", 1000)})
	s := open(t, dir, func(o *file.Options) { o.Path = "f.csv" })
	stop := errors.New("told to")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	n := 0
	var last error
	for _, err := range s.Read(ctx, "") {
		last = err
		if n++; n == 10 {
			cancel(stop)
		}
	}
	if !errors.Is(last, stop) || n > 100 {
		t.Errorf("%d records, ended with %v", n, last)
	}
}

func TestNumberedPartsAreOneSet(t *testing.T) {
	t.Parallel()
	const header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
	dir := write(t, map[string]string{
		"products_export_1.csv":  header + "a,Brace,Size,S,A-S,1\n",
		"products_export_2.csv":  header + "a,,,M,A-M,2\na,,,L\n", // goes on with the product above
		"products_export_10.csv": header + "b,Sling,Title,Default Title,B,3\n",
	})
	s := open(t, dir, func(o *file.Options) {
		o.Path, o.Pick, o.Preset = "products_export_*.csv", "all", "shopify_csv"
	})
	got := read(t, s)
	if got.err != nil {
		t.Fatal(got.err)
	}
	var where []string
	for _, r := range got.records {
		where = append(where, r.Key+" "+r.Product.Name+" "+r.Where)
	}
	want := []string{
		"A-S Brace products_export_1.csv:2", "A-M Brace products_export_2.csv:2", "B Sling products_export_10.csv:2",
	}
	if diff := gocmp.Diff(want, where); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if len(got.problems) != 1 || !strings.HasPrefix(got.problems[0], "products_export_2.csv:3: 4 cells where the header has 6") {
		t.Errorf("problems: %q", got.problems)
	}
	again := collect(s.Reread(t.Context(), []int64{got.records[0].Pos, got.records[2].Pos}))
	if diff := gocmp.Diff(got.records, again.records); diff != "" || again.err != nil {
		t.Errorf("read again: %v (-want +got):\n%s", again.err, diff)
	}
}

func TestRereadStopsAtTheTrailer(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"f.csv": "Handle,Title,SKU\r\na,A,\r\nb,B,\r\nEND,2,\r\n"})
	s := open(t, dir, func(o *file.Options) {
		o.Path, o.Preset, o.Complete.Trailer = "f.csv", "shopify_csv", "END,([0-9]+),"
	})
	first := read(t, s)
	if first.err != nil || len(first.records) != 2 {
		t.Fatalf("got %+v", first)
	}
	again := collect(s.Reread(t.Context(), []int64{first.records[1].Pos}))
	if diff := gocmp.Diff(first.records[1:], again.records); diff != "" || again.err != nil {
		t.Errorf("%v (-want +got):\n%s", again.err, diff)
	}
}

// FuzzRead reads anything as a Shopify export and as a plain file: a read ends completely, or
// says why it is not complete, and whatever it gives can be hashed and decoded.
func FuzzRead(f *testing.F) {
	f.Add([]byte("Handle,Title,Option1 Name,Option1 Value,SKU,Price\na,A,Size,S,A-S,1\na,,,M,,2\n"), true)
	f.Add([]byte("Handle,Title,SKU\na,,1\nb,B,2\na,A,3\n"), true)
	f.Add([]byte("Handle,Title,SKU\nspoilt\na,,1\na,A,2\nb,B,3\n"), true)
	f.Add([]byte("sku,name,price,images\nA,B,1.5,\"x,y\"\n"), false)
	f.Add([]byte("\x1f\x8b\x08\x00"), false)
	dir := f.TempDir()
	short := func(into any) error { // so that its buffers are small
		if most := reflect.ValueOf(into).Elem().FieldByName("MaxRow"); most.IsValid() {
			most.SetInt(4096)
		}
		return nil
	}
	plain := open(f, dir, func(o *file.Options) { o.Path, o.Format = "f.csv", short })
	continued := open(f, dir, func(o *file.Options) { o.Path, o.Format, o.Preset = "f.csv", short, "shopify_csv" })
	f.Fuzz(func(t *testing.T, text []byte, preset bool) {
		if err := os.WriteFile(filepath.Join(dir, "f.csv"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		s := plain
		if preset {
			s = continued
		}
		got := read(t, s)
		if got.err != nil {
			if _, ok := errors.AsType[*connectors.IncompleteError](got.err); !ok {
				t.Fatalf("ended with %T: %v", got.err, got.err)
			}
			return
		}
		var pos []int64
		for _, r := range got.records {
			if r.Key == "" {
				t.Fatalf("no key: %+v", r)
			}
			if r.Pos != catalog.NoPos {
				pos = append(pos, r.Pos)
			}
		}
		if again := collect(s.Reread(t.Context(), pos)); len(pos) > 0 {
			if !reflect.DeepEqual(got.records, again.records) || again.err != nil {
				t.Fatalf("read again: %v (-want +got):\n%s", again.err, gocmp.Diff(got.records, again.records))
			}
		}
	})
}
