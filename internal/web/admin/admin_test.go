package admin_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web"
)

// run starts the sync and waits for its end.
func (b *bench) run(body string) view.Start {
	b.Helper()
	s := decode[view.Start](b, b.ask(request{method: "POST", path: "/syncs/feed-to-flex/starts", body: body}), 202)
	return b.await(s)
}

func (b *bench) await(s view.Start) view.Start {
	b.Helper()
	for range 10 {
		if s = decode[view.Start](b, b.ask(request{path: "/starts/" + s.Start + "?wait=10"}), 200); s.Phase == "ended" {
			return s
		}
	}
	b.Fatalf("it never ended: %+v", s)
	return s
}

// TestTheDocumentIsWhatThereIs compares the document with itself as it is served, and
// tries every operation of it.
func TestTheDocumentIsWhatThereIs(t *testing.T) {
	t.Parallel()
	b := setup(t, tokens)
	doc := document(t)
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	served := decode[struct {
		Paths map[string]map[string]any `json:"paths"`
	}](b, b.ask(request{path: "/openapi.json", token: "none"}), 200)
	for path, item := range doc.Paths.Map() {
		if served.Paths[path] == nil {
			t.Errorf("%s is not in the document as it is served", path)
		}
		filled := strings.NewReplacer("{sync}", "feed-to-flex", "{start}", "s", "{run}", "1", "{sku}", "P-1").Replace(path)
		for method := range item.Operations() {
			if w := b.ask(request{method: method, path: filled, token: "none"}); path != "/openapi.json" && w.Code != 401 {
				t.Errorf("%s %s answers %d to nobody", method, path, w.Code)
			}
		}
		if w := b.ask(request{method: "DELETE", path: filled}); w.Code != 405 || w.Header().Get("Allow") == "" {
			t.Errorf("DELETE %s answers %d", path, w.Code)
		}
	}
}

// TestADayOfTheAPI goes through what can be asked for, once.
func TestADayOfTheAPI(t *testing.T) {
	t.Parallel()
	b := setup(t, tokens)

	if s := decode[view.Sync](b, b.ask(request{path: "/syncs/feed-to-flex"}), 200); s.Status != "never ran" {
		t.Errorf("before the first run it is %+v", s)
	}
	first := b.run(`{"by": "ann"}`)
	if first.Report == nil || first.Report.Created != 13 || first.Report.Status != "partial" || first.Error != "" {
		t.Fatalf("the first run ended as %+v", first.Report)
	}
	runs := decode[[]view.Run](b, b.ask(request{path: "/runs"}), 200)
	if len(runs) != 1 || runs[0].Run != first.Run {
		t.Errorf("the runs are %+v", runs)
	}
	decode[view.Run](b, b.ask(request{path: fmt.Sprint("/runs/", first.Run)}), 200)

	var skus []string
	for path := "/listings?limit=5"; path != ""; {
		w := b.ask(request{path: path})
		for _, l := range decode[[]view.Listing](b, w, 200) {
			skus = append(skus, l.SKU)
		}
		path = ""
		if link := w.Header().Get("Link"); link != "" {
			path = strings.TrimPrefix(link[1:strings.Index(link, ">")], "/api/v1")
		}
	}
	if len(skus) != 13 || !slices.IsSorted(skus) || len(slices.Compact(skus)) != 13 {
		t.Errorf("page by page there are %q", skus)
	}

	problems := decode[[]view.Problem](b, b.ask(request{path: "/problems?kind=quarantined"}), 200)
	if len(problems) != 1 || problems[0].SKU != "BAD" || problems[0].Line != 2 {
		t.Errorf("the problems are %+v", problems)
	}
	if causes := decode[[]view.Cause](b, b.ask(request{path: "/causes"}), 200); len(causes) != 1 || causes[0].Problems != 1 {
		t.Errorf("the causes are %+v", causes)
	}
	story := decode[view.Story](b, b.ask(request{path: "/why/P%2F3%20%C3%BC"}), 200)
	if story.SKU != "P/3 ü" || len(story.Syncs) != 1 || story.Syncs[0].Listing == nil {
		t.Errorf("the story is %+v", story)
	}
	if n := decode[map[string]int](b, b.ask(request{method: "POST", path: "/retry", body: `{"skus":["BAD"]}`}), 200); n["retried"] != 1 {
		t.Errorf("retried %v", n)
	}

	paused := decode[view.Sync](b, b.ask(request{method: "POST", path: "/syncs/feed-to-flex/pause", body: `{"by":"ann","reason":"stock-taking"}`}), 200)
	if paused.Paused == nil || paused.Paused.By != "ann" || paused.Paused.Reason != "stock-taking" {
		t.Errorf("paused it is %+v", paused)
	}
	if s := b.run(`{"full": true}`); s.Report.Status != "partial" || s.Report.Created != 0 {
		t.Errorf("a start on demand while it is paused ended as %+v", s.Report)
	}
	if s := decode[view.Sync](b, b.ask(request{method: "POST", path: "/syncs/feed-to-flex/resume"}), 200); s.Paused != nil {
		t.Errorf("resumed it is %+v", s)
	}
	if s := decode[[]view.Sync](b, b.ask(request{path: "/syncs"}), 200); s[0].Listed != 13 || s[0].Problems != 1 || s[0].Status != "partial" {
		t.Errorf("in the end it is %+v", s)
	}
}

