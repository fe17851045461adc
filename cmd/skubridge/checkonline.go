package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/sync/engine"
)

// sources asks those that can be asked.
func (c *checker) sources(ctx context.Context) {
	for _, name := range slices.Sorted(maps.Keys(c.wired.Sources)) {
		p, ok := c.wired.Sources[name].(connectors.Prober)
		if !ok {
			continue
		}
		notes, err := p.Probe(ctx)
		for _, one := range parts(err) {
			c.add("source "+name, "", one)
		}
		if err == nil {
			c.add("source "+name, strings.Join(append([]string{"answers, and takes the credentials"}, notes...), "; "), nil)
		}
	}
}

// parts are the errors that are joined in one.
func parts(err error) []error {
	if err == nil {
		return nil
	}
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range many.Unwrap() {
		all = append(all, parts(one)...)
	}
	return all
}

// probed reports whether a source is asked rather than read.
func probed(src engine.Source) bool {
	_, remote := src.Source.(connectors.Prober)
	return remote
}

// destination asks an API whether we may, and whether it is the account that was
// synced to.
func (c *checker) destination(ctx context.Context, name string) {
	dest := c.wired.Accounts[name].Dest
	identity := dest.Spec().Identity
	detail := identity.String() + ": "
	online, ok := dest.(connectors.Checker)
	if !ok {
		detail += "this API cannot be asked"
	} else if err := online.CheckOnline(ctx); err != nil {
		c.add("destination "+name, "", err)
		return
	} else {
		detail += "answers, and takes the credentials"
	}
	known, err := c.account(ctx, name)
	if known {
		detail += "; it is the account that was synced to"
	}
	c.add("destination "+name, detail, err)
	c.found[len(c.found)-1].Identity = &identity
}

// account compares a destination with what state knows of it (law 9).
func (c *checker) account(ctx context.Context, name string) (known bool, err error) {
	store, ok, err := openReading(ctx, c.wired.Config)
	if err != nil || !ok {
		return false, nil // what is wrong with the state was said
	}
	defer store.Close()
	for _, sync := range c.wired.Names() {
		if s := c.wired.Syncs[sync]; s.Account.Name == name {
			return engine.CheckAccount(ctx, store, s)
		}
	}
	return false, nil
}
