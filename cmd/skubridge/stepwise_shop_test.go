package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// stepShop is a shop's catalog, and what an ERP knows of it.
type stepShop struct {
	dice     *rand.Rand
	match    string
	made     int
	variants []*stepVariant // in the order of their rows
	aside    []*stepVariant // that were taken out
	edits    []string       // what was done
	// homes are the products that each SKU has been in.
	homes map[string][]string
}

// stepVariant is one row of the shop, with the product's values on it, and of the ERP.
type stepVariant struct {
	handle, sku, title, text, brand, status, price, gtin string
	erp                                                  []string // origin, hs code and rents; nil where the ERP lacks it
}

func newStepShop(seed uint64, match string) *stepShop {
	s := &stepShop{dice: dice(seed), match: match, homes: map[string][]string{}}
	for range 20 {
		s.addProduct()
	}
	return s
}

func (s *stepShop) next() int { s.made++; return s.made }

func (s *stepShop) addProduct() {
	n := s.next()
	p := stepVariant{handle: fmt.Sprint("h", n), title: fmt.Sprint("Brace ", n), text: fmt.Sprint("Text of ", n), brand: "Acme", status: "active"}
	for range 1 + s.dice.IntN(3) {
		s.addVariant(p)
	}
}

// addVariant adds a variant of the product that another one is of.
func (s *stepShop) addVariant(like stepVariant) {
	v := like
	v.sku, v.price, v.gtin, v.erp = fmt.Sprint("S", s.next()), s.price(), upc(s.next()), nil
	if s.dice.IntN(4) > 0 {
		s.tell(&v)
	}
	s.variants = append(s.variants, &v)
}

// tell has the ERP say something of a variant.
func (s *stepShop) tell(v *stepVariant) {
	v.erp = []string{"CN", oneOf(s.dice, "9021.10.0050", "9025.19.8040", ""), oneOf(s.dice, "", "4.50"), oneOf(s.dice, "", "3.25")}
}

func (s *stepShop) price() string {
	return fmt.Sprintf("%d.%02d", 1+s.dice.IntN(300), s.dice.IntN(100))
}

func oneOf[T any](dice *rand.Rand, of ...T) T { return of[dice.IntN(len(of))] }

// edit makes some changes; none before the first step.
func (s *stepShop) edit(step int) {
	if step == 0 {
		return
	}
	for range 1 + s.dice.IntN(8) {
		names := []string{"price", "title", "gtin", "add product", "add variant", "take out", "put back", "move", "sku", "handle", "erp", "no erp", "status", "spoil", "double", "swap"}
		name, v, other := oneOf(s.dice, names...), oneOf(s.dice, s.variants...), oneOf(s.dice, s.variants...)
		s.edits = append(s.edits, fmt.Sprintf("%d: %s %s %s", step, name, v.sku, other.sku))
		s.do(name, v, other)
	}
}

// do makes one change.
func (s *stepShop) do(name string, v, other *stepVariant) {
	switch name {
	case "price":
		v.price = s.price()
	case "title":
		s.product(v, func(p *stepVariant) { p.title, p.text = v.title+"+", "Another text" })
	case "gtin":
		v.gtin = oneOf(s.dice, upc(s.next()), "", "123")
	case "add product":
		s.addProduct()
	case "add variant":
		s.addVariant(*v)
	case "take out":
		if len(s.variants) > 5 {
			s.variants = slices.DeleteFunc(s.variants, func(o *stepVariant) bool { return o == v })
			s.aside = append(s.aside, v)
		}
	case "put back":
		s.variants, s.aside = append(s.variants, s.aside...), nil
	case "move":
		v.handle, v.title, v.text, v.brand, v.status = other.handle, other.title, other.text, other.brand, other.status
	case "sku":
		v.sku = fmt.Sprint("S", s.next())
	case "handle":
		handle := fmt.Sprint("h", s.next())
		s.product(v, func(p *stepVariant) { p.handle = handle })
	case "erp":
		s.tell(v)
	case "no erp":
		v.erp = nil
	case "status":
		status := oneOf(s.dice, "active", "draft", "archived")
		s.product(v, func(p *stepVariant) { p.status = status })
	case "spoil":
		v.price = oneOf(s.dice, "on request", "-3", "1.2.3")
	case "double":
		twin := *v
		s.variants = append(s.variants, &twin)
	case "swap":
		v.sku, other.sku = other.sku, v.sku
	}
}

// product does something to all variants of a product.
func (s *stepShop) product(of *stepVariant, do func(*stepVariant)) {
	handle := of.handle
	for _, v := range s.variants {
		if v.handle == handle {
			do(v)
		}
	}
}

// write writes the exports of the shop and the ERP.
func (s *stepShop) write(t *testing.T, dir string) {
	t.Helper()
	shop := [][]string{{"handle", "sku", "title", "text", "brand", "category", "status", "price", "gtin", "image"}}
	erp := [][]string{{"number", "ean", "origin", "hs", "rent_6", "rent_12"}}
	known := map[string]bool{}
	for _, v := range s.variants {
		s.homes[v.sku] = append(s.homes[v.sku], v.handle)
		shop = append(shop, []string{v.handle, v.sku, v.title, v.text, v.brand, "Braces", v.status, v.price, v.gtin, "https://cdn.example.com/1.jpg"})
		number := v.sku
		if s.match == "gtin" {
			number = "M-" + v.sku
		}
		if v.erp != nil && !known[number] {
			known[number] = true
			erp = append(erp, append([]string{number, v.gtin}, v.erp...))
		}
	}
	for name, rows := range map[string][][]string{"shop.csv": shop, "erp.csv": erp} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := csv.NewWriter(f).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
