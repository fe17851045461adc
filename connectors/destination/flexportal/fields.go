package flexportal

import (
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Names of fields that the code speaks of.
const (
	fieldKey           = "productSku"
	fieldSpecification = "specification"
	fieldDescription   = "description"
	fieldImages        = "images"
	fieldVariants      = connectors.VariantsField
	// fieldStatus is not part of a payload: it follows from the operation.
	fieldStatus = "status"
)

// Names of steps. Those about one variant end in its SKU.
const (
	stepUpsert   = "upsert"
	stepLook     = "look"
	stepAdopt    = "adopt"
	stepUpdate   = "update"
	stepArchive  = "archive"
	stepRestore  = "restore"
	stepVariants = "variants"
	stepOff      = "off:"
	stepOn       = "on:"
)

func newSpec(id catalog.Identity, currency string, overwrite bool) connectors.Spec {
	return connectors.Spec{
		Identity:   id,
		Level:      catalog.ProductLevel,
		NaturalKey: fieldKey,
		Fields:     fields(currency),
		Rules:      currency,
		// Steps about variants are added by Steps.
		Steps: map[catalog.Op][]string{
			catalog.OpCreate:  {stepUpsert},
			catalog.OpAdopt:   {stepLook, stepAdopt},
			catalog.OpUpdate:  {stepUpdate},
			catalog.OpArchive: {stepArchive},
			catalog.OpRestore: {stepRestore},
		},
		LookFirst: connectors.LookUnlessWalked,
		TakesOver: overwrite,
		Regional:  true,
	}
}

// fields are the fields of a product, and of each variant, in the order in which
// they are sent (create page). A field that is left out may well stay as it is:
// nothing is documented, so none counts as cleared.
func fields(currency string) []connectors.Field {
	return slices.Concat(productFields(), variantFields(currency))
}

func productFields() []connectors.Field {
	return []connectors.Field{
		{
			Name: fieldKey, Kind: connectors.Text, Required: true,
			Default: `product.sku`,
			Doc:     "our natural key, unique in the Business Unit",
		},
		{
			Name: "name", Kind: connectors.Text, Required: true, Updatable: true,
			Default: `product.name`,
			Doc:     "name of the product",
		},
		{
			Name: fieldSpecification, Kind: connectors.Text, Required: true, Updatable: true,
			Default: `first(product.specification, first(product.variants).specification, truncate(text(product.description), 250))`,
			Doc:     "one text, such as 128GB WiFi; without one in the catalog, the start of the description",
		},
		{
			Name: "category", Kind: connectors.Text, Required: true, Updatable: true,
			Default: `first(product.category, first(product.categories))`,
			Doc:     "free text; filters there are exact, so keep one spelling",
		},
		{
			Name: "brand", Kind: connectors.Text, Required: true, Updatable: true,
			Default: `product.brand`,
			Doc:     "brand",
		},
		{
			Name: fieldDescription, Kind: connectors.Text, Updatable: true,
			Default: `text(product.description)`,
			Doc:     "plain text",
		},
		{
			Name: fieldImages, Kind: connectors.Texts, Updatable: true,
			Default: `product.images`,
			Doc:     "absolute addresses of the images",
		},
		{
			Name: fieldVariants, Kind: connectors.JSON, Required: true, Updatable: true,
			Prices: &catalog.Prices{
				Members: []string{"listPrice", "monthlyPrice", "setupFee"},
				By:      []string{"variantSku", "contractLength"},
			},
			Doc: "the variants, made of the fields below; one that is no longer wanted is taken off sale",
		},
	}
}

// variantFields are those of each variant. The grade is A for what is new (products
// guide); where the source calls a product something else, its grade is for the source
// to say. What is told of a product counts for a variant only where no variant has a
// word of its own: it may be that of a sibling.
func variantFields(currency string) []connectors.Field {
	money := func(price string) string { return "amount(" + price + `, "` + currency + `")` }
	tiers := strings.ReplaceAll(`map(any(product.variants, len(.subscription_prices) > 0) ? variant.subscription_prices : product.subscription_prices, `+
		`({"contractLength": .months, "monthlyPrice": amount(.monthly, CUR), "setupFee": amount(.setup_fee, CUR), `+
		`"discount": .discount.type == "" ? nil : {"type": .discount.type, "value": .discount.value, `+
		`"description": .discount.description == "" ? nil : .discount.description}}))`, "CUR", `"`+currency+`"`)
	const condition = `first(variant.condition, any(product.variants, .condition != "") ? "" : product.condition)`
	return []connectors.Field{
		{
			Name: "variant.variantSku", Kind: connectors.Text, Required: true, Updatable: true,
			Default: `variant.sku`,
			Doc:     "unique over all products of the Business Unit; another SKU is another variant",
		},
		{
			Name: "variant.variantName", Kind: connectors.Text, Required: true, Updatable: true,
			Default: `first(variant.name, join(compact(map(variant.options, .value)), ", "), product.name)`,
			Doc:     "name of the variant, such as 128GB, Silver",
		},
		{
			Name: "variant.grade", Kind: connectors.Text, Required: true, Updatable: true,
			Default: `upper(first(variant.grade, any(product.variants, .grade != "") ? "" : product.grade, lower(` + condition + `) in ["", "new"] ? "A" : ""))`,
			Doc:     "A to E; A for what is new, anything else has to say its grade",
		},
		{
			Name: "variant.condition", Kind: connectors.Text, Updatable: true,
			Default: condition,
			Doc:     "free text beside the grade",
		},
		{
			Name: "variant.colorName", Kind: connectors.Text, Updatable: true,
			Default: `first(map(filter(variant.options, lower(.name) in ["color", "colour", "farbe", "couleur"]), .value))`,
			Doc:     "name of the colour",
		},
		{
			Name: "variant.images", Kind: connectors.Texts, Updatable: true,
			Default: `variant.images`,
			Doc:     "absolute addresses of the variant's own images",
		},
		{
			Name: "variant.listPrice", Kind: connectors.Number, Updatable: true,
			Default: money("variant.price"),
			Doc:     "price of the device, in the currency of the Business Unit",
		},
		{
			Name: "variant.acquisitionCost", Kind: connectors.Number, Updatable: true,
			Default: money("variant.cost"),
			Doc:     "what the device cost us; map it to \"\" to keep it to yourself",
		},
		{
			Name: "variant.pricing", Kind: connectors.JSON, Required: true, Updatable: true,
			Default: tiers,
			Doc:     "a list of {contractLength (months), monthlyPrice, setupFee, discount: {type, value, description}, source}",
		},
	}
}
