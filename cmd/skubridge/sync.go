package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// syncCmd is `skubridge sync`.
func (a *app) syncCmd() *cobra.Command {
	var o engine.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "sync [SYNC…]",
		Short: "bring destinations level with the catalog, once",
		Long: `sync reads the sources, works out what each destination has not been told yet,
tells it, and ends. Without names it runs every sync of the configuration, in
the order of their names.

Exit codes: 0 ok or nothing to do, 1 failed, 2 usage or configuration,
3 problems are left, 4 held by a guard, 130 or 143 interrupted (run it again to
go on).

  skubridge sync
  skubridge sync shop-to-flex --only KB-L --only KB-M
  skubridge sync shop-to-flex --approve      let the held plan through`,
		RunE: func(cmd *cobra.Command, names []string) error {
			return a.runSyncs(cmd.Context(), "sync", names, o, asJSON)
		},
	}
	cmd.Flags().StringArrayVar(&o.Only, "only", nil, "only this `SKU` (repeatable)")
	cmd.Flags().BoolVar(&o.Approve, "approve", false, "let the plan through that a guard held, if it is still the same")
	cmd.Flags().BoolVar(&o.SourceOnly, "source-only", false, "read and keep what the sources give; plan and send nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per run")
	return cmd
}

// backfillCmd is `skubridge backfill`.
func (a *app) backfillCmd() *cobra.Command {
	var o engine.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backfill SYNC",
		Short: "send everything again, whatever was last accepted",
		Long: `backfill sends every product of a sync again. What the API already has is
adopted, not made a second time. A backfill that was stopped goes on where it
was; the guard on updates does not hold it.

  skubridge backfill shop-to-flex`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			o.Backfill = true
			return a.runSyncs(cmd.Context(), "backfill", names, o, asJSON)
		},
	}
	cmd.Flags().BoolVar(&o.Approve, "approve", false, "let the plan through that a guard held, if it is still the same")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for the run")
	return cmd
}

// runSyncs runs syncs one after the other; one that fails does not stop the
// others, an interruption does.
func (a *app) runSyncs(ctx context.Context, command string, names []string, o engine.Options, asJSON bool) error {
	log := a.logger()
	wired, err := a.wire(log)
	if err != nil {
		return err
	}
	syncs, err := pick(wired, names)
	if err != nil {
		return err
	}
	store, err := open(ctx, wired.Config, command)
	if err != nil {
		return err
	}
	defer store.Close()
	eng := engine.New(store, engine.Config{}, log)
	code, problems := exitOK, false
	for _, s := range syncs {
		bar := a.newProgress(s.Name)
		o.OnProgress = bar.show
		report, err := eng.Run(ctx, s, o)
		bar.done()
		if err := a.report(report, asJSON); err != nil {
			return err
		}
		complain(a.err, err)
		a.advise(report, err)
		problems = problems || report.Quarantined+report.Rejected > 0 && err == nil
		code = worse(code, exitOf(ctx, report.Status))
		if report.Status == state.RunInterrupted {
			break
		}
	}
	if problems { // once, however many syncs have them
		fmt.Fprintln(a.err, "skubridge: hint: `skubridge problems` lists what could not go, and why")
	}
	if err := a.unknown(ctx, store, o.Only); err != nil {
		return err
	}
	return ended(code)
}

// unknown says which of the named SKUs nothing is known of: a slip of the pen
// would look like nothing to do.
func (a *app) unknown(ctx context.Context, store *state.Store, skus []string) error {
	for _, sku := range skus {
		found := false
		for _, err := range store.Records(context.WithoutCancel(ctx), state.Filter{SKU: sku, Limit: 1}) {
			if err != nil {
				return err
			}
			found = true
		}
		if !found {
			fmt.Fprintf(a.err, "skubridge: hint: no source has the SKU %s; SKUs are case-sensitive\n", sku)
		}
	}
	return nil
}

