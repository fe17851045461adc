package soak

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
)

var days = flag.Float64("days", 0.3, "how many days to live, half of them before the clocks change")

const settings = `
state: { backup: { schedule: "@hourly", count: 3, folder: backups }, keep: { history_days: 30 } }
server: { listen: %[1]q }
daemon: { watch: 0s }
sources:
  feed: { type: file, path: feed.csv }
destinations:
  flex: { type: flex, base_url: %[2]q, api_key: fsk_test_1 }
syncs:
  often: { from: feed, to: flex, schedule: "*/15 * * * *", timezone: America/New_York, guards: { update: off } }
`

// healthy is a world with one API that is well.
type healthy struct {
	*world
	api *sandbox.Flex
}

func newHealthy(t *testing.T, begin time.Time) *healthy {
	t.Helper()
	api, err := sandbox.NewFlex(sandbox.FlexConfig{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	h := &healthy{newWorld(t, begin), api}
	h.write("skubridge.yaml", fmt.Sprintf(settings, h.listen, server.URL))
	h.feed(0)
	return h
}

// feed writes an edition of the export.
func (h *healthy) feed(edition int) {
	var b strings.Builder
	b.WriteString("sku,name,description,gtin,images\n")
	for i := range 20 {
		fmt.Fprintf(&b, "P-%d,Brace %d,Edition %d.,%s,https://cdn.example.com/%d.jpg\n", i, i, edition, upc(i), i)
	}
	h.write("feed.csv", b.String())
}

// TestDays lives the days around each change of the clocks. What the whole process
// holds is counted, so nothing else runs beside it.
func TestDays(t *testing.T) { //nolint:paralleltest // see above
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	life := time.Duration(*days * float64(24*time.Hour))
	for _, c := range []struct {
		name    string
		changes time.Time
	}{
		{"an hour is left out", time.Date(2026, 3, 8, 3, 0, 0, 0, newYork)},
		{"an hour comes twice", time.Date(2026, 11, 1, 1, 0, 0, 0, newYork).Add(time.Hour)},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := c.changes.Add(-life / 2).Truncate(15 * time.Minute).Add(time.Minute)
			h := newHealthy(t, begin)
			early, late, turns := h.live(begin, life)
			t.Logf("%d turns; a third of it left %+v, all of it %+v", turns, early, late)
			// Connections that are kept come and go by the dozen; what leaked a turn would be hundreds.
			if late.goroutines > early.goroutines+24 || late.files > early.files+12 || late.heap > early.heap+6<<20 {
				t.Errorf("what is held on to grows: %+v, then %+v", early, late)
			}
			h.check(begin, life)
		})
	}
}

// live runs the daemon for a life: the export changes every few hours, the
// configuration is read again as often, and somebody scrapes its metrics.
func (h *healthy) live(begin time.Time, life time.Duration) (early, late used, turns int) {
	h.Helper()
	ctx, reload, stop := h.start()
	edition := 0
	h.clock.drive(ctx, begin.Add(life), h.log.busy, func(now time.Time) {
		turns++
		if at := int(now.Sub(begin) / (4 * time.Hour)); at > edition {
			edition = at
			h.feed(edition)
			reload()
			h.scrape()
		}
		if early.goroutines == 0 && now.Sub(begin) > life/3 {
			early = use()
		}
	})
	late = use()
	stop()
	return early, late, turns
}

// check looks at what was left: every start was made once, the copies are there, and
// the state is sound.
func (h *healthy) check(begin time.Time, life time.Duration) {
	h.Helper()
	ctx := context.WithoutCancel(h.Context())
	starts := map[int64]int{} // by the second of the quarter of an hour
	for r, err := range h.store.Runs(ctx, state.Filter{}) {
		switch {
		case err != nil:
			h.Fatal(err)
		case r.Status == state.RunInterrupted: // by a reload; it went on under the next configuration
		case r.Status != state.RunOK && r.Status != state.RunNothing:
			h.Errorf("run %d ended as %s: %s", r.ID, r.Status, r.Error)
		default:
			starts[r.Started.Truncate(15*time.Minute).Unix()]++
		}
	}
	for at := begin.Truncate(15 * time.Minute).Add(15 * time.Minute); at.Before(begin.Add(life)); at = at.Add(15 * time.Minute) {
		if n := starts[at.Unix()]; n != 1 {
			h.Errorf("%d runs at %s, want 1", n, at)
		}
	}
	if copies, err := filepath.Glob(filepath.Join(h.dir, "backups", "*")); err != nil || len(copies) != 3 {
		h.Errorf("the backups are %v, %v; want the last three", copies, err)
	}
	if len(h.log.lines) > 0 {
		h.Errorf("%d errors were logged, first %s", len(h.log.lines), h.log.lines[0])
	}
	if err := h.store.Check(ctx); err != nil {
		h.Error(err)
	}
	if n := h.api.Report().Duplicates; n > 0 {
		h.Errorf("%d products doubled", n)
	}
}
