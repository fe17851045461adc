// Package httpclient is the one place where HTTP is spoken and judged.
//
// A Client sends a request once and never again: repeating belongs to the
// outbox alone, which knows the request's durable step. What the client adds to
// net/http is certainty about the outcome: whether any byte of the request left
// the machine, whether an answer came and could be read whole, how long the
// other side wants to be left alone, and error values that carry no credential.
//
//	client := httpclient.New(httpclient.Config{Concurrency: 8})
//	resp, err := client.Do(ctx, httpclient.Request{Method: "POST", URL: u, Header: h, Body: b})
//	if failure := httpclient.Judge(httpclient.Create, resp, err, time.Now()); failure != nil {
//		return failure // a *connectors.DeliveryError of exactly one class
//	}
//
// It speaks HTTP/1.1 only: a connection then carries one request at a time, so
// "was it written?" has one answer.
package httpclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

// Defaults of Config.
const (
	DefaultTimeout     = 30 * time.Second
	DefaultMaxBody     = 8 << 20
	DefaultConcurrency = 16
	DefaultUserAgent   = "skubridge"
)

const (
	dialTimeout = 10 * time.Second
	// idleTimeout stays below the 60 s after which common servers and balancers
	// drop idle connections: a request that meets a dropped one has an unclear outcome.
	idleTimeout = 30 * time.Second
	maxHeader   = 256 << 10
)

// Config sets a Client up. The zero value works.
type Config struct {
	// Timeout bounds a whole request, from waiting for a connection to the last
	// byte of the answer. 0 means DefaultTimeout.
	Timeout time.Duration
	// MaxBody is the most bytes of an answer, after decompression. A longer answer
	// is unreadable. 0 means DefaultMaxBody.
	MaxBody int64
	// UserAgent is sent where the request names none. Empty means DefaultUserAgent.
	UserAgent string
	// Concurrency is the most connections to one host, all of which are kept
	// alive. Set it to the number of workers. 0 means DefaultConcurrency.
	Concurrency int
	// Secrets are kept out of errors and refusals besides those of each request: what the
	// other side knows as well and may repeat in any answer, as a client secret.
	Secrets []string
	// OnRequest, if set, is called before each request, by many goroutines at once.
	OnRequest func()
	// RootCAs are the authorities whose certificates are believed; nil for the
	// system's.
	RootCAs *x509.CertPool
	// Dial makes connections in place of the network, nil for the network itself.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// ConfigFor is the configuration of a client of a destination that has these secrets besides
// those that its requests carry.
func ConfigFor(env connectors.Env, secrets ...string) Config {
	return Config{
		Secrets:     secrets,
		Timeout:     env.Common.Timeout,
		Concurrency: env.Common.Concurrency,
		UserAgent:   env.UserAgent,
		OnRequest:   env.OnRequest,
		Dial:        env.Dial,
	}
}

// Request is one request. Header and Body are read, never changed.
type Request struct {
	Method string
	// URL is absolute; a user and password in it become basic authorization.
	URL    string
	Header http.Header
	Body   []byte
	// Secrets are values to keep out of errors and refusals besides those that
	// the client finds in the URL and the headers, as the client secret in the
	// body of a token request.
	Secrets []string
	// Raw wants redirects and compressed bodies as they come. Led says that an answer named
	// the address and no person: it may not be one by which machines in clouds ask about
	// themselves, secrets among it, and with PublicOnly no private one at all (ErrPrivate).
	// Stream alone heeds them.
	Raw, Led, PublicOnly bool
}

// Response is an answer that was read to its end.
type Response struct {
	Status int
	Header http.Header
	// Body is decompressed, without a byte order mark (RFC 8259, section 8.1), and else as
	// it came: for parsing, not for people, since it may repeat the request's credentials.
	// Excerpt and Redact give it without them.
	Body []byte
	// Duration runs from the call to the last byte of the body.
	Duration time.Duration
	// Remote is the address of the other side, or of the proxy where there is one.
	Remote netip.Addr

	asked Request       // what it answers
	sent  *http.Request // as it was sent
}

// Client sends requests. It is safe for concurrent use.
type Client struct {
	transport *http.Transport
	timeout   time.Duration
	maxBody   int64
	userAgent string
	onRequest func()
	secrets   []string
}

// New makes a Client with connections of its own.
func New(cfg Config) *Client {
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = DefaultMaxBody
	}
	if cfg.Concurrency <= 0 {
		cfg.Concurrency = DefaultConcurrency
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = DefaultUserAgent
	}
	if cfg.OnRequest == nil {
		cfg.OnRequest = func() {}
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	if cfg.Dial == nil {
		cfg.Dial = dialer(nil).DialContext
	}
	var trust *tls.Config
	if cfg.RootCAs != nil {
		trust = &tls.Config{RootCAs: cfg.RootCAs}
	}
	return &Client{
		secrets:   cfg.Secrets,
		timeout:   cfg.Timeout,
		maxBody:   cfg.MaxBody,
		userAgent: cfg.UserAgent,
		onRequest: cfg.OnRequest,
		transport: &http.Transport{
			Proxy:                  proxy,
			DialContext:            countingDial(cfg.Dial),
			TLSClientConfig:        trust,
			TLSHandshakeTimeout:    dialTimeout,
			MaxIdleConns:           0,
			MaxIdleConnsPerHost:    cfg.Concurrency,
			MaxConnsPerHost:        cfg.Concurrency,
			IdleConnTimeout:        idleTimeout,
			MaxResponseHeaderBytes: maxHeader,
			Protocols:              &protocols,
		},
	}
}

// Close drops the idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Do sends r once and reads the answer whole.
//
// A nil error means that an answer was read to its end, whatever its status. Any
// other outcome is a *TransportError (no answer came) or an *AnswerError (one
// came, and cannot be used: too long, cut short, a redirect); with the latter the
// response is not nil and holds the status, the header and what was read.
//
// Redirects are not followed: a write must not be, and a read that did would
// carry credentials to another host.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	start := time.Now()
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	r.Secrets = append(slices.Clip(r.Secrets), c.secrets...)
	c.onRequest()

	var w wire
	req, err := c.build(httptrace.WithClientTrace(timed, w.trace()), r)
	if err != nil {
		return nil, &TransportError{Err: err}
	}
	// The transport is used by itself: http.Client would add redirects, cookies
	// and an error that spells out the URL.
	answer, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, transportError(ctx, timed, r, req, w.written(), err)
	}
	defer answer.Body.Close()

	body, readErr := readBody(answer, c.maxBody)
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	resp := &Response{
		Status: answer.StatusCode, Header: answer.Header, Body: body, Duration: time.Since(start), Remote: w.remote,
		asked: r, sent: req,
	}
	switch {
	case isRedirect(resp.Status):
		return resp, redirectError(r, req, answer)
	case readErr != nil:
		return resp, unreadable(ctx, timed, r, req, resp.Status, readErr)
	}
	return resp, nil
}

