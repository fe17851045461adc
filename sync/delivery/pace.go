package delivery

import (
	"math"
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

// during is how many steps the slots get through while a group is settled. With a
// distant API that is a few.
func (p *pace) during(slots int) int {
	request, settlement := p.request.Load(), p.settlement.Load()
	if request == 0 {
		return 0
	}
	return int(math.Ceil(min(float64(slots)*float64(settlement)/float64(request), aheadMost)))
}

// ahead is how many steps to have claimed: one for each slot, what the slots get
// through while a group is settled, and twice that for the group to grow meanwhile.
// With a distant API a crash so leaves few more unclear than the slots in flight, and no
// slot waits for a commit.
func (p *pace) ahead(slots int) int {
	return min(slots+3*p.during(slots), max(aheadMost, slots))
}

// enough is how many steps have to wait for a slot, so that none stands idle while a
// group is settled.
func (p *pace) enough(slots int) int {
	return min(slots+p.during(slots), p.ahead(slots)/2)
}
