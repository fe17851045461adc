package preset

import (
	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// sound gives the records without those whose SKU a spreadsheet rounded, such as
// 1.23457E+11. Which SKU that was nobody knows, so each is a row whose key cannot be read.
func sound(records Records) Records {
	return func(yield func(catalog.Record, error) bool) {
		for rec, err := range records {
			if err == nil && rounded(rec.Key) {
				rec, err = catalog.Record{}, &connectors.RecordError{
					File: rec.File, Line: rec.Line, Field: "sku", Value: string(rec.Key),
					Reason: "a spreadsheet rounded it and its last digits are gone", Remedy: "format the column as text and export it again",
				}
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// rounded reports whether a key is a number as spreadsheets write those that are too long
// for a cell: 1.23457E+11, with a comma in some countries.
func rounded(key []byte) bool {
	n := len(key) - len("E+11")
	if n < len("1.2") || key[n] != 'E' || key[n+1] != '+' || key[1] != '.' && key[1] != ',' {
		return false
	}
	for i, c := range key {
		if i != 1 && i != n && i != n+1 && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
