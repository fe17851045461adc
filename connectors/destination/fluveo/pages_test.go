package fluveo_test

import (
	"errors"
	"fmt"
	"net/http"
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
