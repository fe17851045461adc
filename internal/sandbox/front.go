package sandbox

import (
	"cmp"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/time/rate"
)

// behaviour is what makes one API different from another.
type behaviour interface {
	// serve answers a call and applies what it asks for.
	serve(c *call) answer
	// reference is the natural key that the call is about, empty if none is known.
	reference(c *call) string
	// refuse is a refusal in the API's own shape.
	refuse(status int, text string) answer
	// wrongMode is body as the other environment would have answered it.
	wrongMode(body []byte) []byte
	// products streams everything held, in the order of creation.
	products(reference string, yield func(held) bool)
	// describe adds what only the API can count.
	describe(r *Report)
	// reset forgets everything.
	reset()
}

// An errorKeeper is a behaviour that keeps what was answered under an idempotency
// key, errors included.
type errorKeeper interface {
	keep(c *call, said answer)
}

// A decorator is a behaviour that adds headers to every answer.
type decorator interface {
	decorate(c *call, said answer) answer
}

// FrontConfig is the part of a configuration that all APIs share.
type FrontConfig struct {
	// RPS is the rate limit in requests a second, 0 for none; Burst is how many
	// may come at once, at least 1.
	RPS   float64
	Burst int
	// Faults are in force from the start.
	Faults []Fault
	// KeepRequests is how many requests Requests remembers; 0 for none.
	KeepRequests int
	// OnRequest is called with each request before anything is done with it, by
	// many goroutines at once. The body has been read; it must not be changed.
	OnRequest func(r *http.Request, body []byte)
	// Now is the clock, time.Now if nil.
	Now func() time.Time
}

// front stands before an API and does what all of them have in common.
type front struct {
	api       behaviour
	now       func() time.Time
	limiter   *rate.Limiter // nil without a limit
	limit     string
	faults    faultSet
	ledger    ledger
	recent    ring
	onRequest func(r *http.Request, body []byte)
}

func newFront(api behaviour, cfg FrontConfig) (*front, error) {
	f := &front{api: api, now: cfg.Now, onRequest: cfg.OnRequest}
	if f.now == nil {
		f.now = time.Now
	}
	if cfg.RPS > 0 {
		f.limiter = rate.NewLimiter(rate.Limit(cfg.RPS), max(cfg.Burst, 1))
		f.limit = strconv.Itoa(max(cfg.Burst, 1))
	}
	f.ledger.reset()
	f.recent.size = cfg.KeepRequests
	return f, f.faults.replace(cfg.Faults)
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isControl(r.URL.Path) {
		f.control(w, r)
		return
	}
	body, err := readBody(r)
	if err != nil {
		status := http.StatusBadRequest
		if errors.Is(err, errTooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		a := f.api.refuse(status, err.Error())
		f.ledger.answered(r.Method, a.status)
		a.write(w, a.size())
		return
	}
	c := &call{Request: r, body: body, idempotencyKey: first(r.Header, "Idempotency-Key")}
	if f.onRequest != nil {
		f.onRequest(r, body)
	}
	f.recent.add(f.now(), r, body)
	f.ledger.saw(c)

	a, limited := f.overLimit()
	if limited {
		f.say(w, c, a)
		return
	}
	fault, slow := f.faults.pick(c, f.api)
	wait(r, slow)
	if fault != nil {
		f.misbehave(w, c, fault)
		return
	}
	f.say(w, c, f.api.serve(c))
}

// say counts an answer and sends it.
func (f *front) say(w http.ResponseWriter, c *call, a answer) {
	if d, ok := f.api.(decorator); ok {
		a = d.decorate(c, a)
	}
	f.ledger.answered(c.Method, a.status)
	a.write(w, a.size())
}

// overLimit answers 429 once the account's rate is used up.
func (f *front) overLimit() (answer, bool) {
	if f.limiter == nil {
		return answer{}, false
	}
	now := f.now()
	reservation := f.limiter.ReserveN(now, 1)
	delay := reservation.DelayFrom(now)
	if delay <= 0 {
		return answer{}, false
	}
	reservation.CancelAt(now)
	a := f.api.refuse(http.StatusTooManyRequests, "Too many requests")
	seconds := strconv.Itoa(int(math.Ceil(delay.Seconds())))
	a.header = http.Header{
		"Retry-After":           {seconds},
		"X-Ratelimit-Limit":     {f.limit},
		"X-Ratelimit-Remaining": {"0"},
		"X-Ratelimit-Reset":     {seconds},
	}
	return a, true
}

// misbehave does to the call what the fault says, and counts what the caller gets.
func (f *front) misbehave(w http.ResponseWriter, c *call, fault *Fault) {
	var a answer
	if fault.applies() {
		a = f.api.serve(c)
	}
	switch fault.Kind {
	case HangupBefore, HangupAfter:
		f.ledger.answered(c.Method, 0)
		hangUp()
	case Stall:
		wait(c.Request, time.Duration(fault.Delay))
		if !fault.Apply {
			a = f.api.refuse(http.StatusGatewayTimeout, http.StatusText(http.StatusGatewayTimeout))
		}
	case Truncate:
		f.ledger.answered(c.Method, a.status)
		fault.truncate(w, a)
		return
	case Drip:
		f.ledger.answered(c.Method, a.status)
		fault.drip(w, c, a)
		return
	case Huge:
		a = huge(a)
	case Garble:
		a.header = http.Header{"Content-Encoding": {"gzip"}}
	case HTML:
		a = answer{status: http.StatusOK, body: []byte(page), header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}}
	case Empty:
		a = answer{status: cmp.Or(fault.Status, http.StatusOK)}
	case WrongMode:
		a.body = f.api.wrongMode(a.body)
	case Refuse, RateLimit, ServerError, Unauthorized, Forbidden:
		a = fault.refusal(f.api, f.now())
		if k, ok := f.api.(errorKeeper); ok && fault.Kind == ServerError {
			k.keep(c, a)
		}
	case ExpireTokens, RepeatPage, DropItem, ClockSkew, Nulls, OddTypes, ChangeMeanwhile:
		a = f.twisted(c, fault)
	case Slow:
		// pick has made it wait already and gives no slow fault to misbehave.
	}
	f.say(w, c, a)
}

// twisted answers a call with a fault that not every API has; others answer as always.
func (f *front) twisted(c *call, fault *Fault) answer {
	if t, ok := f.api.(twister); ok {
		if a, knows := t.twist(c, fault); knows {
			return a
		}
	}
	return f.api.serve(c)
}

// Requests gives the last requests, oldest first, as many as KeepRequests allows.
func (f *front) Requests() []Request { return f.recent.all() }

// SetFaults replaces the faults in force.
func (f *front) SetFaults(faults ...Fault) error { return f.faults.replace(faults) }

// Violated counts a break of the API's contract, told by whoever validates it.
func (f *front) Violated(text string) { f.ledger.violated(text) }

// Report counts what has happened since the start or the last reset.
func (f *front) Report() Report {
	r := f.ledger.report()
	r.Faults = f.faults.fired()
	f.api.describe(&r)
	return r
}

// Reset forgets products, idempotency keys, counts and remembered requests. Faults
// stay in force.
func (f *front) Reset() {
	f.api.reset()
	f.ledger.reset()
	f.recent.clear()
}

func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}
