package fluveo

import (
	"net/http"
	"sync"
	"time"

	"github.com/skubridge/skubridge/internal/httpclient"
)

// minute is what the allowance is for (guide: rate-limiting).
const minute = time.Minute

// window works out when the allowance is given anew, which no header says: a minute
// after it was seen to be full again, or after the first answer at the latest.
type window struct {
	mu        sync.Mutex
	began     time.Time
	remaining int
}

// pause is how long to leave the account alone once an answer says that nothing of
// the allowance is left.
func (w *window) pause(hint httpclient.RateHint, now time.Time) time.Duration {
	if hint.Remaining < 0 || hint.Limit <= 0 {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	// Answers overtake each other: a small step up is no new minute.
	if full := hint.Remaining > w.remaining+hint.Limit/10; w.began.IsZero() || full {
		w.began = now
	}
	w.remaining = hint.Remaining
	if hint.Remaining > 0 {
		return 0
	}
	return max(minute-now.Sub(w.began), minute/time.Duration(hint.Limit))
}

func (d *Destination) pause(h http.Header, now time.Time) time.Duration {
	hint, ok := httpclient.Rate(h, now)
	if !ok {
		return 0
	}
	return d.window.pause(hint, now)
}
