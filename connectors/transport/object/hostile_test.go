package object_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport/object"
)

// A service that does not answer as it should ends a read with a clear word.
func TestHostileServices(t *testing.T) {
	t.Parallel()
	const one = `<Contents><Key>out/a.csv</Key><Size>6</Size><ETag>"x"</ETag></Contents>`
	list := func(inside string) string { return "<ListBucketResult>" + inside + "</ListBucketResult>" }
	more := func(token int64) string {
		return fmt.Sprintf("<IsTruncated>true</IsTruncated><NextContinuationToken>%d</NextContinuationToken>", token)
	}
	tests := []struct {
		what string
		list func(n int64) string // the n-th page
		tag  func(n int64) string // of the n-th answer with the object
		body string
		cut  bool // the first answer with the object ends in the middle, and no range is known
		want string
	}{
		{what: "one that is as it should be", list: func(int64) string { return list(one) }},
		{what: "an object that is listed over and over", list: func(n int64) string {
			if n < 3 {
				return list(one + more(n))
			}
			return list(one)
		}},
		{what: "a token that comes again at once", list: func(int64) string { return list(one + more(7)) }, want: "does not end after 2"},
		{what: "tokens that come round in a circle", list: func(n int64) string { return list(one + more(n%3)) }, want: "does not end after"},
		{what: "pages that never hold anything", list: func(n int64) string { return list(more(n)) }, want: "does not end after 0"},
		{what: "a length below nothing", list: func(int64) string { return list(strings.Replace(one, ">6<", ">-6<", 1)) }, want: "out/a.csv: the service gives it a length that no object has"},
		{what: "a list that is cut", list: func(int64) string { return list(one)[:40] }, want: "the answer is no list of objects"},
		{what: "another tag for the object than in the list", list: func(int64) string { return list(one) }, tag: func(int64) string { return "y" }, want: `was replaced (its ETag was "x" and is "y")`},
		{what: "another tag once it was read", list: func(int64) string { return list(one) }, tag: func(n int64) string { return "x" + strings.Repeat("y", int(n-1)) }, want: `was replaced (its ETag was "x" and is "xy")`},
		{what: "a service that knows no ranges, and a connection that is lost", list: func(int64) string { return list(one) }, cut: true, want: "asked for the bytes from 3 on, and sent others"},
		{what: "an object that is longer than listed", list: func(int64) string { return list(one) }, body: "sku\nA\nB\n", want: "went from 6 to 8 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			var pages, gets atomic.Int64
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("list-type") != "" {
					fmt.Fprint(w, tt.list(pages.Add(1)))
					return
				}
				body, tag := tt.body, "x"
				if body == "" {
					body = "sku\nA\n"
				}
				if n := gets.Add(1); tt.tag != nil {
					tag = tt.tag(n)
				}
				w.Header().Set("ETag", `"`+tag+`"`)
				if tt.cut && gets.Load() == 1 {
					w.Header().Set("Content-Length", "6")
					fmt.Fprint(w, body[:3])
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				fmt.Fprint(w, body)
			}))
			defer s.Close()
			got, err := fetch(t, object.Config{URL: "s3://exports/out/*.csv", Patience: quick, Options: object.Options{Endpoint: s.URL}})
			if tt.want == "" {
				if err != nil || got != "sku\nA\n" {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			var fault *connectors.IncompleteError
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.want) || fault.Remedy == "" {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
