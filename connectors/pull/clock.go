package pull

import (
	"net/http"
	"sync"
	"time"
)

// Clock estimates the time on the other side by the Date of its answers, which is what
// its times of change are to be compared with: ours may be wrong. The estimate is
// rather early than late, as a Date is cut to the second and some time old when it is read.
type Clock struct {
	now func() time.Time

	mu    sync.Mutex
	known bool
	ahead time.Duration // of the other side before ours
}

// observe takes in an answer that has just come.
func (c *Clock) observe(h http.Header) {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known, c.ahead = true, at.Sub(c.now())
}

// Now is the time on the other side; ours while no answer told.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now().Add(c.ahead).UTC().Truncate(time.Second)
}

// Skew is how far the other side is ahead of us, and whether that is known.
func (c *Clock) Skew() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead, c.known
}
