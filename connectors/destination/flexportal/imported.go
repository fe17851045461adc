package flexportal

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// rowError is a row that was not imported. Which of the row and the SKU are told depends
// on the shape; sku may be that of a variant or of a product.
type rowError struct {
	Row   *json.Number `json:"row"`
	SKU   string       `json:"sku"`
	Error string       `json:"error"`

	variant string // of ours
}

// readImport reads the answer to an import in either of its shapes (import-csv page):
//
//	{"success":true,"created":12,"updated":3,"errors":[{"row":15,"error":"…"}]}
//	{"success":true,"summary":{"totalRows":50,"productsCreated":10,…,"errors":[{"row":23,"sku":"…","error":"…"}]}}
//
// Errors come with success: true; success: false without any is a file that was not
// imported, for all that is known.
func readImport(body []byte) ([]rowError, error) {
	var answer struct {
		Success *bool        `json:"success"`
		Message string       `json:"message"`
		Created *json.Number `json:"created"`
		Updated *json.Number `json:"updated"`
		Errors  []rowError   `json:"errors"`
		Summary *struct {
			Errors []rowError `json:"errors"`
		} `json:"summary"`
	}
	if err := httpclient.Decode(body, &answer); err != nil {
		return nil, err
	}
	if answer.Summary == nil && answer.Created == nil && answer.Updated == nil && answer.Errors == nil {
		return nil, errors.New("the answer does not say what was imported")
	}
	told := answer.Errors
	if answer.Summary != nil {
		told = append(told, answer.Summary.Errors...)
	}
	if answer.Success != nil && !*answer.Success && len(told) == 0 {
		return nil, fmt.Errorf("the answer says that it was no success: %s", connectors.Short(answer.Message, maxMessage))
	}
	return told, nil
}

// words gives the row errors by the SKU of the variant that each is about. A SKU in the
// answer says it; a number alone is the place of a row, counted in a way that no page
// documents: with the header or without, from 0 or from 1. The way is taken under which
// each of the numbers is that of a variant that is not there, if there is one such way
// alone; otherwise nobody is blamed, and what is missing is sent again by itself.
func (b *batch) words(told []rowError) map[string]rowError {
	words := map[string]rowError{}
	var rows []rowError
	var places []int
	for _, e := range told {
		switch sku := b.variantOf(e.SKU); {
		case sku != "":
			e.variant = sku
			words[sku] = e
		case e.Row != nil:
			if n, err := e.Row.Int64(); err == nil {
				rows, places = append(rows, e), append(places, int(n))
			}
		}
	}
	first, fitting := 0, 0
	for _, header := range []int{2, 1, 0} { // the number of the first row of data
		if b.allMissing(places, header) {
			first, fitting = header, fitting+1
		}
	}
	if fitting != 1 {
		return words
	}
	for i, e := range rows {
		e.variant = b.order[places[i]-first]
		words[e.variant] = e
	}
	return words
}

// variantOf is the variant that a SKU in an answer is about, "" for none. Of a product it
// is the first variant.
func (b *batch) variantOf(sku string) string {
	if _, ok := b.product[sku]; ok {
		return sku
	}
	for _, p := range b.products {
		if p.SKU == sku && len(p.Variants) > 0 && sku != "" {
			return p.Variants[0].SKU
		}
	}
	return ""
}

// allMissing reports whether each place, counted from first, is that of a variant that
// the API does not show.
func (b *batch) allMissing(places []int, first int) bool {
	for _, n := range places {
		if n -= first; n < 0 || n >= len(b.order) || b.held[b.order[n]] != nil {
			return false
		}
	}
	return len(places) > 0
}
