package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// adoptFlags are what adopt is asked to do.
type adoptFlags struct {
	account, asRead, dryRun bool
	confirm, from           string
	out                     tableFlags
}

const adoptUsage = `adopt reads the sources, walks the account once, and matches what is there to
the catalog. It sends nothing that changes anything at the API.

A product that carries our own key there (Flex: client_reference_id) is adopted at
once, and the next sync sends exactly the fields that differ. For the others adopt
proposes matches by SKU, GTIN and name, ignoring case, blanks and punctuation. You
decide which proposals are adopted:

  skubridge adopt shop-to-flex --csv > review.csv
  (write yes or no in the column adopt; blank is no)
  skubridge adopt shop-to-flex --confirm review.csv

A row that no longer holds (the product is gone, changed, or adopted for another
SKU) is refused and reported; the other rows are adopted. Columns of the table:

  sku, remote id        the two that may be one
  ground                what they match by: natural key, sku, gtin or name; reviewed
                        where you decided
  status                adopted; proposed, ambiguous or left: you decide; refused;
                        listed: it was adopted before
  differs, fields       how many fields differ from what is wanted, and which
  next sync             what the next sync does once it is adopted: nothing,
                        update, restore, or replace (a new product for the old)
  name, remote name     the name in the catalog, and at the API
  remote key            what the API has in the field of our key
  on sale               whether it is on sale there
  note                  why it is left or refused
  seen                  used to detect later changes; do not edit it

Exit codes: 0 all matched, or nothing to match; 3 something waits for your decision.

With --from OLD, adopt takes over the listings of the sync OLD at the same
destination: all of them if OLD is no longer in the configuration (it was renamed),
otherwise those that OLD archived, so that a product can move from one sync to
another.

With --account, adopt confirms that the account now configured is the right one,
after its key, mode or address changed: the listings at the old account are
forgotten, and the next sync begins with a first load.`

