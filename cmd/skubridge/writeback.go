package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
)

// writebackCmd is `skubridge writeback`.
func (a *app) writebackCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "writeback [NAME…]",
		Short: "write settled verdicts back: to files, webhooks, the shop, the PIM",
		Long: `writeback does once what the daemon does continuously: it collects the settled
verdicts that differ from what was last written back, and sends what is due. What
the guard on flips holds stays held.

  skubridge eligibility --poll && skubridge writeback`,
		RunE: func(cmd *cobra.Command, names []string) error { return a.writeback(cmd.Context(), names) },
	}
}

func (a *app) writeback(ctx context.Context, names []string) error {
	wired, err := a.wire(a.logger())
	if err != nil {
		return err
	}
	defer wired.Close()
	known := slices.Sorted(maps.Keys(wired.Config.WriteBack))
	if len(known) == 0 {
		return &usageError{errors.New("the configuration has no write-backs"), "add one under `writeback:`, with `from` and `file`, `url` or `source`"}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return &usageError{fmt.Errorf("there is no write-back %q", name), "known are " + strings.Join(known, ", ")}
		}
	}
	if len(names) == 0 {
		names = known
	}
	store, err := open(ctx, wired.Config, "writeback")
	if daemonHolds(err) {
		return hinted{err, "the daemon writes back by itself; `skubridge status` says how it goes"}
	}
	if err != nil {
		return err
	}
	defer store.Close()
	writers := wired.Writers(store, time.Now)
	worst := 0
	for _, name := range names {
		r, err := writers[name].Round(ctx)
		if err != nil {
			return fmt.Errorf("write-back %s: %w", name, err)
		}
		fmt.Fprintf(a.err, "%s: %s written back, %d refused\n", name, plural(r.Written, "verdict"), r.Refused)
		switch {
		case r.Held:
			worst = max(worst, exitHeld)
			fmt.Fprintf(a.err, "  held: too many settled verdicts became others; see `skubridge eligibility --history`, then --approve %s\n", wired.Config.WriteBack[name].From)
		case r.Failed != "":
			return hinted{fmt.Errorf("write-back %s: %s", name, r.Failed), "what did not arrive goes again with the next run"}
		case r.Refused > 0:
			worst = max(worst, exitPartial)
		}
	}
	if worst == exitOK {
		return nil
	}
	return doneError(worst)
}

// webhooksCmd is `skubridge webhooks`.
func (a *app) webhooksCmd() *cobra.Command {
	var f filterFlags
	var out tableFlags
	var body bool
	cmd := &cobra.Command{
		Use:   "webhooks",
		Short: "list the webhooks received and what became of them",
		Long: `webhooks lists the webhooks received, newest first. Each is waiting to be processed,
done, an orphan (about a product that is not known yet), or parked for a person to
look at.

  skubridge webhooks --status parked --json --body`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.Status != "" && !slices.Contains(state.EventStatuses, state.EventStatus(f.Status)) {
				return &usageError{fmt.Errorf("--status %q is not a status of webhooks", f.Status), "they are waiting, orphan, parked or done"}
			}
			t := table[view.Webhook]{
				columns: []string{"name", "event", "topic", "subject", "status", "received", "attempts", "note"},
				empty:   f.unless("no webhooks came"),
				cells: func(w view.Webhook) []string {
					return []string{w.Name, w.Event, w.Topic, w.Subject, w.Status, w.Received, strconv.Itoa(w.Attempts), w.Note}
				},
			}
			read := func(s *state.Store) iter.Seq2[state.Event, error] { return s.Events(cmd.Context(), f.Filter) }
			return t.print(a.out, out, over(cmd.Context(), a, f.misnamed, read, func(e state.Event) view.Webhook { return view.OfWebhook(e, body) }))
		},
	}
	out.add(cmd)
	cmd.Flags().StringVar(&f.Destination, "name", "", "only those for the destination or source of this `NAME`")
	cmd.Flags().StringVar(&f.Status, "status", "", "only those of this `STATUS`: waiting, orphan, parked or done")
	addCount(cmd, &f.Limit, "limit", 50, "at most `N` rows (0: all)")
	cmd.Flags().BoolVar(&body, "body", false, "with --json, include the bodies that are still stored")
	return cmd
}

// misnamed reports that nothing has the name that webhooks are narrowed to.
func (f filterFlags) misnamed(cfg *config.Config) error {
	known := slices.Sorted(maps.Keys(cfg.Sources))
	known = slices.Sorted(slices.Values(slices.AppendSeq(known, maps.Keys(cfg.Destinations))))
	if f.Destination == "" || slices.Contains(known, f.Destination) {
		return nil
	}
	return &usageError{fmt.Errorf("no destination or source is named %q", f.Destination), "known are " + strings.Join(slices.Compact(known), ", ")}
}

// describeWatch tells people what needs them besides the syncs: write-backs, and alerts.
func describeWatch(ctx context.Context, store *state.Store, cfg *config.Config, p paint) (string, error) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(cfg.WriteBack)) {
		w, err := store.WriteStanding(ctx, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s from %s: %s waiting, %d refused", p.bold("write-back "+name), cfg.WriteBack[name].From, plural(w.Waiting, "verdict"), w.Refused)
		if !w.Last.IsZero() {
			b.WriteString("  " + p.dim("last written back at "+view.Stamp(w.Last)))
		}
		b.WriteString("\n")
		if w.Note != "" {
			fmt.Fprintf(&b, "  %s\n", p.yellow(fmt.Sprintf("attempt %d: %s", w.Attempts, line(w.Note))))
		}
	}
	forsaken, err := view.FindForsaken(ctx, store, cfg)
	if err != nil {
		return "", err
	}
	for _, f := range forsaken {
		fmt.Fprintf(&b, "%s\n  %s\n", p.yellow(f.String()), p.dim(f.Hint()))
	}
	for alert, err := range store.Alerts(ctx) {
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s\n  %s\n", p.red("alert since "+view.Stamp(alert.Since)+": "+line(alert.Message)), p.dim(line(alert.Remedy)))
	}
	return b.String(), nil
}
