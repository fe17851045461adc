package delivery

import (
	"sync/atomic"
	"time"
)

// aheadMost bounds how many steps are claimed at a time. Every claim that was
// not sent costs a look-up after a crash.
const aheadMost = 512

// pace measures requests and settlements, in moving averages of nanoseconds.
type pace struct {
	request, settlement atomic.Int64
}

// took takes in one measurement.
func took(average *atomic.Int64, d time.Duration) {
	old := average.Load()
	if old == 0 {
		old = int64(d)
	}
	average.Store(old + (int64(d)-old)/8)
}

// ahead is how many steps to have claimed: one for each slot, and what the slots
// get through while a group is settled twice. With a distant API that is nothing,
// so that a crash leaves no more unclear than the slots in flight; with a near
// one no slot waits for a commit.
func (p *pace) ahead(slots int) int {
	request, settlement := p.request.Load(), p.settlement.Load()
	if request == 0 {
		return slots
	}
	return min(slots+slots*int(2*settlement/request), max(aheadMost, slots))
}