// ended ends a command whose results were all said.
func ended(code int) error {
	if code == exitOK {
		return nil
	}
	return doneError(code)
}

// exitOf is the exit code for a run's word.
func exitOf(ctx context.Context, s state.RunStatus) int {
	switch s {
	case state.RunOK, state.RunNothing:
		return exitOK
	case state.RunPartial:
		return exitPartial
	case state.RunHeld:
		return exitHeld
	case state.RunInterrupted:
		return interruptCode(ctx)
	case state.RunFailed, state.RunRunning:
		return exitFailed
	}
	return exitFailed
}

// worse is the code that counts over several syncs: interrupted, then 1, 4, 3, 0.
func worse(a, b int) int {
	rank := func(code int) int {
		switch code {
		case exitOK:
			return 0
		case exitPartial:
			return 1
		case exitHeld:
			return 2
		case exitFailed:
			return 3
		}
		return 4
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// report prints what a run did: data on stdout.
func (a *app) report(r engine.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(a.out).Encode(r)
	}
	_, err := fmt.Fprint(a.out, describe(r, newPaint(a.out)))
	return err
}

// describe gives a report in a few lines for people.
func describe(r engine.Report, p paint) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  run %d, %s, %s\n", p.bold(r.Sync), p.status(r.Status), r.Run,
		plural(int(r.Requests), "request"), (time.Duration(r.DurationMS) * time.Millisecond).Round(10*time.Millisecond))
	fmt.Fprintf(&b, "  read %s, %s changed\n", plural(int(r.Read), "record"), number(r.Changed))
	var parts []string
	for _, c := range []struct {
		n    int
		word string
	}{
		{r.Created, "created"},
		{r.Adopted, "adopted"},
		{r.Updated, "updated"},
		{r.Replaced, "replaced"},
		{r.Archived, "archived"},
		{r.Restored, "restored"},
		{r.Unchanged, "unchanged"},
		{r.Skipped, "skipped"},
		{r.Quarantined, "quarantined"},
		{r.Rejected, "rejected"},
		{r.Held, "held"},
		{r.Pending, "pending"},
	} {
		if c.n > 0 {
			parts = append(parts, number(int64(c.n))+" "+c.word)
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(&b, "  %s\n", strings.Join(parts, ", "))
	}
	return b.String()
}

// advise says what a person can do about a run's end: talk on stderr.
func (a *app) advise(r engine.Report, err error) {
	hint := func(format string, args ...any) {
		fmt.Fprintf(a.err, "skubridge: hint: "+format+"\n", args...)
	}
	for _, s := range r.Stale {
		fmt.Fprintf(a.err, "skubridge: source %s: %s\n", s.Source, s.Error)
		hint("its last complete read, of %s (%.0f hours ago), stays in force", s.Since, s.Hours)
	}
	switch {
	case r.Status == state.RunHeld:
		for _, reason := range r.Plan.Held {
			fmt.Fprintf(a.err, "skubridge: held: %s\n", reason)
		}
		hint("look at it with `skubridge plan %s`; if it is right, `skubridge sync %s --approve`", r.Sync, r.Sync)
	case r.Status == state.RunInterrupted:
		hint("run it again: it goes on where it stopped")
	case r.Pending > 0 && r.Quarantined+r.Rejected == 0 && err == nil:
		hint("the next run takes up what is pending; `skubridge status` shows it")
	}
}

// planCmd is `skubridge plan`.
func (a *app) planCmd() *cobra.Command {
	var only []string
	var asJSON, brief bool
	cmd := &cobra.Command{
		Use:   "plan [SYNC…]",
		Short: "show what a sync would change, field by field; send nothing",
		Long: `plan reads the sources and shows what a sync would do now. It writes no state
and changes nothing at the API; it only looks there where a first load has to
know what the API already has.

Exit code 0, or 4 when a guard would hold the plan.

  skubridge plan
  skubridge plan shop-to-flex --only KB-L`,
		RunE: func(cmd *cobra.Command, names []string) error {
			return a.plan(cmd.Context(), names, only, asJSON, brief)
		},
	}
	cmd.Flags().StringArrayVar(&only, "only", nil, "only this `SKU` (repeatable)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per sync")
	cmd.Flags().BoolVar(&brief, "brief", false, "counts only, without the changes")
	return cmd
}

