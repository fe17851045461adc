package catalog

import "time"

// Fields are the catalog fields of a product or a variant. A zero value means
// that the source said nothing. The expr names are those of the configuration.
type Fields struct {
	SKU                string            `json:"sku,omitempty" expr:"sku"`
	Parent             string            `json:"parent,omitempty" expr:"parent"`
	Name               string            `json:"name,omitempty" expr:"name"`
	Description        string            `json:"description,omitempty" expr:"description"` // as it came, often HTML
	Brand              string            `json:"brand,omitempty" expr:"brand"`
	Category           string            `json:"category,omitempty" expr:"category"`
	Categories         []string          `json:"categories,omitempty" expr:"categories"`
	Tags               []string          `json:"tags,omitempty" expr:"tags"`
	Status             string            `json:"status,omitempty" expr:"status"` // a word of the source, see StatusOf
	URL                string            `json:"url,omitempty" expr:"url"`       // the product's page
	Images             []string          `json:"images,omitempty" expr:"images"` // addresses, the main one first
	GTIN               string            `json:"gtin,omitempty" expr:"gtin"`     // as it came, see ParseGTIN
	Price              Money             `json:"price,omitzero" expr:"price"`
	CompareAtPrice     Money             `json:"compare_at_price,omitzero" expr:"compare_at_price"`
	Cost               Money             `json:"cost,omitzero" expr:"cost"`
	Options            []Option          `json:"options,omitempty" expr:"options"`
	Grade              string            `json:"grade,omitempty" expr:"grade"`
	Condition          string            `json:"condition,omitempty" expr:"condition"`
	Specification      string            `json:"specification,omitempty" expr:"specification"`
	SubscriptionPrices []SubscriptionFee `json:"subscription_prices,omitempty" expr:"subscription_prices"`
	Weight             Measure           `json:"weight,omitzero" expr:"weight"`
	Dimensions         Dimensions        `json:"dimensions,omitzero" expr:"dimensions"`
	CountryOfOrigin    string            `json:"country_of_origin,omitempty" expr:"country_of_origin"`
	HSCodes            []string          `json:"hs_codes,omitempty" expr:"hs_codes"`
	Suppliers          []string          `json:"suppliers,omitempty" expr:"suppliers"`
	Components         []string          `json:"components,omitempty" expr:"components"`
	ReferenceGTIN      string            `json:"reference_gtin,omitempty" expr:"reference_gtin"`
	TaxCode            string            `json:"tax_code,omitempty" expr:"tax_code"`
	UpdatedAt          time.Time         `json:"updated_at,omitzero" expr:"updated_at"`
	Attributes         map[string]string `json:"attributes,omitempty" expr:"attributes"` // everything else, by its own name
}

// Option is one choice that tells a variant from its siblings, such as Size: M.
type Option struct {
	Name  string `json:"name" expr:"name"`
	Value string `json:"value" expr:"value"`
}

// SubscriptionFee is the price of a device subscription of one length.
type SubscriptionFee struct {
	Months   int   `json:"months" expr:"months"`
	Monthly  Money `json:"monthly" expr:"monthly"`
	SetupFee Money `json:"setup_fee,omitzero" expr:"setup_fee"`
	// Discount is taken off Monthly, which is told without it.
	Discount Discount `json:"discount,omitzero" expr:"discount"`
}

// Discount is what is taken off a price. Its zero value is no discount.
type Discount struct {
	// Type is percentage, or fixed for an amount in the price's currency.
	Type        string  `json:"type" expr:"type"`
	Value       Decimal `json:"value" expr:"value"`
	Description string  `json:"description,omitempty" expr:"description"`
}

// Measure is an exact amount of a unit, such as 250 g.
type Measure struct {
	Amount Decimal `json:"amount" expr:"amount"`
	Unit   string  `json:"unit,omitempty" expr:"unit"`
}

// Dimensions are the outer measures of one piece, all in Unit.
type Dimensions struct {
	Length Decimal `json:"length" expr:"length"`
	Width  Decimal `json:"width" expr:"width"`
	Height Decimal `json:"height" expr:"height"`
	Unit   string  `json:"unit,omitempty" expr:"unit"`
}

// Product is a parent with its variants, grouped from the catalog. A lone SKU
// is a product with one variant.
type Product struct {
	Key string
	Fields
	Variants []Variant
}

// Variant is one sellable SKU of a product.
type Variant struct {
	SKU string
	Fields
	// Own is the product as the rows of this variant tell it, where the rows of one
	// product tell of it differently; nil where the product's fields hold for it.
	Own *Fields `expr:"-"`
	// Missing is set while no source that introduces the variant has it.
	Missing *Missing
	// Origin says where each part of it came from, for people: one line a source.
	Origin []Origin
}

// Origin is where a record stands in its source.
type Origin struct {
	Source string
	File   string
	Line   int
}