// adoptCmd is `skubridge adopt`.
func (a *app) adoptCmd() *cobra.Command {
	var f adoptFlags
	cmd := &cobra.Command{
		Use:   "adopt SYNC",
		Short: "match what the API already has to the catalog, before a first sync",
		Long:  adoptUsage,
		Args:  oneArg("the sync"),
		RunE: func(cmd *cobra.Command, args []string) error {
			alone := !f.asRead && !f.dryRun && f.confirm == "" && f.out.people()
			switch {
			case f.account && (!alone || f.from != ""):
				return &usageError{errors.New("--account goes alone"), "confirm the account first, then adopt what it has"}
			case f.account:
				return a.adoptAccount(cmd.Context(), args[0])
			case f.from != "" && !alone:
				return &usageError{errors.New("--from goes alone"), "take over first, then adopt what else the API has"}
			case f.from != "":
				return a.adoptFrom(cmd.Context(), args[0], f.from)
			}
			return a.adopt(cmd.Context(), args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.confirm, "confirm", "", "adopt the rows marked yes in the reviewed table `FILE` (- is stdin)")
	cmd.Flags().BoolVar(&f.asRead, "as-read", false, "match the records read last, without reading the sources again")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what would be adopted; write nothing")
	cmd.Flags().BoolVar(&f.account, "account", false, "confirm that the configured account is the right one")
	cmd.Flags().StringVar(&f.from, "from", "", "take over the listings of the sync `OLD` at the same destination")
	f.out.add(cmd)
	return cmd
}

// The columns of a reviewed table that are read back.
const (
	columnAdopt  = "adopt"
	columnSKU    = "sku"
	columnRemote = "remote id"
	columnSeen   = "seen"
)

// matchTable is the table of all that there is to know, for review.
func matchTable() table[view.Matched] {
	return table[view.Matched]{
		columns: []string{
			columnAdopt, columnSKU, columnRemote, "ground", "status", "differs", "fields", "next sync",
			"name", "remote name", "remote key", "on sale", "note", columnSeen,
		},
		cells: func(m view.Matched) []string {
			word := ""
			if m.Status == string(engine.Adopted) || m.Status == string(engine.Listed) {
				word = "yes"
			}
			return []string{
				word, m.SKU, m.RemoteID, m.Ground, m.Status, strconv.Itoa(len(m.Fields)), strings.Join(m.Fields, " "), m.Next,
				m.Name, m.RemoteName, m.RemoteKey, yesNo(m.OnSale), m.Note, m.Seen,
			}
		},
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// matchBrief is the table for a terminal; what is to be said about a row follows
// below it.
func matchBrief(notes *[]string) table[view.Matched] {
	return table[view.Matched]{
		columns: []string{columnSKU, columnRemote, "ground", "status", "differs", "next sync"},
		empty:   "nothing new at the API matches",
		cells: func(m view.Matched) []string {
			if m.Note != "" {
				note := m.SKU + ": " + m.Note
				if m.Line > 0 {
					note = fmt.Sprintf("line %d, %s", m.Line, note)
				}
				*notes = append(*notes, note)
			}
			return []string{m.SKU, m.RemoteID, m.Ground, m.Status, strconv.Itoa(len(m.Fields)), m.Next}
		},
	}
}

func (a *app) adopt(ctx context.Context, name string, f adoptFlags) error {
	log := a.logger()
	o := engine.AdoptOptions{AsRead: f.asRead}
	if f.confirm != "" {
		var err error
		if o.Confirm, err = a.readReview(f.confirm); err != nil {
			return err
		}
	}
	wired, s, err := a.wireOne(log, name)
	if err != nil {
		return err
	}
	do, done, err := a.adopterOf(ctx, wired, s, f.dryRun)
	if err != nil {
		return err
	}
	defer done()
	t := matchTable()
	var notes []string
	if f.out.people() { // a terminal has no room for all of it
		t = matchBrief(&notes)
	}
	var sum engine.Adoption
	if err := t.print(a.out, f.out, a.adopting(ctx, do, s, o, &sum)); err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintln(a.out, note)
	}
	a.adopted(name, s.Account.Name, sum, f)
	if sum.Open() > 0 {
		return doneError(exitPartial)
	}
	return nil
}

// adopter adopts what an API has, and tells each match.
type adopter func(ctx context.Context, o engine.AdoptOptions, row func(view.Matched) error) (engine.Adoption, error)

// adopterOf is the adopter of a sync: an engine over the state, or over a copy of it that is
// forgotten, or the daemon that holds the state.
func (a *app) adopterOf(ctx context.Context, wired *daemon.App, s *engine.Sync, scratch bool) (adopter, func(), error) {
	store, forget, err := openFor(ctx, wired, "adopt", scratch)
	if err != nil {
		r, err := remoteOf(wired.Config, err)
		if err != nil {
			return nil, nil, err
		}
		return func(ctx context.Context, o engine.AdoptOptions, row func(view.Matched) error) (engine.Adoption, error) {
			return r.adopt(ctx, s, o, row)
		}, func() {}, nil
	}
	e := engine.New(store, engine.Config{}, a.logger())
	return func(ctx context.Context, o engine.AdoptOptions, row func(view.Matched) error) (engine.Adoption, error) {
		o.OnMatch = func(m engine.Match) error { return row(view.OfMatch(m)) }
		return e.Adopt(ctx, s, o)
	}, forget, nil
}

// openFor opens the state for writing, or a copy of it that is forgotten.
func openFor(ctx context.Context, wired *daemon.App, command string, scratch bool) (*state.Store, func(), error) {
	if scratch {
		return openScratch(ctx, wired.Config)
	}
	store, err := open(ctx, wired.Config, command)
	if err != nil {
		return nil, nil, err
	}
	return store, func() { store.Close() }, nil
}

// errEnough says that whoever reads the rows wants no more.
var errEnough = errors.New("the table was not written to its end")

// adopting gives the matches as they are found; sum is complete after the last.
func (a *app) adopting(ctx context.Context, do adopter, s *engine.Sync, o engine.AdoptOptions, sum *engine.Adoption) rows[view.Matched] {
	return func(yield func(view.Matched, error) bool) {
		bar := a.newProgress(s.Name)
		defer bar.done()
		o.OnProgress = bar.show
		row := func(m view.Matched) error {
			if isTerminal(a.out) {
				bar.done() // from here on the rows themselves show how far it is
			}
			if !yield(m, nil) {
				return errEnough
			}
			return nil
		}
		var err error
		if *sum, err = do(ctx, o, row); err != nil && !errors.Is(err, errEnough) {
			yield(view.Matched{}, fmt.Errorf("adopt %s: %w", s.Name, err))
		}
	}
}

// adopted sums an adoption up, and says what to do next.
func (a *app) adopted(name, destination string, sum engine.Adoption, f adoptFlags) {
	var parts []string
	add := func(n int, words string) {
		if n > 0 {
			parts = append(parts, number(int64(n))+" "+words)
		}
	}
	word := "adopted"
	if f.dryRun {
		word = "would be adopted"
	}
	add(sum.Adopted, word)
	add(sum.Listed, "adopted before")
	add(sum.Proposed, "proposed")
	add(sum.Ambiguous, "ambiguous")
	add(sum.Left, "left")
	add(sum.Refused, "refused")
	add(sum.Unmatched, "of the catalog without a match there")
	add(sum.Faulty, "of the catalog with a problem")
	add(sum.Unclaimed, "at "+destination+" without a match here")
	if len(parts) == 0 {
		parts = []string{"nothing to match"}
	}
	fmt.Fprintf(a.err, "%s: %s at %s; %s\n", name, plural(sum.Walked, "product"), destination, strings.Join(parts, ", "))
	switch {
	case sum.Refused > 0:
		fmt.Fprintf(a.err, "skubridge: hint: what was refused is not so any more: make a new table with `skubridge adopt %s --csv`\n", name)
	case sum.Open() > 0:
		fmt.Fprintf(a.err, "skubridge: hint: `skubridge adopt %s --csv > review.csv`, say yes or no in its column adopt, then `skubridge adopt %s --confirm review.csv`\n", name, name)
	case sum.Adopted > 0 && !f.dryRun:
		fmt.Fprintf(a.err, "skubridge: hint: `skubridge plan %s` shows what the next sync sends\n", name)
	}
}

func (a *app) adoptAccount(ctx context.Context, name string) error {
	wired, s, err := a.wireOne(a.logger(), name)
	if err != nil {
		return err
	}
	changed, err := a.confirmAccount(ctx, wired, s)
	if err != nil {
		return fmt.Errorf("confirm the account of %s: %w", name, err)
	}
	if !changed {
		fmt.Fprintf(a.err, "nothing to confirm: %s goes to the account that it always went to\n", name)
		return nil
	}
	fmt.Fprintf(a.err, "confirmed: the next `skubridge sync %s` begins with a first load at the new account\n", name)
	return nil
}

// confirmAccount reports whether there was another account to confirm. A daemon that holds
// the state does it there, by the configuration that it runs by.
func (a *app) confirmAccount(ctx context.Context, wired *daemon.App, s *engine.Sync) (changed bool, err error) {
	store, err := open(ctx, wired.Config, "adopt")
	if err == nil {
		defer store.Close()
		return engine.New(store, engine.Config{}, a.logger()).ConfirmAccount(ctx, s)
	}
	r, err := remoteOf(wired.Config, err)
	if err != nil {
		return false, err
	}
	if changed, err = r.confirmAccount(ctx, s); err != nil || changed {
		return changed, err
	}
	if store, ok, err := openReading(ctx, wired.Config); err == nil && ok {
		defer store.Close()
		if _, err := engine.CheckAccount(ctx, store, s); err != nil {
			return false, hinted{
				errors.New("the daemon runs by a configuration that names the old account"), "have it read this one, by SIGHUP or a restart, and confirm then",
			}
		}
	}
	return false, nil
}
