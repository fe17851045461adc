package config

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/internal/fault"
)

// Rate is a number of requests per time, written 10/s, 1500/m, 20000/h or 25/1s. The zero Rate is not limited.
type Rate struct {
	Events int
	Per    time.Duration
}

const rateExample = "write 10/s, 1500/m or 25/1s"

// UnmarshalText reads a rate.
func (r *Rate) UnmarshalText(text []byte) error {
	count, per, ok := strings.Cut(string(text), "/")
	if !ok {
		return fault.At("", "not a rate").Hinting(rateExample)
	}
	events, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil || events < 1 {
		return fault.At("", "not a rate").Hinting(rateExample)
	}
	per = strings.TrimSpace(per)
	if per != "" && (per[0] < '0' || per[0] > '9') {
		per = "1" + per
	}
	d, err := time.ParseDuration(per)
	if err != nil || d <= 0 {
		return fault.At("", "not a rate").Hinting(rateExample)
	}
	*r = Rate{Events: events, Per: d}
	return nil
}

// String returns the rate as it may be written, or "" if it is not limited.
func (r Rate) String() string {
	switch {
	case r.Events == 0:
		return ""
	case r.Per == time.Second:
		return strconv.Itoa(r.Events) + "/s"
	case r.Per == time.Minute:
		return strconv.Itoa(r.Events) + "/m"
	case r.Per == time.Hour:
		return strconv.Itoa(r.Events) + "/h"
	default:
		return strconv.Itoa(r.Events) + "/" + r.Per.String()
	}
}

// PerSecond returns the requests per second, 0 if they are not limited.
func (r Rate) PerSecond() float64 {
	if r.Events == 0 {
		return 0
	}
	return float64(r.Events) / r.Per.Seconds()
}

// GuardFree is the number of changes that no share holds back: five percent of ten products is none.
const GuardFree = 10

// Guard limits how much a plan may change before a person is asked: a share of what is listed, a number of changes,
// or nothing. It is written 5%, 200 or off.
type Guard struct {
	off   bool
	share float64 // 0 to 1; counts unless negative
	count int
}

// Percent returns the guard of a share of what is listed.
func Percent(p float64) Guard { return Guard{share: p / 100} }

// Count returns the guard of a number of changes.
func Count(n int) Guard { return Guard{share: -1, count: n} }

// NoGuard returns the guard that holds nothing.
func NoGuard() Guard { return Guard{off: true} }

// Limit returns the most changes that pass, given how many products are listed; limited is false if any number does.
// A share lets GuardFree changes pass in any case, a number counts as it is.
func (g Guard) Limit(listed int) (changes int, limited bool) {
	switch {
	case g.off:
		return 0, false
	case g.share < 0:
		return g.count, true
	default:
		// A share such as 7% is not exact in binary; the smallest part of a product is far above the error.
		return max(GuardFree, int(math.Floor(g.share*float64(listed)+1e-9))), true
	}
}

// String returns the guard as it is written.
func (g Guard) String() string {
	switch {
	case g.off:
		return "off"
	case g.share < 0:
		return strconv.Itoa(g.count)
	default:
		return strconv.FormatFloat(math.Round(g.share*1e8)/1e6, 'f', -1, 64) + "%"
	}
}

// UnmarshalMapstructure reads a guard: a text such as 5%, 200 or off, or a number.
func (g *Guard) UnmarshalMapstructure(input any) error {
	wrong := fault.At("", "not a guard").Hinting("write a share (5%), a number of changes (200) or off")
	switch v := input.(type) {
	case int64:
		return g.setCount(v)
	case uint64:
		if v > math.MaxInt32 {
			return wrong
		}
		return g.setCount(int64(v))
	case bool:
		if v {
			return wrong
		}
		*g = NoGuard()
		return nil
	case string:
		return g.setText(strings.TrimSpace(v), wrong)
	default:
		return wrong
	}
}

func (g *Guard) setText(s string, wrong error) error {
	if s == "off" {
		*g = NoGuard()
		return nil
	}
	if percent, ok := strings.CutSuffix(s, "%"); ok {
		p, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
		if err != nil || !(p >= 0 && p <= 100) { // refuses NaN as well
			return wrong
		}
		*g = Percent(p)
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return wrong
	}
	return g.setCount(n)
}

func (g *Guard) setCount(n int64) error {
	if n < 0 || n > math.MaxInt32 {
		return fault.At("", "must be between 0 and %d", math.MaxInt32)
	}
	*g = Count(int(n))
	return nil
}
