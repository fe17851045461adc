package shopify

import (
	"sync"
	"time"
)

// cost is what an answer says of what it cost, and of what is left.
type cost struct {
	Requested float64 `json:"requestedQueryCost"`
	Throttle  struct {
		Most      float64 `json:"maximumAvailable"`
		Available float64 `json:"currentlyAvailable"`
		Rate      float64 `json:"restoreRate"`
	} `json:"throttleStatus"`
}

// leastWait is waited where the numbers of a throttled answer say nothing.
const leastWait = time.Second

// until is how long it takes until there is enough for the same again.
func (c *cost) until() time.Duration {
	if c == nil || c.Throttle.Rate <= 0 {
		return 2 * leastWait
	}
	return max(fill(c.Requested-c.Throttle.Available, c.Throttle.Rate), leastWait)
}

// fill is how long it takes to gain so many points.
func fill(points, rate float64) time.Duration {
	if points <= 0 {
		return 0
	}
	return time.Duration(min(points/rate, time.Hour.Seconds()) * float64(time.Second))
}

// costs keeps below what Shopify allows, by what its last answer said: a request that
// would be refused is held back instead.
type costs struct {
	now       func() time.Time
	mu        sync.Mutex
	available float64
	most      float64
	rate      float64 // points a second; 0 while nothing is known
	at        time.Time
	of        map[string]float64 // what a document was said to cost
}

// learn takes in what an answer said.
func (c *costs) learn(document string, said *cost) {
	if said == nil || said.Throttle.Rate <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.available, c.most, c.rate, c.at = said.Throttle.Available, said.Throttle.Most, said.Throttle.Rate, c.now()
	if c.of == nil {
		c.of = map[string]float64{}
	}
	c.of[document] = said.Requested
}

// hold is how long it takes until a document can be paid for, which it is from then on.
func (c *costs) hold(document string) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rate <= 0 {
		return 0
	}
	now := c.now()
	have := min(c.available+now.Sub(c.at).Seconds()*c.rate, c.most)
	d := fill(min(c.of[document], c.most)-have, c.rate)
	c.available, c.at = have-c.of[document], now // until the answer says better
	return d
}