// planned is a plan as `plan --json` prints it.
type planned struct {
	Sync    string              `json:"sync"`
	Plan    *engine.PlanSummary `json:"plan"`
	Changes []catalog.Change    `json:"changes"`
	// What has a problem is left out; what is pending was planned before.
	Quarantined int `json:"quarantined"`
	Rejected    int `json:"rejected"`
	Pending     int `json:"pending"`
}

func (a *app) plan(ctx context.Context, names, only []string, asJSON, brief bool) error {
	log := a.logger()
	wired, err := a.wire(log)
	if err != nil {
		return err
	}
	syncs, err := pick(wired, names)
	if err != nil {
		return err
	}
	store, forget, err := openScratch(ctx, wired.Config)
	if err != nil {
		return err
	}
	defer forget()
	eng := engine.New(store, engine.Config{}, log)
	code := exitOK
	for _, s := range syncs {
		out := planned{Sync: s.Name, Changes: []catalog.Change{}}
		bar := a.newProgress(s.Name)
		o := engine.Options{Only: only, DryRun: true, OnProgress: bar.show}
		o.OnChange = func(c catalog.Change) {
			switch {
			case asJSON:
				out.Changes = append(out.Changes, c)
			case !brief:
				if isTerminal(a.out) {
					bar.done() // from here on the changes themselves show how far it is
				}
				fmt.Fprint(a.out, describeChange(c, newPaint(a.out)))
			}
		}
		report, err := eng.Run(ctx, s, o)
		bar.done()
		if err != nil {
			complain(a.err, fmt.Errorf("plan %s: %w", s.Name, err))
			code = worse(code, exitCode(ctx, err))
			continue
		}
		out.Plan, out.Quarantined, out.Rejected, out.Pending = report.Plan, report.Quarantined, report.Rejected, report.Pending
		if err := a.printPlan(out, asJSON); err != nil {
			return err
		}
		if len(report.Plan.Held) > 0 {
			code = worse(code, exitHeld)
		}
	}
	if err := a.unknown(ctx, store, only); err != nil {
		return err
	}
	return ended(code)
}

func (a *app) printPlan(p planned, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(a.out).Encode(p)
	}
	_, err := fmt.Fprint(a.out, describePlan(p, newPaint(a.out)))
	for _, reason := range p.Plan.Held {
		fmt.Fprintf(a.err, "skubridge: would be held: %s\n", reason)
	}
	return err
}

// describePlan gives a plan's end in a line or two.
func describePlan(p planned, c paint) string {
	var parts []string
	for _, op := range catalog.Ops {
		if n := p.Plan.Counts[op]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s to %s", number(int64(n)), op))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing to do"}
	}
	s := fmt.Sprintf("%s  %s", c.bold(p.Sync), strings.Join(parts, ", "))
	if p.Plan.Requests > 0 {
		s += "; " + plural(p.Plan.Requests, "request")
		if p.Plan.Seconds >= 1 {
			s += fmt.Sprintf(", about %s", time.Duration(p.Plan.Seconds*float64(time.Second)).Round(time.Second))
		}
	}
	s += "\n"
	if len(p.Plan.Left) > 0 {
		s += fmt.Sprintf("  left to the API: %s\n", strings.Join(p.Plan.Left, ", "))
	}
	if n := p.Pending; n > 0 {
		s += fmt.Sprintf("  %s pending from an earlier run: what becomes of them cannot be previewed\n", number(int64(n)))
	}
	if n := p.Quarantined + p.Rejected; n > 0 {
		s += fmt.Sprintf("  %s left out because of problems\n", plural(n, "product"))
	}
	return s
}
