package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/skubridge/skubridge/sync/engine"
)

// progress shows how far a run is, on a terminal only.
type progress struct {
	mu    sync.Mutex
	name  string
	bars  *mpb.Progress // nil where nobody looks
	bar   *mpb.Bar
	phase engine.Phase
	total int
}

// newProgress begins without a bar. A log on the same screen goes without one,
// too: its lines would be drawn over.
func (a *app) newProgress(name string) *progress {
	p := &progress{name: name}
	if isTerminal(a.err) && !a.verbose && a.lookup("TERM") != "dumb" {
		p.bars = mpb.New(mpb.WithOutput(bare(a.err)), mpb.WithWidth(40), mpb.WithRefreshRate(120*time.Millisecond))
	}
	return p
}

// show takes in how far the run is.
func (p *progress) show(at engine.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars == nil {
		return
	}
	if p.bar == nil || at.Phase != p.phase || at.Total != p.total {
		p.next(at)
	}
	p.bar.SetCurrent(int64(at.Done))
}

// next ends the bar of the last phase and begins one for this.
func (p *progress) next(at engine.Progress) {
	if p.bar != nil {
		p.bar.Abort(true)
	}
	p.phase, p.total = at.Phase, at.Total
	label := fmt.Sprintf("%s: %s ", p.name, at.Phase)
	if at.Total > 0 {
		p.bar = p.bars.AddBar(int64(at.Total), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(label), decor.CountersNoUnit("%d / %d")),
			mpb.AppendDecorators(decor.AverageETA(decor.ET_STYLE_GO), decor.Name(" left")))
		return
	}
	p.bar = p.bars.AddSpinner(0, mpb.BarRemoveOnComplete(), mpb.BarWidth(2),
		mpb.PrependDecorators(decor.Name(label), decor.CurrentNoUnit("%d")))
}

// done takes the bar off the screen for good.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars == nil {
		return
	}
	if p.bar != nil {
		p.bar.Abort(true)
	}
	p.bars.Wait()
	p.bars = nil
}
