package main

import (
	"fmt"
	"slices"
	"time"
)

// sample is what some rounds gave.
type sample struct {
	seconds []float64
	peak    int64 // the largest resident set, in bytes; 0 where the system does not tell
}

func (s *sample) add(d time.Duration, peak int64) {
	s.seconds = append(s.seconds, d.Seconds())
	s.peak = max(s.peak, peak)
}

func (s *sample) median() float64 {
	sorted := slices.Sorted(slices.Values(s.seconds))
	return sorted[len(sorted)/2]
}

// String gives the median, the spread and the peak.
func (s sample) String() string {
	text := fmt.Sprintf("%6.2f s (%.2f–%.2f)", s.median(), slices.Min(s.seconds), slices.Max(s.seconds))
	if s.peak > 0 {
		text += fmt.Sprintf("  peak %5.1f MiB", float64(s.peak)/(1<<20))
	}
	return text
}
