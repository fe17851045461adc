package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// driftFlags are what drift is asked to do.
type driftFlags struct {
	engine.DriftOptions
	accept, takeBack, only []string
	out                    tableFlags
}

// driftCmd is `skubridge drift`.
func (a *app) driftCmd() *cobra.Command {
	var f driftFlags
	cmd := &cobra.Command{
		Use:   "drift SYNC",
		Short: "compare what the API holds with what it last accepted",
		Long: `drift finds products that someone changed at the API behind skubridge's back. It
walks the account, or compares a part of it, and changes nothing there. Fields that
the API does not show, and fields without a mapping, are not compared.

  skubridge drift shop-to-flex                    the whole account
  skubridge drift shop-to-flex --sample 100       a hundred listings picked at random
  skubridge drift shop-to-flex --requests 500     those compared longest ago
  skubridge drift shop-to-flex --fix              plan the repair
  skubridge drift shop-to-flex --accept description

Columns of the table:

  sku, remote id   the product (for an unknown product, the key it carries)
  finding          edited, missing, off sale, back on sale, other writer; unknown
                   is a product without a listing, which does not count as drift
  field            what differs
  accepted         what the API accepted last
  at the api       what it holds now
  wanted           what the catalog asks for now
  note             how the three compare, and what can be done

--fix records what the API really holds for each drifted listing, and shows the plan
that follows from it: exactly those fields, under the guards. It sends nothing;
the next sync does. A product of another writer is left alone.

--accept leaves a field to the API for good, for every product or for each --only
SKU: it is sent when a product is created, never again, and is not drift.
--take-back reverses this.

Exit codes: 0 no drift, 3 drift was found, 4 the repair plan would be held. Only
--fix, --requests, --accept and --take-back write state; the others can run beside
a sync.`,
		Args: oneArg("the sync"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.drift(cmd.Context(), args[0], f) },
	}
	addCount(cmd, &f.Sample, "sample", 0, "compare `N` listings, picked at random")
	addCount(cmd, &f.Requests, "requests", 0, "send at most `N` requests, for what was compared longest ago")
	cmd.Flags().BoolVar(&f.Fix, "fix", false, "plan the repair of what drifted")
	cmd.Flags().StringArrayVar(&f.accept, "accept", nil, "leave this `FIELD` to the API for good (repeatable)")
	cmd.Flags().StringArrayVar(&f.takeBack, "take-back", nil, "reverse --accept for this `FIELD` (repeatable)")
	addSKUs(cmd, &f.only, "only", "with --accept and --take-back: of this `SKU` only (repeatable)")
	f.out.add(cmd)
	return cmd
}

// check finds flags that do not go together.
func (f driftFlags) check() error {
	settles := len(f.accept)+len(f.takeBack) > 0
	switch {
	case f.Sample > 0 && f.Requests > 0:
		return &usageError{errors.New("--sample and --requests exclude each other"), "name one of them"}
	case f.Fix && f.Requests > 0 && f.Requests < 3:
		return &usageError{errors.New("--fix needs a budget of 3 requests at least"), "what is missing is looked for once more before it is made anew"}
	case settles && (f.Sample+f.Requests > 0 || f.Fix || !f.out.people()):
		return &usageError{errors.New("--accept and --take-back compare nothing"), "give them by themselves, then run drift again"}
	case len(f.only) > 0 && !settles:
		return &usageError{errors.New("--only goes with --accept and --take-back"), "`skubridge why SKU` tells about one product"}
	}
	return nil
}

func driftTable() table[view.Drifted] {
	return table[view.Drifted]{
		columns: []string{"sku", "remote id", "finding", "field", "accepted", "at the api", "wanted", "note"},
		cells: func(d view.Drifted) []string {
			return []string{d.SKU, d.RemoteID, d.Finding, d.Field, plainText(d.Accepted), plainText(d.AtTheAPI), plainText(d.Wanted), d.Note}
		},
	}
}

// plainText is a value for a spreadsheet: a text without its quotes.
func plainText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// driftBrief is the table for a terminal; notes follow below it.
func driftBrief(notes *[]string) table[view.Drifted] {
	return table[view.Drifted]{
		columns: []string{"sku", "finding", "field", "accepted", "at the API", "wanted"},
		empty:   "no drift",
		cells: func(d view.Drifted) []string {
			name := strings.TrimSpace(d.SKU + " " + d.Field)
			if d.Finding == string(engine.Unknown) {
				name = strings.TrimSpace(d.SKU + " " + d.RemoteID)
			}
			if d.Note != "" {
				*notes = append(*notes, name+": "+d.Note)
			}
			if d.Finding == string(engine.Unknown) {
				return []string{d.SKU, d.Finding, "", "", d.RemoteID, ""}
			}
			return []string{d.SKU, d.Finding, d.Field, cut(d.Accepted), cut(d.AtTheAPI), cut(d.Wanted)}
		},
	}
}

