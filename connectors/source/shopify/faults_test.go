package shopify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/source/shopify"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/secret"
)

// What may go wrong in passing: the read ends with the same records as one in which
// nothing did.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	refused := func(on int, body string) sandbox.Fault {
		return sandbox.Fault{Kind: sandbox.Refuse, Status: 200, Body: body, Method: "POST", On: on}
	}
	for _, test := range []struct {
		name   string
		faults []sandbox.Fault
		quirks sandbox.ShopifyQuirks
		ops    int
	}{
		{"throttled by cost, as an answer 200", []sandbox.Fault{refused(1, throttled), refused(3, throttled)}, sandbox.ShopifyQuirks{}, 1},
		{"429 with Retry-After", []sandbox.Fault{{Kind: sandbox.RateLimit, RetryAfter: 4, Every: 2}}, sandbox.ShopifyQuirks{}, 1},
		{"430", []sandbox.Fault{{Kind: sandbox.Refuse, Status: 430, On: 2}}, sandbox.ShopifyQuirks{}, 1},
		{"errors of the server", []sandbox.Fault{{Kind: sandbox.ServerError, Every: 3}}, sandbox.ShopifyQuirks{}, 1},
		{"an error of the server as an answer 200", []sandbox.Fault{
			refused(2, `{"errors":[{"message":"oops","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`),
		}, sandbox.ShopifyQuirks{}, 1},
		{"a web page", []sandbox.Fault{{Kind: sandbox.HTML, On: 2}}, sandbox.ShopifyQuirks{}, 1},
		{"an empty answer", []sandbox.Fault{{Kind: sandbox.Empty, Method: "POST", On: 4}}, sandbox.ShopifyQuirks{}, 1},
		{"hang-ups", []sandbox.Fault{{Kind: sandbox.HangupBefore, Every: 3}}, sandbox.ShopifyQuirks{}, 1},
		{"a result that breaks off", []sandbox.Fault{{Kind: sandbox.Truncate, Path: "/results/*", Times: 2}}, sandbox.ShopifyQuirks{}, 1},
		{"an address of the result that has expired, once", nil, sandbox.ShopifyQuirks{Expired: 1}, 1},
		{"and for good, so that all is read anew", nil, sandbox.ShopifyQuirks{Expired: 2}, 2},
		{"an operation whose beginning is not answered", []sandbox.Fault{{Kind: sandbox.HangupAfter, ClientReferenceID: "Start", Times: 1}}, sandbox.ShopifyQuirks{}, 1},
		{"one that is not begun", []sandbox.Fault{{Kind: sandbox.ServerError, ClientReferenceID: "Start", Times: 2}}, sandbox.ShopifyQuirks{}, 1},
		{"an operation that failed", nil, sandbox.ShopifyQuirks{Fails: []string{"TIMEOUT", "INTERNAL_SERVER_ERROR"}}, 3},
		{"one whose result expired", nil, sandbox.ShopifyQuirks{Fails: []string{"EXPIRED"}}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := shop(t, sandbox.ShopifyConfig{Quirks: test.quirks, Polls: 2, FrontConfig: sandbox.FrontConfig{Faults: test.faults}})
			got, problems, err := w.full()
			if diff := cmp.Diff(all, got); diff != "" || err != nil || len(problems) > 0 {
				t.Errorf("%v, %q (-want +got):\n%s", err, problems, diff)
			}
			if n := w.api.Operations(); n != test.ops {
				t.Errorf("%d operations", n)
			}
			w.clean()
		})
	}
}

