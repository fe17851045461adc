package discover

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/delimited"
	"github.com/skubridge/skubridge/connectors/format/edi"
	"github.com/skubridge/skubridge/connectors/format/idoc"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
	"github.com/skubridge/skubridge/connectors/format/markup"
	"github.com/skubridge/skubridge/connectors/format/preset"
	"github.com/skubridge/skubridge/connectors/format/workbook"
	"github.com/skubridge/skubridge/connectors/format/yamlrows"
)

// telling are columns by which an export is known though its preset does not read them.
var telling = map[string][]string{
	"magento2": {
		"attribute_set", "attribute_set_code", "_attribute_set", "product_websites", "store_view_code", "qty", "visibility", "meta_title",
	},
	"odoo":        {"purchase_ok", "sale_ok", "categ_id", "uom_id"},
	"akeneo_csv":  {"family", "groups", "enabled", "family_variant", "associations"},
	"shopify_csv": {"Gift Card", "SEO Title", "SEO Description", "Variant Inventory Policy"},
	"unopim":      {"attribute_family", "channel", "locale", "configurable_attributes", "up_sells", "cross_sells", "related_products"},
	"bagisto":     {"attribute_family_code", "visible_individually", "guest_checkout", "inventories", "cross_sell_skus"},
	"prestashop":  {"Ecotax", "Meta title", "Minimal quantity", "Friendly-url", "Quantity", "URL rewritten"},
	"spree":       {"tax_category", "available_on", "meta_title"},
	"orocommerce": {"inventory_status.id", "attributeFamily.code", "primaryUnitPrecision.unit.code"},
	"woocommerce": {"Is featured?", "Visibility in catalog", "Allow customer reviews?", "Upsells", "Cross-sells"},
	"erpnext":     {"Default Unit of Measure", "stock_uom", "Maintain Stock", "is_stock_item"},
	"netsuite": {
		"Internal ID", "Display Name", "Display Name/Code", "Store Display Name", "Subitem of", "Price Level", "Matrix Type", "Base Price", "itemId", "UPC Code",
		"Online Price", "Preferred Vendor", "Tax Schedule", "Store Description", "Country of Manufacture",
	},
	"shopify_json":    {"body_html", "published_scope", "template_suffix", "admin_graphql_api_id"},
	"bigcommerce":     {"Inventory Tracking", "Channels", "Internal Image URL (Export)", "Global Trade Number"},
	"wix":             {"fieldType", "handleId", "ribbon", "discountMode", "productOptionName1"},
	"squarespace":     {"Product Page", "Variant ID [Non Editable]", "Product Type [Non Editable]", "Hosted Image URLs"},
	"square":          {"Customer-facing Name", "Variation Name", "Skip Detail Screen in POS", "Square Online Item Visibility", "Stockable"},
	"lightspeed":      {"composite_sku", "variant_option_one_value", "loyalty_value_default", "track_inventory", "supply_price"},
	"ecwid":           {"product_internal_id", "product_variation_sku", "product_is_available"},
	"shopware":        {"purchase_prices_net", "cover_media_id", "sales_channel", "propertyIds", "optionIds"},
	"google_shopping": {"availability", "google_product_category", "image_link"},
}

// shops are presets of systems that sell: where several sources are joined, what they have
// is what is sold.
var shops = []string{
	"shopify_csv", "shopify_json", "woocommerce", "magento2", "prestashop", "spree", "medusa", "vendure", "bagisto", "orocommerce", "google_shopping",
	"bigcommerce", "wix", "squarespace", "square", "lightspeed", "ecwid", "shopware",
}

// deltas are presets of files that name only what changed.
var deltas = []string{"bmecat_prices", "bmecat_products"}

// plainWords are presets of systems whose names are those of many others, such as Item and Category, or sku and qty:
// without a telling column they are not recognised.
var plainWords = []string{"netsuite", "magento2", "akeneo_csv"}

// A guess is a preset with how well it fits.
type guess struct {
	preset preset.Preset
	fit    preset.Fit
	conv   preset.Conventions
	score  float64
	// explained is how many columns the preset knows or is known by.
	explained int
	// told says that one of them is in telling.
	told   bool
	table  *table
	format format.Format
	// settled are the choices that were made.
	choices []preset.Choice
}

// enough is the least score of a preset: each column that it knows counts 1, or a part
// where other presets know the column too.
const enough = 2.2

// little is enough of a file that has a telling column and hardly any others.
const little = 0.85

// prepared gives a format with what a preset says of its settings; nil for one that cannot
// be tried.
func prepared(p preset.Preset, name string) format.Format {
	switch name {
	case "delimited":
		return setup(p, name, delimited.Default())
	case "workbook":
		return setup(p, name, workbook.Default())
	case "jsonlines":
		return setup(p, name, jsonlines.Default())
	case "markup":
		return setup(p, name, markup.Default())
	case "edi":
		return setup(p, name, edi.Default())
	case "idoc":
		return setup(p, name, idoc.Default())
	case "yaml":
		return setup(p, name, yamlrows.Default())
	}
	return nil
}

func setup[C format.Format](p preset.Preset, name string, c C) format.Format {
	if err := p.Setup(name, &c); err != nil {
		return nil
	}
	return c
}

// builtin are all presets. They are data, and read once.
var builtin = sync.OnceValue(func() []preset.Preset {
	var all []preset.Preset
	for _, name := range preset.Names() {
		if p, err := preset.Find(name); err == nil { // the tests of package preset see to it
			all = append(all, p)
		}
	}
	return all
})

