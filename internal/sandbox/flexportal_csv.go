package sandbox

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
)

// The limits of an import (import-csv page).
const (
	portalCSVBytes    = 10_000_000
	portalCSVRows     = 10_000
	portalCSVProducts = 500
)

// portalCSVPrices are the columns of prices with their contract lengths.
var portalCSVPrices = map[string]int{"6mo_Price": 6, "12mo_Price": 12, "24mo_Price": 24, "36mo_Price": 36}

// portalCSVRequired are the columns that each row needs.
var portalCSVRequired = []string{
	"Product Name", "Product SKU", "Category", "Brand", "Specification", "Variant SKU", "List Price", "Acquisition Cost",
}

// importFile upserts the products of a CSV file, row by row. A row that is no good is
// skipped and reported; the answer says success all the same.
func (a *portalAPI) importFile(s *portalSpace, c *call) answer {
	refuse := func(status int, text string) answer { return portalError(status, "VALIDATION_ERROR", text) }
	file, err := portalCSVFile(c)
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	switch {
	case len(file) > portalCSVBytes:
		return refuse(http.StatusRequestEntityTooLarge, "File is larger than 10 MB")
	case err != nil:
		return refuse(http.StatusBadRequest, "Invalid CSV: "+err.Error())
	case len(rows) < 2:
		return refuse(http.StatusUnprocessableEntity, "CSV file has no rows")
	case len(rows)-1 > portalCSVRows:
		return refuse(http.StatusUnprocessableEntity, "CSV file has more than 10,000 rows")
	}
	head := rows[0]
	for _, name := range portalCSVRequired {
		if !slices.Contains(head, name) {
			return refuse(http.StatusUnprocessableEntity, "Missing column "+name)
		}
	}
	products := map[string]bool{}
	for _, row := range rows[1:] {
		products[row[slices.Index(head, "Product SKU")]] = true
	}
	if len(products) > portalCSVProducts {
		return refuse(http.StatusUnprocessableEntity, "More than 500 products")
	}
	return a.importRows(s, head, rows[1:])
}

// portalCSVFile is the file of a form, or a raw body.
func portalCSVFile(c *call) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "text/csv":
		return c.body, nil
	case err != nil || kind != "multipart/form-data":
		return nil, fmt.Errorf("expected multipart/form-data")
	}
	form := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, fmt.Errorf("no csvFile in the form")
		}
		if part.FormName() == "csvFile" {
			return io.ReadAll(part)
		}
	}
}

// portalRowError is one entry of an import's errors.
type portalRowError struct {
	Row   int    `json:"row"`
	SKU   string `json:"sku,omitempty"`
	Error string `json:"error"`
}

func (a *portalAPI) importRows(s *portalSpace, head []string, rows [][]string) answer {
	failed := []portalRowError{}
	count := map[string]int{}
	seen := map[string]bool{}
	for i, cells := range rows {
		row := map[string]string{}
		for n, name := range head {
			row[name] = strings.TrimSpace(cells[n])
		}
		text := a.importRow(s, row, seen, count)
		if text == "" {
			continue
		}
		e := portalRowError{Row: i + cmp.Or(a.cfg.FirstRow, 2), Error: text}
		if a.cfg.Summary {
			e.SKU = row["Variant SKU"]
		}
		failed = append(failed, e)
	}
	if !a.cfg.Summary {
		return jsonAnswer(http.StatusCreated, map[string]any{
			"success": true, "message": "Import completed", "created": count["created"], "updated": count["updated"], "errors": failed,
		})
	}
	return jsonAnswer(http.StatusCreated, map[string]any{
		"success": true, "message": "Import completed with errors", "summary": map[string]any{
			"totalRows": len(rows), "productsCreated": count["created"], "productsUpdated": count["updated"],
			"variantsCreated": count["create"], "variantsUpdated": count["update"], "errors": failed,
		},
	})
}

// importRow upserts one variant with its product. It says what is wrong with the row, ""
// for nothing.
func (a *portalAPI) importRow(s *portalSpace, row map[string]string, seen map[string]bool, count map[string]int) string {
	variant, fault := portalCSVVariant(row)
	if fault != "" {
		return fault
	}
	p := s.bySKU[row["Product SKU"]]
	owner := s.owner[row["Variant SKU"]]
	switch {
	case owner != nil && owner.product != p:
		return "Variant SKU already exists on different product"
	case a.cfg.Swallows != nil && a.cfg.Swallows(row["Variant SKU"]):
		return ""
	}
	operation := "update"
	if owner == nil {
		operation = "create"
		variant["variantName"] = cmp.Or(row["Color"], row["Product Name"])
	}
	body := map[string]any{
		"productSku": row["Product SKU"], "name": row["Product Name"], "specification": row["Specification"],
		"category": row["Category"], "brand": row["Brand"],
	}
	fields := portalRaw(body)
	delete(fields, "productSku")
	made := a.put(s, p, portalRequest{fields: fields, sku: row["Product SKU"], variants: []map[string]json.RawMessage{portalRaw(variant)}})
	if !seen[row["Product SKU"]] {
		seen[row["Product SKU"]] = true
		count[made.operation]++
	}
	count[operation]++
	return ""
}

// portalCSVVariant reads and judges the columns of a variant.
func portalCSVVariant(row map[string]string) (variant map[string]any, fault string) {
	for _, name := range portalCSVRequired {
		if row[name] == "" {
			return nil, "Missing " + name
		}
	}
	variant = map[string]any{"variantSku": row["Variant SKU"], "grade": cmp.Or(row["Grade"], "A")}
	if row["Color"] != "" {
		variant["colorName"] = row["Color"]
	}
	if !slices.Contains([]string{"A", "B", "C", "D", "E"}, variant["grade"].(string)) {
		return nil, "Invalid Grade: must be A to E"
	}
	for column, field := range map[string]string{"List Price": "listPrice", "Acquisition Cost": "acquisitionCost"} {
		if !portalAmount(json.RawMessage(row[column])) {
			return nil, "Invalid " + column + ": must be a positive number"
		}
		variant[field] = json.Number(row[column])
	}
	tiers := []any{}
	for _, column := range []string{"6mo_Price", "12mo_Price", "24mo_Price", "36mo_Price"} {
		switch {
		case row[column] == "":
		case !portalAmount(json.RawMessage(row[column])):
			return nil, "Invalid " + column + ": must be a positive number"
		default:
			tiers = append(tiers, map[string]any{"contractLength": portalCSVPrices[column], "monthlyPrice": json.Number(row[column])})
		}
	}
	if len(tiers) == 0 {
		return nil, "Missing price: at least one of 6mo_Price, 12mo_Price, 24mo_Price, 36mo_Price"
	}
	variant["pricing"] = tiers
	return variant, ""
}

// portalRaw gives values as a request has them.
func portalRaw(values map[string]any) map[string]json.RawMessage {
	out := make(map[string]json.RawMessage, len(values))
	for name, v := range values {
		raw, _ := json.Marshal(v) // texts and numbers always encode
		out[name] = raw
	}
	return out
}