// cut shortens a value so that three stand side by side.
func cut(raw json.RawMessage) string {
	const most = 20
	switch r := []rune(string(raw)); {
	case raw == nil:
		return "nothing"
	case len(r) > most:
		return string(r[:most-1]) + "…"
	}
	return string(raw)
}

func (a *app) drift(ctx context.Context, name string, f driftFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	log := a.logger()
	wired, s, err := a.wireOne(log, name)
	if err != nil {
		return err
	}
	if len(f.accept)+len(f.takeBack) > 0 {
		return a.settleFields(ctx, wired, s, f, log)
	}
	sum, err := a.driftTable(ctx, wired, s, f, log)
	if err != nil {
		return err
	}
	a.summarize(name, s.Account.Name, sum, f)
	code := exitOK
	if sum.Drifted > 0 {
		code = exitPartial
	}
	if sum.Fixed > 0 && f.out.people() {
		if err := a.plan(ctx, []string{name}, planFlags{}); err != nil {
			var done doneError
			if !errors.As(err, &done) {
				return fmt.Errorf("show the plan of the repair: %w", err)
			}
			code = worse(code, int(done))
		}
	}
	return ended(code)
}

// driftTable compares and prints.
func (a *app) driftTable(ctx context.Context, wired *daemon.App, s *engine.Sync, f driftFlags, log zerolog.Logger) (sum engine.Drift, err error) {
	do, done, err := a.differOf(ctx, wired, s, f, log)
	if err != nil {
		return sum, err
	}
	defer done()
	t := driftTable()
	var notes []string
	if f.out.people() {
		t = driftBrief(&notes)
	}
	if err := t.print(a.out, f.out, a.drifting(ctx, do, s, f, &sum)); err != nil {
		return sum, err
	}
	for _, note := range notes {
		fmt.Fprintln(a.out, note)
	}
	return sum, nil
}

// differ compares what an API holds with what it accepted, and tells each finding.
type differ func(ctx context.Context, o engine.DriftOptions, row func(view.Drifted) error) (engine.Drift, error)

// differOf is the differ of a sync: an engine over the state, or the daemon that holds it
// where something is to be written.
func (a *app) differOf(ctx context.Context, wired *daemon.App, s *engine.Sync, f driftFlags, log zerolog.Logger) (differ, func(), error) {
	store, closeStore, err := a.openDrift(ctx, wired, f)
	if err != nil {
		r, err := remoteOf(wired.Config, err)
		if err != nil {
			return nil, nil, err
		}
		return func(ctx context.Context, o engine.DriftOptions, row func(view.Drifted) error) (engine.Drift, error) {
			return r.drift(ctx, s, o, row)
		}, func() {}, nil
	}
	e := engine.New(store, engine.Config{}, log)
	return func(ctx context.Context, o engine.DriftOptions, row func(view.Drifted) error) (engine.Drift, error) {
		o.OnFinding = func(found engine.Finding) error { return row(view.OfFinding(s, found)) }
		return e.Drift(ctx, s, o)
	}, closeStore, nil
}

// openDrift opens the state; only what writes needs its lock.
func (a *app) openDrift(ctx context.Context, wired *daemon.App, f driftFlags) (*state.Store, func(), error) {
	store, ok, err := openReading(ctx, wired.Config)
	switch {
	case err != nil:
		return nil, nil, err
	case !ok:
		return nil, nil, hinted{errors.New("nothing was synced yet"), "run `skubridge sync`, or `skubridge adopt` for what is there already"}
	case !f.Fix && f.Requests == 0:
		return store, func() { store.Close() }, nil
	}
	store.Close()
	return openFor(ctx, wired, "drift", false)
}

// unknownShown is how many unknown products a terminal lists.
const unknownShown = 20

// drifting gives the findings as they are made; sum is complete after the last.
func (a *app) drifting(ctx context.Context, do differ, s *engine.Sync, f driftFlags, sum *engine.Drift) rows[view.Drifted] {
	return func(yield func(view.Drifted, error) bool) {
		bar := a.newProgress(s.Name)
		defer bar.done()
		o := f.DriftOptions
		o.OnProgress = bar.show
		unknown := 0
		row := func(found view.Drifted) error {
			if found.Finding == string(engine.Unknown) {
				if unknown++; f.out.people() && unknown > unknownShown {
					return nil
				}
			}
			if isTerminal(a.out) && !f.out.people() {
				bar.done() // from here on the rows themselves show how far it is
			}
			if !yield(found, nil) {
				return errEnough
			}
			return nil
		}
		var err error
		if *sum, err = do(ctx, o, row); err != nil && !errors.Is(err, errEnough) {
			yield(view.Drifted{}, fmt.Errorf("compare with %s: %w", s.Account.Name, err))
		}
	}
}