// recognise gives the preset that fits a table best; nil where none fits well enough.
// tables gives what a preset would read, nil where it reads nothing.
func recognise(formatName string, tables func(preset.Preset) (*table, format.Format)) *guess {
	var all []*guess
	known := map[string]int{} // how many presets know a column
	for _, p := range builtin() {
		if !slices.Contains(p.Formats, formatName) {
			continue
		}
		t, f := tables(p)
		if t == nil || len(t.names) == 0 {
			continue
		}
		g := &guess{preset: p, table: t, format: f}
		g.settle()
		for _, c := range g.fit.Known {
			known[c]++
		}
		all = append(all, g)
	}
	for _, g := range all {
		g.rate(known)
	}
	all = slices.DeleteFunc(all, func(g *guess) bool { return !g.convincing() })
	if len(all) == 0 {
		return nil
	}
	return slices.MaxFunc(all, func(a, b *guess) int {
		return cmp.Or(cmp.Compare(a.score, b.score), strings.Compare(b.preset.Name, a.preset.Name))
	})
}

// rate scores a preset by the columns that it knows, of which known says how many presets know
// them, and by those that tell its files from others.
func (g *guess) rate(known map[string]int) {
	for _, c := range g.fit.Known {
		g.score += 1 / float64(known[c])
		g.explained++
	}
	for _, c := range telling[g.preset.Name] {
		same := func(name string) bool { return strings.EqualFold(name, c) }
		if !slices.ContainsFunc(g.table.names, same) {
			continue
		}
		g.score += 0.75
		g.told = g.told || c != "qty" // which many others have too
		if !slices.ContainsFunc(g.fit.Known, same) {
			g.explained++
		}
	}
}

// convincing reports whether a preset explains the file. One of a document is known by the
// places that it reads, too, so that less is asked of it.
func (g *guess) convincing() bool {
	if g.fit.Err != nil {
		return false
	}
	// A product of nested rows that has no key cannot be read.
	if g.preset.Rows == preset.Nested && !filled(g.table, []string{g.fit.Roles[preset.RoleKey]}) {
		return false
	}
	// Shops let products have no SKU, and know a variant by its product and its options then.
	if g.preset.Rows != preset.Continued && !filled(g.table, g.fit.Columns["sku"]) &&
		!filled(g.table, []string{g.fit.Roles[preset.RoleProduct], g.fit.Roles[preset.RoleID]}) {
		return false
	}
	if _, err := g.preset.Bind(g.table.names, g.conv, g.table.vary); err != nil {
		return false
	}
	if slices.Contains(plainWords, g.preset.Name) && !g.told {
		return false
	}
	if g.told && g.score >= little && g.explained*3 >= len(g.table.names)*2 {
		return true
	}
	// Names such as Price and Weight are those of many systems: that some are there is no ground
	// where most columns are another system's. In XML the way to the records is the system's own.
	_, placed := g.format.(markup.Config)
	return g.score >= enough && (g.told || placed || g.explained*3 >= len(g.table.names))
}

// settle makes the choices that the file leaves open, as far as its columns go.
func (g *guess) settle() {
	for range 4 {
		g.fit = g.preset.Fit(g.table.names, g.conv, g.table.vary)
		if len(g.fit.Choices) == 0 {
			return
		}
		for _, c := range g.fit.Choices {
			g.choices = append(g.choices, c)
			g.choose(c.Option, preferred(c))
		}
	}
}

func (g *guess) choose(option, value string) {
	switch option {
	case "locale":
		g.conv.Locale = value
	case "scope":
		g.conv.Scope = value
	case "currency":
		g.conv.Currency = value
	}
}

// wishes are the values that are proposed first.
var wishes = map[string][]string{
	"locale":   {"en_US", "en-US", "en", "English", "English (United States)", "EN", "default"},
	"scope":    {"ecommerce", "e-commerce", "web", "online", "shop", "default"},
	"currency": {"USD", "EUR"},
}

// preferred is the value that is taken unless someone says otherwise.
func preferred(c preset.Choice) string {
	for _, w := range wishes[c.Option] {
		for _, v := range c.Values {
			if strings.EqualFold(v, w) {
				return v
			}
		}
	}
	for _, v := range c.Values {
		if c.Option == "locale" && strings.HasPrefix(strings.ToLower(v), "en") {
			return v
		}
	}
	return c.Values[0]
}

// rowChoices are the choices that rows leave open: those of one SKU in several languages,
// channels or currencies.
func (g *guess) rowChoices() []preset.Choice {
	var all []preset.Choice
	for _, r := range []struct {
		role   preset.Role
		option string
	}{{preset.RoleLocale, "locale"}, {preset.RoleScope, "scope"}, {preset.RoleCurrency, "currency"}} {
		column, ok := g.fit.Roles[r.role]
		if !ok {
			continue
		}
		if values := distinct(g.table.column(column)); len(values) > 1 {
			slices.Sort(values)
			all = append(all, preset.Choice{Option: r.option, Values: values})
		}
	}
	return all
}

// tablesOf reads a file as each preset wants it, for formats whose settings decide what rows
// there are.
func (l *looker) tablesOf(name string) func(preset.Preset) (*table, format.Format) {
	return func(p preset.Preset) (*table, format.Format) {
		f := prepared(p, name)
		if f == nil {
			return nil, nil
		}
		t, err := l.readUpTo(f, 300)
		if err != nil && (t.rows == 0 || errors.Is(err, io.ErrUnexpectedEOF)) {
			return nil, nil
		}
		return &t, f
	}
}
