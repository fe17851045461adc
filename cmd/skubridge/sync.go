package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// syncCmd is `skubridge sync`.
func (a *app) syncCmd() *cobra.Command {
	var o engine.Options
	var asJSON bool
	var file string
	cmd := &cobra.Command{
		Use:        "sync [SYNC…]",
		SuggestFor: []string{"push", "send", "upload"},
		Short:      "bring destinations up to date with the catalog, once",
		Long: `sync reads the sources, works out what each destination does not know yet, sends
it, and ends. Without names it runs every sync of the configuration, in the order
of their names.

With --plan it does exactly what a plan file says, for the syncs that are in it.
If a source, the configuration, the state or the API has changed since, so that it
would do anything else, it sends nothing, says what changed, and exits with 1.

Exit codes: 0 ok or nothing to do, 1 failed, 2 usage or configuration, 3 open
problems, 4 held by a guard, 130 or 143 interrupted (run it again to continue).

  skubridge sync
  skubridge sync shop-to-flex --only KB-L --only KB-M
  skubridge sync shop-to-flex --approve      release the held plan
  skubridge sync --plan plan.json`,
		RunE: func(cmd *cobra.Command, names []string) error {
			switch {
			case file != "" && (len(names) > 0 || len(o.Only) > 0 || o.SourceOnly):
				return &usageError{errors.New("--plan goes with no names, --only or --source-only"), "the file says which syncs and products it is about"}
			case file != "":
				return a.runPlans(cmd.Context(), file, o, asJSON)
			}
			return a.runSyncs(cmd.Context(), "sync", names, o, asJSON)
		},
	}
	addSKUs(cmd, &o.Only, "only", "only this `SKU` (repeatable)")
	cmd.Flags().BoolVar(&o.Approve, "approve", false, "release the plan that a guard held, if it is still the same")
	cmd.Flags().StringVar(&file, "plan", "", "do exactly what this `FILE`, written by plan --out, says, or nothing")
	cmd.Flags().BoolVar(&o.Full, "full", false, "read every source from the start, also those that are asked only for what changed")
	cmd.Flags().BoolVar(&o.SourceOnly, "source-only", false, "read the sources and store the records; plan and send nothing")
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
		Long: `backfill sends every product of a sync again. Products that the API already has
are adopted, not created a second time. An interrupted backfill resumes where it
stopped; the guard on updates does not hold it.

  skubridge backfill shop-to-flex`,
		Args: oneArg("the sync"),
		RunE: func(cmd *cobra.Command, names []string) error {
			o.Backfill = true
			return a.runSyncs(cmd.Context(), "backfill", names, o, asJSON)
		},
	}
	cmd.Flags().BoolVar(&o.Approve, "approve", false, "release the plan that a guard held, if it is still the same")
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
	jobs := make([]job, len(syncs))
	for i, s := range syncs {
		jobs[i] = job{s, o}
	}
	store, err := open(ctx, wired.Config, command)
	if err != nil {
		return a.runByDaemon(ctx, wired.Config, err, jobs, asJSON)
	}
	defer store.Close()
	if err := a.warn(ctx, wired, store, syncs); err != nil {
		return err
	}
	if o.Approve {
		if err := decide(ctx, store, wired.Config, syncs); err != nil {
			return err
		}
	}
	code, err := a.runJobs(ctx, engine.New(store, engine.Config{}, log).Run, jobs, asJSON)
	if err != nil {
		return err
	}
	if err := a.unknown(ctx, store, o.Only); err != nil {
		return err
	}
	return ended(code)
}

// runByDaemon has the daemon run the jobs that holds the state, if err says that one
// does.
func (a *app) runByDaemon(ctx context.Context, cfg *config.Config, err error, jobs []job, asJSON bool) error {
	r, err := remoteOf(cfg, err)
	if err != nil {
		return err
	}
	code, err := a.runJobs(ctx, r.run, jobs, asJSON)
	if err != nil {
		return err
	}
	if store, ok, err := openReading(ctx, cfg); err == nil && ok {
		defer store.Close()
		if err := a.unknown(ctx, store, jobs[0].opt.Only); err != nil {
			return err
		}
	}
	return ended(code)
}

