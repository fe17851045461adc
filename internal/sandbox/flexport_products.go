package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// freightProduct is a stored product. Its slices are replaced, never changed.
type freightProduct struct {
	ID                                  int64
	Name, SKU, About, Category, Country string
	Verified                            bool
	Properties                          []freightProperty
	Classes                             []freightClass
	Suppliers                           []freightSupplier
	Archived                            time.Time
	// unseen is how many more filtered lists do not show it.
	unseen int
}

func (a *freightAPI) create(c *call) answer {
	f, err := a.parseFreight(c.body)
	switch {
	case err != nil:
		return a.refuse(http.StatusBadRequest, err.Error())
	case f.Name == nil || f.SKU == nil:
		return a.refuse(http.StatusBadRequest, "name and sku are required")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.active(*f.SKU) != nil {
		return a.refuse(a.cfg.DuplicateStatus, "sku has already been taken")
	}
	a.lastID++
	p := &freightProduct{ID: a.lastID, unseen: a.cfg.Unseen}
	p.apply(f, false)
	a.order = append(a.order, p)
	a.byID[strconv.FormatInt(p.ID, 10)] = p
	a.bySKU[p.SKU] = append(a.bySKU[p.SKU], p)
	a.creates++
	return a.envelope(c, p)
}

// active is the one active product of a SKU.
func (a *freightAPI) active(sku string) *freightProduct {
	for _, p := range a.bySKU[sku] {
		if p.Archived.IsZero() {
			return p
		}
	}
	return nil
}

func (a *freightAPI) update(c *call, id string) answer {
	f, err := a.parseFreight(c.body)
	if err != nil {
		return a.refuse(http.StatusBadRequest, err.Error())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.byID[id]
	switch {
	case p == nil:
		return a.refuse(http.StatusNotFound, "Not found")
	case !p.Archived.IsZero() && !a.cfg.PatchArchived:
		return a.refuse(http.StatusBadRequest, "The product is archived")
	case f.SKU != nil && *f.SKU != p.SKU && a.active(*f.SKU) != nil:
		return a.refuse(a.cfg.DuplicateStatus, "sku has already been taken")
	}
	old := p.SKU
	p.apply(f, a.cfg.MergeProperties)
	if p.SKU != old {
		a.bySKU[old] = slices.DeleteFunc(a.bySKU[old], func(o *freightProduct) bool { return o == p })
		a.bySKU[p.SKU] = append(a.bySKU[p.SKU], p)
	}
	a.updates++
	return a.envelope(c, p)
}

func (a *freightAPI) get(c *call, id string) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.byID[id]
	if p == nil {
		return a.refuse(http.StatusNotFound, "Not found")
	}
	return a.envelope(c, p)
}

const (
	freightPer    = 20
	freightMaxPer = 100
)

// list answers one page, oldest first. Without a filter the archived are in it.
func (a *freightAPI) list(c *call) answer {
	q := c.URL.Query()
	page, per := 1, freightPer
	for name, into := range map[string]*int{"page": &page, "per": &per} {
		if q.Has(name) {
			n, err := strconv.Atoi(q.Get(name))
			if err != nil || n < 1 {
				return a.refuse(http.StatusBadRequest, name+" is not a number")
			}
			*into = n
		}
	}
	per = min(per, freightMaxPer)
	a.mu.Lock()
	defer a.mu.Unlock()
	found := a.selected(q)
	from := min((page-1)*per, len(found))
	until := min(from+per, len(found))
	data := []any{}
	for _, p := range found[from:until] {
		data = append(data, p.wire(false))
	}
	var next, prev any
	if until < len(found) {
		next = pageLink(c, page+1)
	}
	if page > 1 {
		prev = pageLink(c, page-1)
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"_object": "/api/response", "self": selfLink(c), "version": 2,
		"data": map[string]any{
			"_object": "/api/collections/paginated", "prev": prev, "next": next, "total_count": len(found), "data": data,
		},
	})
}

