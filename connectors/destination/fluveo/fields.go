package fluveo

import (
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Names of fields that the code speaks of.
const (
	// fieldKey is our natural key. The API knows it as an entry of metadata.
	fieldKey         = "sku"
	fieldName        = "name"
	fieldDescription = "description"
	fieldImages      = "images"
	fieldURL         = "url"
	fieldPrice       = "default_price_data"
	fieldShippable   = "shippable"
	fieldDescriptor  = "statement_descriptor"
	fieldUnitLabel   = "unit_label"
	fieldTaxCode     = "tax_code"
	fieldPackage     = "package_dimensions"
	fieldFeatures    = "marketing_features"
	fieldMetadata    = "metadata"
	// fieldActive and fieldDefaultPrice are no part of a payload: they follow from
	// the operation.
	fieldActive       = "active"
	fieldDefaultPrice = "default_price"
)

// Limits, in characters and entries (create-product reference; those of metadata
// are of the published spec).
const (
	maxName          = 5000
	maxDescription   = 5000
	maxImages        = 8
	maxDescriptor    = 22
	maxUnitLabel     = 12
	maxFeatures      = 15
	maxMetadata      = 50
	maxMetadataKey   = 40
	maxMetadataValue = 500
)

// Names of steps.
const (
	stepCreate  = "create"
	stepUpdate  = "update"
	stepArchive = "archive"
	stepRestore = "restore"
	stepAdopt   = "adopt"
	// What a new price takes.
	stepFindPrice = "find price"   // what the product's price is, where that is not known
	stepPrice     = "price"        // make the new one
	stepPoint     = "point"        // make it the product's default
	stepRetire    = "retire price" // take the old one off sale
	// stepUndo takes the new one off sale, where the product did not get it.
	stepUndo = "retire new price"
	// stepActivate brings an adopted product back once its price is right.
	stepActivate = "activate"
)

// retires reports whether a step takes a price off sale.
func retires(step string) bool { return step == stepRetire || step == stepUndo }

// keyLife is how long the API knows an idempotency key (guide: idempotency).
const keyLife = 24 * time.Hour

func newSpec(id catalog.Identity, level Level) connectors.Spec {
	s := connectors.Spec{
		Identity:   id,
		Level:      catalog.VariantLevel,
		NaturalKey: fieldKey,
		Fields:     fields(level),
		Steps: map[catalog.Op][]string{
			catalog.OpCreate:  {stepCreate},
			catalog.OpAdopt:   {stepAdopt},
			catalog.OpUpdate:  {stepUpdate},
			catalog.OpArchive: {stepArchive},
			catalog.OpRestore: {stepRestore},
		},
		Undo:          map[string]string{stepPoint: stepUndo},
		KeyLife:       keyLife,
		ReplaysErrors: true,
		NewestFirst:   true, // list-products reference
	}
	if level == PerProduct {
		s.Level = catalog.ProductLevel
	}
	return s
}

// Expressions that differ by level. A price whose currency the source does not say is a
// price all the same: the destination knows its currency, or tells that nobody does.
type expressions struct{ key, name, images, url, price, description, tax, pack string }

var byLevel = map[Level]expressions{
	PerVariant: {
		key:         `variant.sku`,
		name:        `product.name + (variant.name != "" ? " - " + variant.name : "")`,
		description: `text(first(variant.description, product.description))`,
		images:      `unique(concat(variant.images, product.images))[:8]`,
		url:         `first(variant.url, product.url)`,
		price:       `variant.price.currency != "" || variant.price.amount != 0 ? variant.price : product.price`,
		tax:         `first(variant.tax_code, product.tax_code)`,
		pack: `{"dimensions": variant.dimensions.unit != "" ? variant.dimensions : product.dimensions, ` +
			`"weight": variant.weight.unit != "" ? variant.weight : product.weight}`,
	},
	PerProduct: {
		key:         `product.sku`,
		name:        `product.name`,
		description: `text(first(product.description, variant.description))`,
		images:      `unique(concat(product.images, variant.images))[:8]`,
		url:         `first(product.url, variant.url)`,
		price:       `map(product.variants, .price.currency != "" || .price.amount != 0 ? .price : product.price)`,
		tax:         `first(product.tax_code, variant.tax_code)`,
		pack: `{"dimensions": product.dimensions.unit != "" ? product.dimensions : variant.dimensions, ` +
			`"weight": product.weight.unit != "" ? product.weight : variant.weight}`,
	},
}

// fields are the fields of a product in the order in which they are sent.
func fields(level Level) []connectors.Field {
	e := byLevel[level]
	priceDoc := "money, an amount in the option's currency, or {currency, unit_amount} in minor units; a change makes a new price"
	if level == PerProduct {
		priceDoc += "; of several prices all must be equal"
	}
	return []connectors.Field{
		{
			Name: fieldKey, Kind: connectors.Text, Required: true, Default: e.key,
			Doc: "our natural key, kept in the product's metadata; cannot be changed",
		},
		{
			Name: fieldName, Kind: connectors.Text, Required: true, Updatable: true, Default: e.name,
			Doc: "shown to customers, up to 5000 characters",
		},
		{
			Name: fieldDescription, Kind: connectors.Text, Updatable: true, Clearable: true, Default: e.description,
			Doc: "plain text, up to 5000 characters",
		},
		{
			Name: fieldImages, Kind: connectors.Texts, Updatable: true, Clearable: true, Default: e.images,
			Doc: "public addresses, up to 8: by default the first 8; the list is sent whole",
		},
		{
			Name: fieldURL, Kind: connectors.Text, Updatable: true, Clearable: true, Default: e.url,
			Doc: "public address of the product's page",
		},
		{
			Name: fieldPrice, Kind: connectors.JSON, Updatable: true, Default: e.price,
			Prices: &catalog.Prices{Members: []string{"unit_amount"}, By: []string{"currency"}},
			Doc:    priceDoc,
		},
		{
			Name: fieldShippable, Kind: connectors.Bool, Updatable: true, Clearable: true,
			Doc: "whether it is shipped, as opposed to delivered otherwise",
		},
		{
			Name: fieldDescriptor, Kind: connectors.Text, Updatable: true, Clearable: true,
			Doc: "what a bank statement shows, up to 22 characters",
		},
		{
			Name: fieldUnitLabel, Kind: connectors.Text, Updatable: true, Clearable: true,
			Doc: "what a unit is called on receipts, up to 12 characters",
		},
		{
			Name: fieldTaxCode, Kind: connectors.Text, Updatable: true, Clearable: true, Default: e.tax,
			Doc: "the tax code, in the API's own list",
		},
		{
			Name: fieldPackage, Kind: connectors.JSON, Updatable: true, Clearable: true, Default: e.pack,
			Doc: "{height, length, width, weight} in inches and ounces (units inferred), or {dimensions, weight} of the catalog, which are converted; left out unless all four are known",
		},
		{
			Name: fieldFeatures, Kind: connectors.Texts, Updatable: true, Clearable: true,
			Doc: "names of marketing features, up to 15; the list is sent whole",
		},
		{
			Name: fieldMetadata, Kind: connectors.TextMap, Updatable: true, Clearable: true,
			Doc: "further custom texts beside the SKU: 49 keys of 40 characters with 500 characters each",
		},
	}
}
