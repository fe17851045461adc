package main

import (
	"context"
	"maps"
	"slices"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/state"
)

// syncNames are the names of a configuration's syncs, sorted.
func syncNames(cfg *config.Config) []string { return slices.Sorted(maps.Keys(cfg.Syncs)) }

// sourcesOf are the names of a sync's sources.
func sourcesOf(cfg *config.Config, sync string) []string {
	from := cfg.Syncs[sync].From
	if c, ok := cfg.Catalogs[from]; ok {
		return c.From
	}
	return []string{from}
}

// countProblems counts the open problems that concern a sync: its own, and
// those of reading its sources.
func countProblems(ctx context.Context, store *state.Store, cfg *config.Config, sync string) (int, error) {
	n := 0
	filters := []state.Filter{{Sync: sync}}
	for _, source := range sourcesOf(cfg, sync) {
		filters = append(filters, state.Filter{Source: source})
	}
	for i, f := range filters {
		for p, err := range store.Problems(ctx, f) {
			if err != nil {
				return n, err
			}
			if i == 0 || p.Sync == "" { // by source, the problems of other syncs come too
				n++
			}
		}
	}
	return n, nil
}
