package pull

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Defaults of Config.
const (
	DefaultRetries     = 5
	DefaultPatience    = 15 * time.Minute
	DefaultConcurrency = 4
)

// Config sets a Client up.
type Config struct {
	// Base is the address of the API. The token is never sent to another host.
	Base string
	// HTTP are the settings of the connections; its concurrency is that below.
	HTTP httpclient.Config
	// Rate is how many requests a second are sent at most, 0 for any number.
	Rate float64
	// Concurrency is how many requests may be in flight. 0 means DefaultConcurrency.
	Concurrency int
	// Retries is how often a request that failed in passing is sent again.
	// 0 means DefaultRetries, less than 0 never.
	Retries int
	// Patience is how long one request may be held up in all by an API that asks to
	// wait. 0 means DefaultPatience.
	Patience time.Duration
	// Authority gives the access token; nil where none is needed.
	Authority Authority
	// Authorize puts a token into a request's header; Bearer if nil.
	Authorize func(h http.Header, token string)
	// Judge makes of an answer that failed an error, and nil of a success: what an API
	// says in words of its own, as a refusal that comes with status 200. nil stands for
	// httpclient.Judge of a read.
	Judge func(resp *httpclient.Response, err error) *connectors.DeliveryError
	// Now is the clock, time.Now if nil; Wait waits for so long, or returns the cause of
	// the context's end. Tests give their own.
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error
}

// Request is something to be read.
type Request struct {
	// Method is GET if empty. A POST is repeated as well: it must change nothing.
	Method string
	// URL is absolute, or a path below the base address.
	URL    string
	Header http.Header
	Body   []byte
	// Anonymous sends no token, and may go to another host: not from https to http and not,
	// by Download, from a public host to a private address.
	Anonymous bool
	// Secrets are values to keep out of errors, besides those in the URL and the header.
	Secrets []string
	// Hold is called before each attempt and gives how long it has to wait, as for an
	// allowance that the API counts in a way of its own. More than the client's Patience ends
	// the request.
	Hold func() time.Duration
	// Judge overrides that of the client.
	Judge func(resp *httpclient.Response, err error) *connectors.DeliveryError
}

// Client asks one account at one API. It is safe for concurrent use.
type Client struct {
	cfg     Config
	base    *url.URL
	http    *httpclient.Client
	limiter *rate.Limiter
	turns   chan struct{} // one entry for each request in flight
	clock   Clock
	pause   pause
	public  atomic.Bool // the API answered from the public internet
}

// New makes a Client. A base address that cannot be parsed is told by each request.
func New(cfg Config) *Client {
	cfg.Concurrency = max(cmp.Or(cfg.Concurrency, DefaultConcurrency), 1)
	cfg.Retries = max(cmp.Or(cfg.Retries, DefaultRetries), 0)
	cfg.Patience = cmp.Or(cfg.Patience, DefaultPatience)
	cfg.HTTP.Concurrency = cfg.Concurrency
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Wait == nil {
		cfg.Wait = connectors.Wait
	}
	if cfg.Authorize == nil {
		cfg.Authorize = Bearer
	}
	if cfg.Judge == nil {
		cfg.Judge = func(resp *httpclient.Response, err error) *connectors.DeliveryError {
			return httpclient.Judge(httpclient.Read, resp, err, cfg.Now())
		}
	}
	limit := rate.Inf
	if cfg.Rate > 0 {
		limit = rate.Limit(cfg.Rate)
	}
	base, err := url.Parse(strings.TrimRight(cfg.Base, "/"))
	if err != nil {
		base = &url.URL{}
	}
	return &Client{
		cfg: cfg, base: base, http: httpclient.New(cfg.HTTP),
		limiter: rate.NewLimiter(limit, max(int(cfg.Rate/10), 1)),
		turns:   make(chan struct{}, cfg.Concurrency),
		clock:   Clock{now: cfg.Now},
	}
}

// Bearer is the usual way to authorize a request.
func Bearer(h http.Header, token string) { h.Set("Authorization", "Bearer "+token) }

// Close drops idle connections.
func (c *Client) Close() { c.http.Close() }

// Clock is that of the other side, as its answers tell.
func (c *Client) Clock() *Clock { return &c.clock }

// HTTP is what requests are sent with, for those that are no reads: it never repeats.
func (c *Client) HTTP() *httpclient.Client { return c.http }

