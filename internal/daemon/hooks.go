package daemon

import (
	"context"
	"slices"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/inbox"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// receiver gives the connector that listens at /webhooks/NAME, nil where none does.
func (d *Daemon) receiver(name string) connectors.Receiver {
	g := d.current.Load()
	if a, ok := g.Accounts[name]; ok {
		r, _ := a.Dest.(connectors.Receiver)
		return r
	}
	r, _ := g.Sources[name].(connectors.Receiver)
	return r
}

// workInbox works off webhooks: those of destinations by looking at the product, those
// of sources by fetching the record.
func (g *generation) workInbox(ctx context.Context) error {
	targets := map[string]inbox.Target{}
	for name, w := range g.Watches(g.store, g.clock.Now) {
		targets[name] = w.Hear
	}
	for name, src := range g.Sources {
		_, hears := src.(connectors.Receiver)
		if _, fetches := src.(connectors.Fetcher); hears && fetches {
			targets[name] = g.fetchOf(g.Source(name))
		}
	}
	g.inbox.Work(ctx, targets, g.clock)
	return nil
}

// fetchOf works off webhooks of a source: its records are fetched, and the syncs that
// read it run where any of them moved. Our own write-back moves none.
func (g *generation) fetchOf(src engine.Source) inbox.Target {
	return func(ctx context.Context, events []state.Event) ([]state.EventOutcome, error) {
		o := state.EventOutcome{Status: state.EventDone, Counted: true}
		var subjects []string
		for _, e := range events {
			o.Events, subjects = append(o.Events, e.ID), append(subjects, e.Subject)
		}
		slices.Sort(subjects)
		got, err := g.engine.Fetch(ctx, src, slices.Compact(subjects))
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx) // they wait as they did
		case err != nil:
			o.Status, o.Note = state.EventWaiting, err.Error()
			g.log.Warn().Err(err).Str(logkey.Source, src.Name).Msg("products named by webhooks could not be fetched")
		case got.Changed+got.Lost > 0:
			g.startSyncsOf(src.Name)
		}
		return []state.EventOutcome{o}, nil
	}
}

// startSyncsOf has every sync run that reads a source.
func (g *generation) startSyncsOf(source string) {
	for _, name := range g.Names() {
		reads := slices.ContainsFunc(g.Syncs[name].Sources, func(s engine.Source) bool { return s.Name == source })
		if !reads {
			continue
		}
		if _, err := g.runner.Start(name, runner.Order{}); err != nil {
			g.log.Warn().Err(err).Str(logkey.Pipeline, name).Msg("sync not started by a webhook: its next run picks up the change")
		}
	}
}
