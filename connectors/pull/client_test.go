package pull_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/secret"
)

// clock is a clock that only waiting moves.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	waits []time.Duration
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.waits = c.at.Add(d), append(c.waits, d)
	return context.Cause(ctx)
}

// serve answers the n-th request, from 1, with what say gives.
func serve(t *testing.T, say func(n int, w http.ResponseWriter, r *http.Request)) (string, *int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		now := n
		mu.Unlock()
		say(now, w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, &n
}

func open(t *testing.T, base string, c *clock, change ...func(*pull.Config)) *pull.Client {
	t.Helper()
	cfg := pull.Config{Base: base, Now: c.now, Wait: c.wait}
	for _, f := range change {
		f(&cfg)
	}
	client := pull.New(cfg)
	t.Cleanup(client.Close)
	return client
}

// What an API says first, and what becomes of a read that is asked again.
func TestReadsAreRepeated(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		status   int
		header   string
		times    int // that it says so before it answers
		class    connectors.Class
		requests int
		atLeast  time.Duration // waited in all
	}{
		{"a failure in passing is asked again", 500, "", 2, "", 3, time.Second},
		{"one that stays is told after five repeats", 503, "", 100, connectors.Retryable, 6, 10 * time.Second},
		{"Retry-After is kept to", 429, "70", 1, "", 2, 70 * time.Second},
		{"and is no failure that counts", 429, "1", 20, "", 21, 20 * time.Second},
		{"waits end where patience ends", 429, "600", 100, connectors.RateLimited, 2, 10 * time.Minute},
		{"a limit without words is waited for longer and longer", 429, "", 3, "", 4, 7 * time.Second},
		{"a 503 that says when waits as long", 503, "60", 1, "", 2, time.Minute},
		{"a refusal is final", 422, "", 1, connectors.Rejected, 1, 0},
		{"so is one of the credentials", 403, "", 1, connectors.Denied, 1, 0},
		{"and what is not there", 404, "", 1, connectors.Gone, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			base, requests := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if string(body) != "query" {
					t.Errorf("request %d has the body %q", n, body)
				}
				if n <= test.times {
					if test.header != "" {
						w.Header().Set("Retry-After", test.header)
					}
					w.WriteHeader(test.status)
				}
				fmt.Fprint(w, "answer")
			})
			c := newClock()
			start := c.now()
			resp, err := open(t, base, c).Do(t.Context(), pull.Request{Method: "POST", URL: "/things", Body: []byte("query")})
			if test.class == "" && (err != nil || string(resp.Body) != "answer") {
				t.Errorf("got %v", err)
			}
			if test.class != "" {
				if e, ok := errors.AsType[*connectors.DeliveryError](err); !ok || e.Class != test.class || resp == nil {
					t.Errorf("got %v, want %s", err, test.class)
				}
			}
			if *requests != test.requests {
				t.Errorf("%d requests, want %d", *requests, test.requests)
			}
			if waited := c.now().Sub(start); waited < test.atLeast {
				t.Errorf("waited %v, want %v at least", waited, test.atLeast)
			}
		})
	}
}

// A wait that the API asks one request for holds back all of them.
func TestAPauseIsTheAccounts(t *testing.T) {
	t.Parallel()
	c := newClock()
	base, requests := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	var client *pull.Client
	other := false
	client = open(t, base, c, func(cfg *pull.Config) {
		cfg.Wait = func(ctx context.Context, d time.Duration) error {
			if !other { // while the first request waits, another one comes
				other = true
				if _, err := client.Do(ctx, pull.Request{URL: "/"}); err != nil {
					t.Error(err)
				}
				if c.now().Sub(newClock().now()) < 30*time.Second || *requests != 2 {
					t.Errorf("after %v there were %d requests", c.now(), *requests)
				}
			}
			return c.wait(ctx, d)
		}
	})
	if _, err := client.Do(t.Context(), pull.Request{URL: "/"}); err != nil {
		t.Fatal(err)
	}
}

