package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// planFlags are the flags of `skubridge plan`.
type planFlags struct {
	only         []string
	out          string
	json, brief  bool
	held, forget bool
}

// planCmd is `skubridge plan`.
func (a *app) planCmd() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:        "plan [SYNC…]",
		SuggestFor: []string{"diff", "preview", "dry-run"},
		Short:      "show what a sync would change, field by field; send nothing",
		Long: `plan reads the sources and shows what a sync would do now, how many requests
that needs, and how long they take at the account's rate. It writes no state and
changes nothing at the API; it reads from the API only where a first load has to
know what is already there.

With --out it also writes the plan to a file; ` + "`skubridge sync --plan FILE`" + ` then does
exactly that, or nothing. With --held it shows the plans and reads that wait for
approval, as they were held; --drop discards those of a sync.

Exit codes: 0 ok; 1 there is no plan to show; 3 part of the plan depends on earlier
changes whose outcome has to be looked up first; 4 a guard would hold it.

  skubridge plan
  skubridge plan shop-to-flex --only KB-L
  skubridge plan shop-to-flex --out plan.json
  skubridge plan --held
  skubridge plan --drop shop-to-flex`,
		RunE: func(cmd *cobra.Command, names []string) error {
			switch {
			case f.held && f.forget, (f.held || f.forget) && (f.out != "" || len(f.only) > 0):
				return &usageError{errors.New("--held, --drop, --out and --only do not go together"), "`skubridge plan --help` shows what does"}
			case f.forget && len(names) == 0:
				return &usageError{errors.New("--drop needs the name of a sync"), "`skubridge plan --held` lists what is held"}
			case f.forget:
				return a.dropHeld(cmd.Context(), names)
			case f.held:
				return a.showHeld(cmd.Context(), names, f)
			}
			return a.plan(cmd.Context(), names, f)
		},
	}
	addSKUs(cmd, &f.only, "only", "only this `SKU` (repeatable)")
	cmd.Flags().StringVar(&f.out, "out", "", "also write the plan to this `FILE`, for `sync --plan`")
	cmd.Flags().BoolVar(&f.held, "held", false, "show what is held, without reading the sources again")
	cmd.Flags().BoolVar(&f.forget, "drop", false, "discard what is held for the named syncs, so that it can no longer be approved")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object per sync")
	cmd.Flags().BoolVar(&f.brief, "brief", false, "counts only, without the changes")
	return cmd
}

// planned is a plan as `plan --json` prints it, behind its changes. Plan is null where
// there is none to show; Error or HeldReads say why.
type planned struct {
	Sync string              `json:"sync"`
	Plan *engine.PlanSummary `json:"plan"`
	// What has a problem is left out; what is pending was planned before.
	Quarantined int              `json:"quarantined"`
	Skipped     int              `json:"skipped"`
	Rejected    int              `json:"rejected"`
	Pending     int              `json:"pending"`
	Missing     int64            `json:"missing,omitempty"`
	HeldReads   []state.HeldRead `json:"held_reads,omitempty"`
	// Notes are what sources have to tell of their reads.
	Notes []engine.SourceNote `json:"notes,omitempty"`
	Error string              `json:"error,omitempty"`
}

func (a *app) plan(ctx context.Context, names []string, f planFlags) error {
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
	var file *planWriter
	if f.out != "" {
		if file, err = newPlanWriter(f.out); err != nil {
			return err
		}
		defer file.abandon()
	}
	eng := engine.New(store, engine.Config{}, log)
	code := exitOK
	for _, s := range syncs {
		c, err := a.planOne(ctx, eng, s, f, file)
		if err == nil && !f.json && c != exitFailed { // of what is not previewed nothing is left out
			err = a.leftOut(ctx, store, s)
		}
		if err != nil {
			return err
		}
		code = worse(code, c)
	}
	if err := a.unknown(ctx, store, f.only); err != nil {
		return err
	}
	if file != nil {
		if err := a.finishFile(file, code); err != nil {
			return err
		}
	}
	return ended(code)
}

// causesSaid is how many causes of problems a plan names.
const causesSaid = 3

