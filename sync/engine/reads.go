package engine

import (
	"context"
	"errors"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/sync/intake"
)

// SourceRead is what a plan was made of.
type SourceRead struct {
	Source  string `json:"source"`
	Records int64  `json:"records"`
	// Content tells reads apart: it is the same for the same records in any order.
	Content string `json:"content"`
}

// takeIn reads the sources. One that is implausibly small is held, and its error is
// an *intake.ShrunkError.
func (r *run) takeIn(ctx context.Context) error {
	r.basis.Reads = nil
	for _, src := range r.sync.Sources {
		r.progress(Reading, 0, 0)
		got, err := r.read(ctx, src)
		r.report.Read += got.Read
		if err != nil {
			if err = r.readFailed(ctx, src.Name, err); err != nil {
				return err
			}
			continue
		}
		r.report.Changed += got.Changed
		r.basis.Reads = append(r.basis.Reads, SourceRead{src.Name, got.Read, got.Content.String()})
		if got.Keyless > 0 {
			r.log.Warn().Str(logkey.Source, src.Name).Int64(logkey.Count, got.Keyless).Msg("rows without a readable key: nothing goes missing in this run")
		}
		r.log.Debug().Str(logkey.Source, src.Name).Int64("read", got.Read).Int64("changed", got.Changed).Int64("lost", got.Lost).Msg("source read")
	}
	return nil
}

func (r *run) read(ctx context.Context, src Source) (intake.Result, error) {
	cfg := intake.Config{
		TempDir: r.tempDir, Now: r.now, Keep: src.Keep, For: r.sync.Name,
		OnRead: func(n int64) { r.progress(Reading, int(n), 0) },
	}
	if r.opt.Approve {
		held, _, err := r.store.HeldRead(ctx, src.Name)
		if err != nil {
			return intake.Result{}, err
		}
		cfg.Approved = held.Keys
	}
	got, err := intake.Take(ctx, r.store, src.Name, src.Source, cfg)
	if small, ok := errors.AsType[*intake.ShrunkError](err); ok {
		err = errors.Join(err, r.store.HoldRead(context.WithoutCancel(ctx), small.HeldRead))
	}
	return got, err
}

// heldRead lets a run end as held where a source is implausibly small.
func (r *run) heldRead(err error) error {
	small, ok := errors.AsType[*intake.ShrunkError](err)
	if !ok {
		return err
	}
	r.report.HeldReads = append(r.report.HeldReads, small.HeldRead)
	r.log.Warn().Err(small).Msg("read held")
	return nil
}
