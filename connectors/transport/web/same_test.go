package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport/web"
)

// Servers differ in what their tags and times are worth. A file that stays what it is is
// read, and one that was replaced is called so, with what shows it.
func TestWhatTellsAFile(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	at := func(t time.Time) string { return t.Format(http.TimeFormat) }
	made := func(n int, h http.Header) { h.Set("ETag", fmt.Sprintf(`"%d"`, n)) }
	dated := func(_ int, h http.Header) { h.Set("Last-Modified", at(start)) }
	tests := []struct {
		what string
		say  []func(n int, h http.Header)
		cut  bool // the first answer ends in the middle
		grow bool
		want string // of the fault, "" where the file is read
	}{
		{what: "another tag for each answer", say: []func(int, http.Header){made}},
		{what: "another weak tag for each answer", say: []func(int, http.Header){func(n int, h http.Header) { h.Set("ETag", fmt.Sprintf(`W/"%d"`, n)) }}},
		{what: "another tag for each answer, and a time", say: []func(int, http.Header){made, dated}},
		{what: "a tag for each of two machines", say: []func(int, http.Header){func(n int, h http.Header) { h.Set("ETag", fmt.Sprintf(`"%d"`, n%2)) }}},
		{what: "times that are those of the answers", say: []func(int, http.Header){func(n int, h http.Header) {
			h.Set("Last-Modified", at(start.Add(time.Duration(n)*time.Minute)))
			h.Set("Date", h.Get("Last-Modified"))
		}}},
		{what: "times and tags that are those of the answers", say: []func(int, http.Header){made, func(n int, h http.Header) {
			h.Set("Last-Modified", at(start.Add(time.Duration(n)*time.Minute)))
			h.Set("Date", h.Get("Last-Modified"))
		}}},
		{what: "a file that was replaced", say: []func(int, http.Header){func(n int, h http.Header) { made(min(n, 2), h) }}, want: `was replaced (its ETag was "1" and is "2")`},
		{what: "a file that lost its tag", say: []func(int, http.Header){func(n int, h http.Header) {
			if n == 1 {
				made(n, h)
			}
		}}, want: `was replaced (its ETag was "1" and is not there any more)`},
		{what: "a file that was written to", say: []func(int, http.Header){func(n int, h http.Header) {
			h.Set("Last-Modified", at(start.Add(time.Duration(n)*time.Minute)))
		}}, want: "was written to (Last-Modified was 2026-11-20T08:01:00Z and is 2026-11-20T08:02:00Z)"},
		{what: "a new file that was written to", say: []func(int, http.Header){func(n int, h http.Header) {
			h.Set("Last-Modified", at(start.Add(time.Duration(min(n, 2))*time.Minute)))
			h.Set("Date", h.Get("Last-Modified"))
		}}, want: "was written to"},
		{what: "a file that grew", say: []func(int, http.Header){made}, grow: true, want: "went from 12 to 14 bytes"},
		{what: "another tag for each answer, a time, and a connection that is lost", say: []func(int, http.Header){made, dated}, cut: true},
		{what: "another tag for each answer, no time, and a connection that is lost", say: []func(int, http.Header){made}, cut: true, want: "the connection was lost after 6 bytes"},
		{what: "a file that was replaced when the connection was lost", say: []func(int, http.Header){func(n int, h http.Header) { made(min(n, 2), h) }, dated}, cut: true, want: "was replaced"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			const text = "sku\nA\nB\nC\nD\n"
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := int(asked.Add(1))
				for _, say := range tt.say {
					say(n, w.Header())
				}
				body := text
				if tt.grow && n > 1 {
					body += "E\n"
				}
				if tt.cut && n == 1 {
					w.Header().Set("Content-Length", "12")
					_, _ = w.Write([]byte(body[:6]))
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				http.ServeContent(w, r, "", time.Time{}, strings.NewReader(body))
			}))
			defer server.Close()
			got, _, err := fetch(t, open(t, server.URL+"/a.csv", func(c *web.Config) { c.CacheDir = t.TempDir() }))
			if tt.want == "" {
				if err != nil || got != text {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			var fault *connectors.IncompleteError
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// A copy that looks like the file by time and length is not taken for it where the server says
// that the file is another one.
func TestACopyOfTheSameTimeIsNotTheFile(t *testing.T) {
	t.Parallel()
	text := atomic.Pointer[string]{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", fmt.Sprintf("%q", (*text.Load())[4:5]))
		http.ServeContent(w, r, "", time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), strings.NewReader(*text.Load()))
	}))
	defer server.Close()
	f := open(t, server.URL+"/a.csv", func(c *web.Config) { c.CacheDir = t.TempDir() })
	for _, want := range []string{"sku\nA\n", "sku\nA\n", "sku\nB\n", "sku\nB\n"} {
		text.Store(&want)
		if got, _, err := fetch(t, f); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}
