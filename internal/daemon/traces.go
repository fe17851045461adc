package daemon

import (
	"context"

	"github.com/skubridge/skubridge/internal/trace"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/schedule"
)

// runTraces sends the traces of runs, where a collector is configured.
func (g *generation) runTraces(ctx context.Context) error {
	if g.Traces == nil {
		return nil
	}
	failing := false
	g.Traces.Run(ctx, func(err error) {
		if failed := err != nil; failed != failing {
			failing = failed
			if failed {
				g.log.Warn().Err(err).Msg("traces are not sent")
			} else {
				g.log.Info().Msg("traces are sent again")
			}
		}
	})
	return nil
}

// tracer writes down the phases of a run.
type tracer struct {
	clock schedule.Clock
	trace trace.Trace
}

// watch has a run tell its phases.
func (t *tracer) watch(o *engine.Options) {
	told := o.OnProgress
	o.OnProgress = func(p engine.Progress) {
		if n := len(t.trace.Within); n == 0 || t.trace.Within[n-1].Name != string(p.Phase) {
			now := t.clock.Now()
			t.endPhase()
			t.trace.Within = append(t.trace.Within, trace.Span{Name: string(p.Phase), Start: now})
		}
		if told != nil {
			told(p)
		}
	}
}

func (t *tracer) endPhase() {
	if n := len(t.trace.Within); n > 0 && t.trace.Within[n-1].End.IsZero() {
		t.trace.Within[n-1].End = t.clock.Now()
	}
}

// end gives the trace of a run that ended.
func (t *tracer) end(r engine.Report, err error) trace.Trace {
	t.endPhase()
	t.trace.Name, t.trace.End = "sync "+r.Sync, t.clock.Now()
	t.trace.Words = map[string]string{"skubridge.sync": r.Sync, "skubridge.status": string(r.Status)}
	t.trace.Numbers = map[string]int64{
		"skubridge.run": r.Run, "skubridge.records": r.Read, "skubridge.changes": int64(r.Changes()),
		"skubridge.problems": int64(r.Quarantined + r.Rejected), "skubridge.requests": r.Requests, "skubridge.retries": r.Retries,
	}
	if err != nil {
		t.trace.Error = string(r.Status) // the words of an error may name a SKU
	}
	return t.trace
}
