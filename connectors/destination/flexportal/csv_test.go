package flexportal_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flexportal"
	"github.com/skubridge/skubridge/internal/sandbox"
)

func byCSV(o *flexportal.Options) { o.FirstLoad = flexportal.LoadByCSV }

// plain is a variant that an import can carry whole: the API names it as it would be.
func plain(sku string, edit map[string]any) map[string]any {
	v := map[string]any{
		"variantSku": sku, "variantName": "Silver", "colorName": "Silver", "grade": "B", "listPrice": "599", "acquisitionCost": "410.5",
		"pricing": []any{
			map[string]any{"contractLength": 12, "monthlyPrice": 39.9},
			map[string]any{"contractLength": 24, "monthlyPrice": 27.5},
		},
	}
	maps.Copy(v, edit)
	for k, value := range v {
		if value == nil {
			delete(v, k)
		}
	}
	return v
}

// imported is a create of a product that an import can carry.
func imported(t *testing.T, d connectors.Destination, sku string, edit map[string]any) catalog.Step {
	t.Helper()
	values := map[string]any{
		"productSku": sku, "name": `Tablet, 11"`, "specification": "128GB; WiFi", "category": "Tablets", "brand": "Ácme",
		"variants": []any{plain(sku+"-A", nil), plain(sku+"-B", nil)},
	}
	maps.Copy(values, edit)
	p, err := catalog.NewPayload(values)
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Draft(catalog.Change{Op: catalog.OpCreate, Key: sku, Want: p}, "upsert", catalog.Made{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func deliverBatch(t *testing.T, d connectors.Destination, steps ...catalog.Step) []connectors.BatchResult {
	t.Helper()
	results, err := d.(connectors.Batcher).DeliverBatch(t.Context(), steps)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(steps) {
		t.Fatalf("%d results for %d steps", len(results), len(steps))
	}
	return results
}

// What an import cannot say goes by itself, and no file exceeds what one may hold.
func TestBatchPicks(t *testing.T) {
	t.Parallel()
	d := open(t, "https://portal.example", byCSV)
	one := func(edit map[string]any) map[string]any { return map[string]any{"variants": []any{plain("V", edit)}} }
	tier := func(edit map[string]any) map[string]any {
		v := map[string]any{"contractLength": 12, "monthlyPrice": 1}
		maps.Copy(v, edit)
		return one(map[string]any{"pricing": []any{v}})
	}
	for _, tt := range []struct {
		what string
		edit map[string]any
		ok   bool
	}{
		{"all that has a column", nil, true},
		{"a description", map[string]any{"description": "x"}, false},
		{"images", map[string]any{"images": []string{"https://cdn.example.com/1.jpg"}}, false},
		{"a condition", one(map[string]any{"condition": "used"}), false},
		{"a variant's images", one(map[string]any{"images": []string{"https://cdn.example.com/1.jpg"}}), false},
		{"no list price", one(map[string]any{"listPrice": nil}), false},
		{"no acquisition cost", one(map[string]any{"acquisitionCost": nil}), false},
		{"no colour", one(map[string]any{"colorName": nil}), true},
		{"another contract length", tier(map[string]any{"contractLength": 18}), false},
		{"a set-up fee", tier(map[string]any{"setupFee": 5}), false},
		{"a set-up fee of nothing", tier(map[string]any{"setupFee": 0}), true},
		{"a discount", tier(map[string]any{"discount": map[string]any{"type": "fixed", "value": 1}}), false},
		{"where a price comes from", tier(map[string]any{"source": "manual"}), false},
		{"a line break in a cell", map[string]any{"specification": "one\ntwo"}, false},
		{"a blank at an end", map[string]any{"brand": "Acme "}, false},
	} {
		got := d.(connectors.Batcher).Batch([]catalog.Step{imported(t, d, "P", tt.edit)})
		if (len(got) == 1) != tt.ok {
			t.Errorf("%s: picked %v, want %v", tt.what, got, tt.ok)
		}
	}

	var many []catalog.Step
	for n := range 700 {
		many = append(many, imported(t, d, fmt.Sprintf("P%d", n), nil))
	}
	if got := d.(connectors.Batcher).Batch(many); len(got) != 500 || got[499] != 499 {
		t.Errorf("picked %d of 700", len(got))
	}
	twice := []catalog.Step{many[0], imported(t, d, "other", map[string]any{"variants": []any{plain("P0-B", nil)}}), many[0], many[1]}
	if diff := gocmp.Diff([]int{0, 3}, d.(connectors.Batcher).Batch(twice)); diff != "" {
		t.Errorf("one SKU in several products (-want +got):\n%s", diff)
	}
	var wide []any
	for n := range 6000 {
		wide = append(wide, plain(fmt.Sprintf("W%d", n), nil))
	}
	rows := []catalog.Step{imported(t, d, "W", map[string]any{"variants": wide}), imported(t, d, "Y", map[string]any{"variants": renamed(wide, "Y")})}
	if got := d.(connectors.Batcher).Batch(rows); len(got) != 1 {
		t.Errorf("picked %v of 12,000 rows", got)
	}
	long := strings.Repeat("x", 3_000_000)
	var large []catalog.Step
	for n := range 3 {
		large = append(large, imported(t, d, fmt.Sprintf("L%d", n), map[string]any{"specification": long}))
	}
	if got := d.(connectors.Batcher).Batch(large); len(got) != 1 {
		t.Errorf("picked %v of 18 MB", got)
	}
	if o := open(t, "https://portal.example", nil); o.Spec().Batch != 0 || d.Spec().Batch != 500 {
		t.Errorf("batches of %d and %d, want them where the options say so", o.Spec().Batch, d.Spec().Batch)
	}
}

func renamed(list []any, prefix string) []any {
	out := make([]any, len(list))
	for n := range list {
		out[n] = plain(fmt.Sprintf("%s%d", prefix, n), nil)
	}
	return out
}

// All rows good: each product has its id, its variants theirs, and everything that was
// sent was accepted.
func TestImport(t *testing.T) {
	t.Parallel()
	for _, summary := range []bool{false, true} {
		api, base := serve(t, sandbox.FlexPortalConfig{Summary: summary})
		d := open(t, base, byCSV)
		steps := []catalog.Step{imported(t, d, "P1", nil), imported(t, d, "P2", nil)}
		for range 2 { // an import may be repeated
			for i, r := range deliverBatch(t, d, steps...) {
				if r.Err != nil || r.Result.Accepted != nil || r.Result.Remote.ID == "" || r.Result.Remote.Refs["variant:"+steps[i].Key+"-A"] == "" {
					t.Fatalf("%s: %+v", steps[i].Key, r)
				}
				got, err := d.(connectors.Getter).Get(t.Context(), r.Result.Remote.ID)
				want, _ := catalog.ParsePayload(steps[i].Body)
				if err != nil || got.Payload.Text("name") != `Tablet, 11"` || got.Payload.Text("brand") != "Ácme" || got.Key != want.Text("productSku") {
					t.Errorf("the API holds %s, %v", got.Payload.Bytes(), err)
				}
			}
		}
		if r := api.Report(); r.CreatesApplied != 2 {
			t.Errorf("report %+v", r)
		}
	}
}

// A variant that the API calls otherwise is accepted as it is called there, so that the
// next plan corrects it.
func TestImportReadsBack(t *testing.T) {
	t.Parallel()
	_, base := serve(t, sandbox.FlexPortalConfig{})
	d := open(t, base, byCSV)
	got := deliverBatch(t, d, imported(t, d, "P1", map[string]any{"variants": []any{plain("A", nil), plain("B", map[string]any{"variantName": "128 GB"})}}))[0]
	if got.Err != nil || got.Result.Accepted == nil {
		t.Fatalf("%+v", got)
	}
	if held := string(got.Result.Accepted.Bytes()); strings.Contains(held, "128 GB") || !strings.Contains(held, `"name":"Tablet`) {
		t.Errorf("accepted %s", held)
	}
}

// Row errors are found behind success: true, and blamed on whom they are about, however
// rows are counted.
func TestImportRowErrors(t *testing.T) {
	t.Parallel()
	for _, cfg := range []sandbox.FlexPortalConfig{{}, {FirstRow: 1}, {Summary: true}} {
		_, base := serve(t, cfg)
		d := open(t, base, byCSV)
		taken := imported(t, d, "TAKEN", map[string]any{"variants": []any{plain("P3-A", nil)}})
		if r := deliverBatch(t, d, taken); r[0].Err != nil {
			t.Fatal(r[0].Err)
		}
		steps := []catalog.Step{
			imported(t, d, "P1", nil),
			imported(t, d, "P2", nil),
			imported(t, d, "P3", map[string]any{"variants": []any{plain("P3-A", nil)}}), // another product's variant
			imported(t, d, "P4", map[string]any{"variants": []any{plain("P4-A", nil), plain("P3-A", nil)}}),
			imported(t, d, "P5", nil),
		}
		for i, r := range deliverBatch(t, d, steps...) {
			failure := connectors.AsDelivery(r.Err)
			switch steps[i].Key {
			case "P3":
				if failure == nil || failure.Class != connectors.Rejected || failure.Field != "variant.variantSku" ||
					failure.Message != "variant P3-A: Variant SKU already exists on different product" {
					t.Errorf("%+v: P3: %+v", cfg, failure)
				}
			case "P4": // half of it is there
				if failure != nil || r.Result.Accepted == nil || strings.Contains(string(r.Result.Accepted.Bytes()), "P3-A") {
					t.Errorf("%+v: P4: %+v", cfg, r)
				}
			default:
				if failure != nil || r.Result.Accepted != nil {
					t.Errorf("%+v: %s: %+v", cfg, steps[i].Key, r)
				}
			}
		}
	}
}

// What neither the answer nor the list of variants speaks of is not accepted (law 1).
func TestImportThatSwallows(t *testing.T) {
	t.Parallel()
	_, base := serve(t, sandbox.FlexPortalConfig{Swallows: func(sku string) bool { return strings.HasPrefix(sku, "P2") || sku == "P3-B" }})
	d := open(t, base, byCSV)
	got := deliverBatch(t, d, imported(t, d, "P1", nil), imported(t, d, "P2", nil), imported(t, d, "P3", nil))
	if got[0].Err != nil || !errors.Is(got[1].Err, connectors.ErrUnmentioned) || got[2].Err != nil || got[2].Result.Accepted == nil {
		t.Errorf("%+v", got)
	}
}

// An answer that is lost, or a list that cannot be read afterwards, leaves open what
// became of all; the same steps may go again.
func TestImportInDoubt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault sandbox.Fault
		class connectors.Class
	}{
		{sandbox.Fault{Kind: sandbox.HangupAfter, Method: "POST", Times: 1}, connectors.Unknown},
		{sandbox.Fault{Kind: sandbox.Truncate, Method: "POST", Times: 1}, connectors.Unknown},
		{sandbox.Fault{Kind: sandbox.HTML, Method: "POST", Apply: true, Times: 1}, connectors.Unknown},
		{sandbox.Fault{Kind: sandbox.ServerError, Method: "POST", Apply: true, Times: 1}, connectors.Retryable},
		{sandbox.Fault{Kind: sandbox.ServerError, Method: "GET", Times: 1}, connectors.Retryable},
		{sandbox.Fault{Kind: sandbox.RateLimit, Method: "GET", Times: 1}, connectors.RateLimited},
		{sandbox.Fault{Kind: sandbox.Refuse, Method: "POST", Status: 422, Times: 1}, connectors.Rejected},
		{sandbox.Fault{Kind: sandbox.Unauthorized, Method: "POST", Times: 1}, connectors.Denied},
	} {
		api, base := serve(t, sandbox.FlexPortalConfig{})
		d := open(t, base, byCSV)
		steps := []catalog.Step{imported(t, d, "P1", nil), imported(t, d, "P2", nil)}
		if err := api.SetFaults(tt.fault); err != nil {
			t.Fatal(err)
		}
		_, err := d.(connectors.Batcher).DeliverBatch(t.Context(), steps)
		if got := connectors.AsDelivery(err); got == nil || got.Class != tt.class {
			t.Errorf("%s of %s: %v, want %s", tt.fault.Kind, tt.fault.Method, err, tt.class)
		}
		for _, r := range deliverBatch(t, d, steps...) {
			if r.Err != nil || r.Result.Accepted != nil {
				t.Errorf("%s of %s, again: %+v", tt.fault.Kind, tt.fault.Method, r)
			}
		}
		if r := api.Report(); r.CreatesApplied != 2 {
			t.Errorf("%s of %s: %d products made", tt.fault.Kind, tt.fault.Method, r.CreatesApplied)
		}
	}
}

// Answers that no page shows.
func TestImportAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what, answer, list string
		class              connectors.Class // of the request as a whole
		message            string           // of P1
	}{
		{"no words at all", `{}`, ``, connectors.Unknown, ""},
		{"no success, no reason", `{"success":false,"message":"busy"}`, ``, connectors.Unknown, ""},
		{"no success, with counts", `{"success":false,"created":0,"updated":0,"message":"busy"}`, ``, connectors.Unknown, ""},
		{"errors as null", `{"success":true,"created":1,"updated":0,"errors":null}`, ``, "", connectors.ErrUnmentioned.Error()},
		{"a row that nobody sent", `{"success":true,"created":1,"updated":0,"errors":[{"row":99,"error":"no"}]}`, ``, "", connectors.ErrUnmentioned.Error()},
		{"rows that cannot be told apart", `{"success":true,"created":0,"updated":0,"errors":[{"row":1,"error":"no"}]}`, ``, "", connectors.ErrUnmentioned.Error()},
		{"a product's SKU", `{"success":true,"summary":{"errors":[{"row":2,"sku":"P1","error":"Invalid Grade"}]}}`, ``, "", "variant P1-A: Invalid Grade"},
		{"a row as text, in both places", `{"success":true,"created":0,"errors":[{"row":"2","sku":"P1-B","error":""}],"summary":{"errors":[]}}`, ``, "", "variant P1-B: its row was not imported, and no reason given"},
		{"the key in its words", `{"created":0,"errors":[{"sku":"P1-A","error":"not with ` + testKey + `"}]}`, ``, "", "variant P1-A: not with <redacted>"},
		{
			"one SKU under two products", `{"created":1,"updated":0}`,
			`{"variantSku":"P1-A","productSku":"P1","productId":"a"},{"variantSku":"P1-B","productSku":"P1","productId":"b"}`, "", "under 2 products",
		},
		{"a variant that is off sale", `{"created":1,"updated":0}`, `{"variantSku":"P1-A","productSku":"P1","productId":"a","status":"inactive"}`, "", connectors.ErrUnmentioned.Error()},
	} {
		d := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusCreated)
				io.WriteString(w, tt.answer)
				return
			}
			io.WriteString(w, `{"variants":[`+tt.list+`],"hasMore":false,"nextCursor":null}`)
		})
		results, err := d.(connectors.Batcher).DeliverBatch(t.Context(), []catalog.Step{imported(t, d, "P1", nil)})
		if tt.class != "" {
			if got := connectors.AsDelivery(err); got == nil || got.Class != tt.class {
				t.Errorf("%s: %v, want %s", tt.what, err, tt.class)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
			continue
		}
		if got := connectors.AsDelivery(results[0].Err); got == nil || !strings.Contains(cmp.Or(got.Message, got.Error()), tt.message) {
			t.Errorf("%s: %v, want %q", tt.what, got, tt.message)
		}
	}
}
