package main

import (
	"math"
	"sync"
	"time"
)

// stage is a part of a run, with what it took. What the system does not tell is 0.
type stage struct {
	Stage string `json:"stage"`
	// Source is the one that was read, "" in other stages.
	Source string `json:"source,omitempty"`
	// Rows are records where they are read, products or variants where they are
	// planned, requests where they are delivered.
	Rows      int64   `json:"rows"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"rows_per_second"`
	CPU       float64 `json:"cpu_seconds,omitempty"`
	Peak      int64   `json:"peak_bytes,omitempty"`
	Written   int64   `json:"written_bytes,omitempty"`
}

// The stages of a first load and of the run after it.
const (
	stageFirst     = "read first"
	stageUnchanged = "read unchanged"
	stagePlan      = "plan"
	stageDeliver   = "deliver"
)

// spending is what a process has used.
type spending struct {
	cpu     time.Duration
	written int64
}

// lookEvery is how often the memory is looked at while a stage lasts.
const lookEvery = 5 * time.Millisecond

// meter measures one stage after the other.
type meter struct {
	mu      sync.Mutex
	stages  []*stage
	at      *stage // the one under way, nil for none
	began   time.Time
	before  spending
	done    chan struct{}
	looking sync.WaitGroup
}

// newMeter begins to look at the memory. Who calls it calls close.
func newMeter() *meter {
	m := &meter{done: make(chan struct{})}
	m.looking.Go(m.look)
	return m
}

func (m *meter) close() {
	close(m.done)
	m.looking.Wait()
}

// look keeps the most memory that was taken in each stage.
func (m *meter) look() {
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		select {
		case <-m.done:
			return
		case <-ticks.C:
			m.mu.Lock()
			m.weigh()
			m.mu.Unlock()
		}
	}
}

func (m *meter) weigh() {
	if m.at != nil {
		m.at.Peak = max(m.at.Peak, resident())
	}
}

// enter begins a stage, or goes on with one that was left, and ends the one under way.
func (m *meter) enter(name, source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.find(name, source)
	if s != nil && s == m.at {
		return
	}
	m.finish()
	if s == nil {
		s = &stage{Stage: name, Source: source}
		m.stages = append(m.stages, s)
	}
	m.at, m.began, m.before = s, time.Now(), spent()
}

func (m *meter) find(name, source string) *stage {
	for _, s := range m.stages {
		if s.Stage == name && s.Source == source {
			return s
		}
	}
	return nil
}

// leave ends the stage that is under way.
func (m *meter) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finish()
}

func (m *meter) finish() {
	if m.at == nil {
		return
	}
	m.weigh()
	now := spent()
	m.at.Seconds = round(m.at.Seconds + time.Since(m.began).Seconds())
	m.at.CPU = round(m.at.CPU + (now.cpu - m.before.cpu).Seconds())
	m.at.Written += now.written - m.before.written
	m.at = nil
}

// count says how many rows a stage had that is over.
func (m *meter) count(name, source string, rows int64) {
	s := m.find(name, source)
	if s == nil {
		return
	}
	if s.Rows = rows; s.Seconds > 0 {
		s.PerSecond = math.Round(float64(rows) / s.Seconds)
	}
}

// seconds is how long all stages of a name took.
func (m *meter) seconds(name string) (sum float64) {
	for _, s := range m.stages {
		if s.Stage == name {
			sum += s.Seconds
		}
	}
	return sum
}

// round cuts what no measurement knows.
func round(seconds float64) float64 { return math.Round(seconds*1e4) / 1e4 }
