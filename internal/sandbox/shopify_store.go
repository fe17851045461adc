package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// ShopifyProduct is a product of the store. What is empty is null.
type ShopifyProduct struct {
	ID          int64             `json:"id"`
	Handle      string            `json:"handle"`
	Title       string            `json:"title"`
	Description string            `json:"descriptionHtml,omitempty"`
	Vendor      string            `json:"vendor,omitempty"`
	Type        string            `json:"productType,omitempty"`
	Category    string            `json:"category,omitempty"`
	Status      string            `json:"status"` // ACTIVE unless set
	URL         string            `json:"onlineStoreUrl,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Images      []string          `json:"images,omitempty"`
	Metafields  map[string]string `json:"metafields,omitempty"`
	Variants    []ShopifyVariant  `json:"variants"`
	// UpdatedAt is set by the store.
	UpdatedAt time.Time `json:"updatedAt"`
	// Raw overrides fields of the answer, as with a value of another type.
	Raw map[string]any `json:"-"`
}

// ShopifyVariant is a variant of a product, with its inventory item.
type ShopifyVariant struct {
	ID         int64             `json:"id"`
	SKU        string            `json:"sku,omitempty"`
	Barcode    string            `json:"barcode,omitempty"`
	Price      string            `json:"price"` // 0.00 unless set
	CompareAt  string            `json:"compareAtPrice,omitempty"`
	Image      string            `json:"image,omitempty"`
	Options    [][2]string       `json:"selectedOptions,omitempty"`
	HSCode     string            `json:"harmonizedSystemCode,omitempty"`
	Origin     string            `json:"countryCodeOfOrigin,omitempty"`
	Cost       string            `json:"unitCost,omitempty"`
	Weight     float64           `json:"weight,omitempty"`
	WeightUnit string            `json:"weightUnit,omitempty"` // KILOGRAMS unless set
	Metafields map[string]string `json:"metafields,omitempty"`
	// Prices are by country: amount and currency.
	Prices map[string][2]string `json:"prices,omitempty"`
	// ItemUpdatedAt is set by the store.
	ItemUpdatedAt time.Time `json:"itemUpdatedAt"`
	// Raw overrides fields of the answer.
	Raw map[string]any `json:"-"`
}

// shopCatalog is what the store holds. Products are never changed, but replaced.
type shopCatalog struct {
	order  []*ShopifyProduct // by id
	events []shopEvent
	lastID int64
}

// shopEvent tells of a product that was deleted.
type shopEvent struct {
	id, product int64
	at          time.Time
}

func newShopCatalog(cfg ShopifyConfig, now time.Time) shopCatalog {
	c := shopCatalog{lastID: 1000}
	for _, p := range cfg.Products {
		c.put(p, now)
	}
	for n := range cfg.Generate {
		c.put(generated(n, max(cfg.GenerateVariants, 1)), now)
	}
	return c
}

// generated is the n-th product of a made-up catalog.
func generated(n, variants int) ShopifyProduct {
	p := ShopifyProduct{
		Handle: fmt.Sprintf("product-%06d", n), Title: fmt.Sprintf("Product %d", n), Vendor: "Northwind",
		Description: fmt.Sprintf("<p>Product %d of a made-up catalog. It is <strong>sturdy</strong>, washable and comes in %d sizes.</p>", n, variants),
		Type:        "Braces", Category: "Health & Beauty > Health Care > Supports & Braces", Tags: []string{"hsa", "made-up"},
		URL:    fmt.Sprintf("https://shop.example.com/products/product-%06d", n),
		Images: []string{fmt.Sprintf("https://cdn.example.com/%06d-a.jpg?v=1", n), fmt.Sprintf("https://cdn.example.com/%06d-b.jpg?v=1", n)},
	}
	for v := range variants {
		p.Variants = append(p.Variants, ShopifyVariant{
			SKU: fmt.Sprintf("GEN-%06d-%d", n, v), Barcode: fmt.Sprintf("%012d", n*100+v), Price: fmt.Sprintf("%d.%02d", 10+n%90, v%100),
			Options: [][2]string{{"Size", strconv.Itoa(v)}}, HSCode: "902110", Origin: "US", Cost: "4.20", Weight: 0.25,
		})
	}
	return p
}

// ShopifySample is a small catalog: products with and without variants, one without a SKU,
// one that is not on sale.
func ShopifySample() []ShopifyProduct {
	return []ShopifyProduct{
		{
			ID: 101, Handle: "knee-brace", Title: "Hinged Knee Brace", Vendor: "Northwind Medical", Type: "Braces",
			Description: "<p>Supports the knee after an <strong>injury</strong>.</p>", Category: "Health & Beauty > Health Care > Supports & Braces",
			Tags: []string{"hsa", "knee"}, URL: "https://acme.example/products/knee-brace", Images: []string{"https://cdn.acme.example/knee-brace.jpg?v=1"},
			Metafields: map[string]string{"custom.intended_use": "Rehabilitation"},
			Variants: []ShopifyVariant{
				{ID: 1011, SKU: "KB-S", Barcode: "036000291452", Price: "39.90", CompareAt: "49.90", Options: [][2]string{{"Size", "S"}}, HSCode: "902110", Origin: "US", Cost: "14.20", Weight: 0.35},
				{ID: 1012, SKU: "KB-M", Barcode: "036000291469", Price: "39.90", Options: [][2]string{{"Size", "M"}}, HSCode: "902110", Origin: "US", Cost: "14.20", Weight: 0.38},
				{ID: 1013, SKU: "KB-L", Price: "42.90", Options: [][2]string{{"Size", "L"}}, HSCode: "902110", Origin: "US", Cost: "15.10", Weight: 0.42},
			},
		},
		{
			ID: 102, Handle: "thermometer", Title: "Digital Thermometer", Vendor: "Northwind Medical", Type: "Thermometers",
			Description: "<p>Reads in eight seconds.</p>", Tags: []string{"fsa"}, URL: "https://acme.example/products/thermometer",
			Images:   []string{"https://cdn.acme.example/thermometer.jpg?v=3"},
			Variants: []ShopifyVariant{{ID: 1021, SKU: "TH-8", Barcode: "012345678905", Price: "12.50", HSCode: "902519", Origin: "CN", Cost: "3.10", Weight: 40, WeightUnit: "GRAMS"}},
		},
		{
			ID: 103, Handle: "bandage", Title: "Elastic Bandage", Vendor: "Acme", Type: "First Aid", Description: "<p>Washable.</p>",
			Variants: []ShopifyVariant{{ID: 1031, Price: "4.00", Options: [][2]string{{"Width", "6 cm"}}}, {ID: 1032, SKU: "EB-10", Price: "5.00", Options: [][2]string{{"Width", "10 cm"}}}},
		},
		{
			ID: 104, Handle: "ice-pack", Title: "Reusable Ice Pack", Vendor: "Acme", Status: "DRAFT",
			Variants: []ShopifyVariant{{ID: 1041, SKU: "IP-1", Price: "9.00"}},
		},
	}
}

// put takes a product in, in the place of the one with its id.
func (c *shopCatalog) put(p ShopifyProduct, now time.Time) int64 {
	p.Variants = slices.Clone(p.Variants)
	if p.Status == "" {
		p.Status = "ACTIVE"
	}
	if p.ID == 0 {
		c.lastID++
		p.ID = c.lastID
	}
	c.lastID = max(c.lastID, p.ID)
	p.UpdatedAt = now
	for i := range p.Variants {
		v := &p.Variants[i]
		if v.ID == 0 {
			c.lastID++
			v.ID = c.lastID
		}
		c.lastID = max(c.lastID, v.ID)
		if v.ItemUpdatedAt.IsZero() {
			v.ItemUpdatedAt = now
		}
	}
	if i, found := c.find(p.ID); found {
		c.order[i] = &p
	} else {
		c.order = slices.Insert(c.order, i, &p)
	}
	return p.ID
}

func (c *shopCatalog) find(id int64) (int, bool) {
	return slices.BinarySearchFunc(c.order, id, func(p *ShopifyProduct, id int64) int { return int(p.ID - id) })
}

// Put takes a product in: a new one where it has no id, else in the place of the one with
// its id. It gives the id.
func (s *Shopify) Put(p ShopifyProduct) int64 {
	s.api.mu.Lock()
	defer s.api.mu.Unlock()
	return s.api.catalog.put(p, s.api.now())
}

// Delete deletes a product, of which an event tells.
func (s *Shopify) Delete(id int64) {
	s.api.mu.Lock()
	defer s.api.mu.Unlock()
	c := &s.api.catalog
	i, found := c.find(id)
	if !found {
		return
	}
	c.order = slices.Delete(c.order, i, i+1)
	c.lastID++
	c.events = append(c.events, shopEvent{id: c.lastID, product: id, at: s.api.now()})
}

// Product gives a product by its handle, and false where there is none.
func (s *Shopify) Product(handle string) (ShopifyProduct, bool) {
	s.api.mu.Lock()
	defer s.api.mu.Unlock()
	for _, p := range s.api.catalog.order {
		if p.Handle == handle {
			out := *p
			out.Variants = slices.Clone(p.Variants)
			return out, true
		}
	}
	return ShopifyProduct{}, false
}

// ChangeItem changes the inventory item of a variant, by its SKU. The product's updatedAt
// stays as it is.
func (s *Shopify) ChangeItem(sku string, change func(*ShopifyVariant)) {
	s.api.mu.Lock()
	defer s.api.mu.Unlock()
	c := &s.api.catalog
	for i, p := range c.order {
		for n := range p.Variants {
			if p.Variants[n].SKU != sku {
				continue
			}
			changed := *p
			changed.Variants = slices.Clone(p.Variants)
			change(&changed.Variants[n])
			changed.Variants[n].ItemUpdatedAt = s.api.now()
			c.order[i] = &changed
		}
	}
}
