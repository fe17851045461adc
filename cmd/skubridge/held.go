package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/state"
)

// heldShown is what a sync holds, as `plan --held --json` prints it.
type heldShown struct {
	Sync string `json:"sync"`
	// Plan is null where only reads are held.
	Plan    *state.HeldPlan  `json:"plan"`
	Changes []catalog.Change `json:"changes"`
	// More is how many further changes the plan has whose differences were not kept.
	More  int              `json:"more,omitempty"`
	Reads []state.HeldRead `json:"reads,omitempty"`
}

// showHeld lists what waits for a person, with its differences.
func (a *app) showHeld(ctx context.Context, names []string, f planFlags) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if names, err = known(cfg, names); err != nil {
		return err
	}
	store, ok, err := openReading(ctx, cfg)
	if err != nil {
		return err
	}
	if ok {
		defer store.Close()
	}
	any := false
	for _, name := range names {
		h := heldShown{Sync: name, Changes: []catalog.Change{}}
		if ok {
			if err := h.fill(ctx, store, cfg, f.brief); err != nil {
				return err
			}
		}
		if h.Plan == nil && len(h.Reads) == 0 {
			continue
		}
		any = true
		if f.json {
			if err := json.NewEncoder(a.out).Encode(h); err != nil {
				return err
			}
			continue
		}
		a.describeHeld(h)
	}
	if !any {
		fmt.Fprintln(a.err, "nothing is held")
	}
	return nil
}

// known gives the named syncs, or all; one that is not in the configuration is an error.
func known(cfg *config.Config, names []string) ([]string, error) {
	all := syncNames(cfg)
	if len(names) == 0 {
		return all, nil
	}
	for _, name := range names {
		if _, ok := cfg.Syncs[name]; !ok {
			return nil, noSync(name, all)
		}
	}
	return names, nil
}

func (h *heldShown) fill(ctx context.Context, store *state.Store, cfg *config.Config, brief bool) error {
	plan, ok, err := store.HeldPlan(ctx, h.Sync)
	if err != nil {
		return err
	}
	if h.Reads, err = heldReadsOf(ctx, store, cfg, h.Sync); err != nil || !ok {
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

// heldReadsOf are the reads that are held of a sync's sources.
func heldReadsOf(ctx context.Context, store *state.Store, cfg *config.Config, sync string) (out []state.HeldRead, err error) {
	for _, source := range sourcesOf(cfg, sync) {
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

// describeHeld shows what a sync holds: the differences first, then why and what to do.
func (a *app) describeHeld(h heldShown) {
	p := newPaint(a.out)
	for _, c := range h.Changes {
		fmt.Fprint(a.out, describeChange(c, p))
	}
	if h.More > 0 {
		fmt.Fprintf(a.out, "and %s; `skubridge plan %s` works out all of them anew\n", plural(h.More, "more change"), h.Sync)
	}
	if h.Plan != nil {
		fmt.Fprintf(a.out, "%s  %s since %s, digest %s\n", p.bold(h.Sync), p.yellow("held"), stamp(h.Plan.At), h.Plan.Digest)
		for _, reason := range h.Plan.Reasons {
			fmt.Fprintf(a.out, "  %s\n", reason)
		}
	}
	a.heldReads(h.Sync, h.Reads, "held")
	fmt.Fprintf(a.err, "skubridge: hint: if it is right, `skubridge sync %s --approve`; if not, correct the source, and `skubridge plan --drop %s` forgets it\n", h.Sync, h.Sync)
}

// heldReads says which sources are implausibly small.
func (a *app) heldReads(sync string, reads []state.HeldRead, how string) {
	for _, r := range reads {
		fmt.Fprintf(a.err, "skubridge: %s: %s: source %s has %s where %s are usual; what was read before stays in force\n",
			how, sync, r.Source, plural(int(r.Records), "record"), number(r.Usual))
	}
}

// dropHeld forgets what syncs hold.
func (a *app) dropHeld(ctx context.Context, names []string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if names, err = known(cfg, names); err != nil {
		return err
	}
	store, err := open(ctx, cfg, "plan --drop")
	if err != nil {
		return err
	}
	defer store.Close()
	for _, name := range names {
		dropped, err := store.DropHeld(ctx, name, sourcesOf(cfg, name))
		switch {
		case err != nil:
			return err
		case dropped:
			fmt.Fprintf(a.err, "%s: what was held is dropped; the next run plans anew, under the same guards\n", name)
		default:
			fmt.Fprintf(a.err, "%s: nothing is held\n", name)
		}
	}
	return nil
}
