package admin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web/admin"
	"github.com/skubridge/skubridge/sync/engine"
)

// worked reads an answer of lines: its rows, and how it ended.
func worked[R, T any](b *bench, w *httptest.ResponseRecorder) (rows []R, result T, end view.WorkEnd) {
	b.Helper()
	if w.Code != 200 {
		b.Fatalf("HTTP %d: %s", w.Code, w.Body)
	}
	over := false
	for text := range strings.Lines(w.Body.String()) {
		var l view.WorkLine
		if err := json.Unmarshal([]byte(text), &l); err != nil || over {
			b.Fatalf("%v (after the end: %v): %s", err, over, text)
		}
		if l.Row != nil {
			var row R
			if err := json.Unmarshal(l.Row, &row); err != nil {
				b.Fatal(err)
			}
			rows = append(rows, row)
		}
		if l.End != nil {
			over, end = true, *l.End
			if err := json.Unmarshal(end.Result, &result); err != nil && end.Error == "" {
				b.Fatal(err)
			}
		}
	}
	if !over {
		b.Fatalf("the answer has no end: %s", w.Body)
	}
	return rows, result, end
}

// TestWorkThatIsNoRun asks for what the commands ask for that are no run of a sync.
func TestWorkThatIsNoRun(t *testing.T) {
	t.Parallel()
	b := setup(t, tokens)
	post := func(path, body string) *httptest.ResponseRecorder {
		return b.ask(request{method: http.MethodPost, path: path, body: body})
	}
	matches, sum, _ := worked[view.Matched, engine.Adoption](b, post("/syncs/feed-to-flex/adopt", `{"by":"ann"}`))
	if len(matches) != 0 || sum.Unmatched != 13 || sum.Faulty != 1 {
		t.Errorf("an empty account gives %v, %+v", matches, sum)
	}
	b.run("")
	matches, sum, _ = worked[view.Matched, engine.Adoption](b, post("/syncs/feed-to-flex/adopt", `{"as_read":true,"confirm":[{"sku":"P-1","remote_id":"nobody","seen":"x"}]}`))
	if len(matches) != 1 || matches[0].Status != "refused" || sum.Refused != 1 {
		t.Errorf("what is not there gives %v, %+v", matches, sum)
	}
	found, compared, _ := worked[view.Drifted, engine.Drift](b, post("/syncs/feed-to-flex/drift", `{"fix":true}`))
	if len(found) != 0 || compared.Listed != 13 || compared.Checked != 13 || compared.Fixed != 0 {
		t.Errorf("what is level gives %v, %+v", found, compared)
	}
	_, settled, _ := worked[any, admin.Settled](b, post("/syncs/feed-to-flex/fields", `{"accept":["description"]}`))
	if len(settled.TakenBack) != 0 {
		t.Errorf("nothing was left before: %+v", settled)
	}
	_, settled, _ = worked[any, admin.Settled](b, post("/syncs/feed-to-flex/fields", `{"take_back":["description","images"]}`))
	if len(settled.TakenBack) != 1 {
		t.Errorf("one of two was left before: %+v", settled)
	}
	_, _, end := worked[any, admin.Settled](b, post("/syncs/feed-to-flex/fields", `{"accept":["moon"]}`))
	if !strings.Contains(end.Error, `field "moon"`) {
		t.Errorf("a field that there is not ends with %+v", end)
	}
	_, over, _ := worked[any, admin.TakenOver](b, post("/syncs/feed-to-flex/takeover", `{"from":"old"}`))
	_, confirmed, _ := worked[any, admin.Confirmed](b, post("/syncs/feed-to-flex/account/confirm", `{}`))
	if over.Listings != 0 || confirmed.Changed {
		t.Errorf("there is nothing to take over or to confirm: %+v, %+v", over, confirmed)
	}
	polled, _, _ := worked[view.Polled, any](b, post("/polls", `{"destination":"flex"}`))
	if len(polled) != 1 || polled[0].Destination != "flex" {
		t.Errorf("a poll gives %+v", polled)
	}
	for path, body := range map[string]string{
		"/syncs/feed-to-flex/drift": `{"sample":1,"requests":1}`, "/syncs/feed-to-flex/takeover": `{}`,
		"/syncs/feed-to-flex/fields": `{"accept":["description"],"only":[""]}`, "/syncs/feed-to-flex/adopt": `{"moon":1}`,
	} {
		if w := post(path, body); w.Code != http.StatusBadRequest {
			t.Errorf("%s of %s is answered with %d", path, body, w.Code)
		}
	}
	if w := post("/polls", `{"destination":"moon"}`); w.Code != http.StatusNotFound {
		t.Errorf("a poll of what is not there is answered with %d", w.Code)
	}
}

// A reviewed table of a large catalog is more than other requests may hold.
func TestALargeReviewIsTaken(t *testing.T) {
	t.Parallel()
	b := setup(t, tokens)
	row := `{"sku":"X","remote_id":"` + strings.Repeat("x", 1000) + `","seen":"x"},`
	rows := strings.Repeat(row, 2000)
	w := b.ask(request{method: http.MethodPost, path: "/syncs/feed-to-flex/adopt", body: `{"as_read":true,"confirm":[` + strings.TrimSuffix(rows, ",") + "]}"})
	if _, sum, _ := worked[view.Matched, engine.Adoption](b, w); sum.Refused != 2000 {
		t.Errorf("%d of 2000 rows are told", sum.Refused)
	}
}

// Who asked and went away is not worked for any more, and the sync is free for others.
func TestWorkEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	b := setup(t, tokens)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := httptest.NewRequest(http.MethodPost, "/api/v1/syncs/feed-to-flex/adopt", http.NoBody).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+adminToken)
	w := httptest.NewRecorder()
	b.web.ServeHTTP(w, r)
	_, _, end := worked[any, engine.Adoption](b, w)
	if !strings.Contains(end.Error, "canceled") {
		t.Errorf("it ended with %+v", end)
	}
	b.run("")
}
