package flexport

import (
	"fmt"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Names of fields that the code speaks of.
const (
	fieldName            = "name"
	fieldSKU             = "sku"
	fieldDescription     = "description"
	fieldCategory        = "product_category"
	fieldCountry         = "country_of_origin"
	fieldVerified        = "client_verified"
	fieldProperties      = "product_properties"
	fieldClassifications = "classifications"
	fieldSuppliers       = "suppliers"
)

// Names of steps.
const (
	stepCreate = "create"
	stepUpdate = "update"
	stepAdopt  = "adopt"
)

func newSpec(id catalog.Identity, region string) connectors.Spec {
	return connectors.Spec{
		Identity:   id,
		Level:      catalog.VariantLevel,
		NaturalKey: fieldSKU,
		Fields:     fields(region),
		Steps: map[catalog.Op][]string{
			catalog.OpCreate: {stepCreate},
			catalog.OpAdopt:  {stepAdopt},
			catalog.OpUpdate: {stepUpdate},
		},
		LookFirst: connectors.LookAlways,
		Unique:    true,
		// The key says nothing of the account: that of another one shows no products.
		Regional: true,
	}
}

// fields are the fields of a product in the order in which they are sent.
func fields(region string) []connectors.Field {
	const country = `first(variant.country_of_origin, product.country_of_origin)`
	classifications := "" // codes are to be agreed with Flexport first (tutorial)
	if region != "" {
		const codes = `first(variant.hs_codes, product.hs_codes)`
		classifications = fmt.Sprintf(`len(%s) > 0 ? [{"codes": %s, "region": %q}] : []`, codes, codes, region)
	}
	return []connectors.Field{
		{
			Name: fieldName, Kind: connectors.Text, Required: true, Updatable: true,
			Default: `product.name + (variant.name != "" ? " - " + variant.name : "")`,
			Doc:     "name of the product",
		},
		{
			Name: fieldSKU, Kind: connectors.Text, Required: true,
			Default: `variant.sku`,
			Doc:     "our natural key, unique among active products; kept as it was created with",
		},
		{
			Name: fieldDescription, Kind: connectors.Text, Updatable: true,
			Default: `text(first(variant.description, product.description))`,
			Doc:     "plain text; how to empty it is not documented",
		},
		{
			Name: fieldCategory, Kind: connectors.Text, Updatable: true,
			Default: `first(variant.category, product.category)`,
			Doc:     "category, free text",
		},
		{
			Name: fieldCountry, Kind: connectors.Text, Updatable: true,
			Default: country,
			Doc:     "country of origin, free text such as China; deprecated in answers in favour of the supplier's",
		},
		{
			Name: fieldVerified, Kind: connectors.Bool, Updatable: true,
			Doc: "true or false: you vouch for the data; false at the API unless said",
		},
		{
			Name: fieldProperties, Kind: connectors.JSON, Updatable: true,
			Default: `map(filter(variant.options, #.name != "" and #.value != ""), {{"type": #.name, "value": #.value}})`,
			Doc:     `list of {"type", "value"}, always sent whole; whether that removes others is not documented`,
		},
		{
			Name: fieldClassifications, Kind: connectors.JSON, Updatable: true, Clearable: true,
			Default: classifications,
			Doc:     `list of {"codes", "region"} with HS codes known to Flexport Customs, replaced whole; from hs_codes where the option region is set`,
		},
		{
			Name: fieldSuppliers, Kind: connectors.JSON, Updatable: true, Clearable: true,
			Default: `upper(` + country + `) matches "^[A-Z]{2}$" && upper(` + country + `) != "EU" ? map(first(variant.suppliers, product.suppliers), {{"ref": #, "country_of_origin": ` + country + `}}) : []`,
			Doc:     `list of {"id" or "ref", "country_of_origin"}, replaced whole and never shown; from suppliers where country_of_origin is a code of two letters other than EU`,
		},
	}
}
