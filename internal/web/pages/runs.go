package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// perPage is how many rows a list shows at a time.
const perPage = 50

// runsPage is the list of runs, the newest first.
type runsPage struct {
	Sync, Status string
	Syncs        []string
	Statuses     []state.RunStatus
	Runs         []view.Run
	Next         string
}

func (p *pages) runs(r *request) error {
	page := runsPage{
		Sync: r.FormValue("sync"), Status: r.FormValue("status"),
		Syncs: view.SyncNames(p.Config.Config), Statuses: state.RunStatuses,
	}
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // what is no number begins at the start
	runs, err := p.Store.RunsPage(r.ctx(), state.Filter{Sync: page.Sync, Status: page.Status}, state.Place{ID: before}, perPage+1)
	if err != nil {
		return err
	}
	for _, run := range runs[:min(len(runs), perPage)] {
		page.Runs = append(page.Runs, view.OfRun(run))
	}
	if len(runs) > perPage {
		page.Next = "/runs?" + url.Values{
			"sync": {page.Sync}, "status": {page.Status}, "before": {strconv.FormatInt(runs[perPage-1].ID, 10)},
		}.Encode()
	}
	r.render(http.StatusOK, "runs", "Runs", page)
	return nil
}

// runPage is one run: what it counted, what it changed.
type runPage struct {
	view.Run
	Report  *engine.Report
	Lasted  string
	Counts  []count
	Classes []share // requests by what came of them
	// Problems are some of those that the run met; Further says that there may be more.
	Problems []view.Problem
	Further  bool
	Changes  []changeRow
	Next     string
	// Live is set while the run goes on: the page then shows its progress.
	Live string
	Done int
}

// count is one number of a report.
type count struct {
	Word  string
	Count int
}

// changeRow is one change that was accepted in a run.
type changeRow struct {
	state.RunChange
	Fields []difference
}

func (p *pages) run(r *request) error {
	id, err := strconv.ParseInt(r.PathValue("run"), 10, 64)
	if err != nil {
		return errNotFound
	}
	run, ok, err := p.Store.Run(r.ctx(), id)
	if err != nil {
		return err
	}
	if !ok {
		return errNotFound
	}
	page := runPage{Run: view.OfRun(run)}
	p.follow(&page, run)
	if err := p.changes(r, &page); err != nil {
		return err
	}
	if err := p.met(r, &page, run); err != nil {
		return err
	}
	r.render(http.StatusOK, "run", "Run "+strconv.FormatInt(id, 10)+" of "+run.Sync, page)
	return nil
}

// follow fills in the report of a run that is over, and the progress of one that is
// not.
func (p *pages) follow(page *runPage, run state.Run) {
	ended := run.Ended
	if run.Status == state.RunRunning {
		ended = p.Now()
		if status, err := p.Runner.Status(run.Sync); err == nil {
			c := card{}
			c.running(status)
			page.Live, page.Done = c.Running, c.Done
		}
	}
	page.Lasted = lasted(ended.Sub(run.Started).Round(time.Millisecond))
	var report engine.Report
	if json.Unmarshal(run.Report, &report) == nil {
		page.Report, page.Counts = &report, countsOf(report)
	}
}

// problemsMet is how many problems the page of a run lists.
const problemsMet = 20

// met reads what came of the run's requests, and the problems it met that are open.
func (p *pages) met(r *request, page *runPage, run state.Run) error {
	ended := run.Ended
	if ended.IsZero() {
		ended = p.Now()
	}
	classes, err := p.Store.CountAttempts(r.ctx(), run.Sync, run.Started, ended)
	if err != nil {
		return err
	}
	if page.Report != nil {
		accepted := int(page.Report.Requests)
		for _, n := range classes {
			accepted -= n
		}
		if accepted > 0 {
			classes["accepted"] = accepted
		}
	}
	page.Classes = sharesOf(classes)
	// The list is by SKU, so what an earlier run met stands among them.
	problems, err := p.Store.ProblemsPage(r.ctx(), state.Filter{Sync: run.Sync}, state.Place{}, 10*problemsMet)
	if err != nil {
		return err
	}
	page.Further = len(problems) == 10*problemsMet
	for _, o := range problems {
		if o.Last.Before(run.Started) || o.First.After(ended) {
			continue
		}
		if len(page.Problems) == problemsMet {
			page.Further = true
			break
		}
		page.Problems = append(page.Problems, view.OfProblem(o.Problem))
	}
	return nil
}

// countsOf are the numbers of a report, in the order of their importance; those that
// are nothing are left out, but for what was read.
func countsOf(r engine.Report) (out []count) {
	out = []count{{"records read", int(r.Read)}, {"of them changed", int(r.Changed)}}
	for _, c := range []count{
		{"created", r.Created},
		{"adopted", r.Adopted},
		{"updated", r.Updated},
		{"replaced", r.Replaced},
		{"archived", r.Archived},
		{"restored", r.Restored},
		{"held", r.Held},
		{"rejected", r.Rejected},
		{"quarantined", r.Quarantined},
		{"pending", r.Pending},
		{"unchanged", r.Unchanged},
		{"skipped", r.Skipped},
		{"requests", int(r.Requests)},
		{"of them repeated", int(r.Retries)},
	} {
		if c.Count > 0 {
			out = append(out, c)
		}
	}
	return out
}

// changes reads a page of what the run changed.
func (p *pages) changes(r *request, page *runPage) error {
	op, id, _ := strings.Cut(r.FormValue("after"), " ")
	after, _ := strconv.ParseInt(id, 10, 64) // what is no number begins at the start
	changes, err := p.Store.RunChanges(r.ctx(), page.Run.Run, catalog.Op(op), after, perPage+1)
	if err != nil {
		return err
	}
	for _, c := range changes[:min(len(changes), perPage)] {
		page.Changes = append(page.Changes, changeRow{c, differences(c.Fields)})
	}
	if len(changes) > perPage {
		last := changes[perPage-1]
		page.Next = fmt.Sprintf("/runs/%d?%s", page.Run.Run, url.Values{"after": {fmt.Sprintf("%s %d", last.Op, last.Intent)}}.Encode())
	}
	return nil
}

// word is an operation for people.
var words = map[catalog.Op]string{
	catalog.OpCreate: "created", catalog.OpAdopt: "adopted", catalog.OpUpdate: "updated",
	catalog.OpReplace: "replaced", catalog.OpArchive: "archived", catalog.OpRestore: "restored",
}

// Word says what was done.
func (c changeRow) Word() string { return words[c.Op] }
