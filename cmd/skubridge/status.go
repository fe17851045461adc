package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
)

// statusCmd is `skubridge status`.
func (a *app) statusCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "show syncs, last runs, breakers, and what is waiting",
		Args:  noArgs,
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
	cut := deserted(state.Holder(cfg.State.Path)) // looked up first: what ends meanwhile says how
	store, ok, err := openReading(ctx, cfg)
	if err != nil {
		return err
	}
	if ok {
		defer store.Close()
	}
	all, running := []view.Sync{}, live(ctx, cfg)
	for _, name := range view.SyncNames(cfg) {
		s := view.NewSync(cfg, name)
		if ok {
			if err := s.Fill(ctx, store, cfg, time.Now()); err != nil {
				return err
			}
		}
		if cut && s.Status == string(state.RunRunning) {
			s.Status = string(state.RunInterrupted) // killed; the next run writes it down
		}
		now := running[name]
		s.Next, s.Start, s.Queued = now.Next, now.Start, now.Queued
		all = append(all, s)
	}
	if asJSON {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	p := a.colours()
	for _, s := range all {
		fmt.Fprint(a.out, describeStatus(s, p))
	}
	if len(all) == 0 {
		fmt.Fprintln(a.out, "the configuration has no syncs")
	}
	if ok {
		more, err := describeWatch(ctx, store, cfg, p)
		if err != nil {
			return err
		}
		fmt.Fprint(a.out, more)
	}
	return nil
}

func describeStatus(s view.Sync, p paint) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s → %s  %s", p.bold(s.Sync), s.Destination, p.status(state.RunStatus(s.Status)))
	if s.Ended != "" {
		b.WriteString("  " + p.dim(fmt.Sprintf("run %d ended %s", s.Run, s.Ended)))
	}
	fmt.Fprintf(&b, "\n  %s listed, %s pending, %s\n", number(int64(s.Listed)), number(int64(s.Pending)), plural(s.Problems, "open problem"))
	if s.Setback != nil {
		fmt.Fprintf(&b, "  %s\n", p.yellow(describeSetback(*s.Setback)))
	}
	if s.ReadAt != "" {
		fmt.Fprintf(&b, "  sources last read whole at %s\n", s.ReadAt)
	}
	for _, src := range s.Sources {
		if src.Delta {
			fmt.Fprintf(&b, "  source %s: %s, asked for what changed; last read from its start at %s\n", src.Source, plural(int(src.Records), "record"), src.FullAt)
		}
	}
	if s.Next != "" {
		fmt.Fprintf(&b, "  starts next at %s\n", s.Next)
	}
	if s.Start != nil {
		fmt.Fprintf(&b, "  %s\n", p.yellow(describeStart(*s.Start)))
	}
	if s.Paused != nil {
		fmt.Fprintf(&b, "  %s\n", p.yellow("paused since "+s.Paused.Since+" by "+s.Paused.By+reasonOf(s.Paused.Reason)))
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

// describeSetback says why something is still pending.
func describeSetback(b view.Setback) string {
	status := ""
	if b.Status != 0 {
		status = fmt.Sprintf(" (HTTP %d)", b.Status)
	}
	return fmt.Sprintf("pending, among them %s%s: %s", b.SKU, status, line(b.Message))
}

func reasonOf(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + line(reason)
}

// describeStart says how the start of a daemon stands.
func describeStart(s view.Start) string {
	what := cmp.Or(s.Work, fmt.Sprintf("run %d", s.Run))
	switch {
	case s.WaitsFor != "" && s.Work != "":
		return s.Work + " waits for " + s.WaitsFor
	case s.WaitsFor != "":
		return "waits for " + s.WaitsFor
	case s.Progress == nil:
		return fmt.Sprintf("%s since %s", cmp.Or(s.Work, s.Phase), cmp.Or(s.Began, s.Asked))
	case s.Progress.Total == 0:
		return fmt.Sprintf("%s: %s, %s", what, s.Progress.Phase, number(int64(s.Progress.Done)))
	}
	return fmt.Sprintf("%s: %s, %s of %s", what, s.Progress.Phase, number(int64(s.Progress.Done)), number(int64(s.Progress.Total)))
}