// What does not pass: a clear line, a remedy, and an incomplete read.
func TestFaultsThatStay(t *testing.T) {
	t.Parallel()
	status := func(n int, body string) sandbox.ShopifyConfig {
		return sandbox.ShopifyConfig{FrontConfig: sandbox.FrontConfig{Faults: []sandbox.Fault{{Kind: sandbox.Refuse, Status: n, Body: body}}}}
	}
	quirks := func(q sandbox.ShopifyQuirks) sandbox.ShopifyConfig { return sandbox.ShopifyConfig{Quirks: q} }
	for _, test := range []struct {
		name string
		cfg  sandbox.ShopifyConfig
		says string
	}{
		{"a revoked token", sandbox.ShopifyConfig{Tokens: []string{"shpat_other"}}, "the access token is not valid, or not any more"},
		{"a frozen store", status(402, `{"errors":"Unavailable Shop"}`), "the store is frozen, as a bill is open: Unavailable Shop"},
		{"a locked store", status(423, `{"errors":"Locked"}`), "the store is locked"},
		{"a closed store", status(403, ""), "the app may not do this, or the store is closed"},
		{"no such store", status(404, ""), "there is no such store"},
		{"another store", sandbox.ShopifyConfig{Shop: "other.myshopify.com"}, "to the store other.myshopify.com, but acme.myshopify.com is configured"},
		{"a version that is gone", sandbox.ShopifyConfig{Versions: []string{"2027-01"}}, "version 2026-07 of the API is gone: Shopify answers with 2027-01 instead"},
		{"a scope that lacks", sandbox.ShopifyConfig{Scopes: []string{"read_products"}}, "the app lacks a scope"},
		{"half a result", quirks(sandbox.ShopifyQuirks{HalfResult: true}), "bytes, but Shopify says that it has"},
		{"products that are not in the result", quirks(sandbox.ShopifyQuirks{Hidden: 1}), "1 products were read, and the API says that there are 2"},
		{"a cancelled operation", quirks(sandbox.ShopifyQuirks{Fails: []string{"CANCELED"}}), "was cancelled by somebody"},
		{"operations that fail for ever", quirks(sandbox.ShopifyQuirks{Fails: []string{"TIMEOUT", "TIMEOUT", "TIMEOUT", "TIMEOUT"}}), "failed 3 times"},
		{"an operation that never ends", sandbox.ShopifyConfig{Polls: 1 << 20}, "did not end within 6h0m0s"},
		{"an inactive store", status(200, `{"errors":[{"message":"inactive","extensions":{"code":"SHOP_INACTIVE"}}]}`), "inactive"},
		{"a field that is not there", status(200, `{"errors":[{"message":"Field 'x' doesn't exist","extensions":{"code":"undefinedField"}}]}`), "Field 'x' doesn't exist"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := shop(t, test.cfg)
			got, _, err := w.full()
			e, ok := err.(*connectors.IncompleteError) //nolint:errorlint // it is the border
			if !ok || len(got) > 0 || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("read %q, %T: %v, want %q", got, err, err, test.says)
			}
			if e.Remedy == "" {
				t.Error("no remedy")
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, e), token) {
				t.Error("the token is shown")
			}
			if w.source.Cursor() != "" {
				t.Error("a read that failed has a cursor")
			}
			w.clean()
		})
	}
}

// Pages that come again and again end the read.
func TestPagesThatRepeat(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{Generate: 40, GenerateVariants: 1}, func(o *shopify.Options) { o.Overlap = 3 * time.Hour })
	if _, _, err := w.full(); err != nil {
		t.Fatal(err)
	}
	w.api.SetQuirks(sandbox.ShopifyQuirks{RepeatPage: true})
	if _, _, err := w.read(); err == nil || !strings.Contains(err.Error(), "shows again") {
		t.Errorf("%v", err)
	}
}

// A query that costs too much is made smaller, until it passes or cannot be made so.
func TestQueriesBecomeSmaller(t *testing.T) {
	t.Parallel()
	for costly, passes := range map[int]bool{200: true, 8: false} {
		w := shop(t, sandbox.ShopifyConfig{Generate: 12, GenerateVariants: 12}, func(o *shopify.Options) { o.Overlap = 3 * time.Hour })
		if _, _, err := w.full(); err != nil {
			t.Fatal(err)
		}
		w.api.SetQuirks(sandbox.ShopifyQuirks{Costly: costly})
		got, _, err := w.read()
		if passes && (err != nil || len(got) != 12*13) || !passes && err == nil {
			t.Errorf("at %d: %d lines, %v", costly, len(got), err)
		}
	}
}

