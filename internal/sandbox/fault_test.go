package sandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// Each fault as a create meets it: what the caller sees, and whether it took effect.
func TestFaults(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC)
	tests := []struct {
		about   string
		fault   sandbox.Fault
		status  int    // 0: no answer
		says    string // part of the body
		header  [2]string
		broken  bool // the body cannot be read to its end
		applied int64
	}{
		{about: "refuse", fault: sandbox.Fault{Kind: sandbox.Refuse}, status: 409, says: `"detail"`},
		{about: "refuse with a body", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 422, Body: `{"x":1}`}, status: 422, says: `{"x":1}`},
		{about: "hang up before", fault: sandbox.Fault{Kind: sandbox.HangupBefore}},
		{about: "hang up after", fault: sandbox.Fault{Kind: sandbox.HangupAfter}, applied: 1},
		{about: "stall, then the answer", fault: sandbox.Fault{Kind: sandbox.Stall, Apply: true, Delay: sandbox.Duration(time.Millisecond)}, status: 200, says: "fprod_", applied: 1},
		{about: "stall, then nothing done", fault: sandbox.Fault{Kind: sandbox.Stall, Delay: sandbox.Duration(time.Millisecond)}, status: 504, says: "Timeout"},
		{about: "429 in seconds", fault: sandbox.Fault{Kind: sandbox.RateLimit, RetryAfter: 3}, status: 429, says: "rate_limited", header: [2]string{"Retry-After", "3"}},
		{about: "429 as a date", fault: sandbox.Fault{Kind: sandbox.RateLimit, RetryAfter: 60, AsDate: true}, status: 429, header: [2]string{"Retry-After", "Thu, 15 Jan 2026 09:31:00 GMT"}},
		{about: "429 without a word", fault: sandbox.Fault{Kind: sandbox.RateLimit}, status: 429, header: [2]string{"Retry-After", ""}},
		{about: "500 before", fault: sandbox.Fault{Kind: sandbox.ServerError}, status: 500, says: "Internal Server Error"},
		{about: "503 with a wait", fault: sandbox.Fault{Kind: sandbox.ServerError, Status: 503, RetryAfter: 2}, status: 503, header: [2]string{"Retry-After", "2"}},
		{about: "502 after", fault: sandbox.Fault{Kind: sandbox.ServerError, Status: 502, Apply: true}, status: 502, applied: 1},
		{about: "half a body", fault: sandbox.Fault{Kind: sandbox.Truncate}, status: 200, broken: true, says: `{"product":`, applied: 1},
		{about: "half a body in chunks", fault: sandbox.Fault{Kind: sandbox.Truncate, Chunked: true}, status: 200, broken: true, says: `{"product":`, applied: 1},
		{about: "a web page", fault: sandbox.Fault{Kind: sandbox.HTML}, status: 200, says: "<html>", header: [2]string{"Content-Type", "text/html; charset=utf-8"}},
		{about: "a web page after", fault: sandbox.Fault{Kind: sandbox.HTML, Apply: true}, status: 200, says: "<html>", applied: 1},
		{about: "an empty answer", fault: sandbox.Fault{Kind: sandbox.Empty, Apply: true}, status: 200, applied: 1},
		{about: "no content", fault: sandbox.Fault{Kind: sandbox.Empty, Status: 204, Apply: true}, status: 204, applied: 1},
		{about: "another place", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 307, Location: "http://elsewhere.example/"}, status: 307, header: [2]string{"Location", "http://elsewhere.example/"}},
		{about: "in drops", fault: sandbox.Fault{Kind: sandbox.Drip}, status: 200, says: "fprod_", applied: 1},
		{about: "badly compressed", fault: sandbox.Fault{Kind: sandbox.Garble}, status: 200, applied: 1},
		{about: "the wrong mode", fault: sandbox.Fault{Kind: sandbox.WrongMode}, status: 200, says: `"test_mode":false`, applied: 1},
		{about: "unauthorized", fault: sandbox.Fault{Kind: sandbox.Unauthorized}, status: 401, says: `"detail":"Unauthorized"`},
		{about: "forbidden", fault: sandbox.Fault{Kind: sandbox.Forbidden}, status: 403, says: `"detail":"Forbidden"`},
		{about: "slow", fault: sandbox.Fault{Kind: sandbox.Slow, Delay: sandbox.Duration(time.Millisecond)}, status: 200, says: "fprod_", applied: 1},
	}
	for _, tc := range tests {
		t.Run(tc.about, func(t *testing.T) {
			t.Parallel()
			b := setup(t, sandbox.FlexConfig{FrontConfig: sandbox.FrontConfig{
				Faults: []sandbox.Fault{tc.fault}, Now: func() time.Time { return now },
			}})
			resp, answer, err := b.do("POST", "/v1/products", body(nil))
			r := b.flex.Report()
			if r.CreatesApplied != tc.applied || r.Faults[tc.fault.Kind] != 1 {
				t.Errorf("report %+v, want %d applied and one fault", r, tc.applied)
			}
			if tc.status == 0 {
				if err == nil || r.Requests["POST"]["none"] != 1 {
					t.Errorf("answer %q, error %v, report %v, want a connection closed", answer, err, r.Requests)
				}
				return
			}
			if resp == nil {
				t.Fatalf("no answer: %v", err)
			}
			if got := errors.Is(err, io.ErrUnexpectedEOF); got != tc.broken {
				t.Errorf("reading the body: %v, want broken %v", err, tc.broken)
			}
			if resp.status != tc.status || !strings.Contains(string(answer), tc.says) {
				t.Errorf("answer %d %s, want %d with %q", resp.status, answer, tc.status, tc.says)
			}
			if got := resp.header.Get(tc.header[0]); tc.header[0] != "" && got != tc.header[1] {
				t.Errorf("%s is %q, want %q", tc.header[0], got, tc.header[1])
			}
		})
	}
}

