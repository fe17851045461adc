package flexportal_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flexportal"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/sync/mapping"
)

// saying answers everything with one body.
func saying(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func creation(t *testing.T, d connectors.Destination) catalog.Step {
	t.Helper()
	want := payload(t, nil)
	step, err := d.Draft(catalog.Change{Op: catalog.OpCreate, Key: "TAB-11", Want: want}, "upsert", catalog.Made{})
	if err != nil {
		t.Fatal(err)
	}
	return step
}

// A success with an error inside is no success, and is told in the API's words.
func TestErrorInsideASuccess(t *testing.T) {
	t.Parallel()
	d := answering(t, saying(200, `{"success":false,"error":{"code":"INTERNAL","message":"Something broke inside"}}`))
	_, err := d.Deliver(t.Context(), creation(t, d))
	got := connectors.AsDelivery(err)
	if got == nil || got.Class != connectors.Unknown || !strings.Contains(got.Error(), "Something broke inside (INTERNAL)") {
		t.Errorf("got %v", err)
	}
}

// The code decides; the API's words, the field and the remedy are told.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body             string
		status                 int
		class                  connectors.Class
		message, field, remedy string
		later                  bool
	}{
		{
			name: "validation", status: 422, class: connectors.Rejected, field: "variant.pricing",
			body:    `{"error":{"code":"VALIDATION_ERROR","message":"Invalid request body","details":[{"path":"variants.1.pricing","message":"Required"}]}}`,
			message: "Invalid request body: variants.1.pricing: Required (VALIDATION_ERROR), of variant TAB-11-B",
		},
		{name: "pricing", status: 400, class: connectors.Rejected, field: "variant.pricing", remedy: "subscription prices", body: `{"error":{"code":"INVALID_PRICING","message":"Each tier needs contractLength"}}`, message: "Each tier needs contractLength (INVALID_PRICING)"},
		{name: "a SKU of another product, as 409", status: 409, class: connectors.Rejected, field: "variant.variantSku", remedy: "another SKU", body: `{"error":{"code":"DUPLICATE_SKU","message":"Variant SKU already exists on different product"}}`, message: "Variant SKU already exists on different product (DUPLICATE_SKU)"},
		{name: "tenant", status: 403, class: connectors.Denied, remedy: "tenant_id", body: `{"error":{"code":"NO_TENANT_ACCESS","message":"Missing or invalid Tenant-ID header"}}`, message: "Missing or invalid Tenant-ID header (NO_TENANT_ACCESS)"},
		{name: "orders, as 400", status: 400, class: connectors.Retryable, later: true, body: `{"error":{"code":"PRODUCT_HAS_ACTIVE_ORDERS","message":"Cannot delete with pending orders"}}`, message: "Cannot delete with pending orders (PRODUCT_HAS_ACTIVE_ORDERS)"},
		{name: "no such place", status: 404, class: connectors.Denied, remedy: "base_url", body: `not found`},
		{name: "a 5xx keeps its class", status: 500, class: connectors.Retryable, body: `{"error":{"code":"VALIDATION_ERROR"}}`, message: "VALIDATION_ERROR"},
		{name: "refused by a success", status: 200, class: connectors.Rejected, body: `{"success":false,"error":{"code":"VALIDATION_ERROR","message":"No brand"}}`, message: "No brand (VALIDATION_ERROR)"},
		{name: "denied by a success", status: 200, class: connectors.Denied, remedy: "api_key", body: `{"success":false,"error":{"code":"INVALID_TOKEN"}}`, message: "INVALID_TOKEN"},
		{name: "a success that is one, whatever else it says", status: 201, class: connectors.Unknown, body: `{"success":true,"error":{"code":"VALIDATION_ERROR"}}`},
		{name: "success denied", status: 200, class: connectors.Unknown, body: `{"success":false,"productId":"p","variantResults":[]}`},
		{name: "no word of the variants", status: 201, class: connectors.Unknown, body: `{"success":true,"productId":"p","productSku":"TAB-11"}`},
		{name: "another product", status: 201, class: connectors.Unknown, body: `{"productId":"p","productSku":"TAB-12","variantResults":[]}`},
		{name: "moved", status: 301, class: connectors.Denied, remedy: "base_url"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := answering(t, saying(test.status, test.body))
			_, err := d.Deliver(t.Context(), creation(t, d))
			got := connectors.AsDelivery(err)
			if got == nil || got.Class != test.class || got.Later != test.later || got.Message != test.message || got.Field != test.field || !strings.Contains(got.Remedy, test.remedy) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// A variant that is missing from the results was not written.
func TestVariantResults(t *testing.T) {
	t.Parallel()
	d := answering(t, saying(201, `{"success":true,"productId":"p","productSku":"TAB-11","operation":"created","variantResults":[{"sku":"TAB-11-A","operation":"create"}]}`))
	result, err := d.Deliver(t.Context(), creation(t, d))
	if err != nil || result.Remote.ID != "p" || result.Accepted == nil {
		t.Fatalf("%+v, %v", result, err)
	}
	want := payload(t, map[string]any{"variants": []any{small("TAB-11-A", nil)}})
	if diff := cmp.Diff(string(want.Bytes()), string(result.Accepted.Bytes())); diff != "" {
		t.Errorf("accepted (-want +got):\n%s", diff)
	}
	update, err := d.Draft(catalog.Change{Op: catalog.OpUpdate, RemoteID: "p", Want: payload(t, nil), Have: want, Fields: payload(t, nil).Diff(want)}, "update", catalog.Made{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Deliver(t.Context(), update)
	if got := connectors.AsDelivery(err); got == nil || got.Class != connectors.Rejected || !strings.Contains(got.Message, "variant TAB-11-B") {
		t.Errorf("an update in part: %v", err)
	}
}

// Answers of the older edition are read.
func TestOlderAnswers(t *testing.T) {
	t.Parallel()
	_, base := serve(t, sandbox.FlexPortalConfig{Older: true})
	d := open(t, base, nil)
	made, err := d.Deliver(t.Context(), creation(t, d))
	if err != nil || made.Accepted != nil {
		t.Fatalf("%+v, %v", made, err)
	}
	got, err := d.(connectors.Getter).Get(t.Context(), made.Remote.ID)
	if err != nil {
		t.Fatal(err)
	}
	var shown []struct {
		SKU     string `json:"variantSku"`
		Color   string `json:"colorName"`
		Pricing []struct {
			Months  int     `json:"contractLength"`
			Monthly float64 `json:"monthlyPrice"`
		} `json:"pricing"`
	}
	if err := got.Payload.Decode("variants", &shown); err != nil || len(shown) != 2 || shown[0].SKU != "TAB-11-A" || shown[0].Color != "Silver" || len(shown[0].Pricing) != 2 {
		t.Errorf("shown %s, %v", got.Payload.Raw("variants"), err)
	}
	list, _, err := d.(connectors.Lister).List(t.Context(), "")
	if err != nil || len(list) != 1 || list[0].Key != "TAB-11" {
		t.Errorf("listed %+v, %v", list, err)
	}
}

// Every request names key and tenant; prices are numbers; redirects are not followed.
func TestRequest(t *testing.T) {
	t.Parallel()
	var header http.Header
	var body map[string]any
	d := answering(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		dec := json.NewDecoder(r.Body)
		dec.UseNumber()
		_ = dec.Decode(&body)
		w.WriteHeader(http.StatusInternalServerError)
	})
	_, _ = d.Deliver(t.Context(), creation(t, d))
	if header.Get("Authorization") != "Bearer "+testKey || header.Get("Tenant-ID") != tenant {
		t.Errorf("header %v", header)
	}
	v := body["variants"].([]any)[0].(map[string]any)
	if v["listPrice"] != json.Number("599") || v["pricing"].([]any)[0].(map[string]any)["monthlyPrice"] != json.Number("39.9") {
		t.Errorf("variant %v", v)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, base string
		edit       func(*flexportal.Options)
		path, want string
	}{
		{"neither region nor address", "", nil, "region", ""},
		{"both", "http://127.0.0.1", func(o *flexportal.Options) { o.Region = "eu" }, "region", ""},
		{"an unknown region", "", func(o *flexportal.Options) { o.Region = "asia" }, "region", ""},
		{"no key", "http://127.0.0.1", func(o *flexportal.Options) { o.APIKey = secret.New("") }, "api_key", ""},
		{"no tenant", "http://127.0.0.1", func(o *flexportal.Options) { o.TenantID = "" }, "tenant_id", ""},
		{"a currency in words", "http://127.0.0.1", func(o *flexportal.Options) { o.Currency = "Euro" }, "currency", ""},
		{"an unknown choice", "http://127.0.0.1", func(o *flexportal.Options) { o.OtherWriters = "x" }, "other_writers", ""},
		{"a region", "", func(o *flexportal.Options) { o.Region = "qatar" }, "", "https://api-qatar.flexportal.io"},
		{"an address with version", "HTTP://Example.com/v1/", nil, "", "http://example.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, err := tryOpen(connectors.Common{BaseURL: test.base, Concurrency: 1, Timeout: time.Second}, test.edit)
			switch {
			case test.path == "" && err != nil:
				t.Error(err)
			case test.path == "":
				if got := d.Spec().Identity; got != (catalog.Identity{Type: "flexportal", BaseURL: test.want, Tenant: tenant}) {
					t.Errorf("identity %+v", got)
				}
			case err == nil || !strings.HasPrefix(err.Error(), test.path+": "):
				t.Errorf("got %v, want a fault of %s", err, test.path)
			}
		})
	}
}

// The defaults take the catalog's fields, and nothing of a variant's siblings.
func TestDefaults(t *testing.T) {
	t.Parallel()
	d := open(t, "http://127.0.0.1:1", func(o *flexportal.Options) { o.Currency = "eur" })
	var schema mapping.Schema
	for _, f := range d.Spec().Fields {
		schema = append(schema, mapping.Field{Name: f.Name, Kind: string(f.Kind), Default: f.Default, Required: f.Required})
	}
	program, err := mapping.Compile(schema, mapping.Config{Level: catalog.ProductLevel})
	if err != nil {
		t.Fatal(err)
	}
	euros := func(cents int64) catalog.Money {
		return catalog.Money{Amount: catalog.NewDecimal(cents, 2), Currency: "EUR"}
	}
	product := catalog.Product{
		Key: "TAB", Fields: catalog.Fields{SKU: "TAB", Name: "Tablet", Brand: "Acme", Category: "Tablets", Description: "<p>Eleven &amp; more</p>", Grade: "b", Condition: "used"},
		Variants: []catalog.Variant{
			{SKU: "TAB-A", Fields: catalog.Fields{
				SKU: "TAB-A", Options: []catalog.Option{{Name: "Colour", Value: "Silver"}, {Name: "Size", Value: "128GB"}}, Price: euros(59900), Cost: euros(41050),
				SubscriptionPrices: []catalog.SubscriptionFee{
					{Months: 12, Monthly: euros(3990), SetupFee: euros(1500)},
					{Months: 24, Monthly: euros(2750), Discount: catalog.Discount{Type: "percentage", Value: catalog.NewDecimal(10, 0)}},
				},
			}},
			{SKU: "TAB-B", Fields: catalog.Fields{SKU: "TAB-B", Name: "Used", Grade: "b", Condition: "used", SubscriptionPrices: []catalog.SubscriptionFee{{Months: 12, Monthly: euros(3000)}}}},
		},
	}
	got := program.Map(product)[0]
	if got.Verdict != mapping.Wanted || len(d.Check(got.Payload)) > 0 {
		t.Fatalf("%+v, %+v", got, d.Check(got.Payload))
	}
	want := `{"brand":"Acme","category":"Tablets","description":"Eleven & more","name":"Tablet","productSku":"TAB","specification":"Eleven & more","variants":[` +
		`{"acquisitionCost":"410.5","colorName":"Silver","grade":"A","listPrice":"599","pricing":[{"contractLength":12,"monthlyPrice":39.9,"setupFee":15},` +
		`{"contractLength":24,"discount":{"type":"percentage","value":10},"monthlyPrice":27.5}],"variantName":"Silver, 128GB","variantSku":"TAB-A"},` +
		`{"condition":"used","grade":"B","pricing":[{"contractLength":12,"monthlyPrice":30}],"variantName":"Used","variantSku":"TAB-B"}]}`
	if diff := cmp.Diff(want, string(got.Payload.Bytes())); diff != "" {
		t.Error(diff)
	}
	product.Variants[0].SubscriptionPrices[0].Monthly.Currency = "USD"
	got = program.Map(product)[0]
	if got.Verdict != mapping.Faulty || !strings.Contains(got.Faults[0].Reason, "the price is in USD, and EUR is wanted") {
		t.Errorf("a price in dollars: %+v", got)
	}
}

// A status call may answer without a body: then the API is asked how things stand.
func TestStatusWithoutWords(t *testing.T) {
	t.Parallel()
	for name, applied := range map[string]bool{"it was set": true, "it was not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status := map[bool]string{true: "inactive", false: "active"}[applied]
			d := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPatch {
					w.WriteHeader(http.StatusNoContent)
					return
				}
				_, _ = w.Write([]byte(`{"variants":[{"variantId":"v","variantSku":"TAB-11-B","productId":"p","productSku":"TAB-11","status":"` + status + `"}]}`))
			})
			c := catalog.Change{Op: catalog.OpUpdate, RemoteID: "p", Have: payload(t, nil), Want: payload(t, map[string]any{"variants": []any{small("TAB-11-A", nil)}})}
			step, err := d.Draft(c, "off:TAB-11-B", catalog.Made{Refs: map[string]string{"variant:TAB-11-B": "v"}})
			if err != nil {
				t.Fatal(err)
			}
			result, err := d.Deliver(t.Context(), step)
			if applied && (err != nil || result.Remote.Refs["status:TAB-11-B"] != "inactive") {
				t.Errorf("%+v, %v", result, err)
			}
			if !applied && (err == nil || connectors.AsDelivery(err).Class != connectors.Unknown) {
				t.Errorf("accepted: %+v, %v", result, err)
			}
		})
	}
}
