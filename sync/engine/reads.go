package engine

import (
	"context"
	"errors"
	"fmt"

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

// readSources reads the sources. One that is implausibly small is held, and its error is
// an *intake.ShrunkError.
func (r *run) readSources(ctx context.Context) error {
	r.basis.Reads = nil
	for _, src := range r.sync.Sources {
		r.tell(Progress{Phase: Reading, Source: src.Name})
		got, err := r.read(ctx, src)
		r.report.Read += got.Read
		if err != nil {
			if err = r.readFailed(ctx, src.Name, err); err != nil {
				return err
			}
			continue
		}
		r.report.Changed += got.Changed
		if !got.Delta { // what a delta reports as deleted is gone, and not waited for
			r.report.Missing += got.Lost
		}
		r.basis.Reads = append(r.basis.Reads, SourceRead{src.Name, got.Read, got.Content.String()})
		if got.Keyless > 0 {
			r.log.Warn().Str(logkey.Source, src.Name).Int64(logkey.Count, got.Keyless).Msg("rows without a readable key: nothing goes missing in this run")
		}
		if got.Delta {
			r.report.Deltas = append(r.report.Deltas, src.Name)
		}
		for _, note := range got.Notes {
			r.report.Notes = append(r.report.Notes, SourceNote{src.Name, note})
			r.log.Warn().Str(logkey.Source, src.Name).Str("note", note).Msg("note from source")
		}
		if got.Unfinished != nil {
			r.report.Unfinished = append(r.report.Unfinished, UnfinishedSource{src.Name, got.Unfinished.Error()})
			r.log.Warn().Err(got.Unfinished).Str(logkey.Source, src.Name).Msg("read is in force, but the source could not clean up after it")
		}
		r.log.Debug().Str(logkey.Source, src.Name).Bool("delta", got.Delta).Int64("read", got.Read).Int64("changed", got.Changed).Int64("lost", got.Lost).Msg("source read")
	}
	return nil
}

func (r *run) read(ctx context.Context, src Source) (intake.Result, error) {
	if err := src.Turn.take(ctx); err != nil {
		return intake.Result{}, err
	}
	defer src.Turn.give()
	cfg := intake.Config{
		TempDir: r.tempDir, Now: r.now, Keep: src.Keep, For: r.sync.Name,
		Full: r.opt.Full, FullEvery: src.FullEvery, Dry: r.opt.DryRun || r.opt.Rehearsal,
		OnRead: func(n int64) { r.tell(Progress{Phase: Reading, Done: int(n), Source: src.Name}) },
	}
	if r.opt.Approve {
		held, _, err := r.store.HeldRead(ctx, src.Name)
		if err != nil {
			return intake.Result{}, err
		}
		if r.opt.approves(held.Keys) {
			cfg.Approved = held.Keys
		}
	}
	got, err := intake.Take(ctx, r.store, src.Name, src.Source, cfg)
	if small, ok := errors.AsType[*intake.ShrunkError](err); ok {
		err = errors.Join(err, r.store.HoldRead(context.WithoutCancel(ctx), small.HeldRead))
	}
	return got, err
}

// Fetch takes single subjects of a source into the state, as a webhook of it names them,
// by connectors.Fetcher: the records that are there, and those that are gone. It waits
// for a read of the source that is on its way. What changed is planned for by the next
// run of each sync. An error changed nothing.
func (e *Engine) Fetch(ctx context.Context, src Source, subjects []string) (intake.Result, error) {
	from, ok := src.Source.(intake.FetchSource)
	if !ok {
		return intake.Result{}, fmt.Errorf("source %s cannot be asked for single records", src.Name)
	}
	if err := src.Turn.take(ctx); err != nil {
		return intake.Result{}, err
	}
	defer src.Turn.give()
	return intake.Fetch(ctx, e.store, src.Name, from, subjects, intake.Config{TempDir: e.tempDir, Now: e.now})
}

// SourceNote is what a source has to tell of a read that is no fault.
type SourceNote struct {
	Source string `json:"source"`
	Note   string `json:"note"`
}

// UnfinishedSource is a source that could not do what it does once a read is in force,
// as moving a file away.
type UnfinishedSource struct {
	Source string `json:"source"`
	Error  string `json:"error"`
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
