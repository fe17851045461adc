package view

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/state"
)

// Sync is how one sync stands.
type Sync struct {
	Sync        string `json:"sync"`
	Destination string `json:"destination"`
	Status      string `json:"status"` // of the last run; "never ran" before the first
	Run         int64  `json:"run,omitempty"`
	Started     string `json:"started,omitempty"`
	Ended       string `json:"ended,omitempty"`
	Error       string `json:"error,omitempty"`
	Listed      int    `json:"listed"`
	Pending     int    `json:"pending"`
	// Setback is what the API last said of something that is pending.
	Setback   *Setback         `json:"setback,omitempty"`
	Problems  int              `json:"problems"`
	Held      *state.HeldPlan  `json:"held,omitempty"`
	HeldReads []state.HeldRead `json:"held_reads,omitempty"`
	Breaker   string           `json:"breaker"` // closed or open
	OpenUntil string           `json:"breaker_open_until,omitempty"`
	ReadAt    string           `json:"read_at,omitempty"` // of the oldest complete picture among its sources
	Sources   []Source         `json:"sources"`
	// Paused is null while the sync starts by itself, where it has a schedule.
	Paused *Paused `json:"paused,omitempty"`
	// Next is when it does, Start the start that waits or runs and Queued how many wait
	// behind it. A running daemon alone knows of them.
	Next   string `json:"next,omitempty"`
	Start  *Start `json:"start,omitempty"`
	Queued int    `json:"queued,omitempty"`
}

// Setback is what an API said of a change that has not gone through yet.
type Setback struct {
	SKU     string `json:"sku"`
	At      string `json:"at"`
	Status  int    `json:"http_status,omitempty"` // none where no answer came
	Message string `json:"message"`
}

// Paused is that nothing of a sync starts by itself.
type Paused struct {
	Since  string `json:"since"`
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
}

// Source is how far one source of a sync was read.
type Source struct {
	Source  string `json:"source"`
	ReadAt  string `json:"read_at,omitempty"`
	FullAt  string `json:"full_read_at,omitempty"` // from its start; of a source that is asked for what changed
	Records int64  `json:"records"`
	Delta   bool   `json:"delta"` // the next read asks for what changed since the last one
}

// NewSync is a sync that nothing is known of yet.
func NewSync(cfg *config.Config, name string) Sync {
	return Sync{Sync: name, Destination: cfg.Syncs[name].To, Status: "never ran", Breaker: "closed", Sources: []Source{}}
}

// Fill reads what state knows of a sync.
func (s *Sync) Fill(ctx context.Context, store *state.Store, cfg *config.Config, now time.Time) error {
	for r, err := range store.Runs(ctx, state.Filter{Sync: s.Sync, Limit: 1}) {
		if err != nil {
			return err
		}
		s.Status, s.Run, s.Started, s.Ended, s.Error = string(r.Status), r.ID, Stamp(r.Started), Stamp(r.Ended), r.Error
	}
	var err error
	if s.Listed, err = store.CountListings(ctx, s.Sync, s.Destination, catalog.ListingActive); err != nil {
		return err
	}
	backlog, err := store.Backlog(ctx, s.Destination, s.Sync)
	if err != nil {
		return err
	}
	if s.Pending = backlog.Total(); s.Pending > 0 {
		b, ok, err := store.LastSetback(ctx, s.Destination, s.Sync)
		if err != nil {
			return err
		}
		if ok {
			s.Setback = &Setback{b.SKU, Stamp(b.At), b.HTTPStatus, b.Message}
		}
	}
	if s.Problems, err = store.CountProblems(ctx, s.Sync, SourcesOf(cfg, s.Sync)); err != nil {
		return err
	}
	if held, ok, err := store.HeldPlan(ctx, s.Sync); err != nil {
		return err
	} else if ok {
		s.Held = &held
	}
	if s.HeldReads, err = heldReads(ctx, store, cfg, s.Sync); err != nil {
		return err
	}
	kept, err := store.Schedule(ctx, s.Sync)
	if err != nil {
		return err
	}
	if !kept.Paused.IsZero() {
		s.Paused = &Paused{Stamp(kept.Paused), kept.By, kept.Reason}
	}
	return s.fillEnds(ctx, store, cfg, now)
}

// fillEnds reads what state knows of the sync's destination and sources.
func (s *Sync) fillEnds(ctx context.Context, store *state.Store, cfg *config.Config, now time.Time) error {
	dest, _, err := store.Destination(ctx, s.Destination)
	if err != nil {
		return err
	}
	if dest.BreakerOpenUntil.After(now) {
		s.Breaker, s.OpenUntil = "open", Stamp(dest.BreakerOpenUntil)
	}
	oldest := time.Time{}
	for _, name := range SourcesOf(cfg, s.Sync) {
		src, ok, err := store.SourceState(ctx, name)
		if err != nil {
			return err
		}
		if ok {
			s.Sources = append(s.Sources, Source{name, Stamp(src.ReadAt), Stamp(src.FullAt), src.Records, src.Since() != ""})
		}
		if ok && (oldest.IsZero() || src.ReadAt.Before(oldest)) {
			oldest = src.ReadAt
		}
	}
	s.ReadAt = Stamp(oldest)
	return nil
}

// SyncNames are the names of a configuration's syncs, sorted.
func SyncNames(cfg *config.Config) []string { return slices.Sorted(maps.Keys(cfg.Syncs)) }

// SourcesOf are the names of a sync's sources.
func SourcesOf(cfg *config.Config, sync string) []string {
	from := cfg.Syncs[sync].From
	if c, ok := cfg.Catalogs[from]; ok {
		return c.From
	}
	return []string{from}
}
