package main

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
)

// shown gives a verdict for people.
func shown(value *string, final bool) string {
	s := "undecided"
	if value != nil {
		s = *value
	}
	if !final {
		s += " (not final)"
	}
	return s
}

// filterFlags narrow a table.
type filterFlags struct {
	state.Filter
	asOf string
}

// over reads a table from the state; where there is none, it has no rows. One without rows
// may be so by a slip of the pen, which check looks for in what it was narrowed to.
func over[S, T any](ctx context.Context, a *app, check func(*config.Config) error, read func(*state.Store) iter.Seq2[S, error], shape func(S) T) rows[T] {
	return func(yield func(T, error) bool) {
		var none T
		cfg, err := a.load()
		if err != nil {
			yield(none, err)
			return
		}
		store, ok, err := openReading(ctx, cfg)
		if err != nil {
			yield(none, err)
			return
		}
		some := false
		if ok {
			defer store.Close()
			for row, err := range read(store) {
				if err != nil {
					yield(none, err)
					return
				}
				if some = true; !yield(shape(row), nil) {
					return
				}
			}
		}
		if some {
			return
		}
		if err := check(cfg); err != nil {
			yield(none, err)
		}
	}
}

// misspelt reports names in a filter that the configuration does not have.
func (f filterFlags) misspelt(cfg *config.Config) error {
	if f.Sync != "" {
		if _, err := known(cfg, []string{f.Sync}); err != nil {
			return err
		}
	}
	if _, ok := cfg.Sources[f.Source]; f.Source != "" && !ok {
		return &usageError{fmt.Errorf("there is no source %q", f.Source), "known are " + strings.Join(slices.Sorted(maps.Keys(cfg.Sources)), ", ")}
	}
	if _, ok := cfg.Destinations[f.Destination]; f.Destination != "" && !ok {
		return noDestination(cfg, f.Destination)
	}
	return nil
}

// noDestination says that a name is none of a destination.
func noDestination(cfg *config.Config, name string) error {
	return &usageError{fmt.Errorf("there is no destination %q", name), "known are " + strings.Join(slices.Sorted(maps.Keys(cfg.Destinations)), ", ")}
}

// unless gives what is said of a table without rows: of a narrowed one only that nothing
// fits.
func (f filterFlags) unless(empty string) string {
	f.Limit = 0
	if f.Filter != (state.Filter{}) {
		return "nothing fits"
	}
	return empty
}

// listingsCmd is `skubridge listings`.
func (a *app) listingsCmd() *cobra.Command {
	var f filterFlags
	var out tableFlags
	cmd := &cobra.Command{
		Use:   "listings",
		Short: "list what each API last accepted",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch catalog.ListingStatus(f.Status) {
			case "", catalog.ListingActive, catalog.ListingArchived, catalog.ListingAbsent:
			default:
				return &usageError{fmt.Errorf("--status %q is not a status of listings", f.Status), "they are active, archived or absent"}
			}
			t := table[view.Listing]{
				columns: []string{"sync", "destination", "sku", "remote id", "status", "eligibility", "mode", "synced at"},
				empty:   f.unless("nothing is listed yet"),
				cells: func(l view.Listing) []string {
					verdict := ""
					if l.Judged {
						verdict = shown(l.Eligibility, l.Final)
					}
					return []string{l.Sync, l.Destination, l.SKU, l.RemoteID, l.Status, verdict, l.Mode, l.SyncedAt}
				},
			}
			read := func(s *state.Store) iter.Seq2[catalog.Listing, error] { return s.Listings(cmd.Context(), f.Filter) }
			return t.print(a.out, out, over(cmd.Context(), a, f.misspelt, read, view.OfListing))
		},
	}
	out.add(cmd)
	f.add(cmd)
	cmd.Flags().StringVar(&f.Status, "status", "", "only listings of this `STATUS`: active, archived or absent")
	return cmd
}

func (f *filterFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Sync, "sync", "", "only this `SYNC`")
	cmd.Flags().StringVar(&f.SKU, "sku", "", "only this `SKU`")
	addCount(cmd, &f.Limit, "limit", 0, "at most `N` rows (0: all)")
}

// verdictTable is the table of verdicts.
var verdictTable = table[view.Verdict]{
	columns: []string{"destination", "sku", "remote id", "eligibility", "source", "mode", "at"},
	empty:   "no verdicts yet",
	cells: func(v view.Verdict) []string {
		return []string{v.Destination, v.SKU, v.RemoteID, shown(v.Eligibility, v.Final), v.Source, v.Mode, v.At}
	},
}

