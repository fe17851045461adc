package sandbox

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// root is what queries begin at.
func (a *shopAPI) root() node {
	return node{"QueryRoot", func(name string, args map[string]any) (any, error) {
		search, _ := args["query"].(string)
		switch name {
		case "shop":
			return a.shop(), nil
		case "productsCount":
			return a.count(len(a.found(search)), args["limit"]), nil
		case "products":
			return &connection{a.productNodes(a.found(search))}, nil
		case "nodes":
			ids, _ := args["ids"].([]any)
			return a.byIDs(ids), nil
		case "product":
			if nodes := a.byIDs([]any{args["id"]}); nodes[0].field != nil {
				return nodes[0], nil
			}
			return nil, nil
		case "inventoryItems":
			return &connection{a.items(search)}, a.need("read_inventory", name)
		case "events":
			return &connection{a.eventNodes(search)}, nil
		case "bulkOperation":
			return a.operationByID(args["id"]), nil
		case "bulkOperations":
			return &connection{a.operationNodes()}, nil
		case "currentAppInstallation":
			return a.installation(), nil
		case "publicApiVersions":
			return a.versions(), nil
		}
		return nil, noField("QueryRoot", name)
	}}
}

// need refuses a field that the app has no scope for.
func (a *shopAPI) need(scope, field string) error {
	if slices.Contains(a.cfg.Scopes, scope) {
		return nil
	}
	return &graphError{"ACCESS_DENIED", fmt.Sprintf("Access denied for %s field. Required access: `%s` access scope.", field, scope)}
}

// fields is a node of fixed values.
func fields(kind string, values map[string]any) node {
	return node{kind, func(name string, _ map[string]any) (any, error) {
		v, ok := values[name]
		if !ok {
			return nil, noField(kind, name)
		}
		return v, nil
	}}
}

func (a *shopAPI) shop() node {
	return fields("Shop", map[string]any{"myshopifyDomain": a.cfg.Shop, "name": "Acme", "currencyCode": a.cfg.Currency})
}

func (a *shopAPI) count(n int, limit any) node {
	precision := "EXACT"
	most, limited := number(limit)
	if limit != nil && limited && n > most {
		n, precision = most, "AT_LEAST"
	}
	return fields("Count", map[string]any{"count": n, "precision": precision})
}

func (a *shopAPI) installation() node {
	scopes := []node{}
	for _, s := range a.cfg.Scopes {
		scopes = append(scopes, fields("AccessScope", map[string]any{"handle": s}))
	}
	return fields("AppInstallation", map[string]any{"accessScopes": scopes})
}

func (a *shopAPI) versions() []node {
	all := []node{}
	for _, v := range a.cfg.Versions {
		all = append(all, fields("ApiVersion", map[string]any{"handle": v, "supported": true}))
	}
	return all
}

var since = regexp.MustCompile(`(updated_at|created_at):>='([^']+)'`)

// sinceOf is the moment that a search begins at.
func sinceOf(search string) time.Time {
	if m := since.FindStringSubmatch(search); m != nil {
		at, _ := time.Parse(time.RFC3339, m[2])
		return at
	}
	return time.Time{}
}

