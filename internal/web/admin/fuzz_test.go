package admin_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzRequest asks anything of the API, with the right token: whatever comes, it is
// answered, and never as if the daemon were at fault.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/listings?limit=5&after=eyJLZXkiOiJBIn0", "")
	f.Add("GET", "/eligibility/P%2F1?destination=flex", "")
	f.Add("GET", "/eligibility?as_of=2026-02-30&sku=%ff", "")
	f.Add("POST", "/syncs/feed-to-flex/held/approve", `{"digest":"x"}`)
	f.Add("POST", "/retry", `{"skus":["A"],"sync":"feed-to-flex"}`)
	f.Add("POST", "/syncs/feed-to-flex/pause", `{"by":"ann"}`)
	b := setup(f, tokens)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1/api/v1"+path, strings.NewReader(body))
		if err != nil || strings.Contains(path, "/starts") {
			t.Skip() // runs take longer than what is looked for here
		}
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("Authorization", "Bearer "+adminToken)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		b.web.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %s answers %d: %s", method, path, w.Code, w.Body)
		}
	})
}
