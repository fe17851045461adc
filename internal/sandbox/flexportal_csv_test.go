package sandbox_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
)

// An import skips bad rows and says success: true, in either shape; a file that is no
// good is refused as a whole. Requests and answers are held against the contract.
func TestFlexPortalImport(t *testing.T) {
	t.Parallel()
	const head = "Product Name,Product SKU,Category,Brand,Specification,Grade,Color,Variant SKU,List Price,Acquisition Cost,6mo_Price,12mo_Price,24mo_Price,36mo_Price\n"
	row := func(product, variant, grade, price string) string {
		return fmt.Sprintf("Tablet,%s,Tablets,Acme,\"8\"\" or 11\"\"\",%s,Silver,%s,%s,410,,39.90,,\n", product, grade, variant, price)
	}
	tests := []struct {
		what   string
		file   string
		status int
		want   string // of the answer, as it is printed
	}{
		{"good rows", head + row("P", "A", "", "599") + row("P", "B", "C", "0"), 201, "created:1 errors:[] message:Import completed success:true updated:0"},
		{"a bad one among them", head + row("P", "A", "F", "599") + row("Q", "B", "A", "5.99"), 201, "created:1 errors:[map[error:Invalid Grade: must be A to E row:2]]"},
		{"a price below nothing", head + row("P", "A", "A", "-1"), 201, "errors:[map[error:Invalid List Price: must be a positive number row:2]]"},
		{"a missing cell", head + row("P", "", "A", "1"), 201, "errors:[map[error:Missing Variant SKU row:2]]"},
		{"one variant of two products", head + row("P", "A", "A", "1") + row("Q", "A", "A", "1"), 201, "errors:[map[error:Variant SKU already exists on different product row:3]]"},
		{"no rows", head, 422, "CSV file has no rows"},
		{"no header", row("P", "A", "A", "1") + row("P", "B", "A", "1"), 422, "Missing column"},
		{"more products than 500", head + strings.Join(rows(501, row), ""), 422, "More than 500 products"},
	}
	for _, summary := range []bool{false, true} {
		for _, tt := range tests {
			api, err := sandbox.NewFlexPortal(sandbox.FlexPortalConfig{Summary: summary})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(contract.ValidateBoth(contract.FlexPortal, api, func(v contract.Violation) { t.Errorf("%s: contract: %s", tt.what, v) }))
			t.Cleanup(server.Close)
			b := &bench{t: t, url: server.URL, key: "pk_1"}
			form := "--x\r\nContent-Disposition: form-data; name=\"csvFile\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n" + tt.file + "\r\n--x--\r\n"
			answer := b.must(tt.status, "POST", "/v1/products/csv", form, "Tenant-ID", "bu_1", "Content-Type", "multipart/form-data; boundary=x")
			if text := fmt.Sprint(answer); !summary && !strings.Contains(text, tt.want) {
				t.Errorf("%s: answered %s, want %s", tt.what, text, tt.want)
			}
			if _, ok := answer["summary"]; tt.status == 201 && (answer["success"] != true || ok != summary) {
				t.Errorf("%s: answered %v", tt.what, answer)
			}
		}
	}
}

func rows(n int, row func(product, variant, grade, price string) string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = row(fmt.Sprintf("P%d", i), fmt.Sprintf("V%d", i), "A", "1")
	}
	return out
}
