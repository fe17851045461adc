package shopify

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/connectors"
)

// What the API says of a product and a variant. Whatever may be null, or is, is left zero.
type (
	productNode struct {
		ID           string   `json:"id"`
		Handle       string   `json:"handle"`
		Title        string   `json:"title"`
		Description  string   `json:"descriptionHtml"`
		Vendor       string   `json:"vendor"`
		Type         string   `json:"productType"`
		Status       string   `json:"status"`
		Tags         []string `json:"tags"`
		URL          string   `json:"onlineStoreUrl"`
		Category     category `json:"category"`
		VariantCount *count   `json:"variantsCount"`

		extra extra
	}

	category struct {
		FullName string `json:"fullName"`
	}

	variantNode struct {
		ID        string    `json:"id"`
		SKU       string    `json:"sku"`
		Barcode   string    `json:"barcode"`
		Price     string    `json:"price"`
		CompareAt string    `json:"compareAtPrice"`
		Position  int       `json:"position"`
		Taxable   bool      `json:"taxable"`
		Options   []option  `json:"selectedOptions"`
		Image     imageNode `json:"image"`
		Item      item      `json:"inventoryItem"`

		extra extra
	}

	option struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}

	imageNode struct {
		URL string `json:"url"`
	}

	// mediaNode is an image, or another medium without one.
	mediaNode struct {
		ID    string    `json:"id"`
		Image imageNode `json:"image"`
	}

	item struct {
		RequiresShipping *bool  `json:"requiresShipping"`
		HSCode           string `json:"harmonizedSystemCode"`
		Country          string `json:"countryCodeOfOrigin"`
		Province         string `json:"provinceCodeOfOrigin"`
		Cost             amount `json:"unitCost"`
		Measurement      struct {
			Weight struct {
				Unit  string      `json:"unit"`
				Value json.Number `json:"value"`
			} `json:"weight"`
		} `json:"measurement"`
	}

	amount struct {
		Amount   string `json:"amount"`
		Currency string `json:"currencyCode"`
	}

	pricing struct {
		Price     amount `json:"price"`
		CompareAt amount `json:"compareAtPrice"`
	}

	count struct {
		Count     int    `json:"count"`
		Precision string `json:"precision"`
	}

	// extra are the fields that the options ask for, by their aliases.
	extra map[string]json.RawMessage
)

// exact gives a count that is no estimate.
func (c *count) exact() (int, bool) {
	if c == nil || c.Precision != "EXACT" {
		return 0, false
	}
	return c.Count, true
}

// parseProduct reads a product. With an error it gives what could be read.
func (s *shape) parseProduct(line []byte) (p productNode, err error) {
	err = json.Unmarshal(line, &p)
	return p, s.parseExtra(line, &p.extra, err)
}

func (s *shape) parseVariant(line []byte) (v variantNode, err error) {
	err = json.Unmarshal(line, &v)
	return v, s.parseExtra(line, &v.extra, err)
}

func (s *shape) parseExtra(line []byte, into *extra, err error) error {
	if err != nil || len(s.metafields)+len(s.countries()) == 0 {
		return err
	}
	return json.Unmarshal(line, into)
}

// metafield gives the value of the i-th metafield, "" where it has none.
func (e extra) metafield(i int) (string, error) {
	var v struct {
		Value string `json:"value"`
	}
	err := e.decode("m"+strconv.Itoa(i), &v)
	return v.Value, err
}

// pricing gives the prices of the i-th country.
func (e extra) pricing(i int) (v pricing, err error) {
	err = e.decode("c"+strconv.Itoa(i), &v)
	return v, err
}

func (e extra) decode(name string, into any) error {
	raw, ok := e[name]
	if !ok {
		return nil
	}
	return json.Unmarshal(raw, into)
}

// gid takes a global id apart: gid://shopify/Product/123.
func gid(id string) (kind string, number uint64, err error) {
	rest, ok := strings.CutPrefix(id, "gid://shopify/")
	kind, digits, more := strings.Cut(rest, "/")
	digits, _, _ = strings.Cut(digits, "?")
	number, numberErr := strconv.ParseUint(digits, 10, 64)
	if !ok || !more || kind == "" || numberErr != nil {
		return "", 0, fmt.Errorf("%q is not an id", connectors.Short(id, 100))
	}
	return kind, number, nil
}

// productID is the global id of a product, by its number or by that itself.
func productID(subject string) (string, error) {
	if !strings.Contains(subject, "/") {
		subject = "gid://shopify/Product/" + subject
	}
	kind, number, err := gid(subject)
	if err == nil && kind != "Product" {
		err = fmt.Errorf("%q is not the id of a product", connectors.Short(subject, 100))
	}
	return "gid://shopify/Product/" + strconv.FormatUint(number, 10), err
}