func TestFaultsSelectRequests(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about string
		fault sandbox.Fault
		want  string // of eight creates of references a, b, a, b, …: x where it fired
	}{
		{"all", sandbox.Fault{}, "xxxxxxxx"},
		{"every third", sandbox.Fault{Every: 3}, "..x..x.."},
		{"the second alone", sandbox.Fault{On: 2}, ".x......"},
		{"the first three times", sandbox.Fault{Times: 3}, "xxx....."},
		{"every second, once", sandbox.Fault{Every: 2, Times: 1}, ".x......"},
		{"a reference", sandbox.Fault{ClientReferenceID: "b"}, ".x.x.x.x"},
		{"every second of a reference", sandbox.Fault{ClientReferenceID: "b", Every: 2}, "...x...x"},
		{"another method", sandbox.Fault{Method: "PATCH"}, "........"},
		{"a method and a path", sandbox.Fault{Method: "POST", Path: "/v1/products"}, "xxxxxxxx"},
		{"another path", sandbox.Fault{Path: "/v1/products/*"}, "........"},
		{"a share of all", sandbox.Fault{Share: 1}, "xxxxxxxx"},
	}
	run := func(t *testing.T, fault sandbox.Fault) string {
		t.Helper()
		fault.Kind = sandbox.Refuse
		b := setup(t, sandbox.FlexConfig{FrontConfig: sandbox.FrontConfig{Faults: []sandbox.Fault{fault}}})
		var got strings.Builder
		for i := range 8 {
			resp, _, err := b.do("POST", "/v1/products", body(fields{"client_reference_id": string(rune('a' + i%2))}))
			if err != nil {
				t.Fatal(err)
			}
			if resp.status == http.StatusConflict {
				got.WriteByte('x')
			} else {
				got.WriteByte('.')
			}
		}
		return got.String()
	}
	for _, tc := range tests {
		t.Run(tc.about, func(t *testing.T) {
			t.Parallel()
			if got := run(t, tc.fault); got != tc.want {
				t.Errorf("fired %s, want %s", got, tc.want)
			}
		})
	}
	t.Run("a share is the same for the same seed", func(t *testing.T) {
		t.Parallel()
		first := run(t, sandbox.Fault{Share: 0.5, Seed: 7})
		if again := run(t, sandbox.Fault{Share: 0.5, Seed: 7}); again != first {
			t.Errorf("fired %s, then %s", first, again)
		}
		if n := strings.Count(first, "x"); n == 0 || n == 8 {
			t.Errorf("a half fired %s", first)
		}
	})
}

func TestFaultsByReferenceReachUpdatesAndLists(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.FlexConfig{})
	a := b.create(fields{"client_reference_id": "a"})["product_id"].(string)
	other := b.create(fields{"client_reference_id": "b"})["product_id"].(string)
	if err := b.flex.SetFaults(sandbox.Fault{Kind: sandbox.Refuse, ClientReferenceID: "a"}); err != nil {
		t.Fatal(err)
	}
	b.must(409, "PATCH", "/v1/products/"+a, `{"product":{"active":false}}`)
	b.must(200, "PATCH", "/v1/products/"+other, `{"product":{"active":false}}`)
	b.must(409, "GET", "/v1/products/"+a, "")
	b.must(409, "GET", "/v1/products?client_reference_id=a", "")
	b.must(200, "GET", "/v1/products", "")
}

