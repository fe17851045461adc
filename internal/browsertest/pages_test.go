package browsertest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// TestADay logs in, watches a run, finds a product and reads its story, lets a
// refused one go again after the source was mended, and approves a held plan.
func TestADay(t *testing.T) {
	t.Parallel()
	list := some(16)
	list[3].gtin = "614141000020" // its check digit is wrong
	s := newSite(t, list)
	refuse := sandbox.Fault{Kind: sandbox.Refuse, Status: 422, Method: "POST", ClientReferenceID: "KB-02"}
	if err := s.api.SetFaults(refuse); err != nil {
		t.Fatal(err)
	}
	s.start()
	b := open(t, s)

	b.goes("/products?q=KB-01")
	b.says("Admin token")
	b.types("token", "guess")
	b.presses("Log in")
	b.says("This is not the admin token of this daemon.")
	b.logsIn()
	b.says("Nothing is listed like that") // back at the page that was asked for

	b.presses("Overview")
	b.says("feed-to-flex", "never ran", "Ada")
	b.presses("Run now")
	b.says("The run was asked for.", "partial", "On sale 14")

	b.types("find", "KB-01")
	b.do(chromedp.Submit(chromedp.CSS(".find")), ready)
	b.says("The whole story of KB-01")
	b.presses("KB-01")
	b.says("Next: nothing: the API has what is wanted", "Listed as active", "What the sources say")

	b.presses("Problems")
	b.says("last digit should be", "KB-04", "rejected", "KB-02")
	b.goes("/products?problem=rejected")
	b.says("KB-02", "not listed")
	b.goes("/products?verdict=not_eligible")
	b.says("not final")
	b.goes("/problems")
	if err := s.api.SetFaults(); err != nil {
		t.Fatal(err)
	}
	b.presses("Retry")
	b.says("The next run tries these products again.")
	list[3].gtin = gtins[3]
	s.feed(list)
	b.goes("/syncs/feed-to-flex")
	b.presses("Run now")
	b.says("On sale 16", "Problems 0")
	b.goes("/problems")
	b.says("No problem is open")

	s.feed(list[:10]) // six vanish, more than the guard lets pass
	b.goes("/syncs/feed-to-flex")
	b.presses("Run now")
	b.says("A plan is held")
	b.presses("Look at it and decide")
	b.says("Held plan of feed-to-flex", "archive", "KB-16")
	b.presses("Approve and run")
	b.says("The plan was approved.", "On sale 10")
	b.says("approved by Ada")
	b.presses("Runs")
	b.says("held")
	b.goes("/runs/4")
	b.says("archived 6", "KB-11")
}

// TestAHeldRead shows a source that is implausibly small: what is approved is the read.
func TestAHeldRead(t *testing.T) {
	t.Parallel()
	s := newSite(t, some(16))
	s.sync()
	s.feed(some(1))
	s.sync()
	s.start()
	b := open(t, s)
	b.goes("/")
	b.logsIn()
	b.says("Source feed has 1 record where 16 are usual.")
	b.presses("Look at it and decide")
	b.says("Held read of feed-to-flex", "with 1 record where 16 are usual", "Approval lets the source through as long as it has the same records.")
}

