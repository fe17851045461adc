package fluveo_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Pages that come round again do not show that a price is absent: a second one would be made.
func TestPagesOfPricesThatGoRound(t *testing.T) {
	t.Parallel()
	for what, cursors := range map[string][]string{"the same page": {"price_9"}, "a circle of two": {"price_8", "price_9"}} {
		var asked atomic.Int64
		d := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			n := asked.Add(1)
			fmt.Fprintf(w, `{"object":"list","has_more":true,"next_cursor":%q,"data":[{"id":"price_9","currency":"usd","unit_amount":7,"product":"prod_1"}]}`, cursors[int(n)%len(cursors)])
		})
		_, applied, err := d.Look(t.Context(), catalog.Step{
			Name: "price", Method: http.MethodPost, Path: "/v1/prices", RemoteID: "prod_1", Body: []byte("currency=usd&product=prod_1&unit_amount=1999"),
		})
		if failed, ok := errors.AsType[*connectors.DeliveryError](err); !ok || failed.Class != connectors.Retryable || applied {
			t.Errorf("%s: applied %t, %v", what, applied, err)
		}
		if n := asked.Load(); n > 10 {
			t.Errorf("%s: %d pages were asked for", what, n)
		}
	}
}

// TestWhatAnswersIsTheAPI asks something that answers, and is no list of products.
func TestWhatAnswersIsTheAPI(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{
		`{"object":"list","data":[],"has_more":false}`: true,
		`{"object":"list","data":null}`:                false,
		`{"status":"ok"}`:                              false,
		`{}`:                                           false,
		`null`:                                         false,
		`<html>Welcome</html>`:                         false,
	} {
		d := answering(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
		if err := d.CheckOnline(t.Context()); (err == nil) != want {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

// TestAFullPageThatDoesNotSayWhetherItIsTheLast lists products without has_more: a page that is not
// full is the last one, a full one is an error.
func TestAFullPageThatDoesNotSayWhetherItIsTheLast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		products int
		whole    bool
	}{{0, true}, {1, true}, {99, true}, {100, false}} {
		var list []string
		for i := range c.products {
			list = append(list, fmt.Sprintf(`{"id":"prod_%d","object":"product","active":true,"name":"Ring","livemode":false}`, i))
		}
		d := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/prices" {
				fmt.Fprint(w, `{"object":"list","has_more":false,"data":[]}`)
				return
			}
			fmt.Fprintf(w, `{"object":"list","data":[%s]}`, strings.Join(list, ","))
		})
		err := error(nil)
		for place, n := "", 0; n < 5; n++ {
			if _, place, err = d.List(t.Context(), place); err != nil || place == "" {
				break
			}
		}
		if (err == nil) != c.whole {
			t.Errorf("%d products: listed with %v, want whole: %v", c.products, err, c.whole)
		}
	}
}
