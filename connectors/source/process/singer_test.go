package process_test

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/source/process"
)

// recorded plays what tap-mysql wrote: testdata/tap-mysql/README.md says how it was recorded.
func recorded(name string) process.Options {
	o := options("cat", "testdata/tap-mysql/"+name+".jsonl")
	o.Protocol = process.Singer
	o.Fields = columns("sku=sku", "name=name", "price=price", "gtin=barcode", "updated_at=made")
	o.Currency = "EUR"
	return o
}

func TestARecordedTap(t *testing.T) {
	t.Parallel()
	first := connectortest.Read(t, open(t, recorded("log-first")), "")
	if first.Err != nil || len(first.Problems) > 0 || first.Keys() != "BRACE-M THERM-1 WRAP-1" {
		t.Fatalf("%+v", first)
	}
	brace, wrap := first.Records[0], first.Records[2]
	have := map[string]string{
		"name": brace.Product.Name, "gtin": brace.Variant.GTIN, "price": brace.Variant.Price.Amount.String(), "of wrap": wrap.Variant.Price.Amount.String(),
		"time": brace.Variant.UpdatedAt.Format("2006-01-02T15:04:05.000Z07:00"), "attrs": brace.Variant.Attributes["attrs"], "sold": brace.Variant.Attributes["sold"],
	}
	want := map[string]string{
		"name": `Knee brace "M"`, "gtin": "04006381333931", "price": "34.9", "of wrap": "1299.9999",
		"time": "2026-05-04T08:00:00.250Z", "attrs": `{"color":"blue","size":{"eu":42.50}}`, "sold": "true",
	}
	if diff := gocmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	second := connectortest.Read(t, open(t, recorded("log-second")), "")
	if second.Err != nil || second.Keys() != "BRACE-M -WRAP-1 CUFF-1" {
		t.Errorf("%+v", second)
	}
}

// TestOneTapsRuns plays one run after the other, as intake does.
func TestOneTapsRuns(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct {
		runs [2]string
		keys [2]string
		next bool // the second run leaves a state
	}{
		"what changed":        {[2]string{"log-first", "log-second"}, [2]string{"BRACE-M THERM-1 WRAP-1", "BRACE-M -WRAP-1 CUFF-1"}, true},
		"the table each time": {[2]string{"full-first", "full-second"}, [2]string{"BRACE-M THERM-1 CUFF-1", "BRACE-M CUFF-1"}, false},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			// One command for both: the state decides which run it is.
			o := recorded(tt.runs[0])
			o.Command = []string{o.Command[0], "{state}", "testdata/tap-mysql/" + tt.runs[0] + ".jsonl", "testdata/tap-mysql/" + tt.runs[1] + ".jsonl"}
			o.Env[role] = secretOf("play")
			src := open(t, o)
			cursor := connectors.Cursor("")
			for i, keys := range tt.keys {
				g := connectortest.Read(t, src, cursor)
				if g.Err != nil || g.Keys() != keys {
					t.Fatalf("run %d: %+v, want %s", i+1, g, keys)
				}
				cursor = src.Cursor()
				if i == 0 && !strings.Contains(string(cursor), `"bookmarks"`) {
					t.Fatalf("the cursor is %s", cursor)
				}
			}
			if (cursor != "") != tt.next {
				t.Errorf("after the second run the cursor is %q", cursor)
			}
		})
	}
}

func TestMembersHaveNoOrder(t *testing.T) {
	t.Parallel()
	content := func(text string) (all []string) {
		for rec, err := range open(t, printing(t, process.JSONLines, text)).Read(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(rec.Raw.AppendContent(nil)))
		}
		return all
	}
	got := content("{\"sku\":\"A\",\"name\":\"a\",\"o\":{\"x\":1,\"y\":2}}\n{\"o\":{\"y\":2,\"x\":1},\"name\":\"a\",\"sku\":\"A\"}\n")
	if len(got) != 2 || got[0] != got[1] {
		t.Errorf("%q", got)
	}
}

