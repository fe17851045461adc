package httpclient

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxWait caps what an answer can make us wait. A longer or senseless wish is
// taken for this: after it the API is asked again and can repeat the wish.
const MaxWait = time.Hour

// RetryAfter is how long the answer asks to be left alone, and whether it says so
// in a way that can be understood: whole or decimal seconds, or an HTTP date. A
// moment in the past is no wait; a negative number or garbage says nothing. The
// wait is rounded up to the second of a date and capped at MaxWait. A date counts from
// the Date of the answer: the two clocks need not agree.
func RetryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if seconds, ok := number(v); ok {
		return capped(seconds), true
	}
	if at, err := http.ParseTime(v); err == nil {
		return until(at, theirs(h, now)), true
	}
	return 0, false
}

// theirs is the time of the clock that made an answer; ours where it does not say.
func theirs(h http.Header, now time.Time) time.Time {
	if at, err := http.ParseTime(first(h, "Date")); err == nil {
		return at
	}
	return now
}

// RateHint is what the headers of any answer say about the account's rate.
type RateHint struct {
	// Limit is the number of requests in a window, Remaining how many of them are
	// left; -1 where the answer does not say.
	Limit, Remaining int
	// Reset is the time until the window opens again, 0 where the answer does not
	// say, at most MaxWait.
	Reset time.Duration
}

// Rate reads the rate-limit headers of an answer, and whether there were any:
// X-RateLimit-Limit, -Remaining and -Reset and their spelling X-Rate-Limit-…, the
// RateLimit-… fields of the early IETF drafts (draft-ietf-httpapi-ratelimit-headers)
// and the structured RateLimit and RateLimit-Policy fields of the later ones. A
// reset is seconds from now, seconds or milliseconds since the epoch, or a date.
func Rate(h http.Header, now time.Time) (hint RateHint, ok bool) {
	hint = RateHint{Limit: -1, Remaining: -1}
	for _, prefix := range []string{"X-Ratelimit-", "Ratelimit-", "X-Rate-Limit-"} {
		ok = setCount(&hint.Limit, first(h, prefix+"Limit")) || ok
		ok = setCount(&hint.Remaining, first(h, prefix+"Remaining")) || ok
		ok = setReset(&hint.Reset, first(h, prefix+"Reset"), h, now) || ok
	}
	for name, value := range parameters(first(h, "Ratelimit")) {
		switch name {
		case "limit":
			ok = setCount(&hint.Limit, value) || ok
		case "r", "remaining":
			ok = setCount(&hint.Remaining, value) || ok
		case "t", "reset":
			ok = setReset(&hint.Reset, value, h, now) || ok
		}
	}
	for name, value := range parameters(first(h, "Ratelimit-Policy")) {
		if name == "q" {
			ok = setCount(&hint.Limit, value) || ok
		}
	}
	return hint, ok
}

// first looks a canonical name up without making a copy of it.
func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// parameters yields the name=value pairs of a structured field's first item:
// `"default";r=50;t=30`, or `limit=100, remaining=50, reset=5`.
func parameters(field string) func(yield func(name, value string) bool) {
	return func(yield func(string, string) bool) {
		for part := range strings.FieldsFuncSeq(field, func(r rune) bool { return r == ';' || r == ',' }) {
			name, value, found := strings.Cut(strings.TrimSpace(part), "=")
			if found && !yield(lower(name), strings.TrimSpace(value)) {
				return
			}
		}
	}
}

// setCount reads a count, as in "100" or "100, 100;w=60", if it is still unknown.
func setCount(into *int, v string) bool {
	if *into >= 0 {
		return false
	}
	if i := strings.IndexAny(v, ",;"); i >= 0 {
		v = v[:i]
	}
	n, ok := number(strings.TrimSpace(v))
	if !ok {
		return false
	}
	*into = int(min(n, math.MaxInt32))
	return true
}

// Numbers from here on are moments, not spans: in seconds 2001-09-09, and in
// milliseconds a time that in seconds would be 33,658 years off.
const (
	epochSeconds = 1e9
	epochMillis  = 1e12
)

// setReset reads a reset, if it is still unknown. A moment counts from the clock of the
// answer.
func setReset(into *time.Duration, v string, h http.Header, now time.Time) bool {
	if *into != 0 {
		return false
	}
	v = strings.TrimSpace(v)
	if n, ok := number(v); ok {
		switch {
		case n >= epochMillis:
			*into = until(time.UnixMilli(int64(min(n, math.MaxInt64/2))), theirs(h, now))
		case n >= epochSeconds:
			*into = until(time.Unix(int64(n), 0), theirs(h, now))
		default:
			*into = capped(n)
		}
		return true
	}
	if v == "" {
		return false
	}
	for _, layout := range []string{http.TimeFormat, time.RFC3339} {
		if at, err := time.Parse(layout, v); err == nil {
			*into = until(at, theirs(h, now))
			return true
		}
	}
	return false
}

// number reads a decimal number that is not negative: digits with at most one
// point, so no sign, exponent, infinity or hexadecimal.
func number(v string) (float64, bool) {
	if v == "" || strings.Trim(v, "0123456789.") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil && !math.IsInf(n, 1) {
		return 0, false
	}
	return n, true
}

func capped(seconds float64) time.Duration {
	if seconds >= MaxWait.Seconds() {
		return MaxWait
	}
	return time.Duration(seconds * float64(time.Second))
}

// until is the wait from now to at, in whole seconds upwards since a date has no
// finer grain.
func until(at, now time.Time) time.Duration {
	wait := at.Sub(now)
	switch {
	case wait <= 0:
		return 0
	case wait >= MaxWait:
		return MaxWait
	}
	return (wait + time.Second - 1).Truncate(time.Second)
}
