package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// FaultKind is one way to misbehave.
type FaultKind string

// The kinds of faults. "Applied" means that a write took effect although its
// caller does not learn it.
const (
	// Refuse answers Status (409 unless set) with Body or a body of the API's shape, and
	// points to Location where there is one.
	Refuse FaultKind = "refuse"
	// HangupBefore closes the connection, nothing applied.
	HangupBefore FaultKind = "hangup_before"
	// HangupAfter applies, then closes the connection without an answer.
	HangupAfter FaultKind = "hangup_after"
	// Stall holds the answer back for Delay: the true one with Apply, else a 504.
	Stall FaultKind = "stall"
	// RateLimit answers 429 with RetryAfter seconds, as a date with AsDate, or
	// without the header when RetryAfter is 0.
	RateLimit FaultKind = "rate_limit"
	// ServerError answers Status (500 unless set); with Apply the write took effect.
	ServerError FaultKind = "server_error"
	// Truncate applies, announces the whole body and sends half of it, or breaks
	// off between chunks with Chunked.
	Truncate FaultKind = "truncate"
	// HTML answers 200 with a web page; with Apply the write took effect.
	HTML FaultKind = "html"
	// Empty answers Status (200 unless set) with no body; with Apply the write took
	// effect.
	Empty FaultKind = "empty"
	// Drip applies and sends the answer a byte at a time, Delay before each.
	Drip FaultKind = "drip"
	// Huge applies and begins an answer of HugeBody bytes.
	Huge FaultKind = "huge"
	// Garble applies and calls an answer compressed that is not.
	Garble FaultKind = "garble"
	// WrongMode applies and answers as the other environment.
	WrongMode FaultKind = "wrong_mode"
	// Unauthorized answers 401.
	Unauthorized FaultKind = "unauthorized"
	// Forbidden answers 403.
	Forbidden FaultKind = "forbidden"
	// Slow waits for Delay and then goes on, also to another fault.
	Slow FaultKind = "slow"
)

// Fault makes the sandbox misbehave for the requests it selects. Of several that
// select one request the first wins; slow ones before it add up.
type Fault struct {
	Kind FaultKind `json:"kind"`

	// Method, Path and ClientReferenceID select by request; empty means any. Path
	// is a pattern of path.Match, as in /v1/products/*. The reference of an update
	// or a read by id is that of the stored product.
	Method            string `json:"method,omitempty"`
	Path              string `json:"path,omitempty"`
	ClientReferenceID string `json:"client_reference_id,omitempty"`
	// Every, On and Share select by number among those: every n-th, the n-th
	// alone, or a share from 0 to 1 drawn with Seed. At most one of them is set;
	// without any, all are selected.
	Every int     `json:"every,omitempty"`
	On    int     `json:"on,omitempty"`
	Share float64 `json:"share,omitempty"`
	Seed  uint64  `json:"seed,omitempty"`
	// Times ends the fault after it fired so often; 0 means never.
	Times int `json:"times,omitempty"`

	// Status, Body, Location, Delay, RetryAfter (seconds), AsDate, Apply and Chunked
	// refine the kinds that name them.
	Status     int      `json:"status,omitempty"`
	Body       string   `json:"body,omitempty"`
	Location   string   `json:"location,omitempty"`
	Delay      Duration `json:"delay,omitempty"`
	RetryAfter int      `json:"retry_after,omitempty"`
	AsDate     bool     `json:"as_date,omitempty"`
	Apply      bool     `json:"apply,omitempty"`
	Chunked    bool     `json:"chunked,omitempty"`
}

// Duration is a time.Duration written as in "1.5s".
type Duration time.Duration

// MarshalText writes d as in "1.5s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

var kinds = []FaultKind{
	Refuse, HangupBefore, HangupAfter, Stall, RateLimit, ServerError, Truncate,
	HTML, Empty, Drip, Huge, Garble, WrongMode, Unauthorized, Forbidden, Slow,
	ExpireTokens, RepeatPage, DropItem, ClockSkew, Nulls, OddTypes, ChangeMeanwhile,
}

// Validate reports everything that is wrong with f.
func (f Fault) Validate() error {
	var errs []error
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	add(!slices.Contains(kinds, f.Kind), "kind %q is none of %q", f.Kind, kinds)
	_, err := path.Match(f.Path, "/")
	add(err != nil, "path %q is no pattern", f.Path)
	selectors := 0
	for _, set := range []bool{f.Every != 0, f.On != 0, f.Share != 0} {
		if set {
			selectors++
		}
	}
	add(selectors > 1, "only one of every, on and share can be set")
	add(f.Every < 0 || f.On < 0 || f.Times < 0 || f.RetryAfter < 0 || f.Delay < 0, "numbers must not be negative")
	add(f.Share < 0 || f.Share > 1, "share %v is not between 0 and 1", f.Share)
	add(f.Status != 0 && (f.Status < 200 || f.Status > 599), "status %d is not between 200 and 599", f.Status)
	return errors.Join(errs...)
}

// applies reports whether the request takes effect in spite of the fault.
func (f *Fault) applies() bool {
	switch f.Kind {
	case HangupAfter, Truncate, Drip, Huge, Garble, WrongMode:
		return true
	case Stall, ServerError, HTML, Empty:
		return f.Apply
	case Refuse, HangupBefore, RateLimit, Unauthorized, Forbidden, Slow,
		ExpireTokens, RepeatPage, DropItem, ClockSkew, Nulls, OddTypes, ChangeMeanwhile:
	}
	return false
}