// TestAHeldPlanIsDecidedByItsDigest holds a plan, and approves another one first.
func TestAHeldPlanIsDecidedByItsDigest(t *testing.T) {
	t.Parallel()
	b := setup(t, tokens)
	b.run("")
	b.feed() // all but the bad one are gone, which also the guard on shrinking sees
	const held, approve, drop = "/syncs/feed-to-flex/held", "/syncs/feed-to-flex/held/approve", "/syncs/feed-to-flex/held/drop"

	if s := b.run(`{"approve": true}`); s.Report.Status != "held" || len(s.Report.HeldReads) != 1 {
		t.Fatalf("what nobody has seen was approved: %+v", s.Report)
	}
	h := decode[view.Held](b, b.ask(request{path: held}), 200)
	if h.Plan != nil || len(h.Reads) != 1 || len(h.Decisions) != 0 {
		t.Fatalf("held is %+v", h)
	}
	for body, status := range map[string]int{`{}`: 400, `{"digest": "another"}`: 409} {
		if w := b.ask(request{method: "POST", path: approve, body: body}); w.Code != status {
			t.Errorf("approving %s answers %d, want %d", body, w.Code, status)
		}
	}
	s := decode[view.Start](b, b.ask(request{method: "POST", path: approve, body: `{"by":"ann","digest":"` + h.Reads[0].Keys + `"}`}), 202)
	if s = b.await(s); s.Report.Status != "held" || s.Report.Plan == nil {
		t.Fatalf("after the read was approved, the plan is to be held: %+v", s.Report)
	}
	h = decode[view.Held](b, b.ask(request{path: held}), 200)
	if h.Plan == nil || len(h.Changes) != 13 || h.Changes[0].Op != "archive" || h.Decisions[0].Who != "ann" {
		t.Fatalf("held is %+v", h)
	}
	after := decode[view.Held](b, b.ask(request{method: "POST", path: drop, body: `{"by":"bob","digest":"` + h.Plan.Digest + `"}`}), 200)
	if after.Plan != nil || len(after.Decisions) != 2 || after.Decisions[0].Who != "bob" || after.Decisions[0].Ruling != "dropped" {
		t.Errorf("after it was dropped there is %+v", after)
	}
	if w := b.ask(request{method: "POST", path: approve, body: `{"digest":"` + h.Plan.Digest + `"}`}); w.Code != 409 {
		t.Errorf("approving what was dropped answers %d", w.Code)
	}

	b.run("")
	s = decode[view.Start](b, b.ask(request{method: "POST", path: approve, body: `{"digest":"` + h.Plan.Digest + `"}`}), 202)
	if s = b.await(s); s.Report.Archived != 13 {
		t.Errorf("the approved plan ended as %+v", s.Report)
	}
}