// The catalog changes while it is read: what is yielded is whole, or the read is not, and
// what was missed is told by the next one.
func TestChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(w *world)
		want   []string // of the read and the one after it
		fails  bool
	}{
		{"a title, behind the back of the operation", func(w *world) {
			p, _ := w.api.Product("brace")
			p.Title = "Anew"
			w.api.Put(p)
		}, []string{"501 gone", "brace/BR-S Anew 19.9 USD", "brace/brace/M/Blue Anew 20.9 USD"}, false},
		{"a new product", func(w *world) {
			w.api.Put(sandbox.ShopifyProduct{ID: 700, Handle: "new", Title: "New", Variants: []sandbox.ShopifyVariant{{SKU: "N-1"}}})
		}, []string{"700 gone", "new/N-1 New 0 USD"}, false},
		{"a product that is deleted", func(w *world) { w.api.Delete(502) }, []string{"502 gone"}, false},
		{"two that are deleted and one that is new", func(w *world) {
			w.api.Delete(501)
			w.api.Delete(502)
		}, []string{"501 gone", "502 gone"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := shop(t, sandbox.ShopifyConfig{})
			w.api.SetQuirks(sandbox.ShopifyQuirks{DuringBulk: func() { test.change(w) }})
			if got, _, err := w.full(); err != nil || cmp.Diff(all, got) != "" {
				t.Fatalf("%q, %v", got, err)
			}
			w.api.SetQuirks(sandbox.ShopifyQuirks{})
			got, _, err := w.read()
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// An operation that runs already, with the same query, is taken up after a crash; one of
// somebody else is waited for and left alone.
func TestOperationsThatRunAlready(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{Polls: 3, Operations: 1})
	_ = w.api.SetFaults(sandbox.Fault{Kind: sandbox.Refuse, Status: 423, ClientReferenceID: "Operation"})
	if _, _, err := w.full(); err == nil { // the process ends here, as it were
		t.Fatal("no error")
	}
	_ = w.api.SetFaults()
	w.source = w.open()
	if got, _, err := w.full(); err != nil || cmp.Diff(all, got) != "" || w.api.Operations() != 1 {
		t.Errorf("%q by %d operations, %v", got, w.api.Operations(), err)
	}

	_ = w.api.SetFaults(sandbox.Fault{Kind: sandbox.Refuse, Status: 423, ClientReferenceID: "Operation"})
	other := w.open(func(o *shopify.Options) { o.Metafields = []string{"other.app"} })
	if _, _, err := lines(other.Read(t.Context(), "")); err == nil {
		t.Fatal("no error")
	}
	_ = w.api.SetFaults()
	patient := w.open(func(o *shopify.Options) { o.BulkWait = time.Minute })
	_, _, err := lines(patient.Read(t.Context(), ""))
	if err == nil || !strings.Contains(err.Error(), "other bulk operations of the same app (1) did not end") || w.api.Operations() != 2 {
		t.Errorf("%d operations, %v", w.api.Operations(), err)
	}
	if len(w.said) != 1 || !strings.Contains(w.said[0], "they are waited for, for up to 1m0s") {
		t.Errorf("it is not said once what is waited for: %q", w.said)
	}
}

// Tokens for a day are asked for once, and anew when they are refused in the middle of a read.
func TestTokensForADay(t *testing.T) {
	t.Parallel()
	w := shop(t, sandbox.ShopifyConfig{Clients: map[string]string{"app": "s3cr3t-value"}, Polls: 3})
	w.source = w.open(func(o *shopify.Options) {
		o.Token, o.ClientID, o.ClientSecret = secret.Value{}, "app", secret.New("s3cr3t-value")
	})
	_ = w.api.SetFaults(sandbox.Fault{Kind: sandbox.Unauthorized, ClientReferenceID: "Operation", On: 2})
	if _, _, err := w.full(); err != nil || w.api.TokenRequests() != 2 { // it is refused a moment after it served
		t.Errorf("%d tokens, %v", w.api.TokenRequests(), err)
	}
	_ = w.api.SetFaults()
	_ = w.clock.wait(t.Context(), time.Minute)
	w.api.RevokeTokens()
	if got, _, err := w.full(); err != nil || cmp.Diff(all, got) != "" || w.api.TokenRequests() != 3 {
		t.Errorf("%q with %d tokens, %v", got, w.api.TokenRequests(), err)
	}
	_ = w.clock.wait(t.Context(), 25*time.Hour)
	if _, _, err := w.full(); err != nil || w.api.TokenRequests() != 4 {
		t.Errorf("%d tokens, %v", w.api.TokenRequests(), err)
	}
	wrong := w.open(func(o *shopify.Options) {
		o.Token, o.ClientID, o.ClientSecret = secret.Value{}, "app", secret.New("wr0ng-value")
	})
	_, _, err := lines(wrong.Read(t.Context(), ""))
	if err == nil || !strings.Contains(err.Error(), "client_id and client_secret are refused") || strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("%v", err)
	}
}

// A null wherever the API may give one is no fault.
func TestNulls(t *testing.T) {
	t.Parallel()
	none := map[string]any{
		"title": nil, "descriptionHtml": nil, "vendor": nil, "productType": nil, "tags": nil, "onlineStoreUrl": nil, "category": nil, "variantsCount": nil,
	}
	variant := map[string]any{
		"sku": nil, "barcode": nil, "price": nil, "compareAtPrice": nil, "position": nil, "taxable": nil, "selectedOptions": nil, "image": nil, "inventoryItem": nil,
		"contextualPricing": nil, "metafield": nil,
	}
	p := sandbox.ShopifyProduct{ID: 501, Handle: "bare", Raw: none, Variants: []sandbox.ShopifyVariant{{Raw: variant}}}
	w := shop(t, sandbox.ShopifyConfig{Products: []sandbox.ShopifyProduct{p}}, func(o *shopify.Options) {
		o.Metafields, o.Countries, o.Country = []string{"a_b.c", "variant.a_b.c"}, []string{"DE"}, "GB"
	})
	got, problems, err := w.full()
	if diff := cmp.Diff([]string{"bare/bare  0"}, got); diff != "" || err != nil || len(problems) > 0 {
		t.Errorf("%v, %q (-want +got):\n%s", err, problems, diff)
	}
}

// Values of another type than they should have are problems of their records.
func TestUnexpectedTypes(t *testing.T) {
	t.Parallel()
	for field, value := range map[string]any{"price": 19.9, "sku": 5, "selectedOptions": "x", "inventoryItem": []any{}, "barcode": map[string]any{}} {
		p := brace
		p.Variants = []sandbox.ShopifyVariant{brace.Variants[0], {SKU: "BAD", Raw: map[string]any{field: value}}}
		w := shop(t, sandbox.ShopifyConfig{Products: []sandbox.ShopifyProduct{p}})
		got, problems, err := w.full()
		if err != nil || len(got) != 1 || len(problems) != 1 || !strings.Contains(problems[0], "acme.myshopify.com/admin/products/501") {
			t.Errorf("%s: %q, %q, %v", field, got, problems, err)
		}
	}
	p := brace
	p.Raw = map[string]any{"tags": "a, b"}
	w := shop(t, sandbox.ShopifyConfig{Products: []sandbox.ShopifyProduct{p}})
	if got, problems, err := w.full(); err != nil || len(got) != 0 || len(problems) != 2 || !strings.Contains(problems[0], "SKU BR-S: tags") {
		t.Errorf("tags: %q, %q, %v", got, problems, err)
	}
}

// A product that has fewer variants than it says, whenever it is asked for: what came is
// taken, and nothing counts as missing.
func TestAProductThatIsShort(t *testing.T) {
	t.Parallel()
	p := brace
	p.Raw = map[string]any{"variantsCount": map[string]any{"count": 3, "precision": "EXACT"}}
	w := shop(t, sandbox.ShopifyConfig{Products: []sandbox.ShopifyProduct{p, socks}})
	for range 2 {
		got, problems, err := w.full()
		if diff := cmp.Diff(all, got); diff != "" || err != nil || len(problems) != 1 || !strings.Contains(problems[0], "says that it has 3 variants, and 2 came") {
			t.Errorf("%v, %q (-want +got):\n%s", err, problems, diff)
		}
	}
}