// TestWhatDoesNotBreakAPage shows products whose texts are made to.
func TestWhatDoesNotBreakAPage(t *testing.T) {
	t.Parallel()
	evil := `<script>document.title = "owned"</script><img src=x onerror="document.title = 'owned'">`
	list := []product{
		{`KB-"><b>`, evil, "Plain. " + evil, gtins[0]},
		{"KB-LONG", "Knee", strings.Repeat("very long ", 500), gtins[1]},
		{"KB-عربي", "دعامة الركبة", "تدعم الركبة", gtins[2]},
		{"KB/with slash?and=more#x", "Slash", "One.", gtins[3]},
		{"KB-BAD", evil, "x", "1234"},
		{"KB-WIDE" + strings.Repeat("X", 200), strings.Repeat("W", 500), "One.", gtins[4]},
		{"KB-TURN\u202e", "Turned", "One.", "12345"}, // the override turns what follows it around
		{"KB-WRONG", "Not turned", "One.", "12346"},
	}
	s := newSite(t, list)
	s.sync()
	for k := range list {
		list[k].text += strings.Repeat("longer", 200)
	}
	s.feed(list)
	s.sync()
	s.start()
	b := open(t, s)
	b.goes("/")
	b.logsIn()
	paths := []string{
		"/", "/products", "/products/" + list[5].sku, "/problems", "/problems?by=product", "/runs", "/runs/1", "/runs/2", "/eligibility", "/syncs/feed-to-flex",
		"/products?q=" + strings.Repeat("Q", 300), "/products/" + strings.Repeat("Q", 300),
	}
	for _, path := range paths {
		b.goes(path)
		for _, phone := range []bool{true, false} {
			b.looks(false, phone)
			if beyond := get(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth - innerWidth`)); beyond > 0 {
				t.Errorf("%s: the page reaches %d pixels beyond its window (phone: %t)", path, beyond, phone)
			}
		}
		if title := get(b, chromedp.Title()); !strings.HasSuffix(title, "· skubridge") {
			t.Errorf("%s: the title is %q", path, title)
		}
	}
	b.goes("/problems")
	if gap := get(b, chromedp.Evaluate[float64](gapBetweenLinks)); gap < 1 {
		t.Errorf("a SKU turns the text after it around: the next one begins %v pixels after it, before the comma", gap)
	}
	for _, sku := range []string{`KB-"><b>`, "KB-LONG", "KB-عربي", "KB/with slash?and=more#x", "KB-BAD"} {
		b.goes("/products")
		if sku == "KB-BAD" {
			b.goes("/problems?by=product")
		}
		b.presses(sku)
		b.says("What the sources say", sku)
		if title := get(b, chromedp.Title()); title != sku+" · skubridge" {
			t.Errorf("the title is %q", title)
		}
	}
}

// gapBetweenLinks is how far the SKU after KB-TURN stands from it: there is a comma between
// the two. Links in one line only are compared.
const gapBetweenLinks = `(() => {
	const links = [...document.querySelectorAll("td a")], first = links.findIndex(a => a.textContent.startsWith("KB-TURN\u202e"))
	return links[first + 1].getBoundingClientRect().left - links[first].getBoundingClientRect().right
})()`

// TestTheDaemonGoesAndComesBack restarts it under an open page: the page says so, and
// goes on; the login holds. A decision on a plan that has moved is refused.
func TestTheDaemonGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, some(16))
	s.sync()
	s.feed(some(9))
	s.sync()
	s.start()
	b := open(t, s)
	b.goes("/")
	b.logsIn()
	b.says("A plan is held")

	s.stop()
	b.says("The daemon does not answer.")
	s.start()
	b.says("A plan is held")
	if strings.Contains(b.text(), "does not answer") {
		b.says("feed-to-flex") // it asks again soon
	}

	b.goes("/syncs/feed-to-flex/plan")
	b.says("KB-16")
	s.stop()
	s.feed(some(8))
	s.sync() // another plan is held now
	s.start()
	b.presses("Approve and run")
	b.says("The plan has changed meanwhile", "Nothing was sent.")
	b.goes("/")
	b.says("On sale 16")
	b.presses("Log out")
	b.says("Admin token")
}

// shown are the pages that pictures are taken of, and that the accessibility checker
// looks at.
var shown = map[string]string{
	"overview": "/", "sync": "/syncs/feed-to-flex", "plan": "/syncs/feed-to-flex/plan", "products": "/products", "product": "/products/KB-02",
	"problems": "/problems", "problems-one-by-one": "/problems?by=product", "runs": "/runs", "run": "/runs/2", "eligibility": "/eligibility",
	"nothing": "/products?q=none-like-this", "missing": "/nowhere",
}

// TestAccessible has every page judged by axe, light and dark, wide and narrow, and
// takes its pictures.
func TestAccessible(t *testing.T) {
	t.Parallel()
	axe := os.Getenv("SKUBRIDGE_TEST_AXE")
	if axe == "" && os.Getenv("SKUBRIDGE_SCREENSHOTS") == "" {
		t.Skip("SKUBRIDGE_TEST_AXE names no axe.min.js: the pages were not judged")
	}
	s := storied(t)
	s.start()
	b := open(t, s)
	b.looks(false, false)
	b.goes("/")
	b.judges(axe, "login")
	b.shoots("login")
	b.logsIn()
	for name, path := range shown {
		b.looks(false, false)
		b.goes(path)
		b.judges(axe, name)
		b.shoots(name)
		b.looks(true, false)
		b.judges(axe, name+", dark")
		b.shoots(name + "-dark")
		b.looks(false, true)
		b.judges(axe, name+", on a phone")
		b.shoots(name + "-phone")
	}
}

// storied is a site with some history: runs, problems, changes, a held plan.
func storied(t *testing.T) *site {
	t.Helper()
	list := some(14)
	list[5].gtin, list[6].name = "614141000020", ""
	s := newSite(t, list)
	s.sync()
	list[1].text, list[2].text = "Keeps the knee warm, and the leg.", "Now in two sizes."
	list[4].name = "Knee Brace 5, soft"
	s.feed(list)
	s.sync()
	for range 8 {
		s.sync()
		list[7].text += " More."
		s.feed(list)
	}
	s.feed(append(list[:8:8], some(16)[15]))
	s.sync()
	return s
}

// judges has the page looked at by axe.
func (b *browser) judges(script, name string) {
	b.Helper()
	if script == "" {
		return
	}
	code, err := os.ReadFile(script) //nolint:gosec // the tester names it
	if err != nil {
		b.Fatal(err)
	}
	get(b, chromedp.Evaluate[int](string(code)+";0"))
	text := get(b, chromedp.Evaluate[string](judge, chromedp.EvalAwaitPromise))
	var found []string
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		b.Fatal(err)
	}
	for _, f := range found {
		b.Errorf("%s: %s", name, f)
	}
}

// judge has axe tell its findings, each in a line.
const judge = `axe.run().then(r => JSON.stringify(r.violations.map(v =>
	v.id + ": " + v.help + " at " + v.nodes.map(n => n.target.join(" ") + " " + n.failureSummary).join("; "))))`
