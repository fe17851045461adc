package flex

import (
	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Names of fields that the code speaks of.
const (
	fieldName        = "name"
	fieldDescription = "description"
	fieldUPC         = "upc_code"
	fieldGTIN        = "gtin"
	fieldReference   = "reference_gtin"
	fieldURL         = "url"
	fieldKey         = "client_reference_id"
	fieldMetadata    = "metadata"
	fieldImages      = "image_urls"
	fieldCategories  = "categories"
	fieldComponents  = "components"
	// fieldActive is not part of a payload: it follows from the operation.
	fieldActive = "active"
)

// Names of steps.
const (
	stepCreate  = "create"
	stepUpdate  = "update"
	stepArchive = "archive"
	stepRestore = "restore"
	stepAdopt   = "adopt"
)

func newSpec(id catalog.Identity, choice URLChoice) connectors.Spec {
	return connectors.Spec{
		Identity:   id,
		Level:      catalog.VariantLevel,
		NaturalKey: fieldKey,
		Fields:     fields(choice),
		Steps: map[catalog.Op][]string{
			catalog.OpCreate:  {stepCreate},
			catalog.OpAdopt:   {stepAdopt},
			catalog.OpUpdate:  {stepUpdate},
			catalog.OpReplace: {stepCreate, stepArchive},
			catalog.OpArchive: {stepArchive},
			catalog.OpRestore: {stepRestore},
		},
		Judges:      true,
		NewestFirst: true, // list-products reference
	}
}

// fields are the fields of a product. Four are required by the walkthrough, although the reference marks none;
// client_reference_id is required here, as nothing else finds a product again.
func fields(choice URLChoice) []connectors.Field {
	address := `first(first(variant.images, product.images))`
	if choice == PageURL {
		address = `first(variant.url, product.url)`
	}
	return []connectors.Field{
		{
			Name: fieldName, Kind: connectors.Text, Required: true, Replaces: true,
			Default: `product.name + (variant.name != "" ? " - " + variant.name : "")`,
			Doc:     "shown to customers; a new name is a new product",
		},
		{
			Name: fieldDescription, Kind: connectors.Text, Required: true, Updatable: true,
			Default: `text(first(variant.description, product.description))`,
			Doc:     "plain text; eligibility is worked out from it when the product is created",
		},
		{
			Name: fieldUPC, Kind: connectors.Text, Required: true, Updatable: true,
			Default: `gtin(variant.gtin)`, // 12 digits for every UPC, as many as it takes otherwise
			Doc:     "UPC of 12 digits, or a GTIN of 8, 13 or 14 where there is no UPC",
		},
		{
			Name: fieldGTIN, Kind: connectors.Text, Updatable: true,
			Default: `gtin14(variant.gtin)`,
			Doc:     "GTIN, checked against the list of eligible products",
		},
		{
			Name: fieldReference, Kind: connectors.Text, Updatable: true,
			Default: `gtin14(first(variant.reference_gtin, product.reference_gtin))`,
			Doc:     "GTIN of the national brand that a private label equals (meaning inferred)",
		},
		{
			Name: fieldURL, Kind: connectors.Text, Required: true, Updatable: true,
			Default: address,
			Doc:     "public address of the main image or, with url: page, of the product's page",
		},
		{
			Name: fieldKey, Kind: connectors.Text, Required: true,
			Default: `variant.sku`,
			Doc:     "our natural key, by which a product is found again; cannot be changed",
		},
		{
			Name: fieldMetadata, Kind: connectors.TextMap, Updatable: true,
			Default: `{"sku": variant.sku}`,
			Doc:     "custom keys with texts, always sent whole",
		},
		{
			Name: fieldImages, Kind: connectors.Texts,
			Default: `unique(concat(variant.images, product.images))`,
			Doc:     "public addresses of all images, the variant's first; cannot be changed",
		},
		{
			Name: fieldCategories, Kind: connectors.Texts, Updatable: true, Clearable: true,
			Default: `compact(first(product.categories, [product.category]))`,
			Doc:     "categories; the list is sent whole",
		},
		{
			Name: fieldComponents, Kind: connectors.Texts,
			Default: `first(variant.components, product.components)`,
			Doc:     "components or ingredients (meaning inferred); cannot be changed",
		},
	}
}