// refusal is the answer of the kinds that only refuse.
func (f *Fault) refusal(api behaviour, now time.Time) answer {
	status := map[FaultKind]int{
		Refuse: http.StatusConflict, RateLimit: http.StatusTooManyRequests, ServerError: http.StatusInternalServerError,
		Unauthorized: http.StatusUnauthorized, Forbidden: http.StatusForbidden,
	}[f.Kind]
	if f.Status != 0 && (f.Kind == Refuse || f.Kind == ServerError) {
		status = f.Status
	}
	a := api.refuse(status, http.StatusText(status))
	if f.Body != "" {
		a.body = []byte(f.Body)
	}
	switch {
	case f.Location != "":
		a.header = http.Header{"Location": {f.Location}}
	case f.RetryAfter == 0:
	case f.AsDate:
		at := now.Add(time.Duration(f.RetryAfter) * time.Second)
		a.header = http.Header{"Retry-After": {at.UTC().Format(http.TimeFormat)}}
	default:
		a.header = http.Header{"Retry-After": {strconv.Itoa(f.RetryAfter)}}
	}
	return a
}

// HugeBody is how long the answer of Huge says it is.
const HugeBody = 1 << 30

// huge begins an answer of HugeBody bytes: what was to be told, and blanks without end.
func huge(a answer) answer {
	told := a.body
	a.body, a.length = nil, HugeBody
	a.stream = func(w io.Writer) error {
		if _, err := w.Write(told); err != nil {
			return err
		}
		blanks := bytes.Repeat([]byte(" "), 64<<10)
		for left := HugeBody - len(told); left > 0; left -= len(blanks) {
			if _, err := w.Write(blanks[:min(left, len(blanks))]); err != nil {
				return err
			}
		}
		return nil
	}
	return a
}

// drip sends a byte by byte, for as long as somebody listens.
func (f *Fault) drip(w http.ResponseWriter, c *call, a answer) {
	whole := a
	a.body, a.length = nil, a.size()
	a.stream = func(io.Writer) error { return nil }
	a.write(w, 0)
	if whole.stream != nil {
		return // too long to be held, and too long to be waited for
	}
	for i := range whole.body {
		wait(c.Request, time.Duration(f.Delay))
		if _, err := w.Write(whole.body[i : i+1]); err != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
	}
}

// truncate sends half of a.
func (f *Fault) truncate(w http.ResponseWriter, a answer) {
	half := a.size() / 2
	if !f.Chunked {
		a.write(w, half) // net/http closes the connection, as the length was not met
		return
	}
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(a.status)
	if a.stream != nil {
		_ = a.stream(&part{to: w, left: half})
	} else {
		_, _ = w.Write(a.body[:half])
	}
	_ = http.NewResponseController(w).Flush()
	hangUp()
}

const page = `<!DOCTYPE html>
<html><head><title>Just a moment</title></head><body><h1>We will be right back</h1></body></html>
`

// faultSet holds the faults in force and how often each was met.
type faultSet struct {
	none   atomic.Bool // so that a sandbox without faults takes no lock
	mu     sync.Mutex
	active []*activeFault
	counts map[FaultKind]int64
}

type activeFault struct {
	Fault
	Seen  int64 `json:"seen"`
	Fired int64 `json:"fired"`

	dice *rand.Rand
}

// replace puts faults in force instead of those before, or none of them if one is
// invalid.
func (s *faultSet) replace(faults []Fault) error {
	active := make([]*activeFault, len(faults))
	for i, f := range faults {
		if err := f.Validate(); err != nil {
			return fmt.Errorf("fault %d: %w", i+1, err)
		}
		active[i] = newActive(f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active, s.counts = active, map[FaultKind]int64{}
	s.none.Store(len(active) == 0)
	return nil
}

// add puts one more fault in force.
func (s *faultSet) add(f Fault) error {
	if err := f.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = append(s.active, newActive(f))
	s.none.Store(false)
	return nil
}

func newActive(f Fault) *activeFault {
	return &activeFault{Fault: f, dice: rand.New(rand.NewPCG(f.Seed, 0))}
}

// pick gives the fault for c, nil for none, and how long to wait first.
func (s *faultSet) pick(c *call, api behaviour) (fault *Fault, slow time.Duration) {
	if s.none.Load() {
		return nil, 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.active {
		if !f.matches(c, api) || !f.fires() {
			continue
		}
		s.counts[f.Kind]++
		if f.Kind != Slow {
			return &f.Fault, slow
		}
		slow += time.Duration(f.Delay)
	}
	return nil, slow
}

func (f *activeFault) matches(c *call, api behaviour) bool {
	if f.Method != "" && f.Method != c.Method {
		return false
	}
	if f.Path != "" {
		if ok, _ := path.Match(f.Path, c.URL.Path); !ok {
			return false
		}
	}
	return f.ClientReferenceID == "" || f.ClientReferenceID == api.reference(c)
}

// fires counts a request that the fault is about, and decides whether it is one
// to hit.
func (f *activeFault) fires() bool {
	if f.Times > 0 && f.Fired >= int64(f.Times) {
		return false
	}
	f.Seen++
	hit := true
	switch {
	case f.Every > 0:
		hit = f.Seen%int64(f.Every) == 0
	case f.On > 0:
		hit = f.Seen == int64(f.On)
	case f.Share > 0:
		hit = f.dice.Float64() < f.Share
	}
	if hit {
		f.Fired++
	}
	return hit
}

// fired counts the hits by kind.
func (s *faultSet) fired() map[FaultKind]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// MarshalJSON gives the faults with how often each was met and fired.
func (s *faultSet) MarshalJSON() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return json.Marshal(append([]*activeFault{}, s.active...))
}
