package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// joined measures what it costs to join the same products from three sources, a shop,
// an ERP and a PIM, instead of reading them from the shop alone: an unchanged run of
// both, what the second takes more of memory a product, and what one changed record
// of the PIM leads to.
func (b *bench) joined(ctx context.Context) error {
	program, err := b.build(ctx)
	if err != nil {
		return err
	}
	alone, err := b.settled(ctx, program, b.busy)
	if err != nil {
		return err
	}
	fmt.Printf("%-20s %s\n", "one source", alone)
	if err := b.dropState(); err != nil {
		return err
	}
	if err := b.writeOthers(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	url, err := b.startSandbox(ctx, program)
	if err != nil {
		return err
	}
	three, err := b.settled(ctx, program, func(string) error {
		text := fmt.Appendf(nil, joinedSettings, b.match, url)
		if b.products {
			text = fmt.Appendf(nil, joinedProducts, b.match, strings.TrimSuffix(url, "/flex"))
		}
		return os.WriteFile(b.path("skubridge.yaml"), text, 0o600)
	})
	if err != nil {
		return err
	}
	fmt.Printf("%-20s %s\n", "three sources", three)
	fmt.Printf("ratio %.2f, %d bytes a product more\n", three.median()/alone.median(), (three.peak-alone.peak)/int64(b.rows))
	return b.oneChange(ctx, program)
}

const (
	joinedSources = `
sources:
  feed: { type: file, path: products.csv, preset: shopify_csv }
  erp: { type: file, path: erp.csv, format: { type: delimited, delimiter: ";" }, fields: { sku: MATNR, gtin: EAN11, country_of_origin: HERKL, cost: KOSTEN } }
  pim: { type: file, path: pim.csv, fields: { sku: sku, gtin: gtin, brand: brand, description: text } }
catalogs:
  main: { from: [feed, erp, pim], match: %s, prefer: { description: [pim, feed] } }
`

	joinedSettings = joinedSources + `
destinations:
  flex: { type: flex, base_url: %q, api_key: fsk_test_bench, concurrency: 32 }
syncs:
  feed-to-flex: { from: main, to: flex }
`

	// An API that has products and not their variants.
	joinedProducts = joinedSources + `
destinations:
  fluveo: { type: fluveo, base_url: %s/fluveo, secret_key: sk_test_bench, currency: USD, level: product, rate: 5000/s, concurrency: 32 }
syncs:
  feed-to-flex: { from: main, to: fluveo }
`
)

// settled brings everything to a sandbox, and measures runs that find nothing to do.
func (b *bench) settled(ctx context.Context, program string, configure func(url string) error) (unchanged sample, err error) {
	if err := b.firstLoad(ctx, program, configure); err != nil {
		return unchanged, err
	}
	for range b.rounds {
		report, err := b.process(ctx, &unchanged, program, b.command()...)
		if err != nil {
			return unchanged, err
		}
		if err := nothingDone(report); err != nil {
			return unchanged, err
		}
	}
	return unchanged, nil
}

// writeOthers writes what the ERP and the PIM know of the products, in other orders
// than that of the shop's export.
func (b *bench) writeOthers() error {
	own := func(prefix string, row []string) string {
		if b.match == "sku" {
			return row[10]
		}
		return prefix + strings.TrimPrefix(row[10], "SKU-")
	}
	err := b.write("erp.csv", "MATNR;EAN11;HERKL;KOSTEN", func(i int) string {
		r := row(uint64(b.rows - 1 - i))
		return strings.Join([]string{own("MAT", r), r[20], r[25], r[16]}, ";")
	})
	return errors.Join(err, b.write("pim.csv", "sku,gtin,brand,text", func(i int) string {
		r := row(uint64(i))
		return fmt.Sprintf("%s,%s,Northwind,%s in our words", own("PIM", r), r[20], strings.ReplaceAll(r[1], ",", ""))
	}))
}

func (b *bench) write(name, header string, line func(i int) string) error {
	f, err := os.Create(b.path(name))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, header)
	for i := range b.rows {
		fmt.Fprintln(w, line(i))
	}
	return errors.Join(w.Flush(), f.Close())
}

// oneChange changes one text of the PIM, and tells what the next run did.
func (b *bench) oneChange(ctx context.Context, program string) error {
	text, err := os.ReadFile(b.path("pim.csv"))
	if err != nil {
		return err
	}
	at := bytes.LastIndex(text, []byte("our words"))
	if err := os.WriteFile(b.path("pim.csv"), append(text[:at:at], "better words\n"...), 0o600); err != nil {
		return err
	}
	var run sample
	out, err := b.process(ctx, &run, program, b.command()...)
	if err != nil {
		return err
	}
	var report struct{ Read, Changed, Updated, Requests int }
	if err := json.Unmarshal(out, &report); err != nil {
		return err
	}
	fmt.Printf("%-20s %s: of %d records %d changed, %d product updated by %d request\n",
		"one record changed", run, report.Read, report.Changed, report.Updated, report.Requests)
	return nil
}
