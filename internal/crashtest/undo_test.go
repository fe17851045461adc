package crashtest

import (
	"testing"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// TestKillsOfARefusedPriceChange has products refuse the price that was made for them, and
// kills the run that takes it off sale again, at every point of that. No price is left
// beside the one in force, and what was refused goes through once the cause is gone.
func TestKillsOfARefusedPriceChange(t *testing.T) {
	refuse := sandbox.Fault{Kind: sandbox.Refuse, Status: 422, Method: "POST", Path: "/v1/products/*"}
	w := newWorld(t, toFluveo, newShop(8, 1), true, sandbox.ServerConfig{})
	w.level(t)
	if err := w.api.Fluveo.SetFaults(refuse); err != nil {
		t.Fatal(err)
	}
	price := kinds["price"]
	price.fits = func(p *product) bool { return whole(p) && len(p.variants) == 1 }
	const point, undo = 2, 3 // after the price
	orders := []order{{Point: requestWritten, Nth: point}, {Point: requestApplied, Nth: undo}}
	if !sizeOf().small {
		orders = append(orders,
			order{Point: beforeSettling, Nth: point}, order{Point: betweenSteps, Nth: undo - 1},
			order{Point: requestWritten, Nth: undo}, order{Point: beforeSettling, Nth: undo})
	}
	for _, o := range orders {
		w.shop.change(price, 1)
		w.export(t)
		if _, killed := w.strike(t, o); !killed {
			t.Errorf("%+v is never passed", o)
		}
		var r report
		if code := w.run(t, &r, "sync", "--json"); code != 3 || r.Pending > 0 {
			t.Fatalf("after %+v: exit code %d, %+v", o, code, r)
		}
		if n := w.report().ExtraPrices; n > 0 {
			t.Fatalf("after %+v: %d prices too many", o, n)
		}
	}
	if err := w.api.Fluveo.SetFaults(); err != nil {
		t.Fatal(err)
	}
	w.run(t, nil, "retry", "--all")
	w.level(t)

	// What was in force before it was refused stays in force.
	w.shop.change(price, 1)
	w.export(t)
	if _, killed := w.strike(t, order{Point: requestApplied, Nth: point}); !killed {
		t.Error("no product was given its price")
	}
	if err := w.api.Fluveo.SetFaults(refuse); err != nil {
		t.Fatal(err)
	}
	w.level(t)
	w.compare(t)
}
