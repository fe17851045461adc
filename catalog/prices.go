package catalog

// Prices says where in the value of a payload's field prices are, for those who watch
// how far they move.
type Prices struct {
	// Members are the names of the members that are prices, at any depth; none stands
	// for a value that is a price itself.
	Members []string
	// By are the names of the members that tell prices apart: the SKU of the variant
	// that an object is about, the months of a contract, the currency of an amount.
	By []string
}
