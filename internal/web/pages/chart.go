package pages

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// chart is something that people would rather look at than read. Its numbers stand
// below it as a table, for who cannot see it.
type chart struct {
	Title string
	// Says is what it shows in one sentence.
	Says   string
	SVG    template.HTML
	Names  []string
	Points []point
	// Top is what the highest value is, First and Last the ends of the time shown.
	Top         string
	First, Last template.HTML
}

// point is one place of a chart: what it is, and a number for each name.
type point struct {
	Label string
	// At is when it was, for the reader's time zone; zero where the label is a day.
	At     time.Time
	Values []float64
}

// pointAt is the point of a moment.
func pointAt(at time.Time, values ...float64) point {
	return point{Label: at.UTC().Format("2006-01-02 15:04") + " UTC", At: at, Values: values}
}

// When is what the point is, for templates.
func (p point) When() template.HTML {
	if p.At.IsZero() {
		return template.HTML(template.HTMLEscapeString(p.Label)) //nolint:gosec // it is escaped here
	}
	return when(p.At)
}

// The measures of a chart, in units of its own that scale with the page.
const (
	chartWide = 640
	chartHigh = 140
)

// bars draws stacked bars, one for each point.
func bars(title, says string, names []string, points []point) chart {
	top := 0.0
	for _, p := range points {
		sum := 0.0
		for _, v := range p.Values {
			sum += v
		}
		top = max(top, sum)
	}
	c := chart{Title: title, Says: says, Names: names, Points: points}
	var b strings.Builder
	begin(&b, &c, top)
	width := float64(chartWide) / float64(max(len(points), 1))
	for i, p := range points {
		y := float64(chartHigh)
		for k, v := range p.Values {
			if v == 0 || top == 0 {
				continue
			}
			h := max(v/top*chartHigh, 1.5)
			y -= h
			fmt.Fprintf(&b, `<rect class="s%d" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s: %s %s</title></rect>`,
				k, float64(i)*width+width*.1, y, max(width*.8, 1), h, template.HTMLEscapeString(p.Label), figure(v), template.HTMLEscapeString(names[k]))
		}
	}
	b.WriteString("</svg>")
	c.SVG = template.HTML(b.String()) //nolint:gosec // all text in it is escaped
	return c
}

// lines draws one line for each name.
func lines(title, says string, names []string, points []point) chart {
	top := 0.0
	for _, p := range points {
		for _, v := range p.Values {
			top = max(top, v)
		}
	}
	c := chart{Title: title, Says: says, Names: names, Points: points}
	var b strings.Builder
	begin(&b, &c, top)
	step := float64(chartWide) / float64(max(len(points)-1, 1))
	for k := range names {
		var path []string
		for i, p := range points {
			y := float64(chartHigh)
			if top > 0 {
				y -= p.Values[k] / top * chartHigh
			}
			path = append(path, fmt.Sprintf("%.1f,%.1f", float64(i)*step, y))
		}
		fmt.Fprintf(&b, `<polyline class="s%d" points="%s"/>`, k, strings.Join(path, " "))
	}
	b.WriteString("</svg>")
	c.SVG = template.HTML(b.String()) //nolint:gosec // numbers only
	return c
}

// begin draws the frame: a line at the bottom and one at the top. What they stand for
// is text of the page, which keeps its size where the chart shrinks.
func begin(b *strings.Builder, c *chart, top float64) {
	fmt.Fprintf(b, `<svg viewBox="0 0 %d %d" preserveAspectRatio="none" role="img" aria-label="%s">`, chartWide, chartHigh, template.HTMLEscapeString(c.Title+". "+c.Says))
	for _, y := range []int{0, chartHigh} {
		fmt.Fprintf(b, `<line class="grid" x1="0" x2="%d" y1="%d" y2="%d"/>`, chartWide, y, y)
	}
	c.Top = figure(top)
	if n := len(c.Points); n > 0 {
		c.First, c.Last = c.Points[0].When(), c.Points[n-1].When()
	}
}

