package soak

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/state"
)

var (
	flaky  = flag.Float64("flaky", 0.08, "how many days to live with APIs that keep failing")
	heapTo = flag.String("heap", "", "a folder for a profile of the heap every three hours of such a life")
)

const flakySettings = `
state: { backup: { schedule: "@hourly", count: 3, folder: backups }, keep: { history_days: 1, verdict_days: 1 } }
server: { listen: %[1]q }
daemon: { watch: 0s }
sources:
  feed: { type: file, path: feed.csv, currency: USD }
destinations:
  flex: { type: flex, base_url: "%[2]s/flex", api_key: fsk_test_1, webhook_secret: %[3]q, timeout: 1s, breaker: { failures: 5, cooldown: 1s } }
  portal: { type: flexportal, base_url: "%[2]s/flexportal", api_key: pk_1, tenant_id: bu_1, currency: USD, timeout: 1s, breaker: { failures: 5, cooldown: 1s } }
  payments: { type: fluveo, base_url: "%[2]s/fluveo", secret_key: sk_test_1, currency: USD, timeout: 1s, breaker: { failures: 5, cooldown: 1s } }
  freight: { type: flexport, base_url: "%[2]s/flexport", api_key: key_1, region: US, timeout: 1s, breaker: { failures: 5, cooldown: 1s } }
syncs:
  to-flex: { from: feed, to: flex, schedule: "*/30 * * * *", grace: { runs: 1 }, guards: &off { archive: off, create: off, update: off, replace: off } }
  to-payments: { from: feed, to: payments, schedule: "*/30 * * * *", grace: { runs: 1 }, guards: *off }
  to-freight: { from: feed, to: freight, schedule: "*/30 * * * *", missing: keep, guards: *off }
  to-portal:
    from: feed
    to: portal
    schedule: "*/30 * * * *"
    grace: { runs: 1 }
    guards: *off
    map: { brand: '"Acme"', variant.pricing: '[{"contractLength": 12, "monthlyPrice": amount(variant.price, "USD")}]' }
`

const hookKey = "a key of the tests"

// moods are how the APIs are, hour by hour; nil is well.
var moods = []*sandbox.Fault{
	nil,
	{Kind: sandbox.HangupAfter, Share: 0.3},
	{Kind: sandbox.ServerError, Share: 0.3, Apply: true},
	nil,
	{Kind: sandbox.HangupBefore, Share: 0.3},
	{Kind: sandbox.RateLimit, RetryAfter: 1, Every: 9, Times: 2},
	{Kind: sandbox.Truncate, Share: 0.3},
	nil,
	{Kind: sandbox.Refuse, Status: 422, Share: 0.2},
	{Kind: sandbox.Unauthorized, Times: 3},
	{Kind: sandbox.HTML, Apply: true, Share: 0.3},
	{Kind: sandbox.ServerError, Status: 503, Share: 1}, // down
	{Kind: sandbox.Refuse, Status: 404, Share: 0.2},
	{Kind: sandbox.Empty, Share: 0.3},
	{Kind: sandbox.Garble, Share: 0.3},
}

// many is a daemon with four destinations.
type many struct {
	*world
	server *sandbox.Server
	hooked int
	mood   int
}

func newMany(t *testing.T, begin time.Time) *many {
	t.Helper()
	w := newWorld(t, begin)
	w.clock.idle = shortIdle
	cfg := sandbox.ServerConfig{}
	cfg.Flex.Judge = func(string, string, string) sandbox.Verdict { return sandbox.Verdict{Final: "auto_substantiation"} }
	server, err := sandbox.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	secret := "fwhsec_" + base64.StdEncoding.EncodeToString([]byte(hookKey))
	w.write("skubridge.yaml", fmt.Sprintf(flakySettings, w.listen, strings.TrimSuffix(server.URL("flex"), "/flex"), secret))
	m := &many{world: w, server: server}
	m.export(0)
	return m
}

