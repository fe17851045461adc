package trace_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/trace"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func run() trace.Trace {
	return trace.Trace{
		Span: trace.Span{
			Name: "sync", Start: noon, End: noon.Add(2 * time.Second), Error: "no such file",
			Words: map[string]string{"sync": "s"}, Numbers: map[string]int64{"run": 7},
		},
		Within: []trace.Span{{Name: "reading", Start: noon, End: noon.Add(time.Second)}},
	}
}

func TestATraceIsWhatCollectorsRead(t *testing.T) {
	t.Parallel()
	type span struct {
		TraceID, SpanID, ParentSpanID, Name, StartTimeUnixNano string
		Status                                                 struct{ Code int }
	}
	var got struct {
		ResourceSpans []struct {
			ScopeSpans []struct{ Spans []span }
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		defer cancel()
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &got); err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("X-Token") != "t" {
			t.Errorf("%s %v: %s", r.URL, err, body)
		}
	}))
	defer server.Close()
	e := trace.New(server.URL+"/", map[string]string{"X-Token": "t"}, "1.2.3")
	if !e.Add(run()) {
		t.Fatal("not taken")
	}
	e.Run(ctx, func(error) {})
	if len(got.ResourceSpans) != 1 || len(got.ResourceSpans[0].ScopeSpans[0].Spans) != 2 {
		t.Fatalf("got %+v", got)
	}
	root, within := got.ResourceSpans[0].ScopeSpans[0].Spans[0], got.ResourceSpans[0].ScopeSpans[0].Spans[1]
	if len(root.TraceID) != 32 || len(root.SpanID) != 16 || root.TraceID != within.TraceID || within.ParentSpanID != root.SpanID {
		t.Errorf("the ids: %+v, %+v", root, within)
	}
	if root.Status.Code != 2 || within.Status.Code != 0 || root.StartTimeUnixNano != "1772366400000000000" {
		t.Errorf("the root: %+v", root)
	}
}

func TestACollectorThatFailsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusServiceUnavailable)
	}))
	defer server.Close()
	e := trace.New(server.URL, map[string]string{"Authorization": "Bearer s3cr3t"}, "")
	taken := 0
	for range 1000 {
		if e.Add(run()) {
			taken++
		}
	}
	if taken == 0 || taken == 1000 {
		t.Errorf("%d of 1000 traces wait", taken)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	failures := 0
	e.Run(ctx, func(err error) {
		failures++
		if err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("error: %v", err)
		}
	})
	if failures != taken {
		t.Errorf("%d of %d were tried", failures, taken)
	}
}
