package flex_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// steps are a create and an update to try answers with.
func steps(t *testing.T, d connectors.Destination) map[string]catalog.Step {
	t.Helper()
	p := payload(t, nil)
	create, err := d.Draft(catalog.Change{Op: catalog.OpCreate, Key: "KB-L", Want: p}, "create", catalog.Made{})
	if err != nil {
		t.Fatal(err)
	}
	archive, err := d.Draft(catalog.Change{Op: catalog.OpArchive, Key: "KB-L", RemoteID: "fprod_1", Want: p, Have: p}, "archive", catalog.Made{})
	if err != nil {
		t.Fatal(err)
	}
	create.IdempotencyKey, archive.IdempotencyKey = "key-1", "key-2"
	return map[string]catalog.Step{"create": create, "archive": archive}
}

// What only Flex's contract decides; connectortest has what holds for everyone.
func TestDeliverClasses(t *testing.T) {
	t.Parallel()
	const product = `{"product_id":"fprod_1","client_reference_id":"KB-L","test_mode":true`
	const unknown, denied, rejected = connectors.Unknown, connectors.Denied, connectors.Rejected
	tests := []struct {
		what            string
		status          int
		header          map[string]string
		body            string
		create, archive connectors.Class // "" for accepted
		says            string           // part of the error
	}{
		{"accepted with another code", 201, nil, `{"product":` + product + `}}`, "", "", ""},
		{"no product in a success", 200, nil, `{"detail":"ok"}`, unknown, unknown, "holds no product"},
		{"a success that is a text", 200, nil, `"ok"`, unknown, unknown, "not the JSON"},
		{"no content", 204, nil, ``, unknown, unknown, "empty"},
		{"another key than was sent", 200, nil, `{"product":{"product_id":"fprod_1","client_reference_id":"OTHER"}}`, unknown, "", `"OTHER" instead of "KB-L"`},
		{"still active", 200, nil, `{"product":` + product + `,"active":true}}`, "", unknown, "active true instead of false"},
		{"a conflict", 409, nil, `{"detail":"Conflict"}`, unknown, unknown, "Conflict"},
		{"moved for good", 308, map[string]string{"Location": "https://elsewhere.example.com/"}, ``, denied, denied, "base_url does not lead to the API"},
		{"moved for now", 307, map[string]string{"Location": "/login"}, ``, denied, denied, "redirect"},
		{"see another page", 303, map[string]string{"Location": "/login"}, ``, unknown, unknown, "redirect"},
		{"payment required", 402, nil, `{"detail":"Pay"}`, unknown, unknown, "Pay"},
		{"no such method", 405, nil, `<html>`, unknown, unknown, "method not allowed"},
		{"not found", 404, nil, `{"detail":"Not found"}`, unknown, connectors.Gone, "Not found"},
		{"refused with a list", 422, nil, `{"detail":[{"loc":["body","product","url"],"msg":"bad"}]}`, rejected, rejected, "url: bad"},
		{"refused with an object", 400, nil, `{"error":{"code":"invalid_format","message":"Bad UPC"}}`, rejected, rejected, "Bad UPC (invalid_format)"},
		{"unavailable", 503, nil, ``, unknown, connectors.Retryable, "service unavailable"},
		{"unavailable until", 503, map[string]string{"Retry-After": "3"}, ``, connectors.RateLimited, connectors.RateLimited, ""},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			d := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, v := range tt.header {
					w.Header().Set(name, v)
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			for name, step := range steps(t, d) {
				want := map[string]connectors.Class{"create": tt.create, "archive": tt.archive}[name]
				result, err := d.Deliver(t.Context(), step)
				if want == "" {
					if err != nil || result.Remote.ID != "fprod_1" {
						t.Errorf("%s: %+v, %v", name, result, err)
					}
					continue
				}
				failure := connectors.AsDelivery(err)
				if failure == nil || failure.Class != want || failure.Status != tt.status {
					t.Errorf("%s: %v, want %s", name, err, want)
				} else if !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%s: %v does not say %q", name, err, tt.says)
				}
			}
		})
	}
}

func TestDeliverKeepsTheIDThatItCannotAccept(t *testing.T) {
	t.Parallel()
	for body, mismatch := range map[string]bool{
		`{"product":{"product_id":"fprod_9","test_mode":false}}`:               true,
		`{"product":{"product_id":"fprod_9","client_reference_id":"ANOTHER"}}`: false,
	} {
		d := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		_, err := d.Deliver(t.Context(), steps(t, d)["create"])
		failure := connectors.AsDelivery(err)
		if failure == nil || failure.RemoteID != "fprod_9" || failure.Mismatch != mismatch {
			t.Errorf("%s: %+v", body, failure)
		}
	}
}

