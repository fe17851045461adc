// Package trace tells an OpenTelemetry collector how runs went: a trace for each run
// of a sync, with a span for each of its phases. It speaks OTLP over HTTP in its JSON
// form (opentelemetry.io/docs/specs/otlp), which needs no more than net/http. No span
// has a SKU, a payload or a secret in it.
package trace

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/internal/httpclient"
)

// Span is a part of a trace.
type Span struct {
	Name       string
	Start, End time.Time
	// Words and Numbers are its attributes.
	Words   map[string]string
	Numbers map[string]int64
	// Error is what went wrong, "" for nothing.
	Error string
}

// Trace is a span with the spans within it, in order.
type Trace struct {
	Span
	Within []Span
}

// queued is how many traces wait to be sent at the most: who watches must never hold
// up the work.
const queued = 64

// Exporter sends traces to a collector.
type Exporter struct {
	url     string
	header  http.Header
	client  *httpclient.Client
	version string
	queue   chan Trace
}

// New makes an exporter for the collector at endpoint, such as
// http://collector:4318. headers are sent with each request, as for authorization.
func New(endpoint string, headers map[string]string, version string) *Exporter {
	e := &Exporter{
		url: strings.TrimSuffix(endpoint, "/") + "/v1/traces", header: http.Header{"Content-Type": {"application/json"}},
		client:  httpclient.New(httpclient.Config{Timeout: 10 * time.Second, MaxBody: 64 << 10, Concurrency: 1}),
		version: version, queue: make(chan Trace, queued),
	}
	for name, value := range headers {
		e.header.Set(name, value)
	}
	return e
}

// Add has a trace sent. It reports false where too many wait: the trace is lost.
func (e *Exporter) Add(t Trace) bool {
	select {
	case e.queue <- t:
		return true
	default:
		return false
	}
}

// lastTime bounds the sending of what is left once we are told to stop.
const lastTime = 2 * time.Second

// Run sends traces until ctx is done, then those that are left. failed is told of
// each that could not be sent, and of nil after one that could.
func (e *Exporter) Run(ctx context.Context, failed func(error)) {
	defer e.client.Close()
	for {
		select {
		case t := <-e.queue:
			failed(e.send(ctx, t))
			continue
		case <-ctx.Done():
		}
		break
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTime)
	defer cancel()
	for range len(e.queue) {
		failed(e.send(last, <-e.queue))
	}
}

// send sends one trace, once.
func (e *Exporter) send(ctx context.Context, t Trace) error {
	body, err := json.Marshal(e.encode(t))
	if err != nil {
		return fmt.Errorf("encode a trace: %w", err)
	}
	resp, err := e.client.Do(ctx, httpclient.Request{Method: http.MethodPost, URL: e.url, Header: e.header, Body: body})
	if err != nil {
		return fmt.Errorf("send a trace: %w", err)
	}
	if resp.Status >= 300 {
		return fmt.Errorf("send a trace: HTTP %d", resp.Status)
	}
	return nil
}

// The JSON form of OTLP: ids are hex, times are nanoseconds as texts.
type (
	wireValue struct {
		Text   *string `json:"stringValue,omitempty"`
		Number *string `json:"intValue,omitempty"`
	}
	wireAttribute struct {
		Key   string    `json:"key"`
		Value wireValue `json:"value"`
	}
	wireStatus struct {
		Code    int    `json:"code,omitempty"` // 2 is an error
		Message string `json:"message,omitempty"`
	}
	wireSpan struct {
		TraceID    string          `json:"traceId"`
		SpanID     string          `json:"spanId"`
		ParentID   string          `json:"parentSpanId,omitempty"`
		Name       string          `json:"name"`
		Kind       int             `json:"kind"` // 1 is internal
		Start      string          `json:"startTimeUnixNano"`
		End        string          `json:"endTimeUnixNano"`
		Attributes []wireAttribute `json:"attributes,omitempty"`
		Status     wireStatus      `json:"status"`
	}
	wireScope struct {
		Scope map[string]string `json:"scope"`
		Spans []wireSpan        `json:"spans"`
	}
	wireResource struct {
		Resource map[string][]wireAttribute `json:"resource"`
		Scopes   []wireScope                `json:"scopeSpans"`
	}
	wireTraces struct {
		Resources []wireResource `json:"resourceSpans"`
	}
)

func (e *Exporter) encode(t Trace) wireTraces {
	id := newID(16)
	root := encodeSpan(id, "", t.Span)
	spans := []wireSpan{root}
	for _, s := range t.Within {
		spans = append(spans, encodeSpan(id, root.SpanID, s))
	}
	resource := []wireAttribute{word("service.name", "skubridge"), word("service.version", e.version)}
	return wireTraces{[]wireResource{{
		Resource: map[string][]wireAttribute{"attributes": resource},
		Scopes:   []wireScope{{Scope: map[string]string{"name": "github.com/skubridge/skubridge"}, Spans: spans}},
	}}}
}

func encodeSpan(trace, parent string, s Span) wireSpan {
	w := wireSpan{
		TraceID: trace, SpanID: newID(8), ParentID: parent, Name: s.Name, Kind: 1,
		Start: strconv.FormatInt(s.Start.UnixNano(), 10), End: strconv.FormatInt(s.End.UnixNano(), 10),
	}
	for key, text := range s.Words {
		w.Attributes = append(w.Attributes, word(key, text))
	}
	for key, n := range s.Numbers {
		w.Attributes = append(w.Attributes, wireAttribute{key, wireValue{Number: new(strconv.FormatInt(n, 10))}})
	}
	if s.Error != "" {
		w.Status = wireStatus{2, s.Error}
	}
	return w
}

func word(key, text string) wireAttribute { return wireAttribute{key, wireValue{Text: &text}} }

func newID(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}