func TestRateAndBudget(t *testing.T) {
	t.Parallel()
	c := newClock()
	base, requests := serve(t, func(int, http.ResponseWriter, *http.Request) {})
	client := open(t, base, c, func(cfg *pull.Config) { cfg.Rate = 2 })
	ctx := pull.WithBudget(t.Context(), 5)
	start := c.now()
	for range 5 {
		if _, err := client.Do(ctx, pull.Request{URL: "/"}); err != nil {
			t.Fatal(err)
		}
	}
	if waited := c.now().Sub(start); waited != 2*time.Second {
		t.Errorf("five requests at two a second took %v", waited)
	}
	_, err := client.Do(ctx, pull.Request{URL: "/"})
	if err == nil || !strings.Contains(err.Error(), "more than 5 requests") || *requests != 5 {
		t.Errorf("after %d requests: %v", *requests, err)
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	inFlight, most := 0, 0
	all := make(chan struct{})
	base, _ := serve(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		inFlight++
		if most = max(most, inFlight); most == 3 {
			select {
			case <-all:
			default:
				close(all)
			}
		}
		mu.Unlock()
		select {
		case <-all: // three have met
		case <-r.Context().Done():
		}
		mu.Lock()
		inFlight--
		mu.Unlock()
	})
	client := open(t, base, newClock(), func(cfg *pull.Config) { cfg.Concurrency = 3 })
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if _, err := client.Do(t.Context(), pull.Request{URL: "/"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most != 3 {
		t.Errorf("%d were in flight at once", most)
	}
}

// The token goes to the configured host and to no other, and is in no error.
func TestTheTokenStaysOnItsHost(t *testing.T) {
	t.Parallel()
	elsewhere, others := serve(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Token") != "" {
			t.Error("the token left its host")
		}
	})
	base, _ := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Token") != "s3cr3t-token" {
			t.Errorf("the token is %q", r.Header.Get("X-Token"))
		}
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "you sent s3cr3t-token")
	})
	client := open(t, base, newClock(), func(cfg *pull.Config) {
		cfg.Authority = pull.Fixed{Value: secret.New("s3cr3t-token")}
		cfg.Authorize = func(h http.Header, token string) { h.Set("X-Token", token) }
	})
	_, err := client.Do(t.Context(), pull.Request{URL: base + "/next"})
	if shown := fmt.Sprintf("%v %+v", err, err); err == nil || strings.Contains(shown, "s3cr3t") {
		t.Errorf("got %s", shown)
	}
	_, err = client.Do(t.Context(), pull.Request{URL: elsewhere + "/next"})
	if err == nil || !strings.Contains(err.Error(), "not followed") || *others != 0 {
		t.Errorf("got %v", err)
	}
	if _, err := client.Do(t.Context(), pull.Request{URL: elsewhere, Anonymous: true}); err != nil {
		t.Error(err)
	}
}

func TestTheEndOfTheContextIsItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("enough")
	base, _ := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	ctx, cancel := context.WithCancelCause(t.Context())
	client := pull.New(pull.Config{Base: base, Wait: func(ctx context.Context, _ time.Duration) error {
		cancel(cause)
		return context.Cause(ctx)
	}})
	defer client.Close()
	if _, err := client.Do(ctx, pull.Request{URL: "/"}); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if _, err := client.Do(ctx, pull.Request{URL: "/"}); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

