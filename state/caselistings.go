package state

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

const (
	listingsOfKeys = `
SELECT ` + listingColumns + `
FROM json_each(?) j
CROSS JOIN listing l ON l.destination = ? AND l.key = j.value`

	listingsOfIDs = `
SELECT ` + listingColumns + `
FROM json_each(?) j
CROSS JOIN listing l ON l.id = j.value`

	// An index has the numbers; what else they have is only in the rows.
	idsOfParents = `
SELECT l.id
FROM json_each(?) j
CROSS JOIN listing l ON l.destination = ? AND l.parent = j.value AND l.parent <> ''`
)

const anyListing = `SELECT EXISTS (SELECT 1 FROM listing WHERE destination = ?)`

func (l *loader) listings(products []string) error {
	if there, err := l.any(anyListing); err != nil || !there { // on a first load
		return err
	}
	met := map[int64]bool{}
	take := func(product string, li catalog.Listing) {
		if c := l.byProduct[product]; c != nil && !met[li.ID] {
			met[li.ID] = true
			l.owner[li.Key] = product
			c.Listings = append(c.Listings, li)
		}
	}
	byKey, err := l.selectListings(listingsOfKeys, jsonText(l.keys(products)), l.sc.Destination)
	if err != nil {
		return err
	}
	for _, li := range byKey {
		take(cmp.Or(l.owner[li.Key], li.Key), li)
	}
	left, err := l.leftListings(products, met)
	if err != nil {
		return err
	}
	for _, li := range left {
		product, err := l.productOf(li)
		if err != nil {
			return err
		}
		take(product, li)
	}
	for _, c := range l.byProduct {
		slices.SortFunc(c.Listings, func(a, b catalog.Listing) int { return strings.Compare(a.Key, b.Key) })
		if err := l.outgrown(c); err != nil {
			return err
		}
	}
	return nil
}

// productOf gives the product that a listing is about. A variant that moved to another product
// is that one's affair, even before its listing says so.
func (l *loader) productOf(li catalog.Listing) (string, error) {
	if product, known := l.owner[li.Key]; known {
		return product, nil
	}
	records, err := l.r.recordsOf(l.keyed(), li.Key)
	if err != nil || len(records) == 0 {
		return li.Parent, err
	}
	return owner(li.Key, records), nil
}

// outgrown finds the listings of a case that were made at another level. What was made
// of a product as a whole has its key for a parent, and so has a variant that has no other.
func (l *loader) outgrown(c *Case) error {
	if len(c.Records) == 0 {
		return nil // nothing took its place
	}
	for _, li := range c.Listings {
		if li.Sync != l.sc.Sync || li.Status != catalog.ListingActive {
			continue
		}
		var (
			taken bool
			err   error
		)
		switch {
		case l.sc.Level == catalog.ProductLevel && li.Parent != "" && li.Parent != li.Key && li.Key != c.Product:
			taken, err = l.anyRecord(li.Key)
		case l.sc.Level == catalog.VariantLevel && li.Parent == li.Key && li.Key == c.Product:
			var records []catalog.Recorded
			records, err = l.r.recordsOf(l.keyed(), li.Key)
			taken = len(records) > 0
		default:
			taken = true
		}
		if err != nil {
			return err
		}
		if !taken {
			c.Outgrown = append(c.Outgrown, li.Key)
		}
	}
	return nil
}

const anyOfProduct = `SELECT EXISTS (SELECT 1 FROM record WHERE source = ? AND product = ?)`

// anyRecord reports whether any record names a product.
func (l *loader) anyRecord(product string) (there bool, err error) {
	for _, src := range l.keyed() {
		if _, err = l.r.get(anyOfProduct, []any{src.id, product}, &there); err != nil || there {
			return there, err
		}
	}
	return false, nil
}

// leftListings are the listings made for products whose keys no record has any more, or
// one of another product: few, beside those that were found by their keys.
func (l *loader) leftListings(products []string, met map[int64]bool) ([]catalog.Listing, error) {
	ids, err := column[int64](l.r, idsOfParents, jsonText(products), l.sc.Destination)
	if err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool { return met[id] })
	if len(ids) == 0 {
		return nil, nil
	}
	return l.selectListings(listingsOfIDs, jsonText(ids))
}

func (l *loader) selectListings(query string, args ...any) (out []catalog.Listing, err error) {
	err = each(l.r, query, args, func(rows *sql.Rows) error {
		li, err := scanListing(rows)
		out = append(out, li)
		return err
	})
	return out, err
}