// export writes an edition of the feed: other texts and prices, and a product less.
func (m *many) export(edition int) {
	m.Helper()
	var b strings.Builder
	b.WriteString("sku,name,description,gtin,images,price,category,country_of_origin,hs_codes\n")
	for i := range 20 {
		if edition%3 != 0 && i == edition%20 {
			continue
		}
		fmt.Fprintf(&b, "P-%d,Brace %d,Edition %d.,%s,https://cdn.example.com/%d.jpg,%d.90,Braces,DE,902110\n",
			i, i, edition, upc(i), i, 10+(edition+i)%7)
	}
	m.write("feed.csv", b.String())
}

// faults sets every API's mood.
func (m *many) faults(f *sandbox.Fault) {
	m.Helper()
	for _, name := range []string{"flex", "flexportal", "fluveo", "flexport"} {
		var faults []sandbox.Fault
		if f != nil {
			faults = append(faults, *f)
		}
		if err := m.server.API(name).SetFaults(faults...); err != nil {
			m.Fatal(err)
		}
	}
}

// hook tells the daemon by a webhook that a product changed.
func (m *many) hook(now time.Time) {
	m.Helper()
	resp := m.ask(http.MethodGet, m.server.URL("flex")+"/__sandbox/products", nil, nil)
	var held []struct {
		Product struct {
			ID string `json:"product_id"`
		} `json:"product"`
	}
	if err := json.Unmarshal(resp, &held); err != nil {
		m.Fatal(err)
	}
	if len(held) == 0 {
		return // on a busy machine the first run may still be at it
	}
	m.hooked++
	id, stamp := fmt.Sprintf("evt_%d", m.hooked), fmt.Sprint(now.Unix())
	body := fmt.Sprintf(`{"id":"evt","type":"product.updated","created_at":%q,"data":{"product":{"product_id":%q,"test_mode":true}}}`,
		now.Format(time.RFC3339Nano), held[m.hooked%len(held)].Product.ID)
	mac := hmac.New(sha256.New, []byte(hookKey))
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	m.ask(http.MethodPost, "http://"+m.listen+"/webhooks/flex", strings.NewReader(body), map[string]string{
		"svix-id": id, "svix-timestamp": stamp, "svix-signature": "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	})
}

// ask sends a request that is to be answered with 2xx.
func (m *many) ask(method, url string, body io.Reader, header map[string]string) []byte {
	m.Helper()
	req, err := http.NewRequestWithContext(m.Context(), method, url, body)
	if err != nil {
		m.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		m.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		m.Errorf("%s %s: %d, %v: %s", method, url, resp.StatusCode, err, text)
	}
	return text
}

// rows counts what the state holds, table by table, and the bytes in use.
func (m *many) rows() (counts map[string]int64) {
	m.Helper()
	db, err := sql.Open("sqlite", filepath.Join(m.dir, config.StateFile))
	if err != nil {
		m.Fatal(err)
	}
	defer db.Close()
	counts = map[string]int64{}
	for _, table := range []string{"run", "intent", "step", "attempt", "eligibility", "inbox", "problem", "listing", "record", "remote", "writeback"} {
		var n int64
		if err := db.QueryRowContext(m.Context(), "SELECT count(*) FROM "+table).Scan(&n); err == nil {
			counts[table] = n
		}
	}
	var pages, free int64
	if err := db.QueryRowContext(m.Context(), `SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count`).Scan(&pages, &free); err != nil {
		m.Fatal(err)
	}
	counts["KiB in use"] = (pages - free) * 4
	return counts
}

// TestFlakyAPIs lives with four APIs that keep failing, each hour in another way, while
// the catalog changes, webhooks come in, verdicts are polled and the configuration is
// read again. What the process holds and what the state keeps stays as it is, and once
// the APIs are well everything is level.
func TestFlakyAPIs(t *testing.T) { //nolint:paralleltest // what the whole process holds is counted
	begin := time.Now().Truncate(15 * time.Minute).Add(time.Minute)
	life := time.Duration(*flaky * float64(24*time.Hour)).Truncate(15 * time.Minute)
	m := newMany(t, begin)
	early, late := m.endure(begin, life)
	t.Logf("%s; %+v in its first half, %+v in its second", life, early, late)
	if late.goroutines > early.goroutines+24 || late.files > early.files+24 || late.heap > early.heap+4<<20+uint64(life.Hours()*(128<<10)) { // the APIs remember what they were told
		t.Errorf("what is held on to grows: %+v, then %+v", early, late)
	}
	if err := m.store.Check(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	if m.hooked == 0 {
		t.Error("no webhook was sent")
	}
	m.level()
}

// endure runs the daemon for a life, the last hour of which is without faults.
func (m *many) endure(begin time.Time, life time.Duration) (early, late used) {
	m.Helper()
	ctx, reload, stop := m.start()
	part := -1
	m.clock.drive(ctx, begin.Add(life), m.log.busy, func(now time.Time) {
		m.turn(begin, now, life, reload)
		// What is held goes up and down with what is in flight; what leaks is there at its lowest, too.
		if now.Sub(begin) < life/2 {
			early = held(early, use(), most)
		} else {
			late = held(late, use(), least)
		}
		if at := int(now.Sub(begin) / (3 * time.Hour)); at > part {
			part = at
			m.Logf("%s: %v, %+v", now.Sub(begin).Round(time.Hour), m.rows(), use())
			m.profile(part)
		}
	})
	stop()
	return early, late
}

// profile writes what the heap holds, where that is asked for: `go tool pprof -diff_base`
// of two of them tells whose it is.
func (m *many) profile(part int) {
	m.Helper()
	if *heapTo == "" {
		return
	}
	f, err := os.Create(filepath.Join(*heapTo, fmt.Sprintf("heap-%02d.pb.gz", part)))
	if err != nil {
		m.Fatal(err)
	}
	if err := errors.Join(pprof.WriteHeapProfile(f), f.Close()); err != nil {
		m.Fatal(err)
	}
}

// held sums up what was held at two moments or more: the goroutines and files that of two numbers
// one says, and the smallest heap, for a larger one is mostly what was read just then.
func held(a, b used, one func(a, b int) int) used {
	if a.heap == 0 {
		return b
	}
	return used{goroutines: one(a.goroutines, b.goroutines), files: one(a.files, b.files), heap: min(a.heap, b.heap)}
}

func most(a, b int) int  { return max(a, b) }
func least(a, b int) int { return min(a, b) }

// turn is what happens around the daemon.
func (m *many) turn(begin, now time.Time, life time.Duration, reload func()) {
	m.Helper()
	half := int(now.Sub(begin) / (30 * time.Minute))
	if half <= m.mood {
		return
	}
	m.mood = half
	m.export(half)
	switch {
	case begin.Add(life).Sub(now) <= time.Hour:
		m.faults(nil)
	default:
		m.faults(moods[half/2%len(moods)])
	}
	m.hook(now)
	if half%8 == 4 {
		reload()
		m.scrape()
	}
}

// level holds every API against the last edition.
func (m *many) level() {
	m.Helper()
	for _, name := range []string{"flex", "flexportal", "fluveo", "flexport"} {
		r := m.server.API(name).Report()
		if r.Duplicates+r.ActiveDuplicates > 0 || r.KeysWithTwoBodies > 0 {
			m.Errorf("%s: %d doubled, %d keys with two bodies", name, r.Duplicates+r.ActiveDuplicates, r.KeysWithTwoBodies)
		}
		if r.ExtraPrices > 20 { // a price that the API refuses to take off sale stays there
			m.Errorf("%s: %d prices too many", name, r.ExtraPrices)
		}
		if r.ProductsActive < 19 || r.ProductsActive > 20 {
			m.Errorf("%s: %d products are on sale", name, r.ProductsActive)
		}
		m.Logf("%s: %d created, %d updated, faults now %v", name, r.CreatesApplied, r.UpdatesApplied, r.Faults)
	}
	ends := map[string]state.RunStatus{}
	for r, err := range m.store.Runs(context.WithoutCancel(m.Context()), state.Filter{}) {
		if err != nil {
			m.Fatal(err)
		}
		if _, newer := ends[r.Sync]; !newer && r.Status != state.RunInterrupted {
			ends[r.Sync] = r.Status
			if r.Status != state.RunOK && r.Status != state.RunNothing {
				m.Errorf("the last run of %s ended as %s: %s", r.Sync, r.Status, r.Error)
			}
		}
	}
}
