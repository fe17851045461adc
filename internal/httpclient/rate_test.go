package httpclient_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/internal/httpclient"
)

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, value string
		wait         time.Duration
		ok           bool
	}{
		{"seconds", "30", 30 * time.Second, true},
		{"decimal seconds, as some APIs send", "2.5", 2500 * time.Millisecond, true},
		{"no wait", "0", 0, true},
		{"spaces around", " 3 ", 3 * time.Second, true},
		{"a date ahead", "Thu, 15 Jan 2026 12:00:40 GMT", 40 * time.Second, true},
		{"a date in the old spelling", "Thursday, 15-Jan-26 12:01:00 GMT", time.Minute, true},
		{"a date that has passed", "Thu, 15 Jan 2026 11:00:00 GMT", 0, true},
		{"a date far ahead is capped", "Thu, 15 Jan 2099 11:00:00 GMT", time.Hour, true},
		{"a huge number is capped", "99999999999999999999999999", time.Hour, true},
		{"a day is capped", "86400", time.Hour, true},
		{"a negative number says nothing", "-5", 0, false},
		{"nor does an exponent", "1e9", 0, false},
		{"nor infinity", "Inf", 0, false},
		{"nor a word", "soon", 0, false},
		{"nor two points", "1.2.3", 0, false},
		{"nor silence", "", 0, false},
	}
	for _, tc := range tests {
		h := http.Header{}
		h.Set("Retry-After", tc.value)
		wait, ok := httpclient.RetryAfter(h, noon)
		if wait != tc.wait || ok != tc.ok {
			t.Errorf("%s: RetryAfter(%q) = %v, %v, want %v, %v", tc.about, tc.value, wait, ok, tc.wait, tc.ok)
		}
	}
}

// TestClocksThatDisagree has the API's clock an hour ahead of ours, or behind: what it says
// by its clock counts from that.
func TestClocksThatDisagree(t *testing.T) {
	t.Parallel()
	for _, apart := range []time.Duration{time.Hour, -time.Hour} {
		at := noon.Add(apart)
		then := at.Add(40 * time.Second)
		h := http.Header{}
		h.Set("Date", at.Format(http.TimeFormat))
		h.Set("Retry-After", then.Format(http.TimeFormat))
		if wait, ok := httpclient.RetryAfter(h, noon); wait != 40*time.Second || !ok {
			t.Errorf("%v apart: wait for %v, %t", apart, wait, ok)
		}
		for _, reset := range []string{then.Format(time.RFC3339), strconv.FormatInt(then.Unix(), 10), strconv.FormatInt(then.UnixMilli(), 10)} {
			h.Set("X-RateLimit-Reset", reset)
			if hint, _ := httpclient.Rate(h, noon); hint.Reset != 40*time.Second {
				t.Errorf("%v apart: reset %s in %v", apart, reset, hint.Reset)
			}
		}
		h.Set("Date", "yesterday")
		h.Set("Retry-After", "Thu, 15 Jan 2026 12:00:40 GMT")
		if wait, _ := httpclient.RetryAfter(h, noon); wait != 40*time.Second {
			t.Errorf("a Date that is none: wait for %v", wait)
		}
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	type pairs map[string]string
	tests := []struct {
		about  string
		header pairs
		want   httpclient.RateHint
		ok     bool
	}{
		{
			"X- names, reset as a span",
			pairs{"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "30"},
			httpclient.RateHint{Limit: 100, Remaining: 7, Reset: 30 * time.Second},
			true,
		},
		{
			"reset as a moment",
			pairs{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1768478460"},
			httpclient.RateHint{Limit: -1, Remaining: 0, Reset: time.Minute},
			true,
		},
		{
			"reset in milliseconds",
			pairs{"X-Rate-Limit-Reset": "1768478460000"},
			httpclient.RateHint{Limit: -1, Remaining: -1, Reset: time.Minute},
			true,
		},
		{
			"reset as a date",
			pairs{"X-RateLimit-Reset": "2026-01-15T12:00:05Z"},
			httpclient.RateHint{Limit: -1, Remaining: -1, Reset: 5 * time.Second},
			true,
		},
		{
			"a reset that has passed",
			pairs{"X-RateLimit-Reset": "1700000000"},
			httpclient.RateHint{Limit: -1, Remaining: -1},
			true,
		},
		{
			"the early draft",
			pairs{"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "50", "RateLimit-Reset": "5"},
			httpclient.RateHint{Limit: 100, Remaining: 50, Reset: 5 * time.Second},
			true,
		},
		{
			"one field of the middle draft",
			pairs{"RateLimit": "limit=100, remaining=50, reset=5"},
			httpclient.RateHint{Limit: 100, Remaining: 50, Reset: 5 * time.Second},
			true,
		},
		{
			"the structured fields of the late draft",
			pairs{"RateLimit": `"default";r=50;t=30`, "RateLimit-Policy": `"default";q=100;w=60`},
			httpclient.RateHint{Limit: 100, Remaining: 50, Reset: 30 * time.Second},
			true,
		},
		{"nothing", pairs{}, httpclient.RateHint{Limit: -1, Remaining: -1}, false},
		{
			"garbage",
			pairs{"X-RateLimit-Limit": "many", "X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "later", "RateLimit": ";;==,"},
			httpclient.RateHint{Limit: -1, Remaining: -1},
			false,
		},
		{
			"huge numbers",
			pairs{"X-RateLimit-Limit": "1e9", "X-RateLimit-Remaining": "99999999999999999999", "X-RateLimit-Reset": "99999999999999999999999"},
			httpclient.RateHint{Limit: -1, Remaining: 1<<31 - 1, Reset: time.Hour},
			true,
		},
	}
	for _, tc := range tests {
		h := http.Header{}
		for name, value := range tc.header {
			h.Set(name, value)
		}
		got, ok := httpclient.Rate(h, noon)
		if diff := cmp.Diff(tc.want, got); diff != "" || ok != tc.ok {
			t.Errorf("%s: ok %v, want %v (-want +got)\n%s", tc.about, ok, tc.ok, diff)
		}
	}
}

func FuzzRateHeaders(f *testing.F) {
	for _, v := range []string{"30", "-1", "1768478460", "Thu, 15 Jan 2026 12:00:40 GMT", `"d";r=1;t=2`, "limit=1, remaining=2", "99999999999999999999"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		h := http.Header{
			"Retry-After": {v}, "X-Ratelimit-Limit": {v}, "X-Ratelimit-Remaining": {v},
			"X-Ratelimit-Reset": {v}, "Ratelimit": {v}, "Ratelimit-Policy": {v},
		}
		if wait, _ := httpclient.RetryAfter(h, noon); wait < 0 || wait > httpclient.MaxWait {
			t.Errorf("RetryAfter(%q) = %v", v, wait)
		}
		if hint, _ := httpclient.Rate(h, noon); hint.Reset < 0 || hint.Reset > httpclient.MaxWait || hint.Limit < -1 || hint.Remaining < -1 {
			t.Errorf("Rate(%q) = %+v", v, hint)
		}
	})
}
