package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/skubridge/skubridge/sync/engine"
)

// benched is what the measurement of a sync gave, as `bench --json` prints it.
type benched struct {
	Sync   string   `json:"sync"`
	Stages []*stage `json:"stages"`
	// Problems are products that were left out, as they would be by a sync.
	Problems int `json:"problems"`
	// Unchanged is how long a run takes when nothing changed, in seconds.
	Unchanged float64   `json:"unchanged_seconds"`
	FirstLoad firstLoad `json:"first_load"`
	Commit    commits   `json:"durable_commit"`
	// LeftOut is what was not measured, and why.
	LeftOut string `json:"left_out,omitempty"`
	// each is how long a request took, all of them beside each other.
	each float64
}

// firstLoad is what is to be expected of it.
type firstLoad struct {
	Requests int `json:"requests"`
	// Rate is that of the account, in requests a second; 0 where it is not known.
	Rate float64 `json:"rate,omitempty"`
	// Work is what this machine needs for it, without waiting for the API; Seconds is
	// how long it takes at the account's rate, 0 where that is not known.
	Work    float64 `json:"work_seconds"`
	Seconds float64 `json:"seconds,omitempty"`
}

// commits are durable commits, in seconds each.
type commits struct {
	Folder  string  `json:"folder"`
	Count   int     `json:"count"`
	Median  float64 `json:"median_seconds"`
	Slowest float64 `json:"p99_seconds"`
}

// take takes in what the stages gave.
func (b *benched) take(m *meter, report engine.Report) {
	b.Stages, b.Unchanged = m.stages, m.seconds(stageUnchanged)
	b.Problems = report.Quarantined + report.Rejected
	b.FirstLoad.Work = m.seconds(stageFirst) + m.seconds(stagePlan)
	if report.Plan != nil {
		b.FirstLoad.Requests = report.Plan.Requests
	}
	if report.Requests > 0 {
		b.each = m.seconds(stageDeliver) / float64(report.Requests)
	}
}

// expect works out how long a first load takes at a rate of requests a second, 0 for
// one that is not known. Reading and planning come before the first request.
func (b *benched) expect(rate float64) {
	f := &b.FirstLoad
	before, own := f.Work, b.each*float64(f.Requests)
	f.Work = round(before + own)
	if f.Rate = rate; rate > 0 {
		f.Seconds = round(before + max(own, float64(f.Requests)/rate))
	}
}

// describe gives the result for people.
func (b benched) describe(p paint) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", p.bold(b.Sync))
	width := len("deliver to a stand-in")
	for _, s := range b.Stages {
		width = max(width, len(s.name()))
	}
	line := func(cells ...any) {
		fmt.Fprintf(&out, fmt.Sprintf("  %%-%ds  %%11s  %%9s  %%9s  %%9s  %%10s  %%11s\n", width), cells...)
	}
	line("STAGE", "ROWS", "TIME", "A SECOND", "CPU", "PEAK", "WRITTEN")
	for _, s := range b.Stages {
		line(s.name(), number(s.Rows), lasting(s.Seconds), number(int64(s.PerSecond)),
			told(s.CPU > 0, lasting(s.CPU)), told(s.Peak > 0, mebibytes(s.Peak)), told(s.Peak > 0, mebibytes(s.Written)))
	}
	fmt.Fprintf(&out, "  a run without changes takes about %s\n  %s\n", lasting(b.Unchanged), b.FirstLoad.describe(b.each > 0))
	fmt.Fprintf(&out, "  a durable commit takes %.1f ms in %s (the slowest of a hundred %.1f ms)\n", b.Commit.Median*1e3, b.Commit.Folder, b.Commit.Slowest*1e3)
	if b.Problems > 0 {
		fmt.Fprintf(&out, "  %s left out because of problems: `skubridge plan` shows them\n", plural(b.Problems, "product"))
	}
	if b.LeftOut != "" {
		fmt.Fprintf(&out, "  %s\n", b.LeftOut)
	}
	return out.String()
}

// describe says what is to be expected of a first load.
func (f firstLoad) describe(delivered bool) string {
	if f.Requests == 0 {
		return "a first load has nothing to send"
	}
	work := "work on this machine"
	if !delivered {
		work = "reading and planning"
	}
	own, requests := lasting(f.Work), plural(f.Requests, "request")
	if f.Rate == 0 {
		return fmt.Sprintf("a first load takes %s of %s, and %s at a rate that is not known (set `rate` to see how long that takes)", own, work, requests)
	}
	return fmt.Sprintf("a first load takes about %s: %s at %g a second; %s of it is %s", lasting(f.Seconds), requests, f.Rate, own, work)
}

// name is what people read.
func (s *stage) name() string {
	switch s.Stage {
	case stageFirst:
		return "read " + s.Source + " first"
	case stageUnchanged:
		return "read " + s.Source + " again"
	case stagePlan:
		return "plan the first load"
	}
	return "deliver to a stand-in"
}

func told(is bool, text string) string {
	if !is {
		return "–"
	}
	return text
}

// lasting writes seconds as people read them.
func lasting(seconds float64) string {
	switch {
	case seconds < 1:
		return fmt.Sprintf("%.3f s", seconds)
	case seconds < 60:
		return fmt.Sprintf("%.1f s", seconds)
	}
	return time.Duration(math.Round(seconds) * float64(time.Second)).String()
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
