package flexport_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flexport"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/state"
)

const clientSecret = "cl1ent-s3cret"

// keptIn are the tokens of a state, as the daemon gives them to a connector.
type keptIn struct{ state.Tokens }

func (k keptIn) Use(ctx context.Context, name string, use func(connectors.Token) (connectors.Token, error)) (connectors.Token, error) {
	got, err := k.Tokens.Use(ctx, name, func(t state.Token) (state.Token, error) {
		token, err := use(connectors.Token(t))
		return state.Token(token), err
	})
	return connectors.Token(got), err
}

func withClient(o *flexport.Options) { o.ClientID, o.ClientSecret = "client", secret.New(clientSecret) }

// process opens the destination as a process does that has the state at path.
func process(t *testing.T, base, path string) *flexport.Destination {
	t.Helper()
	return open(t, connectors.Env{
		Common: connectors.Common{BaseURL: base}, Tokens: keptIn{state.TokensOf(path, "destination freight")},
	}, withClient)
}

// One token serves many requests, many processes and every restart; one that is
// refused is renewed once, by one of them.
func TestTokenIsAskedForOnce(t *testing.T) {
	t.Parallel()
	api, base := serve(t, sandbox.FlexportConfig{Clients: map[string]string{"client": clientSecret}})
	path := filepath.Join(t.TempDir(), "state.db")
	ahead := time.Duration(0)
	var processes []*flexport.Destination
	check := func(want int) {
		t.Helper()
		var all sync.WaitGroup
		for _, d := range processes {
			for range 4 {
				all.Go(func() {
					if err := d.CheckOnline(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		if n := api.TokenRequests(); n != want {
			t.Errorf("%d tokens were asked for, want %d", n, want)
		}
	}
	for range 4 {
		d := process(t, base, path)
		d.SetClock(func() time.Time { return time.Now().Add(ahead) })
		processes = append(processes, d)
	}
	check(1)
	processes = append(processes, process(t, base, path)) // a restart
	check(1)
	processes = processes[:4]
	ahead = time.Minute
	api.RevokeTokens()
	check(2)
	// Shortly before it expires it is renewed, not after.
	ahead = time.Minute + 24*time.Hour - 4*time.Minute
	check(3)
}

// A token that is refused at once is no matter of its age: the destination stops.
func TestTokenThatIsRefusedAtOnceStops(t *testing.T) {
	t.Parallel()
	api, base := serve(t, sandbox.FlexportConfig{})
	d := process(t, base, filepath.Join(t.TempDir(), "state.db"))
	if err := d.CheckOnline(t.Context()); err != nil {
		t.Fatal(err)
	}
	api.RevokeTokens()
	_, err := d.Deliver(t.Context(), creation(t, d, 1))
	if e := connectors.AsDelivery(err); e == nil || e.Class != connectors.Denied || !strings.Contains(err.Error(), "what the API credentials may do") {
		t.Errorf("got %v", err)
	}
	if n := api.TokenRequests(); n != 1 {
		t.Errorf("%d tokens were asked for", n)
	}
}

// Ten requests a day are all there are, over restarts, and failed ones count.
func TestTokensAreRationed(t *testing.T) {
	t.Parallel()
	api, base := serve(t, sandbox.FlexportConfig{})
	path := filepath.Join(t.TempDir(), "state.db")
	start := time.Now()
	for n := range 11 {
		d := process(t, base, path)
		d.SetClock(func() time.Time { return start.Add(time.Duration(n) * time.Hour) })
		if n == 3 { // this one fails, and is not repeated within a moment
			if err := api.SetFaults(sandbox.Fault{Kind: sandbox.ServerError, Path: "/oauth/token"}); err != nil {
				t.Fatal(err)
			}
			for _, want := range []connectors.Class{connectors.Retryable, connectors.RateLimited} {
				if e := connectors.AsDelivery(d.CheckOnline(t.Context())); e == nil || e.Class != want {
					t.Errorf("got %v, want %s", e, want)
				}
			}
			_ = api.SetFaults()
			api.RevokeTokens()
			continue
		}
		err := d.CheckOnline(t.Context())
		switch e := connectors.AsDelivery(err); {
		case n < 10 && err != nil:
			t.Errorf("token %d: %v", n+1, err)
		case n == 10 && (e == nil || e.Class != connectors.Denied || !strings.Contains(err.Error(), "10 access tokens were asked for")):
			t.Errorf("token 11: %v", err)
		}
		api.RevokeTokens()
	}
	// The first request is a day old by now.
	d := process(t, base, path)
	d.SetClock(func() time.Time { return start.Add(24*time.Hour + time.Second) })
	if err := d.CheckOnline(t.Context()); err != nil {
		t.Error(err)
	}
}

// What a token endpoint may say, and what that is.
func TestTokenFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		body   string
		class  connectors.Class
		says   string
	}{
		{401, `{"error":{"message":"bad client"}}`, connectors.Denied, "client_id and client_secret are refused: bad client"},
		{400, `no`, connectors.Denied, "client_id and client_secret are refused"},
		{429, `{}`, connectors.Denied, "no more access tokens today"},
		{404, ``, connectors.Denied, "base_url does not lead to the API"},
		{308, ``, connectors.Denied, "base_url does not lead to the API"},
		{500, ``, connectors.Retryable, ""},
		{200, `<html>`, connectors.Retryable, "holds none"},
		{200, `{"access_token":""}`, connectors.Retryable, "holds none"},
	} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/oauth/token" {
				t.Errorf("asked for %s", r.URL)
			}
			_ = r.ParseForm()
			w.WriteHeader(test.status)
			fmt.Fprint(w, test.body)
			if !strings.HasPrefix(test.body, "{") {
				fmt.Fprint(w, r.Form.Get("client_secret"))
			}
		}))
		defer api.Close()
		d := open(t, connectors.Env{Common: connectors.Common{BaseURL: api.URL}}, withClient)
		_, err := d.Deliver(t.Context(), creation(t, d, 1))
		e := connectors.AsDelivery(err)
		if e == nil || e.Class != test.class || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%d %s: %v", test.status, test.body, err)
		}
		if shown := fmt.Sprintf("%v %+v", err, *e); strings.Contains(shown, clientSecret) {
			t.Errorf("the secret is shown: %s", shown)
		}
	}
}
