package engine

import (
	"fmt"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/diff"
)

// inForce leaves a product that is sent as a whole with the variants that count: a
// missing one counts until its grace is over, and for ever where what is missing is
// kept (law 5). Where that is to be reported it gives a fault for each. When every
// variant is missing, so is the product, and nothing is changed.
func (p *planner) inForce(product *catalog.Product) (gone []catalog.Fault) {
	var stay []catalog.Variant
	present := false
	for _, v := range product.Variants {
		present = present || v.Missing == nil
		over := p.sync.Grace.Over(v.Missing, p.scope.Now)
		switch {
		case over && p.sync.Missing == diff.MissingReport:
			gone = append(gone, catalog.Fault{
				Field: "variants", Value: v.SKU,
				Reason: fmt.Sprintf("variant %s is %s, and it is still on sale at the destination", v.SKU, absence(v.Missing)),
				Remedy: "take it off sale there, or set missing: archive",
			})
		case over && p.sync.Missing != diff.MissingKeep:
			continue
		}
		v.Missing = nil
		stay = append(stay, v)
	}
	if !present {
		return nil
	}
	product.Variants = stay
	return gone
}