// figure writes a number of a chart.
func figure(v float64) string {
	if v == math.Trunc(v) {
		return number(int64(v))
	}
	return fmt.Sprintf("%.1f", v)
}

// Figure is figure for templates.
func (p point) Figure(k int) string { return figure(p.Values[k]) }

// chartRuns is how many runs charts show.
const chartRuns = 60

// runCharts are what runs, the newest first, changed and took.
func runCharts(runs []state.Run) []chart {
	var changes, speed []point
	for _, run := range slices.Backward(runs) {
		var r engine.Report
		if json.Unmarshal(run.Report, &r) != nil {
			continue
		}
		changes = append(changes, pointAt(run.Started,
			float64(r.Created+r.Adopted), float64(r.Updated+r.Replaced), float64(r.Archived), float64(r.Restored), float64(r.Rejected)))
		each := 0.0
		if r.Requests > 0 {
			each = float64(r.DurationMS) / float64(r.Requests)
		}
		speed = append(speed, pointAt(run.Started, each, float64(r.Retries)))
	}
	if len(changes) < 2 {
		return nil
	}
	return []chart{
		bars("Changes per run", "How many products each of the last runs changed, and how many were refused.",
			[]string{"created or adopted", "updated or replaced", "archived", "restored", "refused"}, changes),
		lines("Time per request", "How many milliseconds a run took for each of its requests, and how many it had to repeat.",
			[]string{"milliseconds a request", "repeated requests"}, speed),
	}
}

// chartDays is how many days the charts of samples show.
const chartDays = 30

// chartBacklogDays is how many days the chart of the backlog shows.
const chartBacklogDays = 7

// verdictCharts are the verdicts of each destination over time, and what waited.
func (p *pages) verdictCharts(ctx context.Context) (out []chart, err error) {
	since := p.Now().AddDate(0, 0, -chartDays)
	for _, name := range sortedNames(p.Config.Config.Destinations) {
		samples, err := p.Store.Samples(ctx, name, since)
		if err != nil {
			return nil, err
		}
		if words, points := seriesOf(samples); len(points) > 1 && len(words) > 0 {
			out = append(out, bars("Verdicts of "+name, "How many listings had which verdict, day by day.", words, points))
		}
	}
	return out, nil
}

// backlogChart is what waited for a destination, hour by hour.
func (p *pages) backlogChart(ctx context.Context, destination string) ([]chart, error) {
	samples, err := p.Store.Samples(ctx, destination, p.Now().AddDate(0, 0, -chartBacklogDays))
	if err != nil || len(samples) < 2 {
		return nil, err
	}
	var points []point
	for _, s := range samples {
		points = append(points, pointAt(s.At, float64(s.Pending), float64(s.Problems)))
	}
	return []chart{lines("Backlog of "+destination, "How many changes waited to be sent, and how many problems were open, hour by hour.",
		[]string{"changes waiting", "open problems"}, points)}, nil
}

// colours is how many series a chart can tell apart; further ones are one.
const colours = 6

// seriesOf makes one point a day of samples, which come by their time: the last one
// of the day counts.
func seriesOf(samples []state.Sample) (words []string, points []point) {
	total := map[string]int{}
	days := map[string]map[string]int{}
	for _, s := range samples {
		day := s.At.UTC().Format(time.DateOnly)
		days[day] = s.Verdicts
		for word, n := range s.Verdicts {
			total[word] += n
		}
	}
	for word := range total {
		words = append(words, word)
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(total[b]-total[a], cmp.Compare(a, b)) })
	words = words[:min(len(words), colours)]
	for _, day := range sortedNames(days) {
		at := point{Label: day}
		for _, word := range words {
			at.Values = append(at.Values, float64(days[day][word]))
		}
		points = append(points, at)
	}
	for i, word := range words {
		words[i] = cmp.Or(word, "undecided")
	}
	return words, points
}
