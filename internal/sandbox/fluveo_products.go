package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// createProduct makes a product, always a new one, and its price.
func (a *fluveoAPI) createProduct(s *fluveoSpace, c *call) answer {
	fields, refusal := fluveoFields(c)
	if refusal != nil {
		return *refusal
	}
	now := a.now()
	p := &fluveoProduct{active: true, created: now, updated: now}
	if _, ok := fields["name"]; !ok {
		return fluveoError(http.StatusBadRequest, "invalid_request_error", "parameter_missing", "The name field is required.", "name")
	}
	var price *fluveoPrice
	for name, raw := range fields {
		var param, what string
		switch set := fluveoSetters[name]; {
		case name == "default_price_data":
			price, param, what = newFluveoPrice(raw, "default_price_data")
		case set == nil || isNull(raw):
			param, what = name, "Received unknown parameter."
		default:
			param, what = set(p, name, raw)
		}
		if what != "" {
			return fluveoInvalid(param, "%s", what)
		}
	}
	p.id = "prod_" + strings.TrimPrefix(a.ids.next(now), "fprod_")
	s.addProduct(p)
	if price != nil {
		a.finish(s, price, p.id)
		p.price = price.ID
	}
	s.creates++
	wire := p.wire(s.live)
	if a.cfg.HidePrice {
		wire.DefaultPrice = nil
	}
	return jsonAnswer(a.cfg.CreateStatus, wire)
}

// updateProduct changes what is named, and leaves the rest.
func (a *fluveoAPI) updateProduct(s *fluveoSpace, c *call, id string) answer {
	old := s.products[id]
	if old == nil {
		return fluveoMissing("product")
	}
	fields, refusal := fluveoFields(c)
	if refusal != nil {
		return *refusal
	}
	p := *old
	for name, raw := range fields {
		var param, what string
		switch set := fluveoSetters[name]; {
		case name == "default_price":
			param, what = s.point(&p, raw)
		case set == nil:
			param, what = name, "Received unknown parameter."
		default:
			param, what = set(&p, name, raw)
		}
		if what != "" {
			return fluveoInvalid(param, "%s", what)
		}
	}
	if _, sent := fields["metadata"]; sent && a.cfg.MergeMetadata {
		p.metadata = overlaid(old.metadata, p.metadata)
	}
	p.updated = a.now()
	*old = p
	s.updates++
	return jsonAnswer(http.StatusOK, p.wire(s.live))
}

// overlaid lays later over earlier; an empty value takes its key out.
func overlaid(earlier, later map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range []map[string]string{earlier, later} {
		for k, v := range m {
			if out[k] = v; v == "" {
				delete(out, k)
			}
		}
	}
	return out
}

// point makes a price of the product its default.
func (s *fluveoSpace) point(p *fluveoProduct, raw []byte) (param, what string) {
	var id string
	decodes(raw, &id)
	price := s.prices[id]
	switch {
	case price == nil || price.Product != p.id:
		return "default_price", "No price of this product with this id."
	case !price.Active:
		return "default_price", "The price is not active."
	}
	p.price = id
	return "", ""
}

func (s *fluveoSpace) getProduct(id string) answer {
	if p := s.products[id]; p != nil {
		return jsonAnswer(http.StatusOK, p.wire(s.live))
	}
	return fluveoMissing("product")
}

// fluveoList is a page of a list.
type fluveoList struct {
	Object     string  `json:"object"`
	URL        string  `json:"url"`
	Data       []any   `json:"data"`
	HasMore    bool    `json:"has_more"`
	NextCursor *string `json:"next_cursor"`
}

func (s *fluveoSpace) listProducts(c *call) answer {
	q := c.URL.Query()
	all := make([]fluveoItem, 0, len(s.order))
	for _, p := range slices.Backward(s.order) {
		if !q.Has("active") || q.Get("active") == strconv.FormatBool(p.active) {
			all = append(all, fluveoItem{p.id, func() any { return p.wire(s.live) }})
		}
	}
	return fluveoPage("/v1/products", q, all)
}

func (s *fluveoSpace) listPrices(c *call) answer {
	q := c.URL.Query()
	all := make([]fluveoItem, 0, len(s.tags))
	for _, p := range slices.Backward(s.tags) {
		if q.Has("active") && q.Get("active") != strconv.FormatBool(p.Active) ||
			q.Has("product") && q.Get("product") != p.Product || q.Has("type") && q.Get("type") != p.Type {
			continue
		}
		all = append(all, fluveoItem{p.ID, func() any { return *p }})
	}
	return fluveoPage("/v1/prices", q, all)
}

// fluveoItem is an entry of a list, newest first.
type fluveoItem struct {
	id   string
	show func() any
}

// fluveoPage cuts a page out of all.
func fluveoPage(path string, q url.Values, all []fluveoItem) answer {
	limit := 10
	if q.Has("limit") {
		n, err := strconv.Atoi(q.Get("limit"))
		if err != nil || n < 1 || n > 100 {
			return fluveoInvalid("limit", "The limit is not between 1 and 100.")
		}
		limit = n
	}
	from, to := 0, len(all)
	for name, into := range map[string]*int{"starting_after": &from, "ending_before": &to} {
		if !q.Has(name) {
			continue
		}
		i := slices.IndexFunc(all, func(item fluveoItem) bool { return item.id == q.Get(name) })
		if i < 0 {
			return fluveoInvalid(name, "There is nothing with this id.")
		}
		*into = i
		if name == "starting_after" {
			*into = i + 1
		}
	}
	if q.Has("ending_before") {
		from = max(from, to-limit)
	}
	page := fluveoList{Object: "list", URL: path, Data: []any{}}
	for _, item := range all[min(from, to):min(from+limit, to)] {
		page.Data = append(page.Data, item.show())
		page.NextCursor = &item.id
	}
	if page.HasMore = from+limit < to; !page.HasMore {
		page.NextCursor = nil
	}
	return jsonAnswer(http.StatusOK, page)
}
