package pages

import (
	"cmp"
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// productsPage is the list of what is listed, by SKU.
type productsPage struct {
	Query, Sync, Status string
	// Verdict shows those with a verdict, Problem those with an open problem of a kind.
	Verdict, Problem string
	Syncs            []string
	Statuses         []string
	Verdicts         []string
	Rows             []productRow
	Next             string
	// Exact says that a source or an API knows exactly this SKU.
	Exact bool
}

// productRow is one line of the list; of a product that no API has yet there is its
// problem only.
type productRow struct {
	view.Listing
	Listed bool
}

func (p *pages) products(r *request) error {
	page := productsPage{
		Query: strings.TrimSpace(r.FormValue("q")), Sync: r.FormValue("sync"), Status: r.FormValue("status"),
		Verdict: r.FormValue("verdict"), Problem: r.FormValue("problem"),
		Syncs:    view.SyncNames(p.Config.Config),
		Statuses: []string{string(catalog.ListingActive), string(catalog.ListingArchived), string(catalog.ListingAbsent)},
	}
	find := p.byListing
	switch {
	case page.Problem != "":
		find = p.byProblem
	case page.Verdict != "":
		find = p.byVerdict
	}
	next, err := find(r, &page)
	if err == nil && page.Query != "" {
		page.Exact, err = p.isRecord(r.ctx(), page.Query)
	}
	if err == nil {
		page.Verdicts, err = p.verdictWords(r.ctx())
	}
	if err != nil {
		return err
	}
	if next != "" {
		page.Next = "/products?" + url.Values{
			"q": {page.Query}, "sync": {page.Sync}, "status": {page.Status}, "verdict": {page.Verdict}, "problem": {page.Problem}, "after": {next},
		}.Encode()
	}
	r.render(http.StatusOK, "products", "Products", page)
	return nil
}

func (p *pages) byListing(r *request, page *productsPage) (next string, err error) {
	filter := state.Filter{Prefix: page.Query, Sync: page.Sync, Status: page.Status}
	listings, err := p.Store.ListingsPage(r.ctx(), filter, placeOf(r.FormValue("after")), perPage+1)
	for _, l := range listings[:min(len(listings), perPage)] {
		page.Rows = append(page.Rows, productRow{view.OfListing(l), true})
	}
	if len(listings) > perPage {
		last := listings[perPage-1]
		next = markPlace(last.Sync, last.Destination, last.Key)
	}
	return next, err
}

func (p *pages) byVerdict(r *request, page *productsPage) (next string, err error) {
	filter := state.Filter{Prefix: page.Query, Sync: page.Sync, Status: page.Verdict}
	verdicts, err := p.Store.VerdictsPage(r.ctx(), filter, placeOf(r.FormValue("after")), perPage+1)
	for _, v := range verdicts[:min(len(verdicts), perPage)] {
		if err = p.addRow(r.ctx(), page, v.Destination, v.Key); err != nil {
			return "", err
		}
	}
	if len(verdicts) > perPage {
		last := verdicts[perPage-1]
		next = markPlace("", last.Destination, last.Key)
	}
	return next, err
}

func (p *pages) byProblem(r *request, page *productsPage) (next string, err error) {
	filter := state.Filter{Prefix: page.Query, Sync: page.Sync, Kind: catalog.ProblemKind(page.Problem)}
	problems, err := p.Store.ProblemsPage(r.ctx(), filter, problemPlace(r.FormValue("after")), perPage+1)
	for i, o := range problems[:min(len(problems), perPage)] {
		if o.SKU == "" || i > 0 && problems[i-1].SKU == o.SKU && problems[i-1].Sync == o.Sync {
			continue // several of one product
		}
		if err = p.addRow(r.ctx(), page, p.Config.Config.Syncs[o.Sync].To, o.SKU); err != nil {
			return "", err
		}
	}
	if len(problems) > perPage {
		next = markProblem(problems[perPage-1].Place)
	}
	return next, err
}

// addRow adds a product, if it is as the page's other filters want it.
func (p *pages) addRow(ctx context.Context, page *productsPage, destination, key string) error {
	l, listed, err := p.Store.Listing(ctx, destination, key)
	if err != nil || page.Status != "" && page.Status != string(l.Status) {
		return err
	}
	if page.Problem != "" && page.Verdict != "" && (l.Verdict == nil || l.Verdict.Value != page.Verdict) {
		return nil
	}
	row := productRow{view.OfListing(l), listed}
	row.SKU = key
	page.Rows = append(page.Rows, row)
	return nil
}

// verdictWords are the verdicts that any listing has.
func (p *pages) verdictWords(ctx context.Context) (words []string, err error) {
	for _, name := range sortedNames(p.Config.Config.Destinations) {
		shares, err := p.verdicts.of(ctx, p, name)
		if err != nil {
			return nil, err
		}
		for _, s := range shares {
			if s.Word != undecided {
				words = append(words, s.Word)
			}
		}
	}
	slices.Sort(words)
	return slices.Compact(words), nil
}

// isRecord reports whether any source has a record of the SKU.
func (p *pages) isRecord(ctx context.Context, sku string) (bool, error) {
	for _, err := range p.Store.Records(ctx, state.Filter{SKU: sku, Limit: 1}) {
		return err == nil, err
	}
	return false, nil
}

// markPlace writes where a page ended, for its address; placeOf reads it.
func markPlace(parts ...string) string { return strings.Join(parts, "\t") }

func placeOf(mark string) state.Place {
	parts := append(strings.SplitN(mark, "\t", 3), "", "", "")
	return state.Place{Sync: parts[0], Destination: parts[1], Key: parts[2]}
}

// productPage is one product's whole story.
type productPage struct {
	*view.Story
	Name  string
	Syncs []productSync
}

// productSync is one sync's side of it.
type productSync struct {
	view.StorySync
	Fields  []fieldRow
	Next    string
	Changes []planRow
}

// fieldRow is one field as the catalog joins it: who it comes from, what is sent and
// what the API last accepted.
type fieldRow struct{ Field, Value, Source string }

func (p *pages) product(r *request) error {
	sku := r.PathValue("sku")
	syncs := make([]*engine.Sync, 0, len(p.Syncs))
	for _, name := range view.SyncNames(p.Config.Config) {
		if s, ok := p.Syncs[name]; ok {
			syncs = append(syncs, s)
		}
	}
	story, err := view.Tell(r.ctx(), p.Store, syncs, sku, p.Now())
	if err != nil {
		return err
	}
	if !story.Known() && len(story.Records) == 0 {
		return &said{
			http.StatusNotFound, "No source and no API knows this SKU",
			"Neither the last complete reads nor any listing has " + ellipsis(sku, 200) + ". SKUs are told apart letter by letter, capitals and leading zeros included.",
		}
	}
	page := productPage{Story: story}
	for _, s := range story.Syncs {
		if s.Merged != nil && page.Name == "" {
			page.Name = strings.TrimSpace(s.Merged.Product.Name + " " + s.Merged.Variant.Name)
		}
		one := productSync{StorySync: s, Fields: fieldRows(s), Next: s.Next}
		for _, c := range s.Changes {
			one.Changes = append(one.Changes, planRow{c, differences(c.Fields)})
		}
		page.Syncs = append(page.Syncs, one)
	}
	r.render(http.StatusOK, "product", sku, page)
	return nil
}

// fieldRows are the joined fields of a product with where they come from.
func fieldRows(s view.StorySync) (rows []fieldRow) {
	if s.Merged == nil {
		return nil
	}
	for prefix, fields := range map[string]catalog.Fields{"product.": s.Merged.Product, "variant.": s.Merged.Variant} {
		for name, text := range flat(fields) {
			rows = append(rows, fieldRow{prefix + name, text, s.Origins[prefix+name]})
		}
	}
	slices.SortFunc(rows, func(a, b fieldRow) int { return cmp.Compare(a.Field, b.Field) })
	return rows
}

// eligibilityPage is the verdicts: how many of each, over time, and on which SKUs.
type eligibilityPage struct {
	Destination, Verdict, Query string
	Destinations                []string
	Shares                      map[string][]share
	Charts                      []chart
	Verdicts                    []view.Verdict
	Next                        string
}

func (p *pages) eligibility(r *request) error {
	page := eligibilityPage{
		Destination: r.FormValue("destination"), Verdict: r.FormValue("verdict"), Query: strings.TrimSpace(r.FormValue("q")),
		Shares: map[string][]share{},
	}
	for name := range p.Config.Config.Destinations {
		shares, err := p.verdicts.of(r.ctx(), p, name)
		if err != nil {
			return err
		}
		if len(shares) > 0 {
			page.Shares[name] = shares
			page.Destinations = append(page.Destinations, name)
		}
	}
	slices.Sort(page.Destinations)
	filter := state.Filter{Destination: page.Destination, Status: page.Verdict, Prefix: page.Query}
	verdicts, err := p.Store.VerdictsPage(r.ctx(), filter, placeOf(r.FormValue("after")), perPage+1)
	if err != nil {
		return err
	}
	for _, v := range verdicts[:min(len(verdicts), perPage)] {
		page.Verdicts = append(page.Verdicts, view.OfVerdict(v))
	}
	if len(verdicts) > perPage {
		last := verdicts[perPage-1]
		page.Next = "/eligibility?" + url.Values{
			"destination": {page.Destination}, "verdict": {page.Verdict}, "q": {page.Query},
			"after": {markPlace("", last.Destination, last.Key)},
		}.Encode()
	}
	if page.Charts, err = p.verdictCharts(r.ctx()); err != nil {
		return err
	}
	r.render(http.StatusOK, "eligibility", "Eligibility", page)
	return nil
}

// eligibilityCSV is all verdicts as a file.
func (p *pages) eligibilityCSV(r *request) error {
	r.file("eligibility.csv")
	w := csv.NewWriter(r.ResponseWriter)
	_ = w.Write([]string{"destination", "sku", "remote_id", "eligibility", "final", "source", "mode", "at"})
	for e, err := range p.Store.Eligibility(r.ctx(), state.Filter{Destination: r.FormValue("destination"), Status: r.FormValue("verdict")}) {
		if err != nil {
			panic(http.ErrAbortHandler) // the file is cut, and the browser says so
		}
		v := view.OfVerdict(e)
		final := "false"
		if v.Final {
			final = "true"
		}
		if w.Write(view.Cells(v.Destination, v.SKU, v.RemoteID, verdictWord(v.Eligibility), final, v.Source, v.Mode, v.At)) != nil {
			return nil // the reader is gone
		}
	}
	w.Flush()
	return nil
}