func TestSlowFaultsAddUpBeforeAnother(t *testing.T) {
	t.Parallel()
	slow := sandbox.Fault{Kind: sandbox.Slow, Delay: sandbox.Duration(time.Millisecond)}
	b := setup(t, sandbox.FlexConfig{FrontConfig: sandbox.FrontConfig{
		Faults: []sandbox.Fault{slow, slow, {Kind: sandbox.Forbidden}, {Kind: sandbox.Unauthorized}},
	}})
	b.must(403, "GET", "/v1/products", "")
	want := map[sandbox.FaultKind]int64{sandbox.Slow: 2, sandbox.Forbidden: 1}
	if diff := cmp.Diff(want, b.flex.Report().Faults); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFaultsAreValidated(t *testing.T) {
	t.Parallel()
	for about, fault := range map[string]sandbox.Fault{
		"no kind":           {},
		"an unknown kind":   {Kind: "explode"},
		"two selectors":     {Kind: sandbox.Refuse, Every: 2, On: 1},
		"a negative number": {Kind: sandbox.Refuse, Every: -1},
		"a share of two":    {Kind: sandbox.Refuse, Share: 2},
		"no status":         {Kind: sandbox.Refuse, Status: 99},
		"a broken pattern":  {Kind: sandbox.Refuse, Path: "["},
	} {
		if err := fault.Validate(); err == nil {
			t.Errorf("%s was accepted", about)
		}
		if _, err := sandbox.NewFlex(sandbox.FlexConfig{FrontConfig: sandbox.FrontConfig{Faults: []sandbox.Fault{fault}}}); err == nil {
			t.Errorf("%s was accepted by NewFlex", about)
		}
	}
}

func TestControlOfFaults(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.FlexConfig{})
	control := func(status int, method, text string) []map[string]any {
		t.Helper()
		resp, answer, err := b.do(method, "/__sandbox/faults", text)
		if err != nil || resp.status != status {
			t.Fatalf("%s faults: %v, %s", method, err, answer)
		}
		var got []map[string]any
		if status == 200 {
			if err := json.Unmarshal(answer, &got); err != nil {
				t.Fatalf("%v in %s", err, answer)
			}
		}
		return got
	}
	control(200, "PUT", `[{"kind":"stall","delay":"1ms","apply":true,"every":2}]`)
	control(200, "POST", `{"kind":"rate_limit","method":"PATCH","retry_after":1}`)
	b.create(nil)
	b.create(nil)
	want := []map[string]any{
		{"kind": "stall", "delay": "1ms", "apply": true, "every": 2.0, "seen": 2.0, "fired": 1.0},
		{"kind": "rate_limit", "method": "PATCH", "retry_after": 1.0, "seen": 0.0, "fired": 0.0},
	}
	if diff := cmp.Diff(want, control(200, "GET", "")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	control(400, "PUT", `[{"kind":"explode"}]`)
	control(400, "POST", `{"kind":"stall","unknown":1}`)
	control(400, "POST", `{"kind":"stall","delay":"soon"}`)
	if n := len(control(200, "GET", "")); n != 2 {
		t.Errorf("%d faults after refused changes, want 2", n)
	}
	if got := control(200, "DELETE", ""); got == nil || len(got) != 0 {
		t.Errorf("faults after DELETE: %v, want an empty list", got)
	}
}

func TestRateLimitOfItsOwn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC)
	b := setup(t, sandbox.FlexConfig{FrontConfig: sandbox.FrontConfig{RPS: 0.5, Burst: 2, Now: func() time.Time { return now }}})
	b.must(200, "GET", "/v1/products", "")
	b.must(200, "GET", "/v1/products", "")
	resp, _, err := b.do("GET", "/v1/products", "")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{strconv.Itoa(resp.status), resp.header.Get("Retry-After"), resp.header.Get("X-RateLimit-Remaining"), resp.header.Get("X-RateLimit-Limit")}
	if diff := cmp.Diff([]string{"429", "2", "0", "2"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRequestsAreObservable(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 10)
	b := setup(t, sandbox.FlexConfig{FrontConfig: sandbox.FrontConfig{
		KeepRequests: 2, Faults: []sandbox.Fault{{Kind: sandbox.HangupBefore, On: 3}},
		OnRequest: func(r *http.Request, body []byte) { seen <- r.Method + " " + string(body) },
	}})
	for _, name := range []string{"a", "b", "c"} {
		b.do("POST", "/v1/products?n="+name, name)
	}
	kept := b.flex.Requests()
	if len(kept) != 2 || kept[0].Query != "n=b" || string(kept[1].Body) != "c" || kept[1].Header.Get("Content-Type") == "" {
		t.Errorf("kept %+v, want the last two, the one that was hung up on included", kept)
	}
	if first := <-seen; first != "POST a" {
		t.Errorf("OnRequest saw %q first", first)
	}
	b.flex.Reset()
	if n := len(b.flex.Requests()); n != 0 {
		t.Errorf("%d requests after a reset", n)
	}
}
