package preset

import "bytes"

// rowKind says what a row is to its product.
type rowKind int

const (
	variantRow rowKind = iota
	parentRow
	moreRow    // it continues the row above
	keylessRow // it is a variant and does not say which
	leftOutRow
)

// familyRow is one row of a family.
type familyRow struct {
	layout   *Layout
	part     *Part
	line     int
	cells    span // framed
	sku      span
	kind     rowKind
	rank     int  // how far it is from what the configuration chose, 0 for not at all
	options  bool // it has some, or is else known as one of several
	titled   bool // it has what makes a product complete
	typeless bool // its type is blank
	child    bool // its product is another row's
	next     int  // the next row of its record, -1 for none
}

// kindOf tells a row's kind by the words in its type, such as "simple, virtual".
func (l *Layout) kindOf(cells [][]byte) rowKind {
	words := trim(l.role(cells, typeRole))
	for len(words) > 0 {
		var word []byte
		word, words, _ = bytes.Cut(words, []byte{','})
		word = trim(word)
		for _, w := range l.parents {
			if bytes.EqualFold(word, w) {
				return parentRow
			}
		}
		for _, w := range l.leftOut {
			if bytes.EqualFold(word, w) {
				return leftOutRow
			}
		}
	}
	return variantRow
}

// titled reports whether a row has what makes a product complete.
func (l *Layout) titled(cells [][]byte) bool {
	return l.roles[titleRole] < 0 || len(trim(cells[l.roles[titleRole]])) > 0
}

// rank says how far a row is from what the configuration chose: a row for all languages
// goes before one for another language, and behind one for the right language.
func (l *Layout) rank(cells [][]byte) int {
	rank := 0
	for i, role := range rankRoles {
		cell := trim(l.role(cells, role))
		switch want := l.wanted[i]; {
		case len(cell) == 0 && len(want) > 0:
			rank++
		case len(cell) > 0 && !bytes.EqualFold(cell, want):
			rank += 2
		}
	}
	return rank
}

// rankRoles are the roles of rows that say the same of one SKU for different readers, and
// rankWords what they are called in the configuration.
var (
	rankRoles = [...]int{localeRole, scopeRole, currencyRole}
	rankWords = [len(rankRoles)]captureKind{localeCapture, scopeCapture, currencyCapture}
)
