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

// heldUp adds to the error that ended a read what held it up, f: it explains a read that took
// too long. Other ends, and those without a cause, stay as they are.
func heldUp(end error, f *connectors.DeliveryError) error {
	e, ok := errors.AsType[*connectors.IncompleteError](end)
	if !ok || f == nil {
		return end
	}
	told := *e
	switch {
	case f.Class != connectors.RateLimited:
		told.Reason += ", and the API did not answer as it should"
		told.Err = answered{f}
	case f.Status >= http.StatusBadRequest: // some say it in an answer that is no error
		told.Reason += fmt.Sprintf(", and the API still asks for fewer requests (HTTP %d)", f.Status)
	default:
		told.Reason += ", and the API still asks for fewer requests"
	}
	return &told
}

// pause holds back all requests of an account until a moment.
type pause struct {
	mu    sync.Mutex
	end   time.Time
	cause *connectors.DeliveryError
}

func (p *pause) until(end time.Time, cause *connectors.DeliveryError) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if end.After(p.end) {
		p.end, p.cause = end, cause
	}
}

// why gives what the API said when it asked for a pause that is not over yet, else nil.
func (p *pause) why(now time.Time) *connectors.DeliveryError {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.end.After(now) {
		return nil
	}
	return p.cause
}

func (p *pause) left(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end.Sub(now)
}