// Do asks until there is an answer or no hope of one. Its error is a
// *connectors.DeliveryError, or the cause of the context's end; with the former comes the
// last answer, if there was one.
func (c *Client) Do(ctx context.Context, r Request) (*httpclient.Response, error) {
	address, err := c.resolve(r)
	if err != nil {
		return nil, err
	}
	judge := r.Judge
	if judge == nil {
		judge = c.cfg.Judge
	}
	var refused string                 // the token that the API does not take any more
	var last *connectors.DeliveryError // why it is asked again
	patience := c.patience()
	for {
		resp, token, failure, err := c.attempt(ctx, r, address, refused, judge)
		if err != nil {
			return nil, c.heldUp(ctx, err, last)
		}
		if failure == nil {
			c.serves(token)
			return resp, nil
		}
		if ctx.Err() != nil {
			return resp, c.heldUp(ctx, context.Cause(ctx), last)
		}
		if failure.Class == connectors.Denied && failure.Status == http.StatusUnauthorized && token != "" && refused == "" && c.cfg.Authority.Renewable() {
			refused = token // once: a new token that is refused as well is no matter of its age
			continue
		}
		d, again := patience.next(failure)
		if !again {
			return resp, failure
		}
		if failure.Class == connectors.RateLimited {
			c.pause.until(c.cfg.Now().Add(d), failure) // it is the account that is too fast
		}
		if err := c.cfg.Wait(ctx, d); err != nil {
			return resp, heldUp(err, failure)
		}
		last = failure
	}
}

// heldUp says of a request whose context ended what held it up: what came of it the last time,
// or a pause that the API asked for. An err that is not just that end says so already.
func (c *Client) heldUp(ctx context.Context, err error, last *connectors.DeliveryError) error {
	if ctx.Err() == nil || !errors.Is(err, context.Cause(ctx)) {
		return err
	}
	if last == nil {
		last = c.pause.why(c.cfg.Now())
	}
	return heldUp(err, last)
}

// serves tells the authority that a token was taken.
func (c *Client) serves(token string) {
	if token != "" {
		c.cfg.Authority.Serves(token)
	}
}

// attempt sends the request once, when it is its turn. err is what kept it from being sent.
func (c *Client) attempt(
	ctx context.Context, r Request, address, refused string, judge func(*httpclient.Response, error) *connectors.DeliveryError,
) (resp *httpclient.Response, token string, failure *connectors.DeliveryError, err error) {
	select {
	case c.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, "", nil, context.Cause(ctx)
	}
	defer func() { <-c.turns }()
	header := r.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if c.cfg.Authority != nil && !r.Anonymous {
		if token, err = c.cfg.Authority.Token(ctx, refused); err != nil {
			failure, err := tokenFailure(ctx, err)
			return nil, "", failure, err
		}
		c.cfg.Authorize(header, token)
	}
	if err := c.admit(ctx, r); err != nil {
		return nil, token, nil, err
	}
	resp, sendErr := c.http.Do(ctx, httpclient.Request{
		Method: cmp.Or(r.Method, http.MethodGet), URL: address, Header: header, Body: r.Body, Secrets: r.Secrets,
	})
	if resp != nil && !r.Anonymous {
		c.clock.observe(resp.Header)
		c.public.Store(httpclient.Public(resp.Remote))
	}
	return resp, token, judge(resp, sendErr), nil
}

// admit waits until a request may be sent, and counts it.
func (c *Client) admit(ctx context.Context, r Request) error {
	if r.Hold != nil {
		if err := c.hold(ctx, r.Hold()); err != nil {
			return err
		}
	}
	if d := c.pause.left(c.cfg.Now()); d > 0 {
		if err := c.cfg.Wait(ctx, d); err != nil {
			return err
		}
	}
	if d := c.limiter.ReserveN(c.cfg.Now(), 1).DelayFrom(c.cfg.Now()); d > 0 {
		if err := c.cfg.Wait(ctx, d); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return spend(ctx)
}

// hold waits for so long, as the API's own allowance has it.
func (c *Client) hold(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	why := &connectors.DeliveryError{
		Class: connectors.RateLimited, RetryAfter: d, Err: fmt.Errorf("its allowance is used up for the next %v", d.Round(time.Second)),
	}
	if d > c.cfg.Patience {
		return why
	}
	return heldUp(c.cfg.Wait(ctx, d), why)
}

// resolve gives the address of a request, and refuses to carry the token elsewhere.
func (c *Client) resolve(r Request) (string, error) {
	if strings.HasPrefix(r.URL, "/") {
		return strings.TrimRight(c.cfg.Base, "/") + r.URL, nil
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return "", refusal(errors.New("the address that the API named cannot be read"), "")
	}
	if r.Anonymous && c.base.Scheme == "https" && u.Scheme != "https" {
		return "", refusal(errors.New("the API sent us from https to http, where anyone could read and change what comes; it was not followed"), "")
	}
	if r.Anonymous || strings.EqualFold(u.Host, c.base.Host) && u.Scheme == c.base.Scheme {
		return r.URL, nil
	}
	return "", refusal(
		fmt.Errorf("the API sent us to %s, which is not the configured %s; it was not followed, as the access token would go with it",
			httpclient.RedactURL(&url.URL{Scheme: u.Scheme, Host: u.Host}), httpclient.RedactURL(&url.URL{Scheme: c.base.Scheme, Host: c.base.Host})),
		"set the base address to the one that the API gives for itself")
}

func refusal(err error, remedy string) *connectors.DeliveryError {
	return &connectors.DeliveryError{Class: connectors.Rejected, Err: err, Remedy: remedy}
}

// Wait waits for so long, or returns the cause of the context's end.
func (c *Client) Wait(ctx context.Context, d time.Duration) error { return c.cfg.Wait(ctx, d) }
