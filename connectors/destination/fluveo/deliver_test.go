package fluveo_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/fluveo"
	"github.com/skubridge/skubridge/internal/fault"
)

// creation is the step that creates a product.
func creation(t *testing.T, d *fluveo.Destination) catalog.Step {
	t.Helper()
	p := payload(t, nil)
	step, err := d.Draft(catalog.Change{Op: catalog.OpCreate, Key: "DESK-1", Want: p, Fields: p.Diff(catalog.Payload{})}, "create", catalog.Made{})
	if err != nil {
		t.Fatal(err)
	}
	step.IdempotencyKey = "key-1"
	return step
}

const answered = `{"id":"prod_1","object":"product","active":true,"name":"Desk","metadata":{"sku":"DESK-1"},"livemode":false,"default_price":"price_1"}`

// TestAnswers says what follows from an answer to a create.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		status  int
		version string
		body    string
		class   connectors.Class // "" for accepted
		says    string
		field   string
	}{
		{"as created", 200, "", answered, "", "", ""},
		{"as created, with 201 and its version", 201, "2026-03-09", answered, "", "", ""},
		{"without what is called required", 200, "", `{"id":"prod_1"}`, "", "", ""},
		{"another version", 200, "2027-01-01", answered, connectors.Denied, "version 2027-01-01 answered", ""},
		{"another SKU", 200, "", strings.ReplaceAll(answered, "DESK-1", "DESK-2"), connectors.Unknown, "DESK-2", ""},
		{"the other mode", 200, "", strings.ReplaceAll(answered, `"livemode":false`, `"livemode":true`), connectors.Denied, "live mode", ""},
		{"a refusal that names a field", 400, "", `{"error":{"type":"invalid_request_error","code":"parameter_invalid","message":"Too long.","param":"unit_label"}}`, connectors.Rejected, "Too long. (parameter_invalid)", "unit_label"},
		{"a refusal of the price", 422, "", `{"error":{"type":"invalid_request_error","code":"parameter_invalid","message":"No.","param":"default_price_data[currency]"}}`, connectors.Rejected, "No.", "default_price_data"},
		{"a refusal of the SKU", 400, "", `{"error":{"message":"No.","param":"metadata[sku]"}}`, connectors.Rejected, "No.", "sku"},
		{"under way", 409, "", `{"error":{"type":"api_error","code":"x","message":"In progress."}}`, connectors.Retryable, "In progress.", ""},
		{"a payment is asked for", 402, "", `{"error":{"type":"payment_error","code":"x","message":"Pay."}}`, connectors.Rejected, "Pay.", ""},
		{"the edge network's 403, in plain text", 403, "", "error code: 1010", connectors.Denied, "network before it may refuse this client", ""},
		{"an address without the API", 404, "", "not here", connectors.Denied, "base_url", ""},
		{"a server error", 500, "", `{"error":{"type":"api_error","code":"x","message":"Oops."}}`, connectors.Retryable, "Oops.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if user, password, ok := r.BasicAuth(); !ok || user != testKey || password != "" || r.Header.Get("Idempotency-Key") != "key-1" ||
					r.Header.Get("X-API-Version") != "2026-03-09" || r.Header.Get("User-Agent") == "" {
					t.Errorf("the request has %v", r.Header)
				}
				if c.version != "" {
					w.Header().Set("X-API-Version", c.version)
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			result, err := d.Deliver(t.Context(), creation(t, d))
			if c.class == "" {
				if err != nil || result.Remote.ID != "prod_1" || !result.Remote.Active || result.Remote.Key != "DESK-1" {
					t.Errorf("got %+v, %v", result.Remote, err)
				}
				return
			}
			failure := connectors.AsDelivery(err)
			if failure == nil || failure.Class != c.class || !strings.Contains(failure.Error(), c.says) || failure.Field != c.field {
				t.Errorf("got %+v, want %s with %q about %q", failure, c.class, c.says, c.field)
			}
		})
	}
}

// TestPause waits for the next minute once the allowance is used up.
func TestPause(t *testing.T) {
	t.Parallel()
	left := 1
	d := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Limit", "1500")
		w.Header().Set("X-RateLimit-Remaining", fmt.Sprint(left))
		left--
		fmt.Fprint(w, answered)
	})
	for _, least := range []float64{0, 30} {
		result, err := d.Deliver(t.Context(), creation(t, d))
		if err != nil {
			t.Fatal(err)
		}
		if got := result.Pause.Seconds(); least == 0 && got != 0 || got < least || got > 60 {
			t.Errorf("pause of %v, want at least %v s and no more than a minute", result.Pause, least)
		}
	}
}

// TestOptions names every fault with its path.
func TestOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		edit func(*fluveo.Options)
		path string
	}{
		{"level", func(o *fluveo.Options) { o.Level = "bundle" }, "level"},
		{"encoding", func(o *fluveo.Options) { o.Encoding = "xml" }, "encoding"},
		{"currency", func(o *fluveo.Options) { o.Currency = "dollars" }, "currency"},
		{"a key of metadata that is reserved", func(o *fluveo.Options) { o.MetadataKey = "Fluveo_sku" }, "metadata_key"},
		{"a version that is no date", func(o *fluveo.Options) { o.APIVersion = "dahlia" }, "api_version"},
		{"a header of two lines", func(o *fluveo.Options) { o.VersionHeader = "X\r\nY" }, "version_header"},
	} {
		_, err := tryOpen("", c.edit)
		if f, ok := errors.AsType[fault.Fault](err); !ok || f.Path != c.path {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for key, want := range map[string]string{
		"": "missing", "pk_test_abc": "publishable", "sk_abc": "neither", "sk_test_": "ends", "sk_live_a b": "blank",
	} {
		if err := (fluveo.Options{SecretKey: secretOf(key)}).Validate(); err == nil || !strings.Contains(err.Error(), want) || key == "sk_live_a b" && strings.Contains(err.Error(), key) {
			t.Errorf("key %q: %v", key, err)
		}
	}
	other := func(o *fluveo.Options) { o.VersionHeader, o.APIVersion = "Stripe-Version", "2026-05-27.dahlia" }
	if _, err := tryOpen("https://api.fluveo.dev/v1", other); err != nil {
		t.Errorf("the other generation: %v", err)
	}
}
