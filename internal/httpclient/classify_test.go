package httpclient_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

const accepted connectors.Class = ""

// span is a run of statuses that share their classes.
type span struct {
	from, to                      int
	read, idempotentWrite, create connectors.Class
}

// table names every status, in order and without a gap.
func table() []span {
	const (
		retryable = connectors.Retryable
		limited   = connectors.RateLimited
		rejected  = connectors.Rejected
		denied    = connectors.Denied
		gone      = connectors.Gone
		unknown   = connectors.Unknown
	)
	return []span{
		{100, 199, unknown, unknown, unknown},
		{200, 299, accepted, accepted, accepted},
		{300, 399, unknown, unknown, unknown},
		{400, 400, rejected, rejected, rejected},
		{401, 401, denied, denied, denied},
		{402, 402, unknown, unknown, unknown},
		{403, 403, denied, denied, denied},
		{404, 404, gone, gone, unknown},
		{405, 407, unknown, unknown, unknown},
		{408, 408, retryable, retryable, retryable},
		{409, 412, unknown, unknown, unknown},
		{413, 413, rejected, rejected, rejected},
		{414, 414, unknown, unknown, unknown},
		{415, 415, rejected, rejected, rejected},
		{416, 421, unknown, unknown, unknown},
		{422, 422, rejected, rejected, rejected},
		{423, 424, unknown, unknown, unknown},
		{425, 425, retryable, retryable, retryable},
		{426, 428, unknown, unknown, unknown},
		{429, 429, limited, limited, limited},
		{430, 499, unknown, unknown, unknown},
		{500, 599, retryable, retryable, unknown},
	}
}

func TestClassifyNamesEveryStatus(t *testing.T) {
	t.Parallel()
	next := 100
	for _, s := range table() {
		if s.from != next {
			t.Fatalf("the table goes on at %d, want %d", s.from, next)
		}
		for status := s.from; status <= s.to; status++ {
			for kind, want := range map[httpclient.Kind]connectors.Class{
				httpclient.Read: s.read, httpclient.IdempotentWrite: s.idempotentWrite, httpclient.Create: s.create,
			} {
				if got := httpclient.Classify(kind, httpclient.Outcome{Status: status}); got != want {
					t.Errorf("status %d, kind %d: %q, want %q", status, kind, got, want)
				}
				if want == accepted {
					continue
				}
				// A refusal is one even if its body cannot be read.
				half := httpclient.Outcome{Status: status, Err: &httpclient.AnswerError{Status: status}}
				if got := httpclient.Classify(kind, half); got != want {
					t.Errorf("status %d unreadable, kind %d: %q, want %q", status, kind, got, want)
				}
			}
		}
		next = s.to + 1
	}
	if next != 600 {
		t.Errorf("the table ends before %d, want 600", next)
	}
}

func TestClassifyWithoutAStatusToGoBy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		o                             httpclient.Outcome
		read, idempotentWrite, create connectors.Class
	}{
		"not written: nothing can have been applied": {
			httpclient.Outcome{Err: &httpclient.TransportError{}},
			connectors.Retryable, connectors.Retryable, connectors.Retryable,
		},
		"not written for a time limit": {
			httpclient.Outcome{Err: &httpclient.TransportError{Timeout: true}},
			connectors.Retryable, connectors.Retryable, connectors.Retryable,
		},
		"written, then no answer": {
			httpclient.Outcome{Err: &httpclient.TransportError{Written: true}},
			connectors.Retryable, connectors.Unknown, connectors.Unknown,
		},
		"a success that cannot be read": {
			httpclient.Outcome{Status: 200, Err: &httpclient.AnswerError{Status: 200, Err: httpclient.ErrTooLong}},
			connectors.Retryable, connectors.Unknown, connectors.Unknown,
		},
		"an error of another make": {
			httpclient.Outcome{Err: errors.New("whatever")},
			connectors.Retryable, connectors.Unknown, connectors.Unknown,
		},
		"neither answer nor error": {
			httpclient.Outcome{}, connectors.Unknown, connectors.Unknown, connectors.Unknown,
		},
		"503 that says when to come back": {
			httpclient.Outcome{Status: 503, Waits: true},
			connectors.RateLimited, connectors.RateLimited, connectors.RateLimited,
		},
		"500 that says when to come back": {
			httpclient.Outcome{Status: 500, Waits: true},
			connectors.Retryable, connectors.Retryable, connectors.Unknown,
		},
	}
	for name, tc := range tests {
		for kind, want := range map[httpclient.Kind]connectors.Class{
			httpclient.Read: tc.read, httpclient.IdempotentWrite: tc.idempotentWrite, httpclient.Create: tc.create,
		} {
			if got := httpclient.Classify(kind, tc.o); got != want {
				t.Errorf("%s, kind %d: %q, want %q", name, kind, got, want)
			}
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	cause := &httpclient.TransportError{Written: true}
	tests := map[string]struct {
		resp *httpclient.Response
		err  error
		want *connectors.DeliveryError
	}{
		"a success is no failure": {&httpclient.Response{Status: 201}, nil, nil},
		"a refusal keeps the API's words": {
			&httpclient.Response{Status: 422, Body: []byte(`{"detail":"no"}`)}, nil,
			&connectors.DeliveryError{Class: connectors.Rejected, Status: 422, Body: `{"detail":"no"}`},
		},
		"a long refusal is cut, and is text": {
			&httpclient.Response{Status: 400, Body: []byte("\xff" + strings.Repeat("x", 9999))}, nil,
			&connectors.DeliveryError{Class: connectors.Rejected, Status: 400, Body: "�" + strings.Repeat("x", 2047)},
		},
		"429 with a wait": {
			&httpclient.Response{Status: 429, Header: http.Header{"Retry-After": {"7"}}}, nil,
			&connectors.DeliveryError{Class: connectors.RateLimited, Status: 429, RetryAfter: 7 * time.Second},
		},
		"429 with an exhausted window": {
			&httpclient.Response{Status: 429, Header: http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"9"}}}, nil,
			&connectors.DeliveryError{Class: connectors.RateLimited, Status: 429, RetryAfter: 9 * time.Second},
		},
		"no answer": {
			nil, cause, &connectors.DeliveryError{Class: connectors.Unknown, Err: cause},
		},
	}
	for name, tc := range tests {
		got := httpclient.Judge(httpclient.Create, tc.resp, tc.err, time.Now())
		if tc.want == nil || got == nil {
			if got != tc.want {
				t.Errorf("%s: %v, want %v", name, got, tc.want)
			}
			continue
		}
		// By value: a pointer would be compared as an error, which is by identity.
		if diff := cmp.Diff(*tc.want, *got, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}
