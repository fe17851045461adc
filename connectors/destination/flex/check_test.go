package flex_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	type edit map[string]any
	image := func(s string) edit { return edit{"image_urls": []string{"https://cdn.example.com/1.jpg", s}} }
	tests := []struct {
		what          string
		edit          edit
		field, reason string // reason "" for no fault
		remedy        string // part of it
	}{
		{"a whole product", nil, "", "", ""},
		{"the four and the key are enough", edit{"gtin": nil, "metadata": nil, "image_urls": nil, "categories": nil}, "", "", ""},
		{"no name", edit{"name": nil}, "name", "there is no name", "in the source"},
		{"a blank name", edit{"name": " \t"}, "name", "there is no name", "in the source"},
		{"no description", edit{"description": ""}, "description", "there is no description", "in the source"},
		{"no barcode", edit{"upc_code": nil}, "upc_code", "there is no barcode", "UPC or GTIN"},
		{"no address", edit{"url": nil}, "url", "there is no address", "an image"},
		{"no key", edit{"client_reference_id": ""}, "client_reference_id", "there is no SKU", "SKU"},
		{"a wrong check digit", edit{"upc_code": "036000291453"}, "upc_code", "barcode 036000291453: last digit should be 2", "correct the barcode in the source"},
		{"digits that were lost", edit{"gtin": "3.6E+10"}, "gtin", "barcode 3.6E+10: a spreadsheet rounded it and its last digits are gone", "format the column as text"},
		{
			"a number that is not for trade",
			edit{"reference_gtin": "2000000000008"},
			"reference_gtin",
			"barcode 2000000000008: prefixes 200 to 299 are for use inside one region or company, not a number for trade", "GS1",
		},
		{"blanks that would be sent", edit{"upc_code": "0 36000 29145 2"}, "upc_code", "barcode 0 36000 29145 2: more than digits", "gtin12"},
		{"a GTIN-8", edit{"upc_code": "96385074"}, "", "", ""},
		{"a barcode that is no text", edit{"upc_code": 36000291452}, "upc_code", "not a text", "mapping of upc_code"},
		{"an address without a scheme", edit{"url": "//cdn.example.com/1.jpg"}, "url", "the address does not begin with http:// or https://", "https:"},
		{"a path", edit{"url": "/img/1.jpg"}, "url", "the address does not begin with http:// or https://", "https://"},
		{"a blank in an address", edit{"url": "https://cdn.example.com/a b.jpg"}, "url", "the address has a blank in it", "%20"},
		{"an address without a host", edit{"url": "https:///1.jpg"}, "url", "the address cannot be read", "correct"},
		{"a broken escape", edit{"url": "https://cdn.example.com/%zz"}, "url", "the address cannot be read", "correct"},
		{"the second image", image("cdn.example.com/2.jpg"), "image_urls", "the address does not begin with http:// or https://", "image"},
		{"a blank image", image(""), "image_urls", "an address is blank", "blank"},
		{"a null byte", edit{"name": "Brace\x00"}, "name", "the text holds a null byte", "remove"},
		{"a line break in a name", edit{"name": "Brace\nLarge"}, "name", "the text holds a line break", "remove"},
		{"lines in a description", edit{"description": "one\n\ttwo\r\n"}, "", "", ""},
		{"a control character in a description", edit{"description": "one\x0btwo"}, "description", "the text holds the control character U+000B", "remove"},
		{"a category that is not there", edit{"categories": []string{"A", " "}}, "categories", "an entry is blank", "blank"},
		{"categories that are no list", edit{"categories": "A"}, "categories", "not a list of texts", "mapping"},
		{"metadata with numbers", edit{"metadata": map[string]any{"a": 1}}, "metadata", "not a map of texts", "mapping"},
		{"metadata without a key", edit{"metadata": map[string]string{"": "1"}}, "metadata", "metadata has a blank key", "mapping"},
		{"a null byte in metadata", edit{"metadata": map[string]string{"a": "\x00"}}, "metadata", "the text holds a null byte", "remove"},
		{
			"a description of tags",
			edit{"description": "<p>&nbsp;<br/></p><style>p{}</style><script>let x</script>"},
			"description", "the description is blank once its HTML is taken away", "write",
		},
		{"a description between tags", edit{"description": "<script>let x</script><p>Brace</p>"}, "", "", ""},
		{"invisible characters", edit{"description": "\u200b\ufeff"}, "description", "the description is blank once its HTML is taken away", "write"},
	}
	d := open(t, "", nil)
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			faults := d.Check(payload(t, tt.edit))
			if tt.reason == "" {
				if len(faults) > 0 {
					t.Fatalf("got %+v, want none", faults)
				}
				return
			}
			if len(faults) != 1 {
				t.Fatalf("got %+v, want one fault", faults)
			}
			got := faults[0]
			if diff := cmp.Diff([]string{tt.field, tt.reason}, []string{got.Field, got.Reason}); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
			if !strings.Contains(got.Remedy, tt.remedy) {
				t.Errorf("remedy %q does not speak of %q", got.Remedy, tt.remedy)
			}
		})
	}
}

func TestCheckNamesEveryFault(t *testing.T) {
	t.Parallel()
	var fields []string
	for _, f := range open(t, "", nil).Check(catalog.Payload{}) {
		fields = append(fields, f.Field)
	}
	want := []string{"name", "description", "upc_code", "url", "client_reference_id"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields at fault (-want +got):\n%s", diff)
	}
}

// A long value is no reason for a long line.
func TestCheckShowsValuesShort(t *testing.T) {
	t.Parallel()
	faults := open(t, "", nil).Check(payload(t, map[string]any{"url": strings.Repeat("x\n", 500)}))
	if len(faults) != 1 || len(faults[0].Value) > 100 || strings.Contains(faults[0].Value, "\n") {
		t.Errorf("got %+v", faults)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("Brace", "<p>text</p>", "036000291452", "https://cdn.example.com/1.jpg")
	f.Add("", "<!--", "\x00", "http://[::1")
	f.Fuzz(func(t *testing.T, name, description, upc, address string) {
		d, err := tryOpen("", nil)
		if err != nil {
			t.Fatal(err)
		}
		p := payload(t, map[string]any{
			"name": name, "description": description, "upc_code": upc, "url": address,
			"image_urls": []string{address}, "metadata": map[string]string{name: description},
		})
		for _, fault := range d.Check(p) {
			if fault.Field == "" || fault.Reason == "" || fault.Remedy == "" {
				t.Errorf("a fault without words: %+v", fault)
			}
		}
	})
}
