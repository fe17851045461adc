package delivery

import (
	"math/rand/v2"
	"time"
)

// maxRetries is how often a step is repeated before it is parked until the
// next run: 1, 2, 4, 8 and 16 s apart (Flex: walkthrough; the design's default).
const maxRetries = 5

// backoff is the wait before retry number attempt (from 1): it doubles from
// unit, with jitter so that many do not meet again.
func backoff(unit time.Duration, attempt int) time.Duration {
	return jitter(unit << min(max(attempt-1, 0), maxRetries-1))
}

// jitter is d, give or take a quarter.
func jitter(d time.Duration) time.Duration { return d*3/4 + rand.N(d/2+1) }
