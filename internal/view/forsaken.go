package view

import (
	"context"
	"fmt"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/state"
)

// Forsaken are products on sale that no sync of the configuration keeps: their sync was taken
// out, renamed, or delivers elsewhere now.
type Forsaken struct {
	Sync, Destination string
	Listings          int64
	// To is a sync that delivers to the destination now, "" for none.
	To string
}

// String says what there is.
func (f Forsaken) String() string {
	return fmt.Sprintf("products on sale at %s that no sync keeps any more: %d; what %s made there stays as it is", f.Destination, f.Listings, f.Sync)
}

// Hint is what can be done about it.
func (f Forsaken) Hint() string {
	if f.To != "" {
		return fmt.Sprintf("`skubridge adopt %s --from %s` hands them over; to take them off sale, put the sync back with a filter that excludes them", f.To, f.Sync)
	}
	return "to take them off sale, put the sync back with a filter that excludes them; another sync to " + f.Destination + " can take them over"
}

// FindForsaken finds products that no sync keeps. Those of a destination that only has another
// name now are none: the account is kept under that one.
func FindForsaken(ctx context.Context, store *state.Store, cfg *config.Config) (found []Forsaken, err error) {
	kept, err := store.CountKept(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range kept {
		f := Forsaken{Sync: c.Of[0], Destination: c.Of[1], Listings: c.N}
		if s, ok := cfg.Syncs[f.Sync]; ok && s.To == f.Destination {
			continue
		}
		for _, name := range SyncNames(cfg) {
			if cfg.Syncs[name].To == f.Destination && f.To == "" {
				f.To = name
			}
		}
		renamed, err := hasOtherName(ctx, store, cfg, f.Destination)
		if err != nil {
			return nil, err
		}
		if !renamed {
			found = append(found, f)
		}
	}
	return found, nil
}

// hasOtherName reports whether a destination that no sync delivers to is the same account as
// one that some sync does.
func hasOtherName(ctx context.Context, store *state.Store, cfg *config.Config, name string) (bool, error) {
	old, known, err := store.Destination(ctx, name)
	if err != nil || !known {
		return false, err
	}
	same := false
	for _, sync := range SyncNames(cfg) {
		to := cfg.Syncs[sync].To
		if to == name {
			return false, nil
		}
		d, known, err := store.Destination(ctx, to)
		if err != nil {
			return false, err
		}
		same = same || known && d.Identity == old.Identity
	}
	return same, nil
}