// leftOut says why products are left out of a plan. The problems that it found are in the
// scratch copy alone: `problems` knows of them once a sync has met them.
func (a *app) leftOut(ctx context.Context, store *state.Store, s *engine.Sync) error {
	all := func(yield func(view.Problem, error) bool) {
		for p, err := range store.Problems(context.WithoutCancel(ctx), state.Filter{}) {
			of := p.Sync == s.Name || p.Sync == "" && slices.ContainsFunc(s.Sources, func(src engine.Source) bool { return src.Name == p.Source })
			if (of || err != nil) && !yield(view.OfProblem(p), err) {
				return
			}
		}
	}
	n := 0
	for c, err := range view.Causes(all) {
		if err != nil {
			return err
		}
		if n++; n > causesSaid {
			continue
		}
		about := strings.Join(slices.DeleteFunc([]string{c.Field, c.Message}, func(s string) bool { return s == "" }), ": ")
		if skus := skusOf(c); skus != "" {
			about += " (" + skus + ")"
		}
		fmt.Fprintf(a.err, "skubridge: %s: %s\n", plural(c.Problems, "problem"), oneLine(about))
		if c.Remedy != "" {
			fmt.Fprintf(a.err, "skubridge: hint: %s\n", oneLine(c.Remedy))
		}
	}
	if n > causesSaid {
		fmt.Fprintf(a.err, "skubridge: and %s more; `skubridge problems --by cause` counts them after a sync\n", plural(n-causesSaid, "cause"))
	}
	return nil
}

// finishFile puts the plan file in place, unless a part of it is not known.
func (a *app) finishFile(file *planWriter, code int) error {
	if code != exitOK && code != exitHeld {
		fmt.Fprintf(a.err, "skubridge: error: %s was not written: not all of the plan is known\n", file.path)
		return nil
	}
	if err := file.finish(); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "written to %s; `skubridge sync --plan %s` does exactly this, or nothing\n", file.path, file.path)
	return nil
}

// planOne plans one sync, prints the plan, and gives its exit code. The error is one
// of printing or writing; what is wrong with the plan is said.
func (a *app) planOne(ctx context.Context, eng *engine.Engine, s *engine.Sync, f planFlags, file *planWriter) (int, error) {
	bar := a.newProgress(s.Name)
	show := planPrinter{w: a.out, paint: a.colours(), flags: f, first: func() {
		if isTerminal(a.out) {
			bar.done() // from here on the changes themselves show how far it is
		}
	}}
	var failed error
	if file != nil {
		failed = file.begin()
	}
	o := engine.Options{Only: f.only, DryRun: true, OnProgress: bar.show}
	o.OnChange = func(c catalog.Change) {
		if file != nil && failed == nil {
			failed = file.change(c)
		}
		show.change(c)
	}
	report, err := eng.Run(ctx, s, o)
	bar.done()
	if failed != nil {
		return exitFailed, failed
	}
	out, code := a.planned(ctx, s, f, report, ofScratch(err))
	a.sourcesSay(report)
	if err := show.end(out); err != nil {
		return code, err
	}
	if out.Plan != nil {
		for _, reason := range out.Plan.Held {
			fmt.Fprintf(a.err, "skubridge: would be held: %s\n", reason)
		}
	}
	if file == nil || out.Plan == nil {
		return code, nil
	}
	if out.Pending > 0 {
		complain(a.err, hinted{
			fmt.Errorf("%s: %s of an earlier run are not settled, so that nobody can say exactly what would be sent", s.Name, plural(out.Pending, "change")),
			fmt.Sprintf("`skubridge sync %s` settles them first", s.Name),
		})
		return exitFailed, nil
	}
	return code, file.end(headOf(s, f.only, report))
}

// planned sums up what planning a sync came to, with its exit code, and says what is
// wrong with it.
func (a *app) planned(ctx context.Context, s *engine.Sync, f planFlags, report engine.Report, err error) (planned, int) {
	out := planned{
		Sync: s.Name, Plan: report.Plan, Quarantined: report.Quarantined, Rejected: report.Rejected, Pending: report.Pending, Missing: report.Missing, Notes: report.Notes,
	}
	code := exitOK
	switch {
	case err != nil:
		complain(a.err, fmt.Errorf("plan %s: %w", s.Name, err))
		out.Error, code = err.Error(), exitCode(ctx, err)
	case len(report.HeldReads) > 0:
		a.heldReads(s.Name, report.HeldReads, "would be held")
		out.HeldReads, code = report.HeldReads, exitHeld
	case len(report.Plan.Held) > 0:
		code = exitHeld
	}
	if out.Plan != nil && len(f.only) == 0 {
		// What is to be made or restored has no active listing yet, and a plan that is only looked at makes none.
		counts := out.Plan.Counts
		out.Skipped = max(0, report.Skipped-counts[catalog.OpCreate]-counts[catalog.OpAdopt]-counts[catalog.OpRestore])
	}
	if out.Plan != nil && out.Plan.Unclear > 0 {
		code = worse(code, exitPartial)
	}
	return out, code
}