// TestAStorefrontAsks reads what one SKU is, with the token that can do nothing else.
func TestAStorefrontAsks(t *testing.T) {
	t.Parallel()
	b := setup(t, tokens)
	b.run("")
	w := b.ask(request{path: "/eligibility/P-1", token: shopToken})
	e := decode[struct {
		Eligibility []view.Verdict `json:"eligibility"`
	}](b, w, 200)
	if len(e.Eligibility) != 1 || e.Eligibility[0].Destination != "flex" {
		t.Errorf("P-1 is %s", w.Body)
	}
	tag := w.Header().Get("ETag")
	if !strings.HasPrefix(w.Header().Get("Cache-Control"), "private, max-age=") || tag == "" {
		t.Errorf("the headers are %v", w.Header())
	}
	for _, c := range []struct {
		name, path, token, match string
		status                   int
	}{
		{"what it has is not sent again", "/eligibility/P-1", shopToken, `"x", W/` + tag, 304},
		{"what it has not is", "/eligibility/P-1", shopToken, `"x"`, 200},
		{"a SKU in other letters is another one", "/eligibility/p-1", shopToken, "", 404},
		{"a SKU with signs in it", "/eligibility/P%2F3%20%C3%BC", shopToken, "", 200},
		{"its history", "/eligibility/P-1/history", shopToken, "", 200},
		{"all of them", "/eligibility?verdict=eligible&as_of=2030-01-01", shopToken, "", 200},
		{"the rest is not its affair", "/listings", shopToken, "", 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			if w := b.ask(request{path: c.path, token: c.token, header: map[string]string{"If-None-Match": c.match}}); w.Code != c.status {
				t.Errorf("HTTP %d, want %d: %s", w.Code, c.status, w.Body)
			}
		})
	}
}

