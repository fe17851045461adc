// Package maptest reads and judges mapping tests: what a product is in the catalog,
// and what its destination has to be told of it.
//
//	sync: shop-to-flex                 # may be left out where there is one sync
//	cases:
//	  - case: a variant says its size behind the name
//	    product: { name: Knee Brace, images: [https://cdn.example.com/kb.jpg] }
//	    variant: { sku: KB-L, name: Large, gtin: "614141000012", price: 19.99 USD }
//	    payload: { name: Knee Brace - Large }
//	  - case: a wrong barcode is a problem
//	    variant: { sku: KB-M, gtin: "614141000013" }
//	    fault: { field: upc_code, reason: last digit should be }
//	  - case: drafts are not sent
//	    variant: { sku: KB-S, status: draft }
//	    left_out: draft
//
// A payload names the fields that are looked at, at every depth; with exact: true
// there must be no others. null means that a field must not be there.
package maptest

import (
	"fmt"
	"io"
	"os"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
)

// maxBytes is the most that is read of a file.
const maxBytes = 256 << 10

// Case is one mapping test.
type Case struct {
	Name string
	// Sync is the sync that is tested; "" where the file does not say.
	Sync string
	// File and Line are where the case begins.
	File string
	Line int
	// Records are the product, a record for each of its variants.
	Records []catalog.Recorded
	// Key is the unit that is looked at; "" for the first.
	Key  string
	want want
}

// file is a file of mapping tests as it is written.
type file struct {
	Sync  string    `yaml:"sync"`
	Cases []written `yaml:"cases" jsonschema:"required"`
}

// written is a case as it is written.
type written struct {
	Case     string           `yaml:"case" jsonschema:"required"`
	Sync     string           `yaml:"sync"`
	Product  map[string]any   `yaml:"product"`
	Variant  map[string]any   `yaml:"variant"`
	Variants []map[string]any `yaml:"variants"`
	Key      string           `yaml:"key"`
	Payload  map[string]any   `yaml:"payload"`
	Exact    bool             `yaml:"exact"`
	Fault    *wrong           `yaml:"fault"`
	LeftOut  string           `yaml:"left_out"`
}

// wrong is what has to be wrong.
type wrong struct {
	Field  string `yaml:"field"`
	Reason string `yaml:"reason"`
}

// Load reads a file of mapping tests. Its error is config.Faults, or that of the file.
func Load(path string) ([]Case, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read mapping tests: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read mapping tests %s: %w", path, err)
	}
	return Parse(path, data)
}

// Parse reads mapping tests from data; the name is for faults.
func Parse(name string, data []byte) ([]Case, error) {
	doc, err := config.ParseDocument(name, data)
	if err != nil {
		return nil, err
	}
	var f file
	if err := doc.Decode(&f); err != nil {
		return nil, err
	}
	r := reader{doc: doc}
	cases := make([]Case, 0, len(f.Cases))
	for i, w := range f.Cases {
		at := fmt.Sprintf("cases[%d]", i)
		c := r.read(at, w)
		c.File, c.Line = name, doc.FaultAt(at, "", "").Line
		if c.Sync == "" {
			c.Sync = f.Sync
		}
		cases = append(cases, c)
	}
	return cases, config.Collect(r.faults...)
}

// reader turns written cases into cases, and gathers what is wrong.
type reader struct {
	doc    *config.Document
	faults []error
}

func (r *reader) fault(path, message, hint string) {
	r.faults = append(r.faults, r.doc.FaultAt(path, message, hint))
}

func (r *reader) read(at string, w written) Case {
	c := Case{Name: w.Case, Sync: w.Sync, Key: w.Key, want: want{payload: w.Payload, exact: w.Exact, fault: w.Fault, leftOut: w.LeftOut}}
	said := 0
	for _, is := range []bool{w.Payload != nil, w.Fault != nil, w.LeftOut != ""} {
		if is {
			said++
		}
	}
	switch {
	case said != 1:
		r.fault(at, "a case wants one of payload, fault and left_out", "")
	case w.Exact && w.Payload == nil:
		r.fault(config.Path(at, "exact"), "says nothing without payload", "")
	case w.Fault != nil && *w.Fault == (wrong{}):
		r.fault(config.Path(at, "fault"), "asks for nothing", "name a field, a part of the reason, or both")
	}
	c.Records = r.records(at, w)
	return c
}

// records are what a source would have given.
func (r *reader) records(at string, w written) []catalog.Recorded {
	variants, where := w.Variants, func(i int) string { return config.Path(at, "variants", fmt.Sprintf("[%d]", i)) }
	switch {
	case w.Variant != nil && len(w.Variants) > 0:
		r.fault(config.Path(at, "variant"), "stands beside variants", "put it into the list")
	case w.Variant != nil:
		variants, where = []map[string]any{w.Variant}, func(int) string { return config.Path(at, "variant") }
	case len(variants) == 0:
		r.fault(at, "a case wants a variant, with its sku", "")
	}
	product := r.fields(config.Path(at, "product"), w.Product)
	records := make([]catalog.Recorded, 0, len(variants))
	for i, v := range variants {
		rec := catalog.Recorded{Product: product, Variant: r.fields(where(i), v), Order: int64(i)}
		rec.Key, rec.Parent = rec.Variant.SKU, rec.Variant.Parent
		if rec.Key == "" {
			r.fault(where(i), "sku: missing", "")
		}
		if len(w.Variants) > 0 && rec.Parent == "" {
			rec.Parent = product.SKU
			if rec.Parent == "" {
				rec.Parent = "product"
			}
		}
		records = append(records, rec)
	}
	return records
}
