package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// constant is a Judge that decides everything the same way.
func constant(first, final string) func(string, string, string) sandbox.Verdict {
	return func(string, string, string) sandbox.Verdict { return sandbox.Verdict{First: first, Final: final} }
}

func TestCreateAnswersTheWholeProduct(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 15, 9, 30, 0, 123456789, time.UTC)
	b := checked(t, sandbox.FlexConfig{
		FrontConfig: sandbox.FrontConfig{Now: func() time.Time { return at }},
		Judge:       constant("vision", "vision"),
	})
	got := b.create(fields{
		"gtin": "00036000291452", "reference_gtin": "12345678", "metadata": fields{"sku": "KB"},
		"image_urls": []string{"https://a.example/1"}, "categories": []string{"Braces"}, "components": []string{"Sleeve"},
	})
	id := got["product_id"].(string)
	if !regexp.MustCompile(`^fprod_[0-9A-HJKMNP-TV-Z]{26}$`).MatchString(id) {
		t.Errorf("product_id %q is no fprod_ and ULID", id)
	}
	want := fields{
		"product_id": id, "name": "Knee Brace", "description": "Hinged", "upc_code": "036000291452",
		"gtin": "00036000291452", "reference_gtin": "12345678", "url": "https://cdn.example.com/a.jpg",
		"client_reference_id": "sku-1", "metadata": fields{"sku": "KB"},
		"image_urls": []any{"https://a.example/1"}, "categories": []any{"Braces"}, "components": []any{"Sleeve"},
		"hsa_fsa_eligibility": "vision", "visit_type": "notApplicable", "active": true, "test_mode": true,
		"created_at": "2026-01-15T09:30:00.123456Z", "updated_at": "2026-01-15T09:30:00.123456Z",
		"document_description": nil, "receipt_description": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("created product (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, b.must(200, "GET", "/v1/products/"+id, "")["product"]); diff != "" {
		t.Errorf("read product (-want +got)\n%s", diff)
	}
}

func TestSecondCreateMakesASecondProduct(t *testing.T) {
	t.Parallel()
	b := checked(t, sandbox.FlexConfig{CreateStatus: 201})
	for range 3 {
		b.must(201, "POST", "/v1/products", body(nil))
	}
	b.must(201, "POST", "/v1/products", body(fields{"name": "Other name"}))
	b.must(201, "POST", "/v1/products", body(fields{"client_reference_id": nil}))
	r := b.flex.Report()
	if r.CreatesApplied != 5 || r.Duplicates != 2 || r.ActiveDuplicates != 3 || r.ClientReferenceIDs != 1 {
		t.Errorf("report %+v, want 5 creates, 2 duplicates, 3 active ones, 1 reference", r)
	}
}

func TestCreateRefusesWhatTheContractRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ about, body, loc, msg string }{
		{"no name", body(fields{"name": nil}), "product.name", "field required"},
		{"no description", body(fields{"description": nil}), "product.description", "field required"},
		{"no UPC", body(fields{"upc_code": nil}), "product.upc_code", "field required"},
		{"no URL", body(fields{"url": nil}), "product.url", "field required"},
		{"an empty name", body(fields{"name": ""}), "product.name", "at least 1"},
		{"a null byte in the name", body(fields{"name": "a\x00b"}), "product.name", "null bytes"},
		{"a UPC of eleven digits", body(fields{"upc_code": "03600029145"}), "product.upc_code", "digits"},
		{"a UPC as a number", body(fields{"upc_code": 36000291452}), "product.upc_code", "str type"},
		{"a GTIN with a letter", body(fields{"gtin": "0003600029145X"}), "product.gtin", "digits"},
		{"a URL without a scheme", body(fields{"url": "cdn.example.com/a.jpg"}), "product.url", "scheme"},
		{"a URL with a space", body(fields{"url": "https://cdn.example.com/a b.jpg"}), "product.url", "scheme"},
		{"a relative image", body(fields{"image_urls": []string{"/a.jpg"}}), "product.image_urls", "scheme"},
		{"categories as text", body(fields{"categories": "Braces"}), "product.categories", "list"},
		{"metadata with a number", body(fields{"metadata": fields{"n": 1}}), "product.metadata", "dict"},
		{"null", strings.Replace(body(nil), `"Hinged"`, "null", 1), "product.description", "none"},
		{"active, which is update-only", body(fields{"active": true}), "product.active", "extra"},
		{"a name in other letters", strings.Replace(body(nil), `"name"`, `"Name"`, 1), "product.Name", "extra"},
		{"a field nobody knows", body(fields{"price": 1}), "product.price", "extra"},
		{"a second envelope", `{"product":{},"x":1}`, "x", "extra"},
		{"no envelope", `{"name":"a"}`, "name", "extra"},
		{"an empty object", `{}`, "product", "required"},
		{"a list", `[]`, "", "not a JSON object"},
		{"half a body", `{"product":{"name":"a"`, "", "not a JSON object"},
		{"nothing", ``, "", "not a JSON object"},
	}
	for _, shape := range []sandbox.ErrorShape{sandbox.DetailList, sandbox.DetailText, sandbox.ErrorObject} {
		b := checked(t, sandbox.FlexConfig{ErrorShape: shape})
		for _, tc := range tests {
			var text string
			switch shape {
			case sandbox.DetailList:
				for _, d := range b.must(422, "POST", "/v1/products", tc.body)["detail"].([]any) {
					var loc []string
					for _, step := range d.(fields)["loc"].([]any)[1:] {
						loc = append(loc, step.(string))
					}
					text += strings.Join(loc, ".") + ": " + d.(fields)["msg"].(string) + "; "
				}
			case sandbox.DetailText:
				text = b.must(400, "POST", "/v1/products", tc.body)["detail"].(string)
			case sandbox.ErrorObject, sandbox.InTurn:
				text = b.must(400, "POST", "/v1/products", tc.body)["error"].(fields)["message"].(string)
			}
			if !strings.Contains(text, tc.loc) || !strings.Contains(text, tc.msg) {
				t.Errorf("%s, as %s: %q, want %q to be said of %q", tc.about, shape, text, tc.msg, tc.loc)
			}
		}
		if r := b.flex.Report(); r.CreatesApplied != 0 || r.ProductsActive != 0 {
			t.Errorf("%s: report %+v, want nothing created", shape, r)
		}
	}
}

