package pages

import (
	"net/http"
	"strconv"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
)

// syncPage is one sync: how it stands, its runs and how they went.
type syncPage struct {
	card
	Schedule string
	Timezone string
	Runs     []view.Run
	Charts   []chart
	// Decisions are what people decided on held plans, the last one first.
	Decisions []state.Decision
}

// decisionsShown is how many decisions the page of a sync lists.
const decisionsShown = 10

// runsShown is how many runs the page of a sync lists.
const runsShown = 15

func (p *pages) sync(r *request) error {
	name, err := r.known()
	if err != nil {
		return err
	}
	page := syncPage{Schedule: p.Config.Config.Syncs[name].Schedule, Timezone: p.Config.Config.Syncs[name].Timezone}
	if page.card, err = p.card(r.ctx(), name); err != nil {
		return err
	}
	runs, err := p.Store.RunsPage(r.ctx(), state.Filter{Sync: name}, state.Place{}, chartRuns)
	if err != nil {
		return err
	}
	for _, run := range runs[:min(len(runs), runsShown)] {
		page.Runs = append(page.Runs, view.OfRun(run))
	}
	if page.Charts, err = p.backlogChart(r.ctx(), page.Destination); err != nil {
		return err
	}
	page.Charts = append(runCharts(runs), page.Charts...)
	for d, err := range p.Store.Decisions(r.ctx(), name, decisionsShown) {
		if err != nil {
			return err
		}
		page.Decisions = append(page.Decisions, d)
	}
	r.render(http.StatusOK, "sync", name, page)
	return nil
}

// planPage is what a sync holds until somebody decides.
type planPage struct {
	view.Held
	Rows []planRow
	// Next is the address of what follows, "" at the end.
	Next string
	From int
}

// planRow is one change with its differences.
type planRow struct {
	catalog.Change
	Fields []difference
}

// difference is one field before and after.
type difference struct{ Field, Old, New string }

// planShown is how many changes a page shows.
const planShown = 100

func (p *pages) plan(r *request) error {
	name, err := r.known()
	if err != nil {
		return err
	}
	page := planPage{Held: view.NewHeld(name)}
	if err := page.Fill(r.ctx(), p.Store, p.Config.Config, false); err != nil {
		return err
	}
	page.From, _ = strconv.Atoi(r.FormValue("from")) // what is no number begins at the start
	page.From = min(max(page.From, 0), len(page.Changes))
	shown := page.Changes[page.From:min(page.From+planShown, len(page.Changes))]
	for _, c := range shown {
		page.Rows = append(page.Rows, planRow{c, differences(c.Fields)})
	}
	if end := page.From + len(shown); end < len(page.Changes) {
		page.Next = "/syncs/" + name + "/plan?from=" + strconv.Itoa(end)
	}
	r.render(http.StatusOK, "plan", "Held plan of "+name, page)
	return nil
}

func differences(fields []catalog.FieldChange) (out []difference) {
	for _, f := range fields {
		out = append(out, difference{f.Field, value(f.Old), value(f.New)})
	}
	return out
}
