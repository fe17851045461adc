package pull

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

// patience is how long one request is tried.
type patience struct {
	retries int           // left
	delay   time.Duration // before the next one
	left    time.Duration // for waits that the API asked for
}

// Back-off of requests that failed in passing: 1, 2, 4, 8, 16 seconds, with jitter.
const (
	firstDelay = time.Second
	mostDelay  = 30 * time.Second
	// limitedDelay is the wait after a refusal for haste that does not say how long.
	limitedDelay = 2 * time.Second
)

func (c *Client) patience() patience {
	return patience{retries: c.cfg.Retries, delay: firstDelay, left: c.cfg.Patience}
}

// next says whether a request is sent again, and after how long. A wait that the API
// asks for counts by its length, a failure in passing by its number.
func (p *patience) next(f *connectors.DeliveryError) (time.Duration, bool) {
	switch f.Class {
	case connectors.RateLimited:
		d := f.RetryAfter
		if d <= 0 {
			d = max(limitedDelay, p.delay)
			p.delay = min(2*p.delay, mostDelay)
		}
		if d > p.left {
			return 0, false
		}
		p.left -= d
		return d, true
	case connectors.Retryable:
		if p.retries <= 0 || f.Later {
			return 0, false
		}
		p.retries--
		d := max(f.RetryAfter, p.delay/2+rand.N(p.delay/2)) // #nosec G404 -- jitter
		p.delay = min(2*p.delay, mostDelay)
		if d > p.left {
			return 0, false
		}
		p.left -= d
		return d, true
	case connectors.Rejected, connectors.Denied, connectors.Gone, connectors.Unknown:
	}
	return 0, false
}

// whileWaiting adds to the error that ended a read what the read was waiting for, where that is
// the API's own wish: it explains a read that took too long.
func whileWaiting(end error, f *connectors.DeliveryError) error {
	e, ok := errors.AsType[*connectors.IncompleteError](end)
	if !ok || f.Class != connectors.RateLimited {
		return end
	}
	waited := *e
	waited.Reason += ", and the API still asks for fewer requests"
	if f.Status >= http.StatusBadRequest { // some say it in an answer that is no error
		waited.Reason += fmt.Sprintf(" (HTTP %d)", f.Status)
	}
	return &waited
}

// pause holds back all requests of an account until a moment.
type pause struct {
	mu  sync.Mutex
	end time.Time
}

func (p *pause) until(end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if end.After(p.end) {
		p.end = end
	}
}

func (p *pause) left(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end.Sub(now)
}
