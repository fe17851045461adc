package schedule

import "time"

// Overlap is what becomes of starts that come while the last run still goes on.
type Overlap string

// What can become of them.
const (
	// Skip leaves them out.
	Skip Overlap = "skip"
	// Queue makes one of them when the run is over.
	Queue Overlap = "queue"
)

// Missed is what becomes of starts that nobody could make: the program did not run,
// or the machine slept.
type Missed string

// What can become of them.
const (
	// RunMissed makes one start for all of them.
	RunMissed Missed = "run"
	// SkipMissed leaves them out.
	SkipMissed Missed = "skip"
)

const (
	// late is by how much a start may come too late and still be that start.
	late = 2 * time.Minute
	// turnedBack is by how much the clock may be behind what it showed before
	// nothing is made of it: it is corrected by small steps all the time.
	turnedBack = 2 * time.Minute
	// countMost bounds how many passed starts are counted one by one.
	countMost = 10_000
)

// Starts keeps the schedule of one job. It is not safe for concurrent use.
type Starts struct {
	Schedule Schedule
	Overlap  Overlap
	Missed   Missed
	// last is the newest start that was made or left out; next is the one after it,
	// put off until at.
	last, next, at time.Time
	// began and ended are when the job ran last.
	began, ended time.Time
}

// Begin has starts made that come after last. After a zero last that is now.
func (s *Starts) Begin(last, now time.Time) {
	if last.IsZero() {
		last = now
	}
	s.last = last.Round(0)
	s.plan()
}

// Ran notes that the job ran, so that starts of that time are told from missed ones.
// Runs close after each other count as one.
func (s *Starts) Ran(began, ended time.Time) {
	if s.ended.IsZero() || began.Sub(s.ended) > late {
		s.began = began.Round(0)
	}
	s.ended = ended.Round(0)
}

// Last is the newest start that was made or left out.
func (s *Starts) Last() time.Time { return s.last }

// At is when the next start is to be made, zero for never.
func (s *Starts) At() time.Time { return s.at }

// Due is what a look at the clock gives.
type Due struct {
	// Run says that the job is to start now.
	Run bool
	// Overlapped and Missed are how many starts passed while the job ran, and while
	// nobody could make them.
	Overlapped, Missed int
	// TurnedBack is by how much the clock was put back, 0 where it was not. Starts
	// are counted from now again.
	TurnedBack time.Duration
}

// Look says what is due now, and takes it as made or left out.
func (s *Starts) Look(now time.Time) (d Due) {
	now = now.Round(0)
	if back := s.last.Sub(now); back > turnedBack {
		d.TurnedBack = back
		s.began, s.ended = time.Time{}, time.Time{}
		s.Begin(now, now)
		return d
	}
	if s.at.IsZero() || s.at.After(now) {
		return d
	}
	inTime := 0
	for n := 0; !s.next.IsZero() && !s.next.After(now); n++ {
		if n == countMost {
			s.next = now
		}
		switch {
		case s.next.After(s.began) && s.next.Before(s.ended):
			d.Overlapped++
		case now.Sub(s.next) > late+s.Schedule.jitter:
			d.Missed++
		default:
			inTime++
		}
		s.last, s.next = s.next, s.Schedule.Next(s.next)
	}
	d.Run = inTime > 0 || d.Overlapped > 0 && s.Overlap == Queue || d.Missed > 0 && s.Missed == RunMissed
	s.plan()
	return d
}

// Pass leaves out all starts up to now, without a word.
func (s *Starts) Pass(now time.Time) { s.Begin(now, now) }

// plan finds the next start and puts it off by a part of the jitter.
func (s *Starts) plan() {
	s.next = s.Schedule.Next(s.last)
	s.at = s.next
	if !s.next.IsZero() {
		s.at = s.next.Add(s.Schedule.delay())
	}
}
