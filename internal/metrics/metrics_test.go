package metrics_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"

	"github.com/skubridge/skubridge/internal/metrics"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fake is a daemon with one of everything.
type fake struct {
	err   error
	asked int
	now   time.Time
}

func (f *fake) Figures(context.Context) (state.Figures, error) {
	f.asked++
	if f.err != nil {
		return state.Figures{}, f.err
	}
	three := []state.Count{{Of: []string{"s", "flex", "active"}, N: 3}}
	two := []state.Count{{Of: []string{"feed", "waiting"}, N: 2}}
	one := []state.Count{{Of: []string{"flex"}, N: 1}}
	return state.Figures{
		Listings: three, Problems: three, Backlog: three, Records: one, Verdicts: one, Webhooks: two, Alerts: one, Held: two,
		Runs: []state.Moment{{Of: []string{"s", "ok"}, At: noon}}, Reads: []state.Moment{{Of: []string{"feed"}, At: noon}},
		Denied: []string{"flex"}, Open: []state.Moment{{Of: []string{"flex"}, At: noon.Add(time.Minute)}},
	}, nil
}

func (f *fake) Accounts() []metrics.Account {
	return []metrics.Account{{Name: "flex", Requests: 7, Failures: map[string]int64{"retryable": 2}}}
}

func (f *fake) Syncs() []metrics.Sync { return []metrics.Sync{{Name: "s", Next: noon, Running: true}} }

func (f *fake) Disk() metrics.Disk { return metrics.Disk{State: 4096, Free: 1 << 30, Writable: true} }
func (f *fake) Now() time.Time     { return f.now }

// full are metrics to which everything has happened.
func full(f *fake) *metrics.Metrics {
	m := metrics.New("1.2.3", f)
	m.Ran(engine.Report{Sync: "s", Status: state.RunOK, Read: 9, Created: 2, Unchanged: 1}, time.Second)
	m.Served("api", 404, time.Millisecond)
	m.InForce(2, noon)
	m.Notified(true)
	m.BackedUp(noon, true)
	return m
}

func gather(t *testing.T, m *metrics.Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	families, err := m.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*dto.MetricFamily{}
	for _, f := range families {
		out[f.GetName()] = f
	}
	return out
}

// TestThePageSaysWhatIsExposed holds what Prometheus gets and the table that people read
// against each other.
func TestThePageSaysWhatIsExposed(t *testing.T) {
	t.Parallel()
	var exposed, documented []string
	for name, f := range gather(t, full(&fake{now: noon})) {
		if !strings.HasPrefix(name, "skubridge_") {
			if !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
				t.Errorf("%s is exposed by nobody that we know", name)
			}
			continue
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		exposed = append(exposed, row(name, strings.ToLower(f.GetType().String()), labels, f.GetHelp()))
	}
	slices.Sort(exposed)
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(skubridge_[a-z_]+)` \\| ([a-z]+) \\| ([^|]*) \\| ([^|]*) \\|$").FindAllStringSubmatch(string(page), -1) {
		labels := strings.FieldsFunc(m[3], func(r rune) bool { return strings.ContainsRune("`, –", r) })
		documented = append(documented, row(m[1], m[2], labels, m[4]))
	}
	if d := cmp.Diff(exposed, documented); d != "" {
		t.Errorf("docs/operations.md (-exposed +documented):\n%s", d)
	}
}

// row is one metric, its labels in alphabetical order: Prometheus gives them in no other.
func row(name, kind string, labels []string, help string) string {
	return strings.Join([]string{name, kind, strings.Join(slices.Sorted(slices.Values(labels)), ", "), help}, " | ")
}

func TestWhatCannotBeCountedLeavesTheRest(t *testing.T) {
	t.Parallel()
	f := &fake{err: errors.New("no disk"), now: noon}
	exposed := gather(t, full(f))
	if got := exposed["skubridge_scrape_failed"].GetMetric()[0].GetGauge().GetValue(); got != 1 {
		t.Errorf("scrape_failed = %v", got)
	}
	if exposed["skubridge_requests_total"] == nil || exposed["skubridge_listings"] != nil {
		t.Error("what needs no state is missing, or what needs it is there")
	}
}

func TestManyScrapesCountOnce(t *testing.T) {
	t.Parallel()
	f := &fake{now: noon}
	m := full(f)
	gather(t, m)
	gather(t, m)
	if f.asked != 1 {
		t.Errorf("the state was counted %d times", f.asked)
	}
	f.now = f.now.Add(-time.Hour) // a clock that was put back does not stop it
	gather(t, m)
	if f.asked != 2 {
		t.Errorf("after an hour the state was counted %d times", f.asked)
	}
}
