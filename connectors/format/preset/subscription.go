package preset

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/fault"
)

// subscriptionPrices is the field of monthly prices by contract length.
const subscriptionPrices = "subscription_prices"

// maxMonths bounds a contract length, so that a column such as rent_20261101 is not
// taken for one.
const maxMonths = 1200

// checkSubscription reports what is wrong with a rule of subscription prices: each of
// its columns has to say the contract length.
func checkSubscription(r Rule) error {
	const hint = "as [\"rent_{months}\"], or [\"rent_{months}\", \"setup_fee_{months}\"] with the set-up fees behind"
	if len(r.From) == 0 || len(r.From) > 2 {
		return fault.At("fields."+subscriptionPrices, "has %d columns, want the one of the monthly prices and, where there is one, that of the set-up fees", len(r.From)).Hinting(hint)
	}
	for _, column := range r.From {
		p, err := parsePattern(column)
		if err != nil || !slices.Contains(p.kinds, monthsCapture) {
			return fault.At("fields."+subscriptionPrices, "%q does not say where the contract length stands", column).Hinting(hint)
		}
	}
	return nil
}

// setSubscription makes a price of each contract length that has a monthly one. A blank
// cell, or a set-up fee alone, offers none.
func setSubscription(f *catalog.Fields, in input) error {
	fees := map[int]catalog.Money{}
	var all []catalog.SubscriptionFee
	for i := range in.cells {
		months, err := strconv.Atoi(in.says[i][monthsCapture])
		if err != nil || months < 1 || months > maxMonths {
			return &valueError{i, fmt.Sprintf("a contract of %q months is none", shorten(in.says[i][monthsCapture])), "name the columns in the configuration so that {months} is the contract length"}
		}
		price, err := in.money(i)
		if err != nil {
			return err
		}
		if in.nth[i] > 0 {
			fees[months] = price
			continue
		}
		if slices.ContainsFunc(all, func(s catalog.SubscriptionFee) bool { return s.Months == months }) {
			return &valueError{i, fmt.Sprintf("%d months have a price already", months), "leave one of the columns out"}
		}
		all = append(all, catalog.SubscriptionFee{Months: months, Monthly: price})
	}
	for i := range all {
		all[i].SetupFee = fees[all[i].Months]
	}
	slices.SortFunc(all, func(a, b catalog.SubscriptionFee) int { return cmp.Compare(a.Months, b.Months) })
	f.SubscriptionPrices = all
	return nil
}