// build makes the net/http request of r, with nothing in it that would let
// net/http send a write a second time.
func (c *Client) build(ctx context.Context, r Request) (*http.Request, error) {
	var body io.Reader
	if len(r.Body) > 0 {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		// The cause quotes the URL, which may hold a credential.
		return nil, errors.New("the request's method or URL is malformed")
	}
	if req.URL.Host == "" || (req.URL.Scheme != "http" && req.URL.Scheme != "https") {
		return nil, errors.New("the request's URL is not absolute http or https")
	}
	req.Header = make(http.Header, len(r.Header)+2)
	maps.Copy(req.Header, r.Header)
	if req.Header.Get("User-Agent") == "" {
		req.Header["User-Agent"] = []string{c.userAgent}
	}
	if u := req.URL.User; u != nil {
		if req.Header.Get("Authorization") == "" {
			password, _ := u.Password()
			req.SetBasicAuth(u.Username(), password)
		}
		req.URL.User = nil
	}
	if !isRead(req.Method) {
		sendOnce(req)
	}
	return req, nil
}

// sendOnce takes from net/http the means to repeat a write: it does so by itself
// when a reused connection drops and the request carries an Idempotency-Key,
// which makes a duplicate wherever the API ignores the key.
func sendOnce(req *http.Request) {
	req.GetBody = nil
	if req.Body != nil {
		return
	}
	// Without a body there is nothing to rewind, and net/http goes by the header
	// alone. It knows the header by its canonical spelling only, while for HTTP
	// the case of a name means nothing.
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if v, ok := req.Header[name]; ok {
			delete(req.Header, name)
			req.Header[lower(name)] = v
		}
	}
}

func isRead(method string) bool {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions:
		return true
	}
	return false
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// proxy is the environment's proxy, without its address in the error.
func proxy(req *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, errors.New("the proxy address in the environment is malformed")
	}
	return u, nil
}
