package engine

import (
	"context"
	"iter"

	"golang.org/x/sync/errgroup"

	"github.com/skubridge/skubridge/internal/ahead"
	"github.com/skubridge/skubridge/state"
)

const (
	// casesPerPage is how many products are read and judged at a time.
	casesPerPage = 128
	// bytesPerBatch and unitsPerBatch bound what is handed over to be staged, and
	// batchesWaiting how many of these may wait while the state is written to the disk.
	bytesPerBatch  = 128 << 10
	unitsPerBatch  = 1024
	batchesWaiting = 4
)

// evaluate goes through the products in question and stages what they need. While one
// page is judged, the next ones are read and what was judged before is staged: nothing of
// a page depends on those before it, and the order of all three is that of the products.
func (p *planner) evaluate(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	// Some of each may wait, so that nobody stands still while the state is synced to
	// the disk, or while an odd page takes long.
	pages, batches := make(chan []state.Case, 1), make(chan state.Batch, batchesWaiting)
	group.Go(func() error {
		defer close(pages)
		return p.readCases(ctx, pages)
	})
	group.Go(func() error {
		defer close(batches)
		return p.judgeAll(ctx, pages, batches)
	})
	group.Go(func() error { return p.store.StageAll(ctx, p.id, batches, p.now) })
	return group.Wait()
}

// readers is how many pages are read side by side. A first load takes longer to stage than to
// read, and a second reader would only take memory.
func (p *planner) readers() int {
	if p.scope.After == 0 {
		return 1
	}
	return 2
}

// readCases gives the products in question, page by page.
func (p *planner) readCases(ctx context.Context, pages chan<- []state.Case) error {
	read := func(products []string) ([]state.Case, error) { return p.store.CasesOf(ctx, p.scope, products) }
	for cases, err := range ahead.Map(p.candidates(ctx), p.readers(), read) {
		if err == nil {
			err = hand(ctx, pages, cases)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// candidates gives the products that may be in question, page by page.
func (p *planner) candidates(ctx context.Context) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for after := ""; ; {
			products, err := p.store.Candidates(ctx, p.scope, after, casesPerPage)
			if err == nil && len(products) == 0 || !yield(products, err) || err != nil {
				return
			}
			after = products[len(products)-1]
		}
	}
}

// judgeAll judges the pages and gives what they need, in batches.
func (p *planner) judgeAll(ctx context.Context, pages <-chan []state.Case, batches chan<- state.Batch) error {
	done := 0
	for cases := range pages {
		if err := p.judge(ctx, cases); err != nil {
			return err
		}
		if p.bytes >= bytesPerBatch || len(p.batch.Judged) >= unitsPerBatch {
			if err := p.handOver(ctx, batches); err != nil {
				return err
			}
		}
		done += len(cases)
		p.progress(Planning, done, 0)
	}
	return p.handOver(ctx, batches)
}

// handOver gives the batch to whoever stages it, and begins another. A run that finds
// nothing to judge writes nothing.
func (p *planner) handOver(ctx context.Context, batches chan<- state.Batch) error {
	batch := p.batch
	if len(batch.Judged)+len(batch.Again) == 0 {
		return nil
	}
	p.batch, p.bytes = state.Batch{}, 0
	return hand(ctx, batches, batch)
}

// hand puts something into a channel unless the work is over.
func hand[T any](ctx context.Context, to chan<- T, what T) error {
	select {
	case to <- what:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
