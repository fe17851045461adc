package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

// matchBatch is how many records' matches are stored in one transaction.
const matchBatch = 500

// matchRecords works out what the records that changed are joined by, where that is not
// their key. It costs what changed: a record touches the product that it joins, and
// the one that it joined before.
func (r *run) matchRecords(ctx context.Context) error {
	m := r.sync.Match
	if m == nil {
		return nil
	}
	name := r.sync.Name
	st, err := r.store.MatchState(ctx, name)
	if err != nil {
		return err
	}
	revision, err := r.store.Revision(ctx)
	if err != nil {
		return err
	}
	if st.Fingerprint != m.Fingerprint() {
		st = state.MatchState{Fingerprint: m.Fingerprint()}
		if err := r.store.BeginMatches(ctx, name, st.Fingerprint); err != nil {
			return err
		}
	}
	if st.Revision == revision {
		return nil
	}
	for _, src := range r.sync.Sources {
		if err := r.matchSource(ctx, src.Name, st.Revision); err != nil {
			return err
		}
	}
	st.Revision = revision
	return r.store.EndMatches(ctx, name, st)
}

func (r *run) matchSource(ctx context.Context, source string, after int64) error {
	introducing := r.sync.Introducing()[0]
	batch := make([]state.Match, 0, matchBatch)
	for rec, err := range r.store.RecordsAfter(ctx, source, after) {
		if err != nil {
			return err
		}
		batch = append(batch, state.Match{Source: source, Key: rec.Key, Product: rec.ProductKey(), Value: r.sync.Match.Value(rec)})
		if len(batch) == matchBatch {
			if err := r.store.PutMatches(ctx, r.sync.Name, introducing, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return r.store.PutMatches(ctx, r.sync.Name, introducing, batch)
}

// Introducing are the sources that bring products in.
func (s *Sync) Introducing() []string {
	if s.Merge.Introduce != nil {
		return s.Merge.Introduce
	}
	return s.sourceNames()
}

// ambiguous are faults of a product's variants that cannot be joined. What is listed
// stays as it is: half of a product is no wish.
func ambiguous(c *state.Case, key string) (faults []catalog.Fault) {
	for _, a := range c.Ambiguous {
		if a.Key != key && c.Product != key {
			continue
		}
		f := catalog.Fault{Field: "sku", Value: a.Key}
		if len(a.Twins) > 1 {
			f.Reason = fmt.Sprintf("%s are joined by the same value, and %s of %s belongs to one of them", strings.Join(a.Twins, ", "), strings.Join(a.Others, ", "), a.Source)
			f.Remedy = "give each of them a value of its own in the source, or join by something else (match:)"
		} else {
			f.Reason = fmt.Sprintf("%s of %s all join %s", strings.Join(a.Others, ", "), a.Source, a.Key)
			f.Remedy = "leave one of them in the source, or join by something else (match:)"
		}
		faults = append(faults, f)
	}
	return faults
}

// parentOrder are the sources in the order in which their word on a SKU's product
// counts.
func (s *Sync) parentOrder() []string {
	names := s.sourceNames()
	preferred := s.Merge.Prefer["parent"]
	place := func(name string) int {
		if i := slices.Index(preferred, name); i >= 0 {
			return i
		}
		return len(preferred)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	return names
}

// twoParents is the fault of a variant that two sources put under different products,
// unless the catalog says whose word counts (prefer: parent).
func twoParents(c *state.Case, key string, preferred []string) (catalog.Fault, bool) {
	if len(preferred) > 0 {
		return catalog.Fault{}, false
	}
	var first *catalog.Recorded
	for i := range c.Records {
		r := &c.Records[i]
		switch {
		case r.Key != key || r.OwnKey != "" || r.Parent == "" || r.Missing != nil:
		case first == nil:
			first = r
		case r.Parent != first.Parent:
			return catalog.Fault{
				Field: "parent", Value: r.Parent,
				Reason: fmt.Sprintf("%s puts it under %s, %s under %s", first.Source, first.Parent, r.Source, r.Parent),
				Remedy: "mend it in one of them, or say whose word counts: prefer: { parent: [" + first.Source + "] }",
			}, true
		}
	}
	return catalog.Fault{}, false
}

// StaleSource is a source that could not be read. Its last complete read stays in
// force.
type StaleSource struct {
	Source string `json:"source"`
	Error  string `json:"error"`
	// Hint is what to do about it, where that is known.
	Hint string `json:"hint,omitempty"`
	// Since is when it was last read completely, and Hours how long ago that is.
	Since string  `json:"since"`
	Hours float64 `json:"hours"`
}

// readFailed lets a run go on without an optional source that was read before. The
// error of any other says what stays in force.
func (r *run) readFailed(ctx context.Context, source string, cause error) error {
	st, known, err := r.store.SourceState(context.WithoutCancel(ctx), source)
	if err != nil {
		return errors.Join(cause, err)
	}
	if ctx.Err() != nil || !known || st.ReadAt.IsZero() {
		return cause
	}
	ago := r.now().Sub(st.ReadAt)
	if !slices.Contains(r.sync.Optional, source) {
		return fmt.Errorf("%w; what was read completely on %s stays in force", cause, minute(st.ReadAt))
	}
	stale := StaleSource{Source: source, Error: cause.Error(), Since: st.ReadAt.UTC().Format("2006-01-02 15:04"), Hours: ago.Hours()}
	if advice, ok := errors.AsType[interface {
		error
		Hint() string
	}](cause); ok {
		stale.Hint = advice.Hint()
	}
	r.report.Stale = append(r.report.Stale, stale)
	r.log.Warn().Str(logkey.Source, source).Err(cause).Str("since", stale.Since).Msg("source not read: its last complete read stays in force")
	return nil
}
