package inbox

import (
	"sync"
	"time"
)

// quiet is for how long the same refusal is not logged again.
const quiet = time.Minute

// refusals counts what is refused, so that a flood is one line in a while. It grows
// with the names that are configured and with nothing else.
type refusals struct {
	mu sync.Mutex
	by map[refusal]*tally
	// calm are the names that are known to have no alert standing.
	calm map[string]bool
}

type refusal struct{ name, reason string }

type tally struct {
	n    int
	last time.Time
}

// note counts one, and calls say with how many there were since it was last called.
func (r *refusals) note(now time.Time, name, reason string, say func(n int)) {
	r.mu.Lock()
	if r.by == nil {
		r.by = map[refusal]*tally{}
	}
	t := r.by[refusal{name, reason}]
	if t == nil {
		t = &tally{}
		r.by[refusal{name, reason}] = t
	}
	t.n++
	since := now.Sub(t.last)
	if !t.last.IsZero() && since >= 0 && since < quiet {
		r.mu.Unlock()
		return
	}
	n := t.n
	t.n, t.last = 0, now
	r.mu.Unlock()
	say(n)
}

// alarm notes whether an alert about a name stands, and reports whether one may have
// stood before. Of a process that just began nobody knows.
func (r *refusals) alarm(name string, stands bool) (stood bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calm == nil {
		r.calm = map[string]bool{}
	}
	stood = !r.calm[name]
	r.calm[name] = !stands
	return stood
}