// found are the products that a search finds, those that changed last at the end.
func (a *shopAPI) found(search string) []*ShopifyProduct {
	if search == "" {
		return slices.Clone(a.catalog.order)
	}
	from, indexed := sinceOf(search), a.now().Add(-a.quirks.SearchLag)
	var out []*ShopifyProduct
	for _, p := range a.catalog.order {
		if !p.UpdatedAt.Before(from) && !p.UpdatedAt.After(indexed) {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(x, y *ShopifyProduct) int { return x.UpdatedAt.Compare(y.UpdatedAt) })
	return out
}

func (a *shopAPI) productNodes(products []*ShopifyProduct) []node {
	out := make([]node, len(products))
	for i, p := range products {
		out[i] = a.product(p)
	}
	return out
}

func (a *shopAPI) byIDs(ids []any) []node {
	out := make([]node, len(ids))
	for i, id := range ids {
		text, _ := id.(string)
		n, _ := strconv.ParseInt(strings.TrimPrefix(text, "gid://shopify/Product/"), 10, 64)
		if at, found := a.catalog.find(n); found {
			out[i] = a.product(a.catalog.order[at])
		}
	}
	return out
}

func (a *shopAPI) items(search string) []node {
	from := sinceOf(search)
	out := []node{}
	for _, p := range a.catalog.order {
		for i := range p.Variants {
			if v := &p.Variants[i]; !v.ItemUpdatedAt.Before(from) {
				out = append(out, node{"InventoryItem", func(name string, args map[string]any) (any, error) {
					if name == "variants" {
						return &connection{[]node{a.variant(p, v)}}, nil
					}
					return a.item(v).field(name, args)
				}})
			}
		}
	}
	return out
}

func (a *shopAPI) eventNodes(search string) []node {
	from := sinceOf(search)
	out := []node{}
	for _, e := range a.catalog.events {
		if !e.at.Before(from) {
			out = append(out, fields("BasicEvent", map[string]any{
				"id": gid("BasicEvent", e.id), "action": "destroy", "createdAt": e.at.Format(time.RFC3339),
				"subjectId": gid("Product", e.product), "subjectType": "PRODUCT",
			}))
		}
	}
	return out
}

func gid(kind string, id int64) string { return fmt.Sprintf("gid://shopify/%s/%d", kind, id) }

// nullable is a text, or null where there is none.
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (a *shopAPI) product(p *ShopifyProduct) node {
	return node{"Product", func(name string, args map[string]any) (any, error) {
		if v, ok := p.Raw[name]; ok {
			return v, nil
		}
		switch name {
		case "variants":
			nodes := make([]node, len(p.Variants))
			for i := range p.Variants {
				nodes[i] = a.variant(p, &p.Variants[i])
			}
			return &connection{nodes}, nil
		case "media":
			return &connection{media(p)}, nil
		case "metafield":
			return metafield(p.Metafields, args), nil
		case "category":
			if p.Category == "" {
				return nil, nil
			}
			return fields("TaxonomyCategory", map[string]any{"id": "gid://shopify/TaxonomyCategory/hb-1", "fullName": p.Category}), nil
		case "variantsCount":
			return a.count(len(p.Variants), nil), nil
		}
		return fields("Product", map[string]any{
			"id": gid("Product", p.ID), "handle": p.Handle, "title": p.Title, "descriptionHtml": p.Description, "vendor": p.Vendor,
			"productType": p.Type, "status": p.Status, "tags": append([]string{}, p.Tags...), "onlineStoreUrl": nullable(p.URL),
			"updatedAt": p.UpdatedAt.Format(time.RFC3339),
		}).field(name, args)
	}}
}

// media are the images, and a film that has none.
func media(p *ShopifyProduct) []node {
	nodes := []node{}
	for i, url := range p.Images {
		kind, content, image := "MediaImage", "IMAGE", any(fields("Image", map[string]any{"url": url}))
		if strings.HasSuffix(url, ".mp4") {
			kind, content, image = "Video", "VIDEO", nil
		}
		nodes = append(nodes, fields(kind, map[string]any{"id": gid(kind, p.ID*100+int64(i)), "mediaContentType": content, "image": image}))
	}
	return nodes
}

func metafield(all map[string]string, args map[string]any) any {
	value, ok := all[fmt.Sprint(args["namespace"])+"."+fmt.Sprint(args["key"])]
	if !ok {
		return nil
	}
	return fields("Metafield", map[string]any{"type": "single_line_text_field", "value": value})
}

func money(amount, currency string) any {
	if amount == "" {
		return nil
	}
	return fields("MoneyV2", map[string]any{"amount": amount, "currencyCode": currency})
}

func (a *shopAPI) variant(p *ShopifyProduct, v *ShopifyVariant) node {
	return node{"ProductVariant", func(name string, args map[string]any) (any, error) {
		if value, ok := v.Raw[name]; ok {
			return value, nil
		}
		switch name {
		case "product":
			return a.product(p), nil
		case "inventoryItem":
			return a.item(v), a.need("read_inventory", name)
		case "metafield":
			return metafield(v.Metafields, args), nil
		case "image":
			if v.Image == "" {
				return nil, nil
			}
			return fields("Image", map[string]any{"url": v.Image}), nil
		case "contextualPricing":
			return a.pricing(v, args), nil
		case "selectedOptions":
			all := []node{}
			for _, o := range v.Options {
				all = append(all, fields("SelectedOption", map[string]any{"name": o[0], "value": o[1]}))
			}
			if len(all) == 0 {
				all = append(all, fields("SelectedOption", map[string]any{"name": "Title", "value": "Default Title"}))
			}
			return all, nil
		}
		return fields("ProductVariant", map[string]any{
			"id": gid("ProductVariant", v.ID), "sku": nullable(v.SKU), "barcode": nullable(v.Barcode), "price": orZero(v.Price),
			"compareAtPrice": nullable(v.CompareAt), "position": slices.IndexFunc(p.Variants, func(o ShopifyVariant) bool { return o.ID == v.ID }) + 1,
			"taxable": true, "updatedAt": p.UpdatedAt.Format(time.RFC3339),
		}).field(name, args)
	}}
}

func orZero(price string) string {
	if price == "" {
		return "0.00"
	}
	return price
}

// pricing is what a variant costs in a country: the shop's own price where it has none.
func (a *shopAPI) pricing(v *ShopifyVariant, args map[string]any) node {
	context, _ := args["context"].(map[string]any)
	price, ok := v.Prices[fmt.Sprint(context["country"])]
	if !ok {
		price = [2]string{orZero(v.Price), a.cfg.Currency}
	}
	return fields("ProductVariantContextualPricing", map[string]any{"price": money(price[0], price[1]), "compareAtPrice": nil})
}

func (a *shopAPI) item(v *ShopifyVariant) node {
	weight := any(nil)
	if v.Weight != 0 {
		unit := v.WeightUnit
		if unit == "" {
			unit = "KILOGRAMS"
		}
		weight = fields("Weight", map[string]any{"unit": unit, "value": json.Number(strconv.FormatFloat(v.Weight, 'g', -1, 64))})
	}
	return fields("InventoryItem", map[string]any{
		"id": gid("InventoryItem", v.ID), "requiresShipping": true, "harmonizedSystemCode": nullable(v.HSCode),
		"countryCodeOfOrigin": nullable(v.Origin), "provinceCodeOfOrigin": nil, "unitCost": money(v.Cost, a.cfg.Currency),
		"measurement": fields("InventoryItemMeasurement", map[string]any{"weight": weight}),
	})
}
