package flexportal

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzReadImport reads any answer to an import. What it blames is among what was sent.
func FuzzReadImport(f *testing.F) {
	f.Add([]byte(`{"success":true,"message":"Import completed","created":12,"updated":3,"errors":[{"row":3,"error":"Invalid List Price: must be a positive number"}]}`))
	f.Add([]byte(`{"success":true,"summary":{"totalRows":50,"productsCreated":10,"errors":[{"row":23,"sku":"B","error":"Variant SKU already exists on different product"}]}}`))
	f.Add([]byte(`{"created":"1","errors":[{"row":-1},{"row":1e3,"sku":"P"},{"row":"x"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		told, err := readImport(body)
		if err != nil {
			return
		}
		b := batch{product: map[string]string{}, products: []upsertBody{{SKU: "P", Variants: []variant{{SKU: "A"}, {SKU: "B"}, {SKU: "C"}}}}}
		for _, v := range b.products[0].Variants {
			b.product[v.SKU], b.order = "P", append(b.order, v.SKU)
		}
		for sku, e := range b.words(told) {
			if b.product[sku] != "P" || e.variant != sku {
				t.Errorf("%s blames %q as %+v", body, sku, e)
			}
		}
	})
}

// FuzzRows writes cells into an import and reads them as the API would: whatever is
// picked for one arrives as it is.
func FuzzRows(f *testing.F) {
	f.Add("Tablet", "TAB-1", `8" or 11"`)
	f.Add("a,b", "ü\"", "\"")
	f.Add("=1+1", "\ufeffx", "; \t|")
	f.Fuzz(func(t *testing.T, name, sku, specification string) {
		price := new(number)
		u := upsertBody{
			Name: name, SKU: sku, Specification: specification, Category: "c", Brand: "b",
			Variants: []variant{{SKU: sku, Grade: "A", ListPrice: price, Acquisition: price}, {SKU: sku + "2", Grade: "B", ListPrice: price, Acquisition: price}},
		}
		rows, ok := u.rows()
		if !ok {
			return
		}
		file := csvFile(rows)
		if len(file) > encodedSize(rows)+encodedSize([][]string{csvColumns}) {
			t.Errorf("%d bytes, reckoned with %d", len(file), encodedSize(rows))
		}
		got, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fmt.Sprintf("%q", rows), fmt.Sprintf("%q", got[1:])); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		body, contentType := envelope(file)
		_, params, err := mime.ParseMediaType(contentType)
		if err != nil {
			t.Fatal(err)
		}
		part, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).NextPart()
		if err != nil {
			t.Fatal(err)
		}
		if inside, err := io.ReadAll(part); err != nil || part.FormName() != "csvFile" || !bytes.Equal(inside, file) {
			t.Errorf("the form holds %q as %s, %v", inside, part.FormName(), err)
		}
	})
}
