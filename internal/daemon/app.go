package daemon

import (
	"io"
	"maps"
	"slices"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/notify"
	"github.com/skubridge/skubridge/internal/trace"
	"github.com/skubridge/skubridge/sync/delivery"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/schedule"
	"github.com/skubridge/skubridge/sync/writeback"
)

// App is what one configuration sets up: opened connectors and compiled syncs.
// Nothing was read or sent yet.
type App struct {
	Config   *config.Config
	Sources  map[string]connectors.Source
	Accounts map[string]*delivery.Account
	// Syncs are by name; Names gives their order.
	Syncs     map[string]*engine.Sync
	Schedules map[string]schedule.Schedule
	// WriteBacks are where verdicts are written back to, by name.
	WriteBacks map[string]writeback.Target
	// Backups is when the state is copied.
	Backups schedule.Schedule
	// Traces sends traces to a collector; nil where none is configured.
	Traces *trace.Exporter
	// Targets are who is told of alerts.
	Targets []notify.Target
	// Files are what all of it was read from: the configuration, and the files that
	// it names for secrets, tables and presets.
	Files []string
	// Log is the logger that the configuration asks for.
	Log zerolog.Logger
	// turns are by source: its reads take turns, whichever sync they are for.
	turns map[string]engine.Turn
}

// Names are the syncs' names, sorted.
func (a *App) Names() []string { return slices.Sorted(maps.Keys(a.Syncs)) }

// Close lets go of what the connectors hold.
func (a *App) Close() {
	var held []any
	for _, src := range a.Sources {
		held = append(held, src)
	}
	for _, account := range a.Accounts {
		held = append(held, account.Dest)
	}
	for _, target := range a.WriteBacks {
		held = append(held, target)
	}
	for _, h := range held {
		if c, ok := h.(io.Closer); ok {
			_ = c.Close() // connections of a connector that is not used any more
		}
	}
}

// Source is a source as the engine takes it: as syncs read it, and for Engine.Fetch.
func (a *App) Source(name string) engine.Source {
	return engine.Source{
		Name: name, Source: a.Sources[name], Keep: a.keep(name),
		FullEvery: a.Config.Sources[name].Common.FullEvery, Turn: a.turns[name],
	}
}

// keep is the least share of its usual size that a source must have: the greatest of
// those that the syncs ask for which read it, since a read counts for all of them.
func (a *App) keep(source string) (share float64) {
	for _, c := range a.Config.Syncs {
		cat, several := a.Config.Catalogs[c.From]
		part, limited := c.Guards.Shrink.Part()
		if limited && (c.From == source && !several || slices.Contains(cat.From, source)) {
			share = max(share, 1-part)
		}
	}
	return share
}
