package view

import (
	"context"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/state"
)

// Held is what a sync holds until a person decides.
type Held struct {
	Sync string `json:"sync"`
	// Plan is null where only reads are held.
	Plan    *state.HeldPlan  `json:"plan"`
	Changes []catalog.Change `json:"changes"`
	// More is how many further changes the plan has whose differences were not kept.
	More  int              `json:"more,omitempty"`
	Reads []state.HeldRead `json:"reads,omitempty"`
	// Decisions are what people decided about what the sync held, the newest first.
	Decisions []Decision `json:"decisions,omitempty"`
}

// Decision is what a person decided about what a sync held.
type Decision struct {
	At     string `json:"at"`
	Ruling string `json:"ruling"` // approved or dropped
	Digest string `json:"digest"`
	Who    string `json:"who"`
}

// decisionsShown is how many decisions are shown.
const decisionsShown = 20

// NewHeld is a sync that holds nothing.
func NewHeld(sync string) Held { return Held{Sync: sync, Changes: []catalog.Change{}} }

// Fill reads what is held; brief leaves the changes out.
func (h *Held) Fill(ctx context.Context, store *state.Store, cfg *config.Config, brief bool) error {
	for d, err := range store.Decisions(ctx, h.Sync, decisionsShown) {
		if err != nil {
			return err
		}
		h.Decisions = append(h.Decisions, Decision{Stamp(d.At), string(d.Ruling), d.Digest, d.Who})
	}
	plan, ok, err := store.HeldPlan(ctx, h.Sync)
	if err != nil {
		return err
	}
	if h.Reads, err = heldReads(ctx, store, cfg, h.Sync); err != nil || !ok {
		return err
	}
	h.Plan = &plan
	if brief {
		return nil
	}
	for c, err := range store.HeldChanges(ctx, h.Sync) {
		switch {
		case err != nil:
			return err
		case c.Change == nil:
			h.More++
		default:
			h.Changes = append(h.Changes, *c.Change)
		}
	}
	return nil
}

// heldReads are the reads that are held of a sync's sources.
func heldReads(ctx context.Context, store *state.Store, cfg *config.Config, sync string) (out []state.HeldRead, err error) {
	for _, source := range SourcesOf(cfg, sync) {
		held, ok, err := store.HeldRead(ctx, source)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, held)
		}
	}
	return out, nil
}

// Digest is what a person looks at first: the keys of a held read, without which there
// is no plan, or else the plan's digest. "" where nothing is held.
func (h Held) Digest() string {
	switch {
	case len(h.Reads) > 0:
		return h.Reads[0].Keys
	case h.Plan != nil:
		return h.Plan.Digest
	}
	return ""
}