func TestErrorShapesComeInTurn(t *testing.T) {
	t.Parallel()
	b := checked(t, sandbox.FlexConfig{})
	var got []string
	for range 6 {
		resp, answer, err := b.do("POST", "/v1/products", `{}`)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d %.11s", resp.status, answer))
	}
	want := []string{`422 {"detail":[`, `400 {"detail":"`, `400 {"error":{"`}
	want = append(want, want...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestUpdateChangesOnlyWhatCanBeUpdated(t *testing.T) {
	t.Parallel()
	b := checked(t, sandbox.FlexConfig{ErrorShape: sandbox.DetailList})
	id := b.create(fields{"metadata": fields{"a": "1", "b": "2"}, "categories": []string{"x"}})["product_id"].(string)
	got := b.must(200, "PATCH", "/v1/products/"+id,
		`{"product":{"description":"New","active":false,"metadata":{"c":"3"},"categories":[],"upc_code":"12345678"}}`)["product"].(fields)
	want := fields{
		"name": "Knee Brace", "description": "New", "active": false, "metadata": fields{"c": "3"}, "categories": []any{},
		"upc_code": "12345678",
	}
	for name, v := range want {
		if diff := cmp.Diff(v, got[name]); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	for _, name := range []string{"name", "client_reference_id", "image_urls", "components"} {
		answer := b.must(422, "PATCH", "/v1/products/"+id, `{"product":{"description":"X","`+name+`":"y"}}`)
		if text := fmt.Sprint(answer); !strings.Contains(text, name) || !strings.Contains(text, "extra") {
			t.Errorf("an update of %s was answered %s", name, text)
		}
	}
	b.must(422, "PATCH", "/v1/products/"+id, `{"product":{}}`)
	b.must(404, "PATCH", "/v1/products/fprod_none", `{"product":{"active":true}}`)
	if now := b.must(200, "GET", "/v1/products/"+id, "")["product"].(fields); now["description"] != "New" {
		t.Errorf("a refused update left description %q", now["description"])
	}
	b.must(200, "PATCH", "/v1/products/"+id, `{"product":{"active":true}}`)
	if r := b.flex.Report(); r.UpdatesApplied != 2 || r.ProductsActive != 1 || r.ProductsArchived != 0 {
		t.Errorf("report %+v, want 2 updates and one active product", r)
	}
}

func TestListFiltersAndPages(t *testing.T) {
	t.Parallel()
	b := checked(t, sandbox.FlexConfig{})
	ids := map[string]string{}
	for i := range 25 {
		name := fmt.Sprintf("p%02d", i)
		p := b.create(fields{
			"name": name, "client_reference_id": fmt.Sprintf("sku-%d", i%5),
			"metadata": fields{"parity": fmt.Sprint(i % 2), "third": fmt.Sprint(i % 3)},
		})
		ids[name] = p["product_id"].(string)
	}
	for _, name := range []string{"p03", "p20"} {
		b.must(200, "PATCH", "/v1/products/"+ids[name], `{"product":{"active":false}}`)
	}
	tests := []struct {
		about, query string
		want         []string
	}{
		{"newest first, ten, active only", "", []string{"p24", "p23", "p22", "p21", "p19", "p18", "p17", "p16", "p15", "p14"}},
		{"a limit", "?limit=2", []string{"p24", "p23"}},
		{"an offset", "?limit=2&offset=3", []string{"p21", "p19"}},
		{"an offset past the end", "?offset=99", []string{}},
		{"archived", "?active=false", []string{"p20", "p03"}},
		{"active, said", "?active=true&limit=1", []string{"p24"}},
		{"a reference", "?client_reference_id=sku-0", []string{"p15", "p10", "p05", "p00"}},
		{"a reference among the archived", "?client_reference_id=sku-0&active=false", []string{"p20"}},
		{"a reference that nobody has", "?client_reference_id=none", []string{}},
		{"a page of a reference", "?client_reference_id=sku-0&limit=2&starting_after=" + ids["p10"], []string{"p05", "p00"}},
		{"metadata", "?metadata[parity]=1&limit=2", []string{"p23", "p21"}},
		{"metadata of two keys", "?metadata[parity]=1&metadata[third]=0&limit=2", []string{"p21", "p15"}},
		{"metadata that nobody has", "?metadata[x]=1", []string{}},
		{"after", "?limit=2&starting_after=" + ids["p21"], []string{"p19", "p18"}},
		{"after one that is not in the list itself", "?limit=2&starting_after=" + ids["p20"], []string{"p19", "p18"}},
		{"after the oldest", "?starting_after=" + ids["p00"], []string{}},
		{"before: those next to it", "?limit=2&ending_before=" + ids["p19"], []string{"p22", "p21"}},
		{"before the newest", "?ending_before=" + ids["p24"], []string{}},
		{"between", "?starting_after=" + ids["p12"] + "&ending_before=" + ids["p09"], []string{"p11", "p10"}},
	}
	for _, tc := range tests {
		if diff := cmp.Diff(tc.want, b.list(tc.query)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.about, diff)
		}
	}

	var walked []string
	for after := ""; ; {
		page := b.list("?limit=7" + after)
		walked = append(walked, page...)
		if len(page) < 7 {
			break
		}
		after = "&starting_after=" + ids[page[6]]
	}
	if len(walked) != 23 || walked[0] != "p24" || walked[22] != "p00" {
		t.Errorf("the walk gave %q, want all 23 active ones", walked)
	}

	for _, query := range []string{"?limit=0", "?limit=101", "?limit=x", "?offset=-1", "?active=maybe", "?client_reference_id="} {
		if resp, answer, err := b.do("GET", "/v1/products"+query, ""); err != nil || resp.status/100 != 4 {
			t.Errorf("%s was not refused: %v %s", query, err, answer)
		}
	}
	b.must(400, "GET", "/v1/products?starting_after=fprod_none", "")
	b.must(400, "GET", "/v1/products?ending_before=fprod_none", "")
}

func TestEnvironmentsAndAccountsAreApart(t *testing.T) {
	t.Parallel()
	b := checked(t, sandbox.FlexConfig{})
	id := b.create(nil)["product_id"].(string)
	live := b.as(liveKey)
	live.must(404, "GET", "/v1/products/"+id, "")
	live.must(404, "PATCH", "/v1/products/"+id, `{"product":{"active":false}}`)
	if names := live.list(""); len(names) != 0 {
		t.Errorf("live lists test products: %q", names)
	}
	if p := live.create(nil); p["test_mode"] != false {
		t.Errorf("a live product says test_mode %v", p["test_mode"])
	}
	if names := b.as("fsk_test_2").list(""); len(names) != 1 {
		t.Errorf("another key of the account lists %q, want the one product", names)
	}

	apart := checked(t, sandbox.FlexConfig{SeparateAccounts: true, Keys: []string{"fsk_test_1", "fsk_test_2"}})
	apart.create(nil)
	if names := apart.as("fsk_test_2").list(""); len(names) != 0 {
		t.Errorf("another account lists %q", names)
	}
	for about, key := range map[string]string{"unknown": "fsk_test_3", "another API's": "sk_test", "none": ""} {
		if got := apart.as(key).must(401, "GET", "/v1/products", ""); got["detail"] != "Unauthorized" {
			t.Errorf("%s key: %v", about, got)
		}
	}
	b.as("sk_live").must(401, "GET", "/v1/products", "")
	b.as("fsk_").must(401, "GET", "/v1/products", "")
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.FlexConfig{})
	b.must(405, "DELETE", "/v1/products/fprod_1", "")
	b.must(405, "PUT", "/v1/products", "")
	b.must(404, "GET", "/v1/products/", "")
	b.must(404, "GET", "/v1/productsX", "")
	b.must(404, "GET", "/v1/products/a/b", "")
	b.must(404, "GET", "/v2/products", "")
	b.must(413, "POST", "/v1/products", body(fields{"description": strings.Repeat("x", 12<<20)}))
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	b := checked(t, sandbox.FlexConfig{Idempotent: true, KeyConflict: 422, ErrorShape: sandbox.DetailList})
	first := b.create(nil, "Idempotency-Key", "k1")
	if diff := cmp.Diff(first, b.create(nil, "Idempotency-Key", "k1")); diff != "" {
		t.Errorf("the replay differs (-first +again)\n%s", diff)
	}
	b.must(422, "POST", "/v1/products", body(fields{"name": "Other"}), "Idempotency-Key", "k1")
	b.must(422, "PATCH", "/v1/products/"+first["product_id"].(string), `{"product":{"active":false}}`, "Idempotency-Key", "k1")
	if p := b.as(liveKey).create(nil, "Idempotency-Key", "k1"); p["product_id"] == first["product_id"] {
		t.Error("the key of one environment was replayed in the other")
	}
	b.must(422, "POST", "/v1/products", `{}`, "Idempotency-Key", "k2") // a refusal is not remembered
	b.create(fields{"name": "Mended"}, "Idempotency-Key", "k2")
	r := b.flex.Report()
	if r.IdempotentReplays != 1 || r.KeysWithTwoBodies != 2 || r.CreatesApplied != 3 || r.UpdatesApplied != 0 {
		t.Errorf("report %+v, want 1 replay, 2 keys with two bodies, 3 creates", r)
	}

	ignoring := checked(t, sandbox.FlexConfig{})
	ignoring.create(nil, "Idempotency-Key", "k1")
	ignoring.create(nil, "Idempotency-Key", "k1")
	ignoring.create(fields{"name": "Other"}, "Idempotency-Key", "k1")
	if r := ignoring.flex.Report(); r.CreatesApplied != 3 || r.Duplicates != 1 || r.KeysWithTwoBodies != 1 || r.IdempotentReplays != 0 {
		t.Errorf("report %+v, want 3 creates, 1 duplicate, 1 key with two bodies, no replay", r)
	}
}

func TestConcurrentRepeatsOfOneKeyMakeOneProduct(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.FlexConfig{Idempotent: true})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() { b.do("POST", "/v1/products", body(nil), "Idempotency-Key", "k") })
	}
	wg.Wait()
	if r := b.flex.Report(); r.CreatesApplied != 1 || r.IdempotentReplays != 15 {
		t.Errorf("report %+v, want 1 create and 15 replays", r)
	}
}

