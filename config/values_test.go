package config_test

import (
	"math"
	"testing"
	"time"

	"github.com/skubridge/skubridge/config"
)

func TestRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]config.Rate{
		"10/s": {Events: 10, Per: time.Second}, "1500/m": {Events: 1500, Per: time.Minute},
		"7/h": {Events: 7, Per: time.Hour}, "25/1s": {Events: 25, Per: time.Second},
		"100/15m": {Events: 100, Per: 15 * time.Minute}, "5 / 2s": {Events: 5, Per: 2 * time.Second},
	} {
		var r config.Rate
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%q is read as %v, %v", text, r, err)
		}
		var again config.Rate
		if err := again.UnmarshalText([]byte(r.String())); err != nil || again != r {
			t.Errorf("%q is written as %q, which is not the same", text, r)
		}
	}
	for _, text := range []string{"", "10", "10/", "/s", "0/s", "-1/s", "1.5/s", "10/x", "10/0s", "10/-1s", "99999999999999999999/s", "1/s/s"} {
		var r config.Rate
		if err := r.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, r)
		}
	}
	if got := (config.Rate{Events: 1500, Per: time.Minute}).PerSecond(); got != 25 {
		t.Errorf("1500/m is %v per second", got)
	}
	if got := (config.Rate{}).PerSecond(); got != 0 {
		t.Errorf("no rate is %v per second", got)
	}
}

func TestGuardIsWrittenInThreeWays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		input any
		want  string // empty: refused
	}{
		"a share":                   {"5%", "5%"},
		"a share of a half percent": {"0.5 %", "0.5%"},
		"a share that is not exact": {"7%", "7%"},
		"everything":                {"100%", "100%"},
		"a number":                  {int64(200), "200"},
		"a number as a text":        {"200", "200"},
		"no change at all":          {int64(0), "0"},
		"off":                       {"off", "off"},
		"off as other YAML reads":   {false, "off"},
		"on":                        {true, ""},
		"more than everything":      {"101%", ""},
		"less than nothing":         {"-1%", ""},
		"a negative number":         {int64(-1), ""},
		"a huge number":             {uint64(math.MaxUint64), ""},
		"not a number":              {"NaN%", ""},
		"a part of a change":        {2.5, ""},
		"a word":                    {"lots", ""},
		"nothing":                   {"", ""},
		"a list":                    {[]any{"5%"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var g config.Guard
			err := g.UnmarshalMapstructure(c.input)
			if (err != nil) != (c.want == "") || err == nil && g.String() != c.want {
				t.Errorf("%v is read as %s, %v", c.input, g, err)
			}
		})
	}
}

func TestGuardLimitsChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		guard   config.Guard
		listed  int
		want    int
		limited bool
	}{
		"a share of many":                           {config.Percent(5), 1000, 50, true},
		"a share is rounded down":                   {config.Percent(5), 999, 49, true},
		"a share that is not exact in binary":       {config.Percent(7), 10_000, 700, true},
		"a share of few still lets ten pass":        {config.Percent(5), 40, 10, true},
		"a share of none still lets ten pass":       {config.Percent(5), 0, 10, true},
		"no share still lets ten pass":              {config.Percent(0), 1000, 10, true},
		"a number is exact, however few are listed": {config.Count(3), 0, 3, true},
		"the number 0 holds every change":           {config.Count(0), 1000, 0, true},
		"off holds nothing":                         {config.NoGuard(), 1000, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, limited := c.guard.Limit(c.listed)
			if got != c.want || limited != c.limited {
				t.Errorf("got %d, %t, want %d, %t", got, limited, c.want, c.limited)
			}
		})
	}
}