// TestWhatIsWrongIsSaid asks for what cannot be had.
func TestWhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	b := setup(t, tokens)
	const starts = "/syncs/feed-to-flex/starts"
	for _, c := range []struct {
		name string
		q    request
		want web.Problem
	}{
		{"an unknown path", request{path: "/nothing"}, web.Problem{Status: 404, Detail: "nothing at this path"}},
		{"an unknown sync", request{path: "/syncs/nope"}, web.Problem{Status: 404, Detail: "no such sync"}},
		{"an unknown run", request{path: "/runs/99"}, web.Problem{Status: 404, Detail: "no run 99"}},
		{"a run that is no number", request{path: "/runs/last"}, web.Problem{Status: 400, Detail: "by its number"}},
		{"an unknown SKU", request{path: "/why/NOPE"}, web.Problem{Status: 404, Detail: `"NOPE"`}},
		{"an unknown start", request{path: "/starts/x"}, web.Problem{Status: 404, Detail: "not known any more"}},
		{"a misspelt filter", request{path: "/listings?skus=A"}, web.Problem{Status: 400, Detail: `no parameter "skus"`}},
		{"a filter given twice", request{path: "/listings?sku=A&sku=B"}, web.Problem{Status: 400, Detail: "more than once"}},
		{"a filter that is no text", request{path: "/listings?sku=%ff"}, web.Problem{Status: 400, Detail: "not UTF-8"}},
		{"an unknown word", request{path: "/problems?kind=odd"}, web.Problem{Status: 400, Detail: "quarantined, rejected"}},
		{"a page that is too long", request{path: "/runs?limit=100000"}, web.Problem{Status: 400, Detail: "from 1 to 1000"}},
		{"a page behind nothing", request{path: "/runs?after=!"}, web.Problem{Status: 400, Detail: "after is not"}},
		{"a time that is none", request{path: "/eligibility?as_of=yesterday"}, web.Problem{Status: 400, Detail: "as_of is not a time"}},
		{"a body that is no JSON", request{method: "POST", path: starts, body: "{"}, web.Problem{Status: 400, Detail: "cannot be used"}},
		{"a body of another kind", request{method: "POST", path: starts, body: "a=b", header: map[string]string{"Content-Type": "text/plain"}}, web.Problem{Status: 415, Detail: "must be JSON"}},
		{"a key that nobody knows", request{method: "POST", path: starts, body: `{"skus":["A"]}`}, web.Problem{Status: 400, Detail: "skus"}},
		{"two bodies", request{method: "POST", path: starts, body: `{}{}`}, web.Problem{Status: 400, Detail: "more than one"}},
		{"an empty SKU", request{method: "POST", path: starts, body: `{"only":[""]}`}, web.Problem{Status: 400, Detail: "names SKUs"}},
		{"a plan without its digests", request{method: "POST", path: starts, body: `{"plan":{"run":1}}`}, web.Problem{Status: 400, Detail: "lacks a digest"}},
		{"a plan and everything again", request{method: "POST", path: starts, body: `{"backfill":true,"plan":{"digest":"1","from":"2"}}`}, web.Problem{Status: 400, Detail: "backfill"}},
		{"a body that is too large", request{method: "POST", path: starts, body: strings.Repeat(" ", 1<<20+1)}, web.Problem{Status: 413, Detail: "at most"}},
		{"a name that is a book", request{method: "POST", path: "/syncs/feed-to-flex/pause", body: `{"by":"` + strings.Repeat("x", 201) + `"}`}, web.Problem{Status: 400, Detail: "more than 200"}},
		{"a retry of nothing", request{method: "POST", path: "/retry", body: `{}`}, web.Problem{Status: 400, Detail: "name the skus"}},
		{"a retry of an unknown sync", request{method: "POST", path: "/retry", body: `{"sync":"x","all":true}`}, web.Problem{Status: 404, Detail: "no such sync"}},
		{"approving where nothing is held", request{method: "POST", path: "/syncs/feed-to-flex/held/approve", body: `{"digest":"x"}`}, web.Problem{Status: 409, Detail: "nothing is held"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := b.ask(c.q)
			got := decode[web.Problem](b, w, c.want.Status)
			if !strings.Contains(got.Detail, c.want.Detail) || got.Title == "" || got.Status != w.Code {
				t.Errorf("the problem is %+v, want %q", got, c.want.Detail)
			}
		})
	}
}

func TestWithoutATokenTheAPIIsClosed(t *testing.T) {
	t.Parallel()
	b := setup(t, "")
	for path, want := range map[string]int{"/syncs": 403, "/eligibility/P-1": 403, "/openapi.json": 200} {
		if w := b.ask(request{path: path}); w.Code != want {
			t.Errorf("%s answers %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
	shop := setup(t, "server: { storefront_token: "+shopToken+" }\n")
	for path, want := range map[string]int{"/syncs": 403, "/eligibility": 200} {
		if w := shop.ask(request{path: path, token: shopToken}); w.Code != want {
			t.Errorf("with the storefront's token %s answers %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
}

// TestWrongTokensTireOut sends wrong ones until nobody listens any more.
func TestWrongTokensTireOut(t *testing.T) {
	t.Parallel()
	b := setup(t, tokens)
	var got []int
	for range 12 {
		got = append(got, b.ask(request{path: "/syncs", token: adminToken + "x"}).Code)
	}
	want := append(slices.Repeat([]int{http.StatusUnauthorized}, 10), http.StatusTooManyRequests, http.StatusTooManyRequests)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if w := b.ask(request{path: "/syncs"}); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("the right one is listened to meanwhile: %d", w.Code)
	}
	if n := strings.Count(b.log.String(), "wrong token"); n != 1 || strings.Contains(b.log.String(), adminToken) {
		t.Errorf("logged %d times: %s", n, b.log)
	}
}
