// Package probe asks whether an image can be had at an address, with as little
// traffic as may be: a HEAD, and where a server refuses that, a GET of one byte.
//
// Answers are remembered for a while. Addresses within private networks are not
// asked for unless that is allowed, whatever a name or a redirect leads to: a
// catalog is written by others, and must not make this machine look around.
package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/skubridge/skubridge/internal/httpclient"

	"golang.org/x/sync/singleflight"
)

// Limits, unless Config says otherwise.
const (
	timeout  = 10 * time.Second
	goodFor  = 24 * time.Hour
	badFor   = 10 * time.Minute
	kept     = 20_000 // answers, of about 300 bytes each; then all of them are forgotten
	patience = 5      // times that a host may fail to answer before it is left alone
	redirect = 5
)

// Config is what a prober needs. The zero value works.
type Config struct {
	// Private allows addresses within private networks and on this machine.
	Private bool
	// UserAgent is sent with each request.
	UserAgent string
	// Timeout is the longest that one address may take, redirects and all; 0 is 10 s.
	Timeout time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Prober asks, and remembers. It is safe for concurrent use.
type Prober struct {
	cfg    Config
	client *http.Client
	flight singleflight.Group

	mu      sync.Mutex
	answers map[string]answer
	hosts   map[string]silence
}

// answer is what was found out about an address: nil is a good one.
type answer struct {
	err error
	at  time.Time
}

// silence counts how often a host did not answer, and when it last did not.
type silence struct {
	times int
	at    time.Time
}

// New makes a prober.
func New(cfg Config) *Prober {
	if cfg.Timeout == 0 {
		cfg.Timeout = timeout
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	p := &Prober{cfg: cfg, answers: map[string]answer{}, hosts: map[string]silence{}}
	dialer := &net.Dialer{Timeout: cfg.Timeout, Control: p.control}
	p.client = &http.Client{
		// No proxy: behind one nobody can tell which address is asked.
		Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) >= redirect {
				return errors.New("too many redirects")
			}
			return checkScheme(req.URL)
		},
	}
	return p
}

// errPrivate says that an address is not asked for.
var errPrivate = errors.New("the address is within a private network, and `private: true` is not set")

// control looks at the address that a connection really goes to.
func (p *Prober) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if !p.cfg.Private && !httpclient.Public(at.Addr()) {
		return errPrivate
	}
	return nil
}

func checkScheme(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("not an address that begins with http:// or https://")
	}
	return nil
}

// Probe asks for the image at an address, or remembers the answer. Its error says
// in words why it cannot be had.
func (p *Prober) Probe(ctx context.Context, address string) error {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return errors.New("not an address")
	}
	if err := checkScheme(u); err != nil {
		return err
	}
	if known, ok := p.known(address); ok {
		return known
	}
	if p.silent(u.Host) {
		return fmt.Errorf("%s did not answer %d times and is left alone for %s", u.Host, patience, badFor)
	}
	_, err, _ = p.flight.Do(address, func() (any, error) {
		err := p.ask(ctx, u)
		if ctx.Err() == nil { // that we were told to stop says nothing of the address
			p.remember(address, u.Host, err)
		}
		return nil, err
	})
	return err
}

func (p *Prober) known(address string) (error, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.answers[address]
	lasts := goodFor
	if a.err != nil {
		lasts = badFor
	}
	return a.err, ok && p.cfg.Now().Sub(a.at) < lasts
}

func (p *Prober) silent(host string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.hosts[host]
	return s.times >= patience && p.cfg.Now().Sub(s.at) < badFor
}

func (p *Prober) remember(address, host string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.answers) >= kept || len(p.hosts) >= kept {
		clear(p.answers)
		clear(p.hosts)
	}
	now := p.cfg.Now()
	p.answers[address] = answer{err, now}
	if _, ok := errors.AsType[*silenceError](err); ok {
		p.hosts[host] = silence{p.hosts[host].times + 1, now}
	} else {
		delete(p.hosts, host)
	}
}

// silenceError says that no answer came at all.
type silenceError struct{ err error }

// Error says why not.
func (e *silenceError) Error() string { return fmt.Sprintf("no answer: %v", e.err) }

// Unwrap gives the cause.
func (e *silenceError) Unwrap() error { return e.err }

// ask sends a HEAD, and a GET of one byte where that is not answered with a yes.
func (p *Prober) ask(ctx context.Context, u *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	status, err := p.request(ctx, http.MethodHead, u)
	if err == nil && status/100 == 2 {
		return nil
	}
	if _, silent := errors.AsType[*silenceError](err); silent || errors.Is(err, errPrivate) {
		return err
	}
	status, err = p.request(ctx, http.MethodGet, u)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("the server answers %d %s", status, strings.ToLower(http.StatusText(status)))
	}
	return err
}

// request sends one request, and reads nothing of the body.
func (p *Prober) request(ctx context.Context, method string, u *url.URL) (int, error) {
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return 0, errors.New("not an address")
	}
	req.Header.Set("User-Agent", p.cfg.UserAgent)
	req.Header.Set("Accept", "image/*,*/*;q=0.5")
	if method == http.MethodGet {
		req.Header.Set("Range", "bytes=0-0")
	}
	resp, err := p.client.Do(req)
	switch {
	case errors.Is(err, errPrivate):
		return 0, errPrivate
	case err != nil:
		if cause, ok := errors.AsType[*url.Error](err); ok {
			err = cause.Err // without the address, which the problem has
		}
		return 0, &silenceError{err}
	}
	if err := resp.Body.Close(); err != nil {
		return 0, &silenceError{err}
	}
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode/100 == 2 && strings.HasPrefix(kind, "text/html") {
		return 0, errors.New("the server answers with a web page, not with an image")
	}
	return resp.StatusCode, nil
}