// summarize says how the comparison ended, and what to do next.
func (a *app) summarize(name, destination string, sum engine.Drift, f driftFlags) {
	line := fmt.Sprintf("%s: %s of %s compared in %s", name, number(int64(sum.Checked)), plural(sum.Listed, "listing"), plural(int(sum.Requests), "request"))
	var parts []string
	for _, kind := range []engine.FindingKind{engine.Edited, engine.Missing, engine.OffSale, engine.BackOnSale, engine.OtherWriter} {
		if n := sum.Kinds[kind]; n > 0 {
			parts = append(parts, number(int64(n))+" "+string(kind))
		}
	}
	switch {
	case sum.Drifted > 0:
		line += fmt.Sprintf("; %s drifted: %s", number(int64(sum.Drifted)), strings.Join(parts, ", "))
	case sum.Checked > 0:
		line += ": as accepted"
	}
	fmt.Fprintln(a.err, line)
	if sum.Pending > 0 {
		fmt.Fprintf(a.err, "%s not compared: a change of each is under way\n", number(int64(sum.Pending)))
	}
	if n := sum.Kinds[engine.Unknown]; n > 0 {
		fmt.Fprintf(a.err, "%s at %s in no listing: not ours, and left alone\n", plural(n, "product"), destination)
		if n > unknownShown && f.out.people() {
			fmt.Fprintf(a.err, "%d of them are shown; --json and --csv list all\n", unknownShown)
		}
	}
	if len(sum.Left) > 0 {
		fmt.Fprintf(a.err, "left to %s, and not compared: %s\n", destination, strings.Join(sum.Left, ", "))
	}
	switch {
	case sum.Fixed > 0 && !f.out.people():
		fmt.Fprintf(a.err, "%s now as the API holds it; nothing was sent\n", plural(sum.Fixed, "listing"))
		fmt.Fprintf(a.err, "skubridge: hint: `skubridge plan %s` shows what the next sync sends\n", name)
	case sum.Fixed > 0:
		fmt.Fprintf(a.err, "%s now as the API holds it; nothing was sent. What `skubridge sync %s` sends next:\n", plural(sum.Fixed, "listing"), name)
	case sum.Drifted > 0 && !f.Fix:
		fmt.Fprintf(a.err, "skubridge: hint: `skubridge drift %s --fix` plans the repair; --accept FIELD leaves a field to the API\n", name)
	}
}

// settleFields leaves fields to the API, and takes others back.
func (a *app) settleFields(ctx context.Context, wired *daemon.App, s *engine.Sync, f driftFlags, log zerolog.Logger) error {
	if err := s.MayLeave(f.accept); err != nil {
		if e, ok := errors.AsType[*engine.FieldError](err); ok {
			return &usageError{err, "fields are " + strings.Join(e.Known, ", ")}
		}
		return err
	}
	takenBack, err := a.settle(ctx, wired, s, f, log)
	if err != nil {
		return err
	}
	of, to := "", s.Account.Name
	if len(f.only) > 0 {
		of = " of " + strings.Join(f.only, ", ")
	}
	for _, field := range f.accept {
		fmt.Fprintf(a.err, "%s%s is left to %s: a new product gets it once, and the API has the say from then on\n", field, of, to)
	}
	var never []string
	for _, field := range f.takeBack {
		if !slices.Contains(takenBack, field) {
			never = append(never, field)
			continue
		}
		fmt.Fprintf(a.err, "%s%s is the catalog's again; `skubridge drift %s --fix` finds what was changed meanwhile\n", field, of, s.Name)
	}
	if len(never) > 0 {
		return hinted{fmt.Errorf("%s%s was not left to %s", strings.Join(never, ", "), of, to), "`skubridge plan --brief` tells what is"}
	}
	return nil
}

// settle gives the fields that had been left to the API and are taken back. A daemon that
// holds the state does it there.
func (a *app) settle(ctx context.Context, wired *daemon.App, s *engine.Sync, f driftFlags, log zerolog.Logger) (takenBack []string, err error) {
	store, err := open(ctx, wired.Config, "drift")
	if err != nil {
		r, err := remoteOf(wired.Config, err)
		if err != nil {
			return nil, err
		}
		if store, ok, err := openReading(ctx, wired.Config); err == nil && ok {
			defer store.Close()
			if err := a.unknown(ctx, store, f.only); err != nil {
				return nil, err
			}
		}
		return r.settle(ctx, s, f.accept, f.takeBack, f.only)
	}
	defer store.Close()
	if err := a.unknown(ctx, store, f.only); err != nil {
		return nil, err
	}
	return engine.New(store, engine.Config{}, log).Settle(ctx, s, f.accept, f.takeBack, f.only)
}
