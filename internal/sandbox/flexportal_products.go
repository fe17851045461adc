package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// portalProduct is a stored product; fields are those that requests set, as they
// came.
type portalProduct struct {
	id, tenant, sku  string
	fields           map[string]json.RawMessage
	variants         []*portalVariant
	active           bool
	writer           string
	created, updated time.Time
	place            int
}

type portalVariant struct {
	id, sku string
	fields  map[string]json.RawMessage
	active  bool
	product *portalProduct
}

// portalSpace holds the products of one Business Unit, oldest first.
type portalSpace struct {
	tenant   string
	order    []*portalProduct
	variants []*portalVariant
	byID     map[string]*portalProduct
	bySKU    map[string]*portalProduct
	variant  map[string]*portalVariant // by id
	owner    map[string]*portalVariant // by SKU

	creates, updates int64
}

func newPortalSpace(tenant string) *portalSpace {
	return &portalSpace{
		tenant: tenant, byID: map[string]*portalProduct{}, bySKU: map[string]*portalProduct{},
		variant: map[string]*portalVariant{}, owner: map[string]*portalVariant{},
	}
}

func (s *portalSpace) remove(p *portalProduct) {
	delete(s.byID, p.id)
	delete(s.bySKU, p.sku)
	for _, v := range p.variants {
		delete(s.variant, v.id)
		delete(s.owner, v.sku)
	}
	s.variants = slices.DeleteFunc(s.variants, func(v *portalVariant) bool { return v.product == p })
	s.order = slices.Delete(s.order, p.place, p.place+1)
	for i, other := range s.order {
		other.place = i
	}
}

// portalRequest is the body of an upsert.
type portalRequest struct {
	fields   map[string]json.RawMessage
	sku      string
	status   string
	variants []map[string]json.RawMessage
}

// upsert makes a product or changes one: that of the id, or else that of the
// productSku. What the request does not name stays.
func (a *portalAPI) upsert(s *portalSpace, p *portalProduct, body []byte) answer {
	r, details := readPortalRequest(body)
	if len(details) > 0 {
		code := "VALIDATION_ERROR"
		if slices.ContainsFunc(details, func(d portalDetail) bool { return strings.Contains(d.Path, ".pricing.") }) {
			code = "INVALID_PRICING"
		}
		return portalError(a.inTurn(http.StatusBadRequest, http.StatusUnprocessableEntity), code, "Invalid request body", details...)
	}
	if p == nil {
		p = s.bySKU[r.sku]
	}
	for _, v := range r.variants {
		if owner := s.owner[portalText(v["variantSku"])]; owner != nil && owner.product != p {
			return portalError(a.inTurn(http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity),
				"DUPLICATE_SKU", "Variant SKU already exists on different product")
		}
	}
	done := a.put(s, p, r)
	status := http.StatusOK
	if done.operation == "created" {
		status = http.StatusCreated
	}
	return jsonAnswer(status, map[string]any{
		"success": true, "message": "Product " + done.operation, "productId": done.product.id, "productSku": done.product.sku,
		"operation": done.operation, "variantResults": done.variants,
	})
}

// portalPut is what an upsert did.
type portalPut struct {
	product   *portalProduct
	operation string
	variants  []map[string]string
}

// put makes a product, or changes p.
func (a *portalAPI) put(s *portalSpace, p *portalProduct, r portalRequest) portalPut {
	operation := "updated"
	now := a.now()
	if p == nil {
		operation = "created"
		p = &portalProduct{
			id: "prod" + strings.TrimPrefix(a.ids.next(now), "fprod"), tenant: s.tenant, active: true, created: now,
			fields: map[string]json.RawMessage{}, place: len(s.order),
		}
		s.order = append(s.order, p)
		s.byID[p.id] = p
		s.creates++
	} else {
		s.updates++
	}
	delete(s.bySKU, p.sku)
	p.sku, p.updated = r.sku, now
	s.bySKU[p.sku] = p
	maps.Copy(p.fields, r.fields)
	if r.status != "" {
		p.active = r.status == "active"
	}
	return portalPut{p, operation, a.putVariants(s, p, r.variants)}
}

func (a *portalAPI) putVariants(s *portalSpace, p *portalProduct, list []map[string]json.RawMessage) []map[string]string {
	results := []map[string]string{}
	for _, fields := range list {
		sku := portalText(fields["variantSku"])
		if a.cfg.Skips != nil && a.cfg.Skips(sku) {
			continue
		}
		operation, v := "update", s.owner[sku]
		if v == nil {
			operation = "create"
			v = &portalVariant{
				id: "var" + strings.TrimPrefix(a.ids.next(p.updated), "fprod"), sku: sku, active: true, product: p,
				fields: map[string]json.RawMessage{},
			}
			s.owner[sku], s.variant[v.id] = v, v
			p.variants, s.variants = append(p.variants, v), append(s.variants, v)
		}
		maps.Copy(v.fields, fields)
		name := "variantSku"
		if a.cfg.Older {
			name = "sku"
		}
		results = append(results, map[string]string{name: sku, "operation": operation})
	}
	return results
}

