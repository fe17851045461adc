package admin

import (
	"context"
	"iter"
	"net/http"
	"strconv"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/state"
)

// page shapes rows; full says that there may be more behind the last one.
func page[S, T any](r *http.Request, rows []S, limit int, shape func(S) T, place func(S) state.Place) answer {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = shape(row)
	}
	if len(rows) < limit {
		return answer{body: out}
	}
	return answer{body: out, header: next(r, place(rows[len(rows)-1]))}
}

func (a *api) listings(r *http.Request) (answer, error) {
	q := parseQuery(r, "sync", "destination", "sku", "prefix", "status", "limit", "after")
	f := state.Filter{Sync: q.text("sync"), Destination: q.text("destination"), SKU: q.text("sku"), Prefix: q.text("prefix")}
	f.Status = q.word("status", string(catalog.ListingActive), string(catalog.ListingArchived), string(catalog.ListingAbsent))
	after, limit := q.page()
	if q.err != nil {
		return answer{}, q.err
	}
	rows, err := a.Store.ListingsPage(r.Context(), f, after, limit)
	return page(r, rows, limit, view.OfListing, func(l catalog.Listing) state.Place {
		return state.Place{Sync: l.Sync, Destination: l.Destination, Key: l.Key}
	}), err
}

func (a *api) eligibility(r *http.Request) (answer, error) {
	q := parseQuery(r, "sync", "destination", "sku", "prefix", "verdict", "as_of", "limit", "after")
	f := state.Filter{
		Sync: q.text("sync"), Destination: q.text("destination"), SKU: q.text("sku"), Prefix: q.text("prefix"),
		Status: q.text("verdict"), AsOf: q.day("as_of"),
	}
	after, limit := q.page()
	if q.err != nil {
		return answer{}, q.err
	}
	rows, err := a.Store.VerdictsPage(r.Context(), f, after, limit)
	return page(r, rows, limit, view.OfVerdict, func(e catalog.Eligibility) state.Place {
		return state.Place{Destination: e.Destination, Key: e.Key}
	}), err
}

// eligible is what a storefront wants to know of one SKU.
type eligible struct {
	SKU         string         `json:"sku"`
	Eligibility []view.Verdict `json:"eligibility"`
}

// How long, in seconds, a storefront may go by what it was told.
const (
	freshWhileOpen = "30"
	freshWhenFinal = "300"
)

func (a *api) eligibilityOf(r *http.Request) (answer, error) {
	q := parseQuery(r, "destination")
	if q.err != nil {
		return answer{}, q.err
	}
	sku := r.PathValue("sku")
	f := state.Filter{SKU: sku, Destination: q.text("destination")}
	rows, err := a.Store.VerdictsPage(r.Context(), f, state.Place{}, pageMost)
	if err != nil {
		return answer{}, err
	}
	if len(rows) == 0 {
		listed, err := a.Store.ListingsPage(r.Context(), f, state.Place{}, 1)
		if err != nil {
			return answer{}, err
		}
		if len(listed) == 0 {
			return answer{}, web.Problem{Status: http.StatusNotFound, Detail: "no destination lists the SKU " + strconv.Quote(sku), Hint: "SKUs are case-sensitive; percent-encode what is special in them"}
		}
	}
	fresh, out := freshWhenFinal, eligible{SKU: sku, Eligibility: []view.Verdict{}}
	if len(rows) == 0 {
		fresh = freshWhileOpen
	}
	for _, e := range rows {
		out.Eligibility = append(out.Eligibility, view.OfVerdict(e))
		if !e.Final {
			fresh = freshWhileOpen
		}
	}
	return answer{body: out, header: map[string]string{"Cache-Control": "private, max-age=" + fresh}}, nil
}

func (a *api) history(r *http.Request) (answer, error) {
	q := parseQuery(r, "destination")
	if q.err != nil {
		return answer{}, q.err
	}
	rows, err := a.Store.VerdictsOf(r.Context(), q.text("destination"), r.PathValue("sku"))
	out := make([]view.Verdict, len(rows))
	for i, e := range rows {
		out[i] = view.OfVerdict(e)
	}
	return answer{body: out}, err
}

