package config

import (
	"math"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/internal/fault"
)

// shareMost is the largest share, in percent: a price may well become tenfold.
const shareMost = 1000

// Share is a part of something by which it may change before a person is asked, or no limit. It is written 30% or off.
type Share struct {
	off  bool
	part float64
}

// ShareOf returns the share of so many percent.
func ShareOf(percent float64) Share { return Share{part: percent / 100} }

// noShare returns the share that limits nothing.
func noShare() Share { return Share{off: true} }

// Part returns the share as a number, 0.3 for 30%; limited is false if there is no limit.
func (s Share) Part() (part float64, limited bool) { return s.part, !s.off }

// String returns the share as it is written.
func (s Share) String() string {
	if s.off {
		return "off"
	}
	return strconv.FormatFloat(math.Round(s.part*1e8)/1e6, 'f', -1, 64) + "%"
}

// UnmarshalMapstructure reads a share: 30%, off, or the word false.
func (s *Share) UnmarshalMapstructure(input any) error {
	wrong := fault.At("", "not a share").Hinting("write a share such as 30%, or off")
	switch v := input.(type) {
	case bool:
		if !v {
			*s = noShare()
			return nil
		}
	case string:
		text := strings.TrimSpace(v)
		if text == "off" {
			*s = noShare()
			return nil
		}
		percent, ok := strings.CutSuffix(text, "%")
		p, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
		if ok && err == nil && p >= 0 && p <= shareMost { // refuses NaN as well
			*s = ShareOf(p)
			return nil
		}
	}
	return wrong
}
