package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
)

// growths is in how many reads a catalog came about.
const growths = 20

// grow takes the catalog in as years would: each read has some more products, of any
// place in the order of their keys, so that the tables are as torn as they get. Nothing
// is planned; the state is that of --source-only.
func (b *bench) grow(ctx context.Context, program string) error {
	if err := b.busy("http://127.0.0.1:9"); err != nil { // where nobody is asked
		return err
	}
	order := rand.New(rand.NewPCG(1, 2)).Perm(b.rows) //nolint:gosec // the same order each time
	var grown sample
	for part := 1; part <= growths; part++ {
		if err := writeProducts(b.path("products.csv"), slices.Values(order[:b.rows*part/growths]), b.row()); err != nil {
			return err
		}
		if _, err := b.process(ctx, &grown, program, b.command()...); err != nil {
			return err
		}
	}
	fmt.Printf("%-20s %s\n", "each of the reads", grown)
	return b.feed()
}