func problemFilter(q *query) state.Filter {
	kind := q.word("kind", string(catalog.Quarantined), string(catalog.Rejected))
	return state.Filter{Sync: q.text("sync"), Source: q.text("source"), SKU: q.text("sku"), Prefix: q.text("prefix"), Kind: catalog.ProblemKind(kind)}
}

func (a *api) problems(r *http.Request) (answer, error) {
	q := parseQuery(r, "sync", "source", "sku", "prefix", "kind", "limit", "after")
	f := problemFilter(q)
	after, limit := q.page()
	if q.err != nil {
		return answer{}, q.err
	}
	var rows []state.ProblemRow
	for p, err := range a.eachProblem(r.Context(), f, after) {
		if err != nil {
			return answer{}, err
		}
		if rows = append(rows, p); len(rows) == limit {
			break
		}
	}
	return page(r, rows, limit,
		func(p state.ProblemRow) view.Problem { return view.OfProblem(p.Problem) },
		func(p state.ProblemRow) state.Place { return p.Place }), nil
}

// eachProblem yields the problems behind a place, each with its place in a source.
func (a *api) eachProblem(ctx context.Context, f state.Filter, after state.Place) iter.Seq2[state.ProblemRow, error] {
	return func(yield func(state.ProblemRow, error) bool) {
		for {
			rows, err := a.Store.ProblemsPage(ctx, f, after, pageMost)
			if err != nil {
				yield(state.ProblemRow{}, err)
				return
			}
			for _, p := range rows {
				err := view.Locate(ctx, a.Store, &p.Problem)
				if err == nil && f.Source != "" && p.Source != f.Source {
					continue // whose a refused product is, is known once it was looked up
				}
				if !yield(p, err) || err != nil {
					return
				}
			}
			if len(rows) < pageMost {
				return
			}
			after = rows[len(rows)-1].Place
		}
	}
}

func (a *api) causes(r *http.Request) (answer, error) {
	q := parseQuery(r, "sync", "source", "sku", "prefix", "kind")
	f := problemFilter(q)
	if q.err != nil {
		return answer{}, q.err
	}
	out := []view.Cause{}
	shown := func(yield func(view.Problem, error) bool) {
		for p, err := range a.eachProblem(r.Context(), f, state.Place{}) {
			if !yield(view.OfProblem(p.Problem), err) {
				return
			}
		}
	}
	for c, err := range view.Causes(shown) {
		if err != nil {
			return answer{}, err
		}
		out = append(out, c)
	}
	return answer{body: out}, nil
}

func (a *api) runs(r *http.Request) (answer, error) {
	q := parseQuery(r, "sync", "status", "limit", "after")
	f := state.Filter{Sync: q.text("sync")}
	var words []string
	for _, s := range state.RunStatuses {
		words = append(words, string(s))
	}
	f.Status = q.word("status", words...)
	after, limit := q.page()
	if q.err != nil {
		return answer{}, q.err
	}
	rows, err := a.Store.RunsPage(r.Context(), f, after, limit)
	return page(r, rows, limit, a.showRun, func(run state.Run) state.Place { return state.Place{ID: run.ID} }), err
}

func (a *api) run(r *http.Request) (answer, error) {
	if q := parseQuery(r); q.err != nil {
		return answer{}, q.err
	}
	id, err := strconv.ParseInt(r.PathValue("run"), 10, 64)
	if err != nil {
		return answer{}, bad("a run is named by its number", Base+"/runs lists them")
	}
	run, ok, err := a.Store.Run(r.Context(), id)
	if err == nil && !ok {
		err = web.Problem{Status: http.StatusNotFound, Detail: "there is no run " + r.PathValue("run"), Hint: Base + "/runs lists them; old ones are pruned"}
	}
	return answer{body: a.showRun(run)}, err
}

// showRun shows a run, with how far it is while it goes on.
func (a *api) showRun(run state.Run) view.Run {
	row := view.OfRun(run)
	if run.Status != state.RunRunning {
		return row
	}
	if s, err := a.Runner.Status(run.Sync); err == nil && s.Current != nil {
		if at := s.Current.Standing(); at.Run == run.ID && at.Phase == runner.Running {
			row.Progress = view.OfStart(s.Current).Progress
		}
	}
	return row
}
