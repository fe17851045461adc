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
	var writes []metafieldWrite
	var wrong, set []node
	for i, input := range inputs {
		in, _ := input.(map[string]any)
		w, message := a.readMetafield(in)
		if message != "" {
			wrong = append(wrong, fields("MetafieldsSetUserError", map[string]any{
				"field": []any{"metafields", strconv.Itoa(i), "value"}, "message": message, "code": "INVALID", "elementIndex": i,
			}))
			continue
		}
		writes = append(writes, w)
	}
	if len(wrong) == 0 {
		for i, w := range writes {
			id := a.writeMetafield(w)
			set = append(set, fields("Metafield", map[string]any{"id": fmt.Sprintf("gid://shopify/Metafield/%d%d", id, i)}))
		}
	}
	return fields("MetafieldsSetPayload", map[string]any{"metafields": set, "userErrors": wrong}), nil
}

// metafieldWrite is one value for a variant.
type metafieldWrite struct{ variant, name, value string }

// readMetafield reads an input; message says what is wrong with it.
func (a *shopAPI) readMetafield(in map[string]any) (w metafieldWrite, message string) {
	text := func(name string) string { s, _ := in[name].(string); return s }
	w = metafieldWrite{strings.TrimPrefix(text("ownerId"), "gid://shopify/ProductVariant/"), text("namespace") + "." + text("key"), text("value")}
	switch p, _ := a.catalog.variant(w.variant); {
	case p == nil:
		message = "Owner does not exist."
	case w.value == "":
		message = "Value can't be blank."
	case text("type") != "single_line_text_field":
		message = "Type must be that of the definition."
	}
	return w, message
}

// writeMetafield puts a changed copy in the place of the product, and gives the variant's id.
func (a *shopAPI) writeMetafield(w metafieldWrite) int64 {
	p, i := a.catalog.variant(w.variant)
	changed := *p
	changed.Variants = slices.Clone(changed.Variants)
	v := &changed.Variants[i]
	v.Metafields = maps.Clone(v.Metafields)
	if v.Metafields == nil {
		v.Metafields = map[string]string{}
	}
	v.Metafields[w.name] = w.value
	a.catalog.put(changed, a.now())
	return v.ID
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
