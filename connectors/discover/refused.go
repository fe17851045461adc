package discover

import (
	"slices"
	"strings"
)

// refused says why a table that can be read is not: its rows are no products by themselves, and
// would be sent as such.
func (l *looker) refused(t *table) error {
	if productModels(t.names) {
		return l.unreadable("the file holds Akeneo's product models, which are what variants have in common and are not sold themselves",
			"leave it out, and export the products with all values of the variants", nil)
	}
	if olderTemplate(t) {
		return l.unreadable("the file is of BigCommerce's older template, in which rows of SKUs and rules change the product above them",
			"export the products with the current template, which has a preset, or write a preset of your own for this one", nil)
	}
	if t.rows == 1 && !t.more && byKey(t.names) {
		return l.unreadable("the products are members of one object, each under a name of its own, and would be read as one product",
			"export them as a list, or an object to a line, with the SKU in each", nil)
	}
	if slices.Contains(t.names, "__parentId") {
		return l.unreadable("the file holds products and their variants as lines of their own, as Shopify's bulk operations give them",
			"write a source with type: shopify for the store itself, or name an export of its products as CSV", nil)
	}
	return nil
}

// productModels reports whether columns are those of an export of Akeneo's product models, a file
// beside that of the products.
func productModels(names []string) bool {
	return slices.Contains(names, "code") && slices.Contains(names, "family_variant") && slices.Contains(names, "parent")
}

// byKey reports whether the names of a record's cells are those of several records, each within a member of
// its own: A.name, A.price, B.name, B.price.
func byKey(names []string) bool {
	members, inner := map[string]int{}, map[string]int{}
	for _, name := range names {
		member, field, ok := strings.Cut(name, ".")
		if !ok {
			return false
		}
		members[member]++
		inner[field]++
	}
	shared := 0
	for _, n := range inner {
		if n*2 > len(members) {
			shared++
		}
	}
	return len(members) > 1 && shared > 1 && shared*2 >= len(inner)
}

// olderTemplate reports whether an export of BigCommerce has rows that are read together with the one above.
func olderTemplate(t *table) bool {
	return slices.Contains(t.names, "Product Code/SKU") && slices.ContainsFunc(t.column("Item Type"), func(cell string) bool {
		return cell == "SKU" || cell == "Rule"
	})
}
