package flexportal_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/skubridge/skubridge/connectors"
)

// Pages that lead to and fro between two cursors end.
func TestPagesOfVariantsThatGoRound(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	d := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"variants":[{"variantSku":"B","productSku":"P","productId":"p1"}],"nextCursor":"c%d"}`, asked.Add(1)%2)
	})
	if _, err := d.(connectors.Finder).Find(t.Context(), "A-1"); err == nil {
		t.Error("a product was found absent by pages that go round")
	}
	if n := asked.Load(); n > 10 {
		t.Errorf("%d pages were asked for", n)
	}
}
