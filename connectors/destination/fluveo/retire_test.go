package fluveo_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// TestRetireOfAPriceThatIsNotThere takes a price off sale that the API says it does not
// know, twice: what the product is on sale at tells whether that is true.
func TestRetireOfAPriceThatIsNotThere(t *testing.T) {
	t.Parallel()
	const none, other = `{"data":[]}`, `{"data":[{"id":"price_2","currency":"usd","unit_amount":7,"product":"prod_1","livemode":false}]}`
	const old = `{"data":[{"id":"price_1","currency":"usd","unit_amount":7,"product":"prod_1","livemode":false}]}`
	for _, c := range []struct {
		name   string
		pages  []string         // of the list of prices
		status int              // of the list
		gone   bool             // the step counts as done
		look   connectors.Class // what a look-up fails with, "" for nothing
	}{
		{"on sale at no price", []string{none}, 200, true, ""},
		{"on sale at another price", []string{other}, 200, true, ""},
		{"on sale at it all the same", []string{old}, 200, false, ""},
		{"on sale at it, says the second page", []string{strings.Replace(other, `{`, `{"has_more":true,`, 1), old}, 200, false, ""},
		{"an API without a list of prices", []string{`{"error":{"message":"No such thing."}}`}, 404, true, ""},
		{"a list that cannot be had now", []string{`{"error":{"message":"Oops."}}`}, 500, false, connectors.Retryable},
		{"a list of the other mode", []string{strings.ReplaceAll(other, "false", "true")}, 200, false, connectors.Denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v1/prices" { // the price itself, to be changed or shown
					w.WriteHeader(http.StatusNotFound)
					fmt.Fprint(w, `{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such price."}}`)
					return
				}
				if q := r.URL.Query(); q.Get("product") != "prod_1" || q.Get("active") != "true" {
					t.Errorf("prices were asked for with %v", q)
				}
				page := 0
				if r.URL.Query().Get("starting_after") != "" {
					page = 1
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.pages[page])
			})
			step := catalog.Step{
				Op: catalog.OpUpdate, Name: "retire price", Method: http.MethodPost, Path: "/v1/prices/price_1",
				RemoteID: "prod_1", Body: []byte("active=false"), IdempotencyKey: "key-1", Repeatable: true,
			}

			_, err := d.Deliver(t.Context(), step)
			if failure := connectors.AsDelivery(err); c.gone != (err == nil) || err != nil && (failure == nil || failure.Class != connectors.Retryable) {
				t.Errorf("delivered with %v, done: want %t", err, c.gone)
			}
			_, applied, err := d.Look(t.Context(), step)
			var class connectors.Class
			if failure := connectors.AsDelivery(err); failure != nil {
				class = failure.Class
			}
			if applied != c.gone || class != c.look {
				t.Errorf("looked up: applied %t, %v, want %t, %q", applied, err, c.gone, c.look)
			}
		})
	}
}

// TestAPriceThatCannotBeRetiredIsNamed has the API refuse one step after another of a price
// change: a person is told which price is to be taken off sale, where none of ours does it.
func TestAPriceThatCannotBeRetiredIsNamed(t *testing.T) {
	t.Parallel()
	d := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"error":{"type":"invalid_request_error","code":"no","message":"No."}}`)
	})
	for _, c := range []struct{ name, path, body, want string }{
		{"price", "/v1/prices", "product=prod_1&unit_amount=7", ""},
		{"point", "/v1/products/prod_1", "default_price=price_2", ""},
		{"retire new price", "/v1/prices/price_2", "active=false", "price_2"},
		{"retire price", "/v1/prices/price_1", "active=false", "price_1"},
	} {
		_, err := d.Deliver(t.Context(), catalog.Step{
			Op: catalog.OpUpdate, Name: c.name, Method: http.MethodPost, Path: c.path,
			RemoteID: "prod_1", Body: []byte(c.body), IdempotencyKey: "key-1", Repeatable: true,
		})
		failure := connectors.AsDelivery(err)
		if failure == nil || failure.Class != connectors.Rejected {
			t.Fatalf("%s: %v", c.name, err)
		}
		if c.want == "" && failure.Remedy != "" || !strings.Contains(failure.Remedy, c.want) {
			t.Errorf("%s: %q, want %q in it", c.name, failure.Remedy, c.want)
		}
	}
}
