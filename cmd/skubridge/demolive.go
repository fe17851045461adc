package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/examples"
	"github.com/skubridge/skubridge/internal/sandbox"
)

const (
	demoLiveOpening = `A shop (Shopify) with drafts, variants, images and a handful of faulty products, and
a PIM (Akeneo) that knows of some of them the words, what customs wants to know, and
rents. Both are read by their APIs and joined by SKU. They go to four product APIs:
flex (eligibility for health accounts), portal (FlexPortal, rentals), payments
(Fluveo) and freight (Flexport, customs). All six are sandboxes on this machine.`
	demoLiveName = `Someone in the shop gives the pulse oximeter, ` + demoSKU + `, a new name. The sources are asked
for what changed; Flex renames nothing, so there the product is replaced.`
	demoLivePIM = `Someone in the PIM corrects the HS code of a product model, the forehead thermometer.
Both its variants inherit it, and only customs is told.`
)

// fromLive is the story of a shop and a PIM.
func (d *demo) fromLive() []func(context.Context) error {
	return []func(context.Context) error{
		d.note(demoLiveOpening),
		d.command("plan", "--brief"),
		d.command("sync"),
		d.inShop("pulse-oximeter", func(p *sandbox.ShopifyProduct) { p.Title = "Fingertip Pulse Oximeter 2" }, demoLiveName),
		d.command("plan"),
		d.command("sync"),
		d.inPIM("forehead_thermometer", "hs_code", "9025.19.8080", demoLivePIM),
		d.command("plan"),
		d.command("sync"),
	}
}

// inShop changes a product of the shop, and says what follows.
func (d *demo) inShop(handle string, change func(*sandbox.ShopifyProduct), text string) func(context.Context) error {
	return func(context.Context) error {
		p, ok := d.server.Shopify.Product(handle)
		if !ok {
			return fmt.Errorf("the sample shop has no product %q", handle)
		}
		change(&p)
		d.server.Shopify.Put(p)
		d.say(text)
		return nil
	}
}

// inPIM changes an attribute of a product model of the PIM, and says what follows.
func (d *demo) inPIM(model, attribute, value, text string) func(context.Context) error {
	return func(context.Context) error {
		err := fmt.Errorf("the sample PIM has no product model %q", model)
		d.server.Akeneo.Edit(func(c *sandbox.AkeneoCatalog) {
			m := c.Model(model)
			values, ok := m["values"].(map[string]any)
			if !ok {
				return
			}
			values[attribute] = []any{map[string]any{"locale": nil, "scope": nil, "data": value}}
			m["updated"], err = d.server.Akeneo.Stamp(time.Now()), nil
		})
		d.say(text)
		return err
	}
}

// demoShop is the shop that the sample export is of.
func demoShop() ([]sandbox.ShopifyProduct, error) {
	text, err := examples.Catalog.ReadFile("quickstart/products.csv")
	if err != nil {
		return nil, fmt.Errorf("read the sample catalog: %w", err)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1 // the sample's own faults are left as they are
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the sample catalog: %w", err)
	}
	table := &csvTable{rows: rows}
	var shop []sandbox.ShopifyProduct
	var options [3]string // their names stand on a product's first row
	for _, row := range rows[1:] {
		cell := func(column string) string {
			if i := table.column(column); i >= 0 && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		if n := len(shop); n == 0 || shop[n-1].Handle != cell("URL handle") {
			shop = append(shop, demoProduct(cell))
			for i := range options {
				options[i] = cell(fmt.Sprintf("Option%d name", i+1))
			}
		}
		p := &shop[len(shop)-1]
		if image := cell("Product image URL"); image != "" {
			p.Images = append(p.Images, image)
		}
		if cell("Price") != "" {
			p.Variants = append(p.Variants, demoVariant(cell, options))
		}
	}
	return shop, nil
}

// demoProduct is the product of an export's first row of it.
func demoProduct(cell func(string) string) sandbox.ShopifyProduct {
	p := sandbox.ShopifyProduct{
		Handle: cell("URL handle"), Title: cell("Title"), Description: cell("Description"), Vendor: cell("Vendor"),
		Type: cell("Type"), Category: cell("Product category"), Status: strings.ToUpper(cell("Status")),
		URL: "https://shop.example.com/products/" + cell("URL handle"),
	}
	for tag := range strings.SplitSeq(cell("Tags"), ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			p.Tags = append(p.Tags, tag)
		}
	}
	return p
}

// demoVariant is the variant of one row.
func demoVariant(cell func(string) string, options [3]string) sandbox.ShopifyVariant {
	v := sandbox.ShopifyVariant{
		SKU: cell("SKU"), Barcode: cell("Barcode"), Price: cell("Price"), CompareAt: cell("Compare-at price"),
		Cost: cell("Cost per item"), Image: cell("Variant image URL"), WeightUnit: "GRAMS",
	}
	v.Weight, _ = strconv.ParseFloat(cmp.Or(cell("Weight value (grams)"), "0"), 64) // what is no weight is none
	for i, name := range options {
		if value := cell(fmt.Sprintf("Option%d value", i+1)); value != "" {
			v.Options = append(v.Options, [2]string{cmp.Or(name, "Title"), value})
		}
	}
	return v
}
