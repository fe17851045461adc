package crashtest

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// shop is a merchant's catalog: what the export says, and what the API must
// hold in the end.
type shop struct {
	products []*product
	dice     *rand.Rand
	edits    int
	// made counts the variants that there ever were.
	made int
	// keeps says that no row is ever taken out.
	keeps bool
}

type product struct {
	handle, title, body, price string
	variants                   []*variant
	// rests says that it was set aside, whole or in part, to come back.
	rests bool
}

type variant struct {
	sku, gtin, size string
	removed         bool
	// names are all that it ever had, the last one counts.
	names []string
}

// newShop makes n products with one to three variants each.
func newShop(n int, seed uint64) *shop {
	s := &shop{dice: rand.New(rand.NewPCG(seed, 0))}
	for range n {
		s.add()
	}
	return s
}

// add adds a product.
func (s *shop) add() {
	i := len(s.products)
	p := &product{
		handle: fmt.Sprintf("product-%d", i),
		title:  fmt.Sprintf("Knee Brace %d", i),
		body:   fmt.Sprintf("Holds knee %d, and bends with it.", i),
		price:  "19.90",
	}
	for k := range 1 + i%3 {
		v := &variant{sku: fmt.Sprintf("KB-%d-%d", i, k), gtin: gtin12(s.made)}
		if i%3 > 0 {
			v.size = []string{"S", "M", "L"}[k]
		}
		s.made++
		v.names = []string{p.nameOf(v)}
		p.variants = append(p.variants, v)
	}
	s.products = append(s.products, p)
}

// gtin12 is a number of twelve digits with its check digit.
func gtin12(n int) string {
	digits := fmt.Sprintf("%011d", 36_000_000_000+n)
	sum := 0
	for i, d := range digits {
		sum += int(d-'0') * (3 - i%2*2)
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}

func (p *product) nameOf(v *variant) string {
	if v.size == "" {
		return p.title
	}
	return p.title + " - " + v.size
}

// write puts the export in place, whole from one moment to the next.
func (s *shop) write(t *testing.T, path string) {
	t.Helper()
	f, err := os.CreateTemp(filepath.Dir(path), "export-*")
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	rows := [][]string{{
		"Handle", "Title", "Body (HTML)", "Vendor", "Published", "Option1 Name", "Option1 Value",
		"Variant SKU", "Variant Price", "Variant Barcode", "Image Src", "Status",
	}}
	for _, p := range s.products {
		first := true
		for _, v := range p.variants {
			if v.removed {
				continue
			}
			option, value := "Size", v.size
			if v.size == "" {
				option, value = "Title", "Default Title"
			}
			row := []string{p.handle, "", "", "", "", "", value, v.sku, p.price, v.gtin, "", ""}
			if first {
				row[1], row[2], row[3], row[4], row[5] = p.title, p.body, "Northwind", "true", option
				row[10], row[11] = "https://cdn.example.com/"+p.handle+".jpg", "active"
			}
			first = false
			rows = append(rows, row)
		}
	}
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		t.Fatal(err)
	}
}

// edit changes one product at random: a rename needs a replace, a rewritten
// text an update, a price an update in several requests where the API has prices, a
// row taken out an archive, and one put back a restore.
func (s *shop) edit() {
	s.edits++
	p := s.products[s.dice.IntN(len(s.products))]
	switch s.dice.IntN(5) {
	case 0:
		s.rename(p)
	case 1:
		kinds["update"].edit(s, p)
	case 4:
		kinds["price"].edit(s, p)
	case 2:
		if s.keeps {
			return
		}
		p.variants[s.dice.IntN(len(p.variants))].removed = true
	case 3:
		p.putBack()
	}
}

func (s *shop) rename(p *product) {
	p.title = fmt.Sprintf("%s, edition %d", s.baseTitle(p), s.edits)
	for _, v := range p.variants {
		if !v.removed {
			v.names = append(v.names, p.nameOf(v))
		}
	}
}

// remove takes the first n rows out, putBack puts all back in.
func (p *product) remove(n int) {
	for _, v := range p.variants[:n] {
		v.removed = true
	}
}

func (p *product) putBack() {
	for _, v := range p.variants {
		if v.removed {
			v.removed = false
			v.names = append(v.names, p.nameOf(v))
		}
	}
	p.rests = false
}

// present is how many rows it has.
func (p *product) present() (n int) {
	for _, v := range p.variants {
		if !v.removed {
			n++
		}
	}
	return n
}

func (s *shop) baseTitle(p *product) string { return "Knee Brace " + p.handle }

// variants are all of them, removed ones too.
func (s *shop) variants() (n int) {
	for _, p := range s.products {
		n += len(p.variants)
	}
	return n
}
