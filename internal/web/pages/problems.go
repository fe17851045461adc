package pages

import (
	"encoding/csv"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
)

// problemsPage is the work list: by cause, or one by one.
type problemsPage struct {
	Sync, Source, Kind, Query, By string
	Syncs                         []string
	Causes                        []causeRow
	More                          int // causes that are not shown
	Problems                      []view.Problem
	Next                          string
	CSV                           string
}

// causeRow is one cause with the address of its problems.
type causeRow struct {
	view.Cause
	Link string
}

// causesShown is how many causes a page shows.
const causesShown = 100

func (p *pages) problems(r *request) error {
	page := problemsPage{
		Sync: r.FormValue("sync"), Source: r.FormValue("source"), Kind: r.FormValue("kind"), Query: strings.TrimSpace(r.FormValue("q")),
		By: r.FormValue("by"), Syncs: view.SyncNames(p.Config.Config),
	}
	page.CSV = "/problems.csv?" + url.Values{"sync": {page.Sync}, "kind": {page.Kind}}.Encode()
	var err error
	if page.By == "product" || page.Query != "" {
		page.By = "product"
		err = p.listProblems(r, &page)
	} else {
		page.By = "cause"
		err = p.listCauses(r, &page)
	}
	if err != nil {
		return err
	}
	r.render(http.StatusOK, "problems", "Problems", page)
	return nil
}

func (p *pages) listProblems(r *request, page *problemsPage) error {
	filter := state.Filter{Sync: page.Sync, Kind: catalog.ProblemKind(page.Kind), Prefix: page.Query}
	rows, err := p.Store.ProblemsPage(r.ctx(), filter, problemPlace(r.FormValue("after")), perPage+1)
	if err != nil {
		return err
	}
	for _, row := range rows[:min(len(rows), perPage)] {
		page.Problems = append(page.Problems, view.OfProblem(row.Problem))
	}
	if len(rows) > perPage {
		at := rows[perPage-1].Place
		page.Next = "/problems?" + url.Values{
			"by": {"product"}, "sync": {page.Sync}, "kind": {page.Kind}, "q": {page.Query},
			"after": {markProblem(at)},
		}.Encode()
	}
	return nil
}

func markProblem(at state.Place) string {
	return markPlace(at.Sync, at.Key, at.Field, strconv.Itoa(at.Line), strconv.FormatInt(at.ID, 10))
}

func problemPlace(mark string) (at state.Place) {
	parts := strings.Split(mark, "\t")
	if len(parts) != 5 {
		return at
	}
	at.Sync, at.Key, at.Field = parts[0], parts[1], parts[2]
	at.Line, _ = strconv.Atoi(parts[3])
	at.ID, _ = strconv.ParseInt(parts[4], 10, 64)
	return at
}

func (p *pages) listCauses(r *request, page *problemsPage) error {
	for c, err := range view.Causes(p.open(r, page.Sync, page.Kind)) {
		if err != nil {
			return err
		}
		if len(page.Causes) == causesShown {
			page.More++
			continue
		}
		link := "/problems?" + url.Values{"by": {"product"}, "sync": {c.Sync}, "kind": {c.Kind}}.Encode()
		page.Causes = append(page.Causes, causeRow{c, link})
	}
	return nil
}

// open yields the open problems of a sync, or of all and of reading.
func (p *pages) open(r *request, sync, kind string) iter.Seq2[view.Problem, error] {
	return func(yield func(view.Problem, error) bool) {
		for problem, err := range p.Store.Problems(r.ctx(), state.Filter{Sync: sync, Kind: catalog.ProblemKind(kind)}) {
			if !yield(view.OfProblem(problem), err) || err != nil {
				return
			}
		}
	}
}

// problemsCSV is the work list as a file, for the person who fixes the source.
func (p *pages) problemsCSV(r *request) error {
	r.file("problems.csv")
	w := csv.NewWriter(r.ResponseWriter)
	_ = w.Write([]string{"sync", "source", "sku", "kind", "field", "value", "message", "remedy", "file", "line", "first_seen", "last_seen", "count"})
	for problem, err := range view.Placed(r.ctx(), p.Store, state.Filter{Sync: r.FormValue("sync"), Kind: catalog.ProblemKind(r.FormValue("kind"))}) {
		if err != nil {
			panic(http.ErrAbortHandler) // the file is cut, and the browser says so
		}
		o := view.OfProblem(problem)
		line := ""
		if o.Line > 0 {
			line = strconv.Itoa(o.Line)
		}
		if w.Write(view.Cells(
			o.Sync, o.Source, o.SKU, o.Kind, o.Field, o.Value, o.Message, o.Remedy, o.File, line, o.FirstSeen, o.LastSeen, strconv.Itoa(o.Count),
		)) != nil {
			return nil // the reader is gone
		}
	}
	w.Flush()
	return nil
}

// file says that what follows is to be kept as a file.
func (r *request) file(name string) {
	r.Header().Set("Content-Type", "text/csv; charset=utf-8")
	r.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}