// TestAReadThatIsHeldUpSaysBy has the time of a read end while one of its requests waits.
func TestAReadThatIsHeldUpSaysBy(t *testing.T) {
	t.Parallel()
	answers := func(status int) func(int, http.ResponseWriter, *http.Request) {
		return func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	one := func(ctx context.Context, c *pull.Client) error {
		_, err := c.Do(ctx, pull.Request{URL: "/"})
		return err
	}
	for _, test := range []struct {
		what string
		say  func(n int, w http.ResponseWriter, r *http.Request)
		ask  func(ctx context.Context, c *pull.Client) error
		want string
	}{
		{"too many requests", answers(http.StatusTooManyRequests), one, "took longer than 1s, and the API still asks for fewer requests (HTTP 429)"},
		{"failures in passing", answers(http.StatusBadGateway), one, "took longer than 1s, and the API did not answer as it should: HTTP 502"},
		{"a download", answers(http.StatusBadGateway), func(ctx context.Context, c *pull.Client) error {
			file, err := os.Create(filepath.Join(t.TempDir(), "result"))
			if err != nil {
				return err
			}
			defer file.Close()
			_, err = c.Download(ctx, pull.Request{URL: "/"}, file, 10)
			return err
		}, "took longer than 1s, and the API did not answer as it should: HTTP 502"},
		{"an allowance", answers(http.StatusOK), func(ctx context.Context, c *pull.Client) error {
			_, err := c.Do(ctx, pull.Request{URL: "/", Hold: func() time.Duration { return time.Minute }})
			return err
		}, "took longer than 1s, and the API still asks for fewer requests"},
		{"an allowance that is used up for longer than one is patient", answers(http.StatusOK), func(ctx context.Context, c *pull.Client) error {
			_, err := c.Do(ctx, pull.Request{URL: "/", Hold: func() time.Duration { return time.Hour }})
			return err
		}, "the API asks to wait longer than a read may take: its allowance is used up for the next 1h0m0s"},
		{"a token", answers(http.StatusTooManyRequests), func(ctx context.Context, c *pull.Client) error {
			_, err := c.Do(ctx, pull.Request{URL: "/tokens"})
			return err
		}, "took longer than 1s, and the API still asks for fewer requests (HTTP 429)"},
	} {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			end := &connectors.IncompleteError{Source: "erp", Reason: "the read took longer than 1s", Remedy: "raise timeout"}
			ctx, stop := context.WithCancelCause(t.Context())
			base, _ := serve(t, test.say)
			cfg := pull.Config{Base: base, Now: newClock().now, Wait: func(context.Context, time.Duration) error {
				stop(end)
				return end
			}}
			if test.what == "a token" {
				login := pull.New(cfg)
				cfg.Authority = pull.NewTokens(pull.TokenConfig{Ask: func(ctx context.Context, _ string) (pull.Grant, error) { return pull.Grant{}, one(ctx, login) }})
			}
			err := pull.Incomplete(ctx, "erp", test.ask(ctx, pull.New(cfg)))
			got, ok := errors.AsType[*connectors.IncompleteError](err)
			if !ok || !strings.HasSuffix(got.Error(), test.want) || got.Remedy == "" {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// TestAReadThatAnotherRequestHoldsUpSaysBy has the time of a read end while all its requests are
// held back by what was answered to one.
func TestAReadThatAnotherRequestHoldsUpSaysBy(t *testing.T) {
	t.Parallel()
	base, requests := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	end := &connectors.IncompleteError{Source: "erp", Reason: "the read took longer than 1s"}
	ctx, stop := context.WithCancelCause(t.Context())
	var c *pull.Client
	var other error
	first := true
	c = pull.New(pull.Config{Base: base, Now: newClock().now, Wait: func(ctx context.Context, _ time.Duration) error {
		if first { // the other one comes while this one waits
			first = false
			_, other = c.Do(ctx, pull.Request{URL: "/"})
		}
		stop(end)
		return end
	}})
	_, _ = c.Do(ctx, pull.Request{URL: "/"})
	if other == nil || other.Error() != "erp: the read took longer than 1s, and the API still asks for fewer requests (HTTP 429)" || *requests != 1 {
		t.Errorf("after %d requests: %v", *requests, other)
	}
}

// Whoever stops a read is told that, whatever held it up.
func TestAReadThatIsStoppedSaysNoMore(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	ctx, stop := context.WithCancel(t.Context())
	c := pull.New(pull.Config{Base: base, Wait: func(context.Context, time.Duration) error {
		stop()
		return context.Cause(ctx)
	}})
	_, err := c.Do(ctx, pull.Request{URL: "/"})
	if err := pull.Incomplete(ctx, "erp", err); err != context.Canceled { //nolint:errorlint // it is that and no more
		t.Errorf("%v", err)
	}
}

// The clock of the other side is an hour ahead of ours.
func TestClock(t *testing.T) {
	t.Parallel()
	c := newClock()
	base, _ := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", c.now().Add(time.Hour).Format(http.TimeFormat))
	})
	client := open(t, base, c)
	if _, known := client.Clock().Skew(); known || !client.Clock().Now().Equal(c.now()) {
		t.Errorf("before the first answer it is %v", client.Clock().Now())
	}
	if _, err := client.Do(t.Context(), pull.Request{URL: "/"}); err != nil {
		t.Fatal(err)
	}
	_ = c.wait(t.Context(), time.Minute)
	want := c.now().Add(time.Hour)
	if got := client.Clock().Now(); !got.Equal(want) {
		t.Errorf("it is %v there, want %v", got, want)
	}
}

func TestIncomplete(t *testing.T) {
	t.Parallel()
	whole := &connectors.IncompleteError{Reason: "cut"}
	for _, test := range []struct {
		err  error
		want string
	}{
		{whole, "cut"},
		{errors.New("page 3 shows again"), "shop: the read is not whole: page 3 shows again"},
		{&connectors.DeliveryError{Class: connectors.Denied, Status: 401, Message: "no"}, "shop: the credentials are refused: HTTP 401: no"},
		{&connectors.DeliveryError{Class: connectors.Denied, Status: 307, Message: "elsewhere"}, "shop: the API refuses the request: HTTP 307: elsewhere"},
		{&connectors.DeliveryError{Class: connectors.Denied, Status: 402, Message: "frozen"}, "shop: the API refuses the request: HTTP 402: frozen"},
		{&connectors.DeliveryError{Class: connectors.Denied, Mismatch: true, Message: "of b"}, "shop: another account answers: of b"},
		{
			&connectors.DeliveryError{Class: connectors.Retryable, Message: "connection refused", Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}},
			"shop: the API cannot be reached: connection refused",
		},
		{
			&connectors.DeliveryError{Class: connectors.Retryable, Message: "no such host", Err: &net.DNSError{Err: "no such host", IsNotFound: true}},
			"shop: the API cannot be reached: no such host",
		},
	} {
		err := pull.Incomplete(t.Context(), "shop", fmt.Errorf("%w", test.err))
		if e, ok := errors.AsType[*connectors.IncompleteError](err); !ok || e.Reason == "" {
			t.Errorf("%v is no incomplete read", err)
		}
		if diff := cmp.Diff(test.want, err.Error()); diff != "" {
			t.Error(diff)
		}
	}
	if pull.Incomplete(t.Context(), "shop", nil) != nil {
		t.Error("nil has become an error")
	}
}
