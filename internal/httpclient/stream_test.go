package httpclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/httpclient"
)

// What an answer may be, and what becomes of its body.
func TestStream(t *testing.T) {
	t.Parallel()
	cause := errors.New("enough")
	for _, test := range []struct {
		name string
		say  func(w http.ResponseWriter, r *http.Request)
		want string
		is   error
	}{
		{"a whole answer", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "12345678") }, "12345678", nil},
		{"one that is longer than allowed", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "123456789") }, "12345678", httpclient.ErrTooLong},
		{"one that is cut", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "8")
			fmt.Fprint(w, "1234")
		}, "1234", io.ErrUnexpectedEOF},
		{"one that stalls", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "1234")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, "1234", context.DeadlineExceeded},
		{"one that never begins", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "", context.DeadlineExceeded},
		{"one that nobody waits for", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "stop")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, "stop", cause},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("Accept-Encoding"); got != "identity" {
					t.Errorf("Accept-Encoding %q", got)
				}
				test.say(w, r)
			}))
			defer s.Close()
			timeout := time.Minute
			if test.is == context.DeadlineExceeded { //nolint:errorlint // which case it is
				timeout = 50 * time.Millisecond
			}
			client := httpclient.New(httpclient.Config{Timeout: timeout})
			defer client.Close()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			stream, err := client.Stream(ctx, httpclient.Request{URL: s.URL}, 8)
			if test.want == "" {
				// To be out of patience is no wish to stop.
				if !errors.Is(err, test.is) || errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Body.Close()
			got := make([]byte, 0, 16)
			for err == nil {
				buf := make([]byte, 16)
				var n int
				n, err = stream.Body.Read(buf)
				got = append(got, buf[:n]...)
				if string(got) == "stop" {
					cancel(cause)
				}
			}
			if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				err = nil
			}
			if string(got) != test.want || !errors.Is(err, test.is) || errors.Is(err, context.Canceled) {
				t.Errorf("got %q, %v", got, err)
			}
			if _, ok := errors.AsType[*httpclient.AnswerError](err); test.is != nil && !ok {
				t.Errorf("%T is no answer error", err)
			}
		})
	}
}

func TestStreamDoesNotFollow(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.RedirectHandler("https://elsewhere.example/?token=s3cret", http.StatusFound))
	defer s.Close()
	client := httpclient.New(httpclient.Config{})
	defer client.Close()
	_, err := client.Stream(t.Context(), httpclient.Request{URL: s.URL}, 8)
	if err == nil || !strings.Contains(err.Error(), "not followed") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
	s.Close()
	if _, err := client.Stream(t.Context(), httpclient.Request{URL: s.URL}, 8); err == nil {
		t.Error("no error")
	}
}

// An address that an answer named may not lead into the own network.
func TestStreamToPublicAddressesOnly(t *testing.T) {
	t.Parallel()
	asked := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer s.Close()
	client := httpclient.New(httpclient.Config{})
	defer client.Close()
	_, err := client.Stream(t.Context(), httpclient.Request{URL: s.URL, PublicOnly: true}, 8)
	if !errors.Is(err, httpclient.ErrPrivate) || asked {
		t.Errorf("asked %v, %v", asked, err)
	}
}

// An address that an answer named is never one by which a machine asks about itself,
// whoever named it. What a person chose may be any.
func TestStreamToMetadata(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://169.254.169.254/latest", "http://[::ffff:169.254.169.254]/", "http://[fe80::1]/", "http://168.63.129.16/", "http://[fd00:ec2::254]/"} {
		client := httpclient.New(httpclient.Config{})
		if _, err := client.Stream(t.Context(), httpclient.Request{URL: address, Led: true}, 8); !errors.Is(err, httpclient.ErrPrivate) {
			t.Errorf("%s: %v", address, err)
		}
		client.Close()
	}
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	client := httpclient.New(httpclient.Config{})
	defer client.Close()
	stream, err := client.Stream(t.Context(), httpclient.Request{URL: s.URL, Led: true}, 8)
	if err != nil {
		t.Fatalf("within the own network: %v", err)
	}
	_ = stream.Body.Close()
}
