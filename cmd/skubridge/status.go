package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/state"
)

// syncStatus is one sync as `status --json` prints it.
type syncStatus struct {
	Sync        string           `json:"sync"`
	Destination string           `json:"destination"`
	Status      string           `json:"status"` // of the last run; "never ran" before the first
	Run         int64            `json:"run,omitempty"`
	Started     string           `json:"started,omitempty"`
	Ended       string           `json:"ended,omitempty"`
	Error       string           `json:"error,omitempty"`
	Listed      int              `json:"listed"`
	Pending     int              `json:"pending"`
	Problems    int              `json:"problems"`
	Held        *state.HeldPlan  `json:"held,omitempty"`
	HeldReads   []state.HeldRead `json:"held_reads,omitempty"`
	Breaker     string           `json:"breaker"` // closed or open
	OpenUntil   string           `json:"breaker_open_until,omitempty"`
	ReadAt      string           `json:"read_at,omitempty"` // of the oldest complete picture among its sources
}

// statusCmd is `skubridge status`.
func (a *app) statusCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "syncs, last runs, breakers, and what is waiting",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.status(cmd.Context(), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	return cmd
}

func (a *app) status(ctx context.Context, asJSON bool) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	store, ok, err := openReading(ctx, cfg)
	if err != nil {
		return err
	}
	if ok {
		defer store.Close()
	}
	all := []syncStatus{}
	for _, name := range syncNames(cfg) {
		s := syncStatus{Sync: name, Destination: cfg.Syncs[name].To, Status: "never ran", Breaker: "closed"}
		if ok {
			if err := s.fill(ctx, store, cfg); err != nil {
				return err
			}
		}
		all = append(all, s)
	}
	if asJSON {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	p := newPaint(a.out)
	for _, s := range all {
		fmt.Fprint(a.out, describeStatus(s, p))
	}
	if len(all) == 0 {
		fmt.Fprintln(a.out, "the configuration has no syncs")
	}
	return nil
}

// fill reads what state knows of a sync.
func (s *syncStatus) fill(ctx context.Context, store *state.Store, cfg *config.Config) error {
	for r, err := range store.Runs(ctx, state.Filter{Sync: s.Sync, Limit: 1}) {
		if err != nil {
			return err
		}
		s.Status, s.Run, s.Started, s.Ended, s.Error = string(r.Status), r.ID, stamp(r.Started), stamp(r.Ended), r.Error
	}
	var err error
	if s.Listed, err = store.CountListings(ctx, s.Sync, s.Destination, catalog.ListingActive); err != nil {
		return err
	}
	backlog, err := store.Backlog(ctx, s.Destination, s.Sync)
	if err != nil {
		return err
	}
	s.Pending = backlog.Total()
	if s.Problems, err = countProblems(ctx, store, cfg, s.Sync); err != nil {
		return err
	}
	if held, ok, err := store.HeldPlan(ctx, s.Sync); err != nil {
		return err
	} else if ok {
		s.Held = &held
	}
	if s.HeldReads, err = heldReadsOf(ctx, store, cfg, s.Sync); err != nil {
		return err
	}
	return s.fillEnds(ctx, store, cfg)
}

// fillEnds reads what state knows of the sync's destination and sources.
func (s *syncStatus) fillEnds(ctx context.Context, store *state.Store, cfg *config.Config) error {
	dest, _, err := store.Destination(ctx, s.Destination)
	if err != nil {
		return err
	}
	if dest.BreakerOpenUntil.After(time.Now()) {
		s.Breaker, s.OpenUntil = "open", stamp(dest.BreakerOpenUntil)
	}
	oldest := time.Time{}
	for _, name := range sourcesOf(cfg, s.Sync) {
		src, ok, err := store.SourceState(ctx, name)
		if err != nil {
			return err
		}
		if ok && (oldest.IsZero() || src.ReadAt.Before(oldest)) {
			oldest = src.ReadAt
		}
	}
	s.ReadAt = stamp(oldest)
	return nil
}

func describeStatus(s syncStatus, p paint) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s → %s  %s", p.bold(s.Sync), s.Destination, p.status(state.RunStatus(s.Status)))
	if s.Ended != "" {
		b.WriteString("  " + p.dim(fmt.Sprintf("run %d ended %s", s.Run, s.Ended)))
	}
	fmt.Fprintf(&b, "\n  %s listed, %s pending, %s\n", number(int64(s.Listed)), number(int64(s.Pending)), plural(s.Problems, "open problem"))
	if s.ReadAt != "" {
		fmt.Fprintf(&b, "  sources last read whole at %s\n", s.ReadAt)
	}
	if s.Held != nil {
		for _, reason := range s.Held.Reasons {
			fmt.Fprintf(&b, "  %s\n", p.yellow("held: "+reason))
		}
	}
	for _, r := range s.HeldReads {
		fmt.Fprintf(&b, "  %s\n", p.yellow(fmt.Sprintf("held: source %s has %s where %s are usual", r.Source, plural(int(r.Records), "record"), number(r.Usual))))
	}
	if s.OpenUntil != "" {
		fmt.Fprintf(&b, "  %s\n", p.red("breaker open until "+s.OpenUntil))
	}
	if s.Error != "" {
		fmt.Fprintf(&b, "  %s\n", p.red(line(s.Error)))
	}
	return b.String()
}
