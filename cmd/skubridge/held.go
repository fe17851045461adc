package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
)

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
		h := view.NewHeld(name)
		if ok {
			if err := h.Fill(ctx, store, cfg, f.brief); err != nil {
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
	all := view.SyncNames(cfg)
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

// describeHeld shows what a sync holds: the differences first, then why and what to do.
func (a *app) describeHeld(h view.Held) {
	p := a.colours()
	for _, c := range h.Changes {
		fmt.Fprint(a.out, describeChange(c, p))
	}
	if h.More > 0 {
		fmt.Fprintf(a.out, "and %s; `skubridge plan %s` works out all of them anew\n", plural(h.More, "more change"), h.Sync)
	}
	if h.Plan != nil {
		fmt.Fprintf(a.out, "%s  %s since %s, digest %s\n", p.bold(h.Sync), p.yellow("held"), view.Stamp(h.Plan.At), h.Plan.Digest)
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
	drop, done, err := dropper(ctx, cfg)
	if err != nil {
		return err
	}
	defer done()
	for _, name := range names {
		dropped, err := drop(name)
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

// dropper forgets what a sync holds, and keeps who dropped it. A daemon that holds the
// state does it there.
func dropper(ctx context.Context, cfg *config.Config) (drop func(name string) (bool, error), done func(), err error) {
	digest := func(store *state.Store, name string) (string, error) {
		h := view.NewHeld(name)
		err := h.Fill(ctx, store, cfg, true)
		return h.Digest(), err
	}
	store, err := open(ctx, cfg, "plan --drop")
	if err == nil {
		return func(name string) (bool, error) {
			what, err := digest(store, name)
			if err != nil {
				return false, err
			}
			dropped, err := store.DropHeld(ctx, name, view.SourcesOf(cfg, name))
			if err != nil || !dropped {
				return false, err
			}
			return true, store.Decide(ctx, state.Decision{Sync: name, Digest: what, At: time.Now(), Ruling: state.RuledDropped, Who: whoami()})
		}, func() { store.Close() }, nil
	}
	r, err := remoteOf(cfg, err)
	if err != nil {
		return nil, nil, err
	}
	if store, _, err = openReading(ctx, cfg); err != nil {
		return nil, nil, err
	}
	return func(name string) (bool, error) {
		what, err := digest(store, name)
		if err != nil || what == "" {
			return false, err
		}
		var h view.Held
		return true, r.ask(ctx, http.MethodPost, "/syncs/"+name+"/held/drop", map[string]string{"digest": what, "by": whoami()}, &h)
	}, func() { store.Close() }, nil
}