// An update of another product than the one addressed was not ours.
func TestDeliverRefusesAnotherProduct(t *testing.T) {
	t.Parallel()
	d := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"product":{"product_id":"fprod_2","client_reference_id":"KB-L","active":false}}`)
	})
	_, err := d.Deliver(t.Context(), steps(t, d)["archive"])
	if failure := connectors.AsDelivery(err); failure == nil || failure.Class != connectors.Unknown {
		t.Errorf("got %v", err)
	}
}

// An answer that shows another activity than was set is not believed, and one that shows
// it is; what texts say of activity sets none.
func TestDeliverHoldsTheActivityAgainstTheStep(t *testing.T) {
	t.Parallel()
	talks := payload(t, map[string]any{"description": `it says "active":false`})
	for _, c := range []struct {
		what, step string
		change     catalog.Change
		shown      bool
		fails      connectors.Class
	}{
		{"archived, and off sale", "archive", catalog.Change{Op: catalog.OpArchive}, false, ""},
		{"archived, and on sale", "archive", catalog.Change{Op: catalog.OpArchive}, true, connectors.Unknown},
		{"restored, and on sale", "restore", catalog.Change{Op: catalog.OpRestore}, true, ""},
		{"restored, and off sale", "restore", catalog.Change{Op: catalog.OpRestore}, false, connectors.Retryable},
		{"created with a text about it", "create", catalog.Change{Op: catalog.OpCreate}, true, ""},
	} {
		d := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"product":{"product_id":"fprod_1","client_reference_id":"KB-L","test_mode":true,"active":%t}}`, c.shown)
		})
		c.change.Key, c.change.Want = "KB-L", talks
		if c.change.Op != catalog.OpCreate {
			c.change.RemoteID, c.change.Have = "fprod_1", talks
		}
		step, err := d.Draft(c.change, c.step, catalog.Made{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Deliver(t.Context(), step)
		var class connectors.Class
		failure := connectors.AsDelivery(err)
		if failure != nil {
			class = failure.Class
		}
		if class != c.fails || class == connectors.Retryable && !failure.Later {
			t.Errorf("%s: %v, want class %q", c.what, err, c.fails)
		}
	}
}

// A success without a product says why it is none, where it does.
func TestDeliverTellsWhatASuccessSaysInstead(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"error":{"code":"validation_error","message":"upc_code is not allowed here"}}`: "the answer holds no product: upc_code is not allowed here (validation_error)",
		`{"detail":"no such catalog"}`:                            "the answer holds no product: no such catalog",
		`{"status":"queued"}`:                                     `the answer holds no product: {"status":"queued"}`,
		`{"list":["` + strings.Repeat("x", 500) + `"]}`:           "the answer holds no product",
		`{"product":{"name":"` + strings.Repeat("x", 500) + `"}}`: "a product in the answer has no product_id",
		``:         "the answer is empty",
		`<html>no`: "the answer is a web page, not JSON",
	} {
		d := answering(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
		step, err := d.Draft(catalog.Change{Op: catalog.OpCreate, Key: "KB-L", Want: payload(t, map[string]any{"client_reference_id": "KB-L"})}, "create", catalog.Made{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Deliver(t.Context(), step)
		failure := connectors.AsDelivery(err)
		if failure == nil || failure.Class != connectors.Unknown || failure.Err.Error() != want {
			t.Errorf("%.60s: %v, want %q", body, err, want)
		}
	}
}

func TestDeliverSendsTheStepAsItIs(t *testing.T) {
	t.Parallel()
	var got []string
	d := answering(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := r.Header
		got = append(got, r.Method+" "+r.URL.Path, h.Get("Authorization"), h.Get("Idempotency-Key"), h.Get("Content-Type"), string(body))
		_, _ = io.WriteString(w, `{"product":{"product_id":"fprod_1"}}`)
	})
	step := steps(t, d)["archive"]
	result, err := d.Deliver(t.Context(), step)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"PATCH /v1/products/fprod_1", "Bearer " + testKey, "key-2", "application/json", `{"product":{"active":false}}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	// An answer that repeats neither key nor activity contradicts neither.
	if result.Remote.Key != "KB-L" || result.Remote.Active {
		t.Errorf("remote %+v", result.Remote)
	}
}

func TestDeliverPassesThePauseOn(t *testing.T) {
	t.Parallel()
	for remaining, want := range map[string]time.Duration{"0": 7 * time.Second, "1": 0} {
		d := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-RateLimit-Remaining", remaining)
			w.Header().Set("X-RateLimit-Reset", "7")
			_, _ = io.WriteString(w, `{"product":{"product_id":"fprod_1"}}`)
		})
		result, err := d.Deliver(t.Context(), steps(t, d)["create"])
		if err != nil || result.Pause != want {
			t.Errorf("%s remaining: pause %v, %v, want %v", remaining, result.Pause, err, want)
		}
	}
}

// A success may be a page that repeats the request, key and all.
func TestDeliverCutsTheKeyOutOfWhatItKeeps(t *testing.T) {
	t.Parallel()
	d := answering(t, func(w http.ResponseWriter, r *http.Request) {
		// The key straddles the place where the text is cut off.
		_, _ = io.WriteString(w, "<html>"+strings.Repeat("x", 2030)+r.Header.Get("Authorization"))
	})
	_, err := d.Deliver(t.Context(), steps(t, d)["create"])
	if failure := connectors.AsDelivery(err); failure == nil || strings.Contains(failure.Body, "fsk_") {
		t.Errorf("got %q", failure.Body)
	}
}