// eligibilityCmd is `skubridge eligibility`.
func (a *app) eligibilityCmd() *cobra.Command {
	var f filterFlags
	var out tableFlags
	var history, poll bool
	var approve string
	cmd := &cobra.Command{
		Use:   "eligibility",
		Short: "list what the APIs decided on each product",
		Long: `eligibility shows the newest verdict on each product, or the one that was known
at another time. A verdict that is not final may still change; an undecided one
is null in --json.

--poll asks the APIs first, as the daemon does by itself: for open verdicts that are
due, and for settled ones that have not been confirmed for long. --approve writes
back the flips that the guard on flips holds.

  skubridge eligibility --as-of 2026-11-01 --csv
  skubridge eligibility --sku KB-L --history
  skubridge eligibility --poll`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.parseAsOf(); err != nil {
				return err
			}
			if approve != "" {
				return a.passFlips(cmd.Context(), approve)
			}
			if poll {
				if err := a.pollVerdicts(cmd.Context(), f.Destination); err != nil {
					return err
				}
			}
			read := func(s *state.Store) iter.Seq2[catalog.Eligibility, error] {
				if history {
					return s.EligibilityHistory(cmd.Context(), f.Filter)
				}
				return s.Eligibility(cmd.Context(), f.Filter)
			}
			t := verdictTable
			t.empty = f.unless(t.empty)
			return t.print(a.out, out, over(cmd.Context(), a, f.misspelt, read, view.OfVerdict))
		},
	}
	out.add(cmd)
	f.add(cmd)
	cmd.Flags().StringVar(&f.asOf, "as-of", "", "what was known at this `TIME`: 2026-11-01, or 2026-11-01T08:00:00Z")
	cmd.Flags().BoolVar(&history, "history", false, "every verdict, oldest first")
	cmd.Flags().BoolVar(&poll, "poll", false, "ask the APIs first")
	cmd.Flags().StringVar(&f.Destination, "destination", "", "only this `DESTINATION`")
	cmd.Flags().StringVar(&approve, "approve", "", "write back the held flips of this `DESTINATION`")
	return cmd
}

// parseAsOf reads a day, as its end, or a moment.
func (f *filterFlags) parseAsOf() error {
	if f.asOf == "" {
		return nil
	}
	if day, err := time.Parse(time.DateOnly, f.asOf); err == nil {
		f.AsOf = day.Add(24*time.Hour - time.Nanosecond)
		return nil
	}
	at, err := time.Parse(time.RFC3339, f.asOf)
	if err != nil {
		return &usageError{fmt.Errorf("--as-of %q is not a time", f.asOf), "write 2026-11-01 for the end of that day (UTC), or 2026-11-01T08:00:00Z"}
	}
	if f.AsOf = at; at.IsZero() {
		f.AsOf = at.Add(1) // the zero time would ask for what is known now
	}
	return nil
}

// problemsCmd is `skubridge problems`.
func (a *app) problemsCmd() *cobra.Command {
	var f filterFlags
	var out tableFlags
	var kind, by string
	cmd := &cobra.Command{
		Use:   "problems",
		Short: "list what could not be read, mapped or sent, and what to do about it",
		Long: `problems lists the records and products that could not be sent: quarantined by
skubridge, or rejected by an API, in its own words. A problem closes by itself once
the product goes through. --csv has one row for each, with source, file and line,
for the person who corrects the source; --by cause groups and counts them.

  skubridge problems --by cause
  skubridge problems --csv > fix-me.csv`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.Kind = catalog.ProblemKind(kind)
			if f.Kind != "" && f.Kind != catalog.Quarantined && f.Kind != catalog.Rejected {
				return &usageError{fmt.Errorf("--kind %q is not a kind of problem", kind), "kinds are quarantined and rejected"}
			}
			grouped, err := byCause(by)
			if err != nil {
				return err
			}
			read := func(s *state.Store) iter.Seq2[catalog.Problem, error] { return view.Placed(cmd.Context(), s, f.Filter) }
			all := over(cmd.Context(), a, f.misspelt, read, view.OfProblem)
			if grouped {
				return a.printCauses(out, all)
			}
			return problemTable(out.people()).print(a.out, out, all)
		},
	}
	out.add(cmd)
	f.add(cmd)
	cmd.Flags().StringVar(&f.Source, "source", "", "only problems of this `SOURCE`")
	cmd.Flags().StringVar(&kind, "kind", "", "only those of this `KIND`: quarantined or rejected")
	cmd.Flags().StringVar(&by, "by", "", "count the problems by `cause`")
	return cmd
}

// problemTable is the table of problems. A terminal has no room for all that there is
// to know of one: brief leaves out what CSV has besides.
func problemTable(brief bool) table[view.Problem] {
	t := table[view.Problem]{
		columns: []string{"sync", "source", "sku", "field", "kind", "message", "remedy", "where", "first seen", "last seen", "count", "value", "file", "line"},
		empty:   "no open problems",
		cells: func(p view.Problem) []string {
			return []string{
				p.Sync, p.Source, p.SKU, p.Field, p.Kind, p.Message, p.Remedy, view.Place(p.File, p.Line),
				p.FirstSeen, p.LastSeen, strconv.Itoa(p.Count), p.Value, p.File, lineNumber(p.Line),
			}
		},
	}
	if brief {
		t.columns = []string{"sku", "field", "kind", "message", "where"}
		t.cells = func(p view.Problem) []string {
			return []string{p.SKU, p.Field, p.Kind, p.Message, view.Place(p.File, p.Line)}
		}
	}
	return t
}

// lineNumber is empty where there is none.
func lineNumber(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// runsCmd is `skubridge runs`.
func (a *app) runsCmd() *cobra.Command {
	var f filterFlags
	var out tableFlags
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "list what ran when, and how it ended",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t := table[view.Run]{
				columns: []string{"run", "sync", "kind", "status", "started", "ended", "error"},
				empty:   f.unless("nothing ran yet"),
				cells: func(r view.Run) []string {
					return []string{strconv.FormatInt(r.Run, 10), r.Sync, r.Kind, r.Status, r.Started, r.Ended, r.Error}
				},
			}
			read := func(s *state.Store) iter.Seq2[state.Run, error] { return s.Runs(cmd.Context(), f.Filter) }
			return t.print(a.out, out, over(cmd.Context(), a, f.misspelt, read, view.OfRun))
		},
	}
	out.add(cmd)
	cmd.Flags().StringVar(&f.Sync, "sync", "", "only this `SYNC`")
	addCount(cmd, &f.Limit, "limit", 20, "at most `N` rows (0: all)")
	return cmd
}