func TestSingerMessages(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"SCHEMA","stream":"products","schema":{},"key_properties":["id"]}` + "\n"
	rec := func(stream, record string) string {
		return `{"type":"RECORD","stream":"` + stream + `","record":` + record + "}\n"
	}
	for _, tt := range []struct {
		what, text string
		change     func(*process.Options)
		keys       string
		problems   int
		err        []string
	}{
		{what: "later records of a key count", text: schema + rec("products", `{"sku":"A","name":"1"}`) + rec("products", `{"sku":"A","name":"2"}`), keys: "A A"},
		{what: "one stream of two", text: schema + rec("products", `{"sku":"A"}`) + rec("orders", `{"id":1}`), change: func(o *process.Options) { o.Streams = []string{"products"} }, keys: "A"},
		{what: "two streams", text: schema + rec("products", `{"sku":"A"}`) + rec("orders", `{"id":1}`), keys: "A", err: []string{"several streams", "products, orders", "streams: [products]"}},
		{what: "variants in a list", text: rec("products", `{"handle":"p","variants":[{"sku":"A","price":1.10},{"sku":"B"}]}`), change: func(o *process.Options) {
			o.Each, o.Fields = "variants", columns("sku=variants.sku", "parent=handle")
		}, keys: "A B"},
		{what: "a record that is spoilt", text: rec("products", `{"sku":"A","x":`+strings.Repeat("[", 70)+strings.Repeat("]", 70)+`}`) + rec("products", `{"sku":"B"}`), keys: "B", problems: 1},
		{what: "a byte order mark", text: "\ufeff" + schema + rec("products", `{"sku":"A"}`), keys: "A"},
		{what: "a word that is no message", text: schema + "Downloading page 1\n" + rec("products", `{"sku":"A"}`), err: []string{":2: the line is no message of Singer", "standard error"}},
		{what: "JSON that is no message", text: "{\"sku\":\"A\"}\n", err: []string{"no message of Singer: it has no type", "protocol: jsonlines"}},
		{what: "a number that is none", text: rec("products", `{"sku":"A","price":NaN}`), err: []string{"no message of Singer", "broken JSON"}},
		{what: "a record that is none", text: rec("products", `7`), err: []string{"without a record"}},
		{what: "half a message", text: schema + strings.TrimSuffix(rec("products", `{"sku":"A"}`), "}}\n"), err: []string{"in the middle of a line"}},
		{what: "the last line without its end", text: strings.TrimSuffix(rec("products", `{"sku":"A"}`), "\n"), keys: "A"},
		{what: "records in files", text: `{"type":"BATCH","stream":"products","manifest":["file:///x"]}` + "\n", err: []string{"BATCH", "batch_config"}},
		{what: "a table that is begun anew", text: `{"type":"RECORD","stream":"p","record":{"sku":"A"},"version":1}` + "\n" + `{"type":"RECORD","stream":"p","record":{"sku":"B"},"version":2}` + "\n", keys: "A", err: []string{"anew"}},
		{what: "another version is activated", text: `{"type":"RECORD","stream":"p","record":{"sku":"A"},"version":1}` + "\n" + `{"type":"ACTIVATE_VERSION","stream":"p","version":2}` + "\n", keys: "A", err: []string{"activates version 2", "version 1"}},
		{what: "messages of other kinds", text: schema + `{"type":"METRIC","x":1}` + "\n" + rec("products", `{"sku":"A","_sdc_deleted_at":"2026-01-01T00:00:00Z"}`), keys: "-A"},
		{what: "no record at all", text: schema, err: []string{"0 records, expected at least 1"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			o := printing(t, process.Singer, tt.text)
			if tt.change != nil {
				tt.change(&o)
			}
			g := connectortest.Read(t, open(t, o), "")
			if g.Keys() != tt.keys || len(g.Problems) != tt.problems || (g.Err != nil) != (tt.err != nil) {
				t.Fatalf("%+v", g)
			}
			if tt.err != nil {
				connectortest.WantIncomplete(t, g.Err, tt.err...)
			}
			for i := 1; i < len(g.Records); i++ {
				if tt.what == "later records of a key count" && g.Records[i].Part <= g.Records[i-1].Part {
					t.Errorf("%+v", g.Records)
				}
			}
		})
	}
}

func TestIncrementalSuite(t *testing.T) {
	t.Parallel()
	for _, protocol := range []process.Protocol{process.Singer, process.Airbyte} {
		t.Run(string(protocol), func(t *testing.T) {
			t.Parallel()
			connectortest.Incremental(t, func(t *testing.T) connectortest.OtherSide {
				return tableSide(t, protocol)
			})
		})
	}
}
