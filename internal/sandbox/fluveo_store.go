package sandbox

import (
	"hash/maphash"
	"slices"
	"time"
)

// fluveoSpace holds the products and prices of one mode, oldest first.
type fluveoSpace struct {
	live bool
	seed maphash.Seed

	products map[string]*fluveoProduct
	prices   map[string]*fluveoPrice
	order    []*fluveoProduct
	tags     []*fluveoPrice // all prices
	answers  map[string]fluveoPast

	creates, updates, replays int64
}

// fluveoPast is what was answered under an idempotency key.
type fluveoPast struct {
	fingerprint uint64
	answer      answer
	at          time.Time
}

func newFluveoSpace(live bool) *fluveoSpace {
	return &fluveoSpace{
		live: live, seed: maphash.MakeSeed(), products: map[string]*fluveoProduct{},
		prices: map[string]*fluveoPrice{}, answers: map[string]fluveoPast{},
	}
}

// fluveoProduct is a stored product.
type fluveoProduct struct {
	id, name                                   string
	active                                     bool
	description, url, descriptor, label, taxes *string
	images                                     []string
	features                                   []fluveoFeature
	metadata                                   map[string]string
	price                                      string // the default one, "" for none
	shippable                                  *bool
	parcel                                     *fluveoPackage
	created, updated                           time.Time
	place                                      int
}

type fluveoFeature struct {
	Name string `json:"name"`
}

type fluveoPackage struct {
	Height float64 `json:"height"`
	Length float64 `json:"length"`
	Width  float64 `json:"width"`
	Weight float64 `json:"weight"`
}

// fluveoWireProduct is a product as the API answers it.
type fluveoWireProduct struct {
	ID           string            `json:"id"`
	Object       string            `json:"object"`
	Active       bool              `json:"active"`
	Name         string            `json:"name"`
	Images       []string          `json:"images"`
	Features     []fluveoFeature   `json:"marketing_features"`
	Metadata     map[string]string `json:"metadata"`
	Livemode     bool              `json:"livemode"`
	Created      int64             `json:"created"`
	Updated      int64             `json:"updated"`
	Description  *string           `json:"description"`
	URL          *string           `json:"url"`
	DefaultPrice *string           `json:"default_price"`
	Shippable    *bool             `json:"shippable"`
	Descriptor   *string           `json:"statement_descriptor"`
	UnitLabel    *string           `json:"unit_label"`
	TaxCode      *string           `json:"tax_code"`
	Package      *fluveoPackage    `json:"package_dimensions"`
}

func (p *fluveoProduct) wire(live bool) fluveoWireProduct {
	w := fluveoWireProduct{
		ID: p.id, Object: "product", Active: p.active, Name: p.name, Images: orEmpty(p.images), Features: p.features,
		Metadata: p.metadata, Livemode: live, Created: p.created.Unix(), Updated: p.updated.Unix(),
		Description: p.description, URL: p.url, DefaultPrice: orNull(p.price), Shippable: p.shippable,
		Descriptor: p.descriptor, UnitLabel: p.label, TaxCode: p.taxes, Package: p.parcel,
	}
	if w.Features == nil {
		w.Features = []fluveoFeature{}
	}
	if w.Metadata == nil {
		w.Metadata = map[string]string{}
	}
	return w
}

// fluveoPrice is a stored price, in the shape in which it is answered.
type fluveoPrice struct {
	ID          string            `json:"id"`
	Object      string            `json:"object"`
	Active      bool              `json:"active"`
	Product     string            `json:"product"`
	Currency    string            `json:"currency"`
	Type        string            `json:"type"`
	Scheme      string            `json:"billing_scheme"`
	TaxBehavior string            `json:"tax_behavior"`
	UnitAmount  *int64            `json:"unit_amount"`
	Nickname    *string           `json:"nickname"`
	Metadata    map[string]string `json:"metadata"`
	Livemode    bool              `json:"livemode"`
	Created     int64             `json:"created"`

	place int
}

func (s *fluveoSpace) addProduct(p *fluveoProduct) {
	p.place = len(s.order)
	s.order = append(s.order, p)
	s.products[p.id] = p
}

func (s *fluveoSpace) addPrice(p *fluveoPrice) {
	p.place = len(s.tags)
	s.tags = append(s.tags, p)
	s.prices[p.ID] = p
}

// fluveoHeld is a product with its prices, as the control page lists it.
type fluveoHeld struct {
	fluveoWireProduct
	Prices []fluveoPrice `json:"prices"`
}

// products streams everything held.
func (a *fluveoAPI) products(reference string, yield func(held) bool) {
	for _, all := range a.holdings() {
		for _, h := range all {
			if p := h.Product.(fluveoHeld); reference != "" && p.Metadata["sku"] != reference {
				continue
			}
			if !yield(h) {
				return
			}
		}
	}
}

// holdings copies what each space holds.
func (a *fluveoAPI) holdings() (out [][]held) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, live := range []bool{true, false} {
		s := a.spaces[live]
		prices := map[string][]fluveoPrice{}
		for _, p := range s.tags {
			prices[p.Product] = append(prices[p.Product], *p)
		}
		mode := "test"
		if live {
			mode = "live"
		}
		var all []held
		for _, p := range s.order {
			all = append(all, held{Mode: mode, Product: fluveoHeld{p.wire(live), prices[p.id]}})
		}
		out = append(out, all)
	}
	return out
}

// describe counts what is held.
func (a *fluveoAPI) describe(r *Report) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.spaces {
		r.CreatesApplied += s.creates
		r.UpdatesApplied += s.updates
		r.IdempotentReplays += s.replays
		s.describe(r)
	}
}

func (s *fluveoSpace) describe(r *Report) {
	bySKU := map[string][]*fluveoProduct{}
	for _, p := range s.order {
		if sku := p.metadata["sku"]; sku != "" {
			bySKU[sku] = append(bySKU[sku], p)
		}
		if p.active {
			r.ProductsActive++
		} else {
			r.ProductsArchived++
		}
	}
	r.ClientReferenceIDs += len(bySKU)
	for _, same := range bySKU {
		active := len(slices.DeleteFunc(slices.Clone(same), func(p *fluveoProduct) bool { return !p.active }))
		r.Duplicates += len(same) - 1
		r.ActiveDuplicates += max(active-1, 0)
	}
	onSale := map[string]int{}
	for _, p := range s.tags {
		if p.Active {
			onSale[p.Product]++
		}
	}
	for _, n := range onSale {
		r.ExtraPrices += n - 1
	}
}