// decide keeps who approved what is held of the syncs.
func decide(ctx context.Context, store *state.Store, cfg *config.Config, syncs []*engine.Sync) error {
	for _, s := range syncs {
		h := view.NewHeld(s.Name)
		if err := h.Fill(ctx, store, cfg, true); err != nil {
			return err
		}
		if digest := h.Digest(); digest != "" {
			d := state.Decision{Sync: s.Name, Digest: digest, At: time.Now(), Ruling: state.RuledApproved, Who: whoami()}
			if err := store.Decide(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// job is one sync with what its run is asked to do.
type job struct {
	sync *engine.Sync
	opt  engine.Options
}

// runner runs a sync once: an engine here, or a daemon.
type runner func(ctx context.Context, s *engine.Sync, o engine.Options) (engine.Report, error)

// runJobs runs them, says how each ended, and gives the exit code.
func (a *app) runJobs(ctx context.Context, run runner, jobs []job, asJSON bool) (code int, err error) {
	problems := false
	for _, j := range jobs {
		bar := a.newProgress(j.sync.Name)
		j.opt.OnProgress = bar.show
		report, err := run(ctx, j.sync, j.opt)
		bar.done()
		if lost, ok := errors.AsType[lostError](err); ok {
			return code, lost.error
		}
		if err := a.report(report, asJSON); err != nil {
			return code, err
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
	return code, nil
}

// runPlans does what a plan file says.
func (a *app) runPlans(ctx context.Context, path string, o engine.Options, asJSON bool) error {
	plans, err := readPlans(path)
	if err != nil {
		return err
	}
	log := a.logger()
	wired, err := a.wire(log)
	if err != nil {
		return err
	}
	var jobs []job
	for _, p := range plans {
		s, ok := wired.Syncs[p.Sync]
		if !ok {
			return &engine.MovedError{Sync: p.Sync, What: []string{"the configuration has no such sync any more"}}
		}
		if s.Account.Name != p.Destination {
			return &engine.MovedError{Sync: p.Sync, What: []string{fmt.Sprintf("the configuration has it go to %s, then it was %s", s.Account.Name, p.Destination)}}
		}
		j := job{s, o}
		j.opt.Only, j.opt.Expect = p.Only, &p.expect
		jobs = append(jobs, j)
	}
	store, err := open(ctx, wired.Config, "sync")
	if err != nil {
		return a.runByDaemon(ctx, wired.Config, err, jobs, asJSON)
	}
	defer store.Close()
	code, err := a.runJobs(ctx, engine.New(store, engine.Config{}, log).Run, jobs, asJSON)
	if err != nil {
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
	_, err := fmt.Fprint(a.out, describe(r, a.colours()))
	return err
}

// describe gives a report in a few lines for people.
func describe(r engine.Report, p paint) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  run %d, %s, %s\n", p.bold(r.Sync), p.status(r.Status), r.Run,
		plural(int(r.Requests), "request"), (time.Duration(r.DurationMS) * time.Millisecond).Round(10*time.Millisecond))
	fmt.Fprintf(&b, "  read %s, %s changed", plural(int(r.Read), "record"), number(r.Changed))
	if len(r.Deltas) > 0 {
		fmt.Fprintf(&b, "; %s asked for what changed", strings.Join(r.Deltas, ", "))
	}
	if r.Missing > 0 {
		fmt.Fprintf(&b, "; %s %s missing that the read before had", number(r.Missing), isAre(r.Missing))
	}
	b.WriteByte('\n')
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
	if c := r.Canary; c != nil {
		fmt.Fprintf(&b, "  canary: %s sent first, %s read back as sent", number(int64(c.Sent)), number(int64(c.Verified)))
		if n := c.Differing; n > 0 {
			fmt.Fprintf(&b, ", %s otherwise", number(int64(n)))
		}
		if n := c.Refused; n > 0 {
			fmt.Fprintf(&b, ", %s refused", number(int64(n)))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// sourcesSay tells what there is to tell of the reads of a run, or of a plan: talk on stderr.
func (a *app) sourcesSay(r engine.Report) {
	for _, s := range r.Stale {
		about := "source " + s.Source + ": "
		fmt.Fprintf(a.err, "skubridge: %s%s\n", about, strings.TrimPrefix(s.Error, about))
		if s.Hint != "" {
			fmt.Fprintf(a.err, "skubridge: hint: %s\n", s.Hint)
		}
		fmt.Fprintf(a.err, "skubridge: hint: its last complete read, of %s UTC (%.0f hours ago), stays in force\n", s.Since, s.Hours)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(a.err, "skubridge: note: source %s: %s\n", n.Source, n.Note)
	}
}

// advise says what a person can do about a run's end: talk on stderr.
func (a *app) advise(r engine.Report, err error) {
	hint := func(format string, args ...any) {
		fmt.Fprintf(a.err, "skubridge: hint: "+format+"\n", args...)
	}
	a.sourcesSay(r)
	for _, s := range r.Unfinished {
		fmt.Fprintf(a.err, "skubridge: warning: source %s: %s\n", s.Source, s.Error)
		hint("what was read of it is in force; the next run tries again")
	}
	switch {
	case len(r.HeldReads) > 0:
		a.heldReads(r.Sync, r.HeldReads, "held")
		hint("look at the source; if it is right, `skubridge sync %s --approve` lets it through as long as it has the same records", r.Sync)
	case r.Status == state.RunHeld:
		for _, reason := range r.Plan.Held {
			fmt.Fprintf(a.err, "skubridge: held: %s\n", reason)
		}
		hint("look at it with `skubridge plan --held %s`; if it is right, `skubridge sync %s --approve`", r.Sync, r.Sync)
	case r.Status == state.RunInterrupted:
		hint("run it again: it goes on where it stopped")
	case r.Pending > 0 && r.Quarantined+r.Rejected == 0 && err == nil:
		hint("the next run takes up what is pending; `skubridge status` shows it")
	}
}
