package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// setMetafields is metafieldsSet: all of them or, where one is wrong, none. It needs the
// scope write_products, and moves the products' updatedAt.
func (a *shopAPI) setMetafields(args map[string]any) (any, error) {
	if !slices.Contains(a.cfg.Scopes, "write_products") {
		return nil, &graphError{"ACCESS_DENIED", "Access denied for metafieldsSet field. Required access: `write_products`"}
	}
	inputs, _ := args["metafields"].([]any)
	if len(inputs) > 25 {
		return nil, &graphError{"BAD_USER_INPUT", "The input array size of 26 or more is greater than the maximum allowed of 25"}
	}
	type write struct {
		product *ShopifyProduct
		variant int
		name    string
		value   string
	}
	var writes []write
	var wrong []node
	for i, input := range inputs {
		in, _ := input.(map[string]any)
		text := func(name string) string { s, _ := in[name].(string); return s }
		p, v := a.catalog.variant(strings.TrimPrefix(text("ownerId"), "gid://shopify/ProductVariant/"))
		message := ""
		switch {
		case p == nil:
			message = "Owner does not exist."
		case text("value") == "":
			message = "Value can't be blank."
		case text("type") != "single_line_text_field":
			message = "Type must be that of the definition."
		}
		if message != "" {
			wrong = append(wrong, fields("MetafieldsSetUserError", map[string]any{
				"field": []any{"metafields", strconv.Itoa(i), "value"}, "message": message, "code": "INVALID", "elementIndex": i,
			}))
			continue
		}
		writes = append(writes, write{p, v, text("namespace") + "." + text("key"), text("value")})
	}
	var set []node
	if len(wrong) == 0 {
		for i, w := range writes {
			w.product, w.variant = a.catalog.variant(strconv.FormatInt(w.product.Variants[w.variant].ID, 10)) // it may be another by now
			changed := *w.product
			changed.Variants = slices.Clone(changed.Variants)
			v := &changed.Variants[w.variant]
			v.Metafields = maps.Clone(v.Metafields)
			if v.Metafields == nil {
				v.Metafields = map[string]string{}
			}
			v.Metafields[w.name] = w.value
			a.catalog.put(changed, a.now())
			set = append(set, fields("Metafield", map[string]any{"id": fmt.Sprintf("gid://shopify/Metafield/%d%d", v.ID, i)}))
		}
	}
	return fields("MetafieldsSetPayload", map[string]any{"metafields": set, "userErrors": wrong}), nil
}

// variant finds a variant by its number.
func (c *shopCatalog) variant(number string) (*ShopifyProduct, int) {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil, 0
	}
	for _, p := range c.order {
		for i, v := range p.Variants {
			if v.ID == id {
				return p, i
			}
		}
	}
	return nil, 0
}