func TestEligibilityIsSettledLater(t *testing.T) {
	t.Parallel()
	read := func(b *bench, id string) any {
		return b.must(200, "GET", "/v1/products/"+id, "")["product"].(fields)["hsa_fsa_eligibility"]
	}
	t.Run("null until the second read", func(t *testing.T) {
		b := checked(t, sandbox.FlexConfig{Judge: constant("", "prescription")})
		p := b.create(nil)
		id := p["product_id"].(string)
		got := []any{p["hsa_fsa_eligibility"], read(b, id), read(b, id), read(b, id)}
		if diff := cmp.Diff([]any{nil, nil, "prescription", "prescription"}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("provisional, and an update changes nothing", func(t *testing.T) {
		b := checked(t, sandbox.FlexConfig{Judge: constant("not_eligible", "vision"), Pending: sandbox.Pending{Reads: 3}})
		id := b.create(nil)["product_id"].(string)
		patched := b.must(200, "PATCH", "/v1/products/"+id, `{"product":{"upc_code":"12345678"}}`)["product"].(fields)["hsa_fsa_eligibility"]
		b.list("") // a list is a read too
		got := []any{patched, read(b, id), read(b, id)}
		if diff := cmp.Diff([]any{"not_eligible", "not_eligible", "vision"}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("after a delay", func(t *testing.T) {
		var mu sync.Mutex
		now := time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC)
		clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
		b := checked(t, sandbox.FlexConfig{
			FrontConfig: sandbox.FrontConfig{Now: clock},
			Judge:       constant("", "vision"), Pending: sandbox.Pending{Delay: time.Hour},
		})
		id := b.create(nil)["product_id"].(string)
		before := []any{read(b, id), read(b, id), read(b, id)}
		mu.Lock()
		now = now.Add(time.Hour)
		mu.Unlock()
		if diff := cmp.Diff([]any{nil, nil, nil, "vision"}, append(before, read(b, id))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	at := map[string]int{}
	for i := range 1000 {
		upc := fmt.Sprintf("%012d", i)
		v := sandbox.Verdicts("Thing", upc, "")
		if v != sandbox.Verdicts("Thing", upc, "") {
			t.Fatalf("the verdict on %s is not always the same", upc)
		}
		switch {
		case v.Final == "":
			t.Fatalf("no final verdict on %s", upc)
		case v.First == v.Final:
			at["once"]++
		case v.First == "":
			at["null"]++
		case v.First == "not_eligible":
			at["provisional"]++
		}
	}
	if at["once"] < 500 || at["null"] < 200 || at["provisional"] < 20 || at["once"]+at["null"]+at["provisional"] != 1000 {
		t.Errorf("of a thousand: %v", at)
	}
	for name, want := range map[string]string{"Knee BRACE": "auto_substantiation", "Vitamin D": "letter_of_medical_necessity"} {
		if got := sandbox.Verdicts(name, "036000291452", "").Final; got != want {
			t.Errorf("verdict on %s is %s, want %s", name, got, want)
		}
	}
	if got := sandbox.Verdicts("Brace", "036000291452", "036000291452").Final; got != "private_label" {
		t.Errorf("verdict on a private label is %s", got)
	}
}

func FuzzCreate(f *testing.F) {
	for _, seed := range []string{
		body(nil), `{"product":{}}`, `{"product":null}`, `[]`, ``, `{"product":{"name":"\u0000"}}`,
		`{"product":{"metadata":{"a":null},"image_urls":[null],"url":"http://"}}`, `{"product":{"name":{"name":{}}}}`,
	} {
		f.Add([]byte(seed))
	}
	flex, err := sandbox.NewFlex(sandbox.FlexConfig{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/products", strings.NewReader(string(data)))
		r.Header.Set("Authorization", "Bearer "+testKey)
		w := httptest.NewRecorder()
		flex.ServeHTTP(w, r)
		switch w.Code {
		case 200, 400, 413, 422:
		default:
			t.Errorf("status %d for %q: %s", w.Code, data, w.Body)
		}
	})
}