// setStatus puts one variant on sale or takes it off.
func (a *portalAPI) setStatus(s *portalSpace, id string, body []byte) answer {
	var r struct {
		Status string `json:"status"`
	}
	v := s.variant[id]
	switch {
	case v == nil:
		return portalNotFound("Variant")
	case json.Unmarshal(body, &r) != nil || r.Status != "active" && r.Status != "inactive":
		return portalError(http.StatusBadRequest, "VALIDATION_ERROR", "Invalid request body",
			portalDetail{"status", "Invalid enum value", "invalid_enum_value"})
	case r.Status == "inactive" && a.inUse(v):
		return portalError(http.StatusConflict, "VARIANT_IN_USE", "Cannot deactivate variant with active orders")
	}
	v.active = r.Status == "active"
	s.updates++
	return jsonAnswer(http.StatusOK, map[string]any{"success": true})
}

func (a *portalAPI) inUse(v *portalVariant) bool { return a.cfg.InUse != nil && a.cfg.InUse(v.sku) }

// discontinue is the soft delete.
func (a *portalAPI) discontinue(s *portalSpace, p *portalProduct) answer {
	if slices.ContainsFunc(p.variants, a.inUse) {
		return portalError(a.inTurn(http.StatusConflict, http.StatusBadRequest), "PRODUCT_HAS_ACTIVE_ORDERS", "Cannot delete with pending orders")
	}
	p.active, p.updated = false, a.now()
	for _, v := range p.variants {
		v.active = false
	}
	s.updates++
	return jsonAnswer(http.StatusOK, map[string]any{
		"success": true, "message": "Product discontinued", "productId": p.id, "productSku": p.sku,
	})
}

func (p *portalProduct) status() string {
	if p.active {
		return "active"
	}
	return "discontinued"
}

func (v *portalVariant) status() string {
	if v.active {
		return "active"
	}
	return "inactive"
}

// wire is the product as it is answered; whole adds its variants and _sync.
func (p *portalProduct) wire(cfg FlexPortalConfig, whole bool) map[string]any {
	out := map[string]any{
		"productId": p.id, "tenantId": p.tenant, "productSku": p.sku, "status": p.status(),
		"createdAt": p.created.UTC().Format(micros), "updatedAt": p.updated.UTC().Format(micros),
	}
	for name, v := range p.fields {
		out[name] = v
	}
	if !whole {
		out["variantCount"] = len(p.variants)
		return out
	}
	out["_sync"] = map[string]string{"source": cmp.Or(p.writer, "manual")}
	list := make([]any, len(p.variants))
	for i, v := range p.variants {
		list[i] = v.wire(cfg, !cfg.Shortened)
	}
	out["variants"] = list
	return out
}

func (v *portalVariant) wire(cfg FlexPortalConfig, withID bool) map[string]any {
	out := map[string]any{
		"tenantId": v.product.tenant, "productId": v.product.id, "productSku": v.product.sku, "status": v.status(),
		"createdAt": v.product.created.UTC().Format(micros), "updatedAt": v.product.updated.UTC().Format(micros),
	}
	if withID {
		out["variantId"] = v.id
	}
	for name, value := range v.fields {
		out[name] = value
	}
	if !cfg.Older {
		return out
	}
	for now, then := range map[string]string{"variantSku": "sku", "colorName": "color"} {
		if value, ok := out[now]; ok {
			out[then] = value
			delete(out, now)
		}
	}
	var tiers []struct {
		Months  int         `json:"contractLength"`
		Monthly json.Number `json:"monthlyPrice"`
	}
	if json.Unmarshal(v.fields["pricing"], &tiers) == nil {
		prices := map[string]json.Number{}
		for _, t := range tiers {
			prices[strconv.Itoa(t.Months)] = t.Monthly
		}
		out["pricing"] = prices
	}
	return out
}

// products streams what is held, in the order of creation.
func (a *portalAPI) products(reference string, yield func(held) bool) {
	a.mu.Lock()
	var all []held
	for _, tenant := range slices.Sorted(maps.Keys(a.spaces)) {
		for _, p := range a.spaces[tenant].order {
			if reference == "" || p.sku == reference {
				all = append(all, held{Account: tenant, Product: p.wire(FlexPortalConfig{}, true)})
			}
		}
	}
	a.mu.Unlock()
	for _, h := range all {
		if !yield(h) {
			return
		}
	}
}

// reference is the productSku that a call is about.
func (a *portalAPI) reference(c *call) string {
	if c.Method == http.MethodPost || c.Method == http.MethodPut {
		var r struct {
			SKU string `json:"productSku"`
		}
		_ = json.Unmarshal(c.body, &r) // an invalid product may still name its SKU
		return r.SKU
	}
	if sku := c.URL.Query().Get("productSku"); sku != "" {
		return sku
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.spaces {
		if p := s.byID[strings.TrimPrefix(c.URL.Path, "/v1/products/")]; p != nil {
			return p.sku
		}
		id := strings.TrimSuffix(strings.TrimPrefix(c.URL.Path, "/v1/products/variants/"), "/status")
		if v := s.variant[id]; v != nil {
			return v.product.sku
		}
	}
	return ""
}

// describe counts what is held. No SKU can be there twice.
func (a *portalAPI) describe(r *Report) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.spaces {
		r.CreatesApplied += s.creates
		r.UpdatesApplied += s.updates
		r.ClientReferenceIDs += len(s.bySKU)
		for _, p := range s.order {
			if p.active {
				r.ProductsActive++
			} else {
				r.ProductsArchived++
			}
		}
	}
}

func portalText(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s) // what is no text has none
	return s
}

// portalPath is the place of a variant's field, as the details name it.
func portalPath(i int, name string) string { return fmt.Sprintf("variants.%d.%s", i, name) }