// selected are the products that the filters let through.
func (a *freightAPI) selected(q url.Values) []*freightProduct {
	from := a.order
	if sku := q.Get("f.sku"); q.Has("f.sku") && !a.cfg.AnyCase {
		from = a.bySKU[sku]
	} else if q.Has("f.sku") {
		from = slices.DeleteFunc(slices.Clone(from), func(p *freightProduct) bool { return !strings.EqualFold(p.SKU, sku) })
	}
	var out []*freightProduct
	for _, p := range from {
		if q.Has("f.sku") && p.unseen > 0 {
			p.unseen--
			continue
		}
		archived := !p.Archived.IsZero()
		switch q.Get("f.archived_at.exists") {
		case "false":
			if archived {
				continue
			}
		case "true":
			if !archived {
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// selfLink is the address that was asked for, as the caller wrote it.
func selfLink(c *call) string { return "http://" + c.Host + c.RequestURI }

func pageLink(c *call, page int) string {
	path, _, _ := strings.Cut(c.RequestURI, "?")
	q := c.URL.Query()
	q.Set("page", strconv.Itoa(page))
	return "http://" + c.Host + path + "?" + q.Encode()
}

func (a *freightAPI) envelope(c *call, p *freightProduct) answer {
	return jsonAnswer(http.StatusOK, map[string]any{"_object": "/api/response", "self": selfLink(c), "version": 2, "data": p.wire(false)})
}

// wire is a product as it is answered: codes in the other spelling, no suppliers
// unless everything is asked for.
func (p *freightProduct) wire(everything bool) map[string]any {
	properties, classes := []any{}, []any{}
	for _, x := range p.Properties {
		properties = append(properties, map[string]any{"_object": "/product/property", "type": x.Type, "value": x.Value})
	}
	for _, x := range p.Classes {
		codes := []string{}
		for _, code := range x.Codes {
			digits := onlyDigits(code)
			codes = append(codes, digits[:4]+":"+digits[4:])
		}
		classes = append(classes, map[string]any{"_object": "/product/classification", "codes": codes, "region": x.Region})
	}
	w := map[string]any{
		"_object": "/product", "id": p.ID, "name": p.Name, "sku": p.SKU, "description": orNull(p.About), "archived_at": nil,
		"product_category": orNull(p.Category), "country_of_origin": orNull(p.Country), "client_verified": p.Verified,
		"product_properties": properties, "hs_codes": []any{}, "classifications": classes,
	}
	if !p.Archived.IsZero() {
		w["archived_at"] = p.Archived.UTC().Format(time.RFC3339)
	}
	if everything {
		w["suppliers"] = p.Suppliers
	}
	return w
}

func (a *freightAPI) archive(sku string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.active(sku)
	if p == nil {
		return false
	}
	p.Archived = a.now()
	return true
}

// products streams what is held, in the order of creation, suppliers included.
func (a *freightAPI) products(reference string, yield func(held) bool) {
	for at := 0; ; at += chunk {
		a.mu.Lock()
		var part []map[string]any
		for _, p := range a.order[min(at, len(a.order)):min(at+chunk, len(a.order))] {
			if reference == "" || p.SKU == reference {
				part = append(part, p.wire(true))
			}
		}
		last := at+chunk >= len(a.order)
		a.mu.Unlock()
		for _, w := range part {
			if !yield(held{Product: w}) {
				return
			}
		}
		if last {
			return
		}
	}
}

// describe counts what is held.
func (a *freightAPI) describe(r *Report) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.CreatesApplied, r.UpdatesApplied = a.creates, a.updates
	for _, p := range a.order {
		if p.Archived.IsZero() {
			r.ProductsActive++
		} else {
			r.ProductsArchived++
		}
	}
	for _, same := range a.bySKU {
		if len(same) > 0 {
			r.ClientReferenceIDs++
		}
		active, names := 0, map[string]bool{}
		for _, p := range same {
			if !p.Archived.IsZero() {
				continue // a SKU may be used again once its product is archived
			}
			if active++; names[p.Name] {
				r.Duplicates++
			}
			names[p.Name] = true
		}
		r.ActiveDuplicates += max(active-1, 0)
	}
}
