package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"
)

const (
	interruptRuns = `
UPDATE run
SET status = 'interrupted', ended = ?
WHERE sync = ? AND status = 'running'`

	insertRun = `INSERT INTO run (sync, kind, started, status) VALUES (?, ?, ?, 'running')`

	finishRun = `
UPDATE run
SET status = ?, report = ?, error = ?, ended = ?
WHERE id = ?
RETURNING sync`

	// The first load is over when nothing of it waits any more.
	endFirstLoad = `
UPDATE sync
SET first_load = 'over'
WHERE name = ?1 AND first_load = 'loading'
  AND NOT EXISTS (SELECT 1 FROM intent WHERE sync = ?1 AND live = 1)`
)

// StartRun notes that a run of a sync began; kind is sync or backfill. A run of
// it that is still noted as running was cut short by a crash: it becomes
// interrupted.
func (s *Store) StartRun(ctx context.Context, sync, kind string, now time.Time) (id int64, err error) {
	err = s.change(ctx, func(t *tx) error {
		if err := t.run(interruptRuns, nanos(now), sync); err != nil {
			return err
		}
		id, err = t.insert(insertRun, sync, kind, nanos(now))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("start run of %s: %w", sync, err)
	}
	return id, nil
}

// FinishRun notes with which word a run ended, its report (a JSON object) and,
// for a run that failed, the line that explains it. It ends the sync's first
// load when nothing of that waits any more.
func (s *Store) FinishRun(ctx context.Context, id int64, status RunStatus, report []byte, errText string, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		var sync string
		ok, err := t.get(finishRun, []any{string(status), report, errText, nanos(now), id}, &sync)
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("no such run")
		}
		return t.run(endFirstLoad, sync)
	})
	if err != nil {
		return fmt.Errorf("finish run %d: %w", id, err)
	}
	return nil
}

const selectRuns = `
SELECT id, sync, kind, started, ended, status, report, error
FROM run
WHERE (:sync = '' OR sync = :sync) AND (:status = '' OR status = :status)
ORDER BY id DESC
LIMIT :limit`

// Runs yields the runs, the newest first. The filter's Sync, Status and Limit apply.
func (s *Store) Runs(ctx context.Context, f Filter) iter.Seq2[Run, error] {
	return list(ctx, s, "runs", selectRuns, f.args("sync", "status", "limit"), scanRun)
}

func scanRun(rows *sql.Rows) (r Run, err error) {
	var started, ended int64
	err = rows.Scan(&r.ID, &r.Sync, &r.Kind, &started, &ended, &r.Status, &r.Report, &r.Error)
	r.Started, r.Ended = fromNanos(started), fromNanos(ended)
	return r, err
}

const selectSync = `
SELECT revision, fingerprint, first_load <> 'over', backfill_from, destination
FROM sync
WHERE name = ?`

// SyncState gives how far a sync came at a destination. One that never released a
// plan for it is in its first load: what it saw for another destination says nothing
// about this one.
func (s *Store) SyncState(ctx context.Context, sync, destination string) (SyncState, error) {
	st := SyncState{Sync: sync, FirstLoad: true}
	var from int64
	var last string
	rows, err := s.read.QueryContext(ctx, selectSync, sync)
	if err == nil {
		_, err = one(rows, &st.Revision, &st.Fingerprint, &st.FirstLoad, &from, &last)
	}
	if err != nil {
		return SyncState{}, fmt.Errorf("read state of sync %s: %w", sync, explain(err))
	}
	if last != "" && last != destination {
		return SyncState{Sync: sync, FirstLoad: true, Elsewhere: last}, nil
	}
	st.BackfillFrom = fromNanos(from)
	return st, nil
}

const upsertBackfill = `
INSERT INTO sync (name, backfill_from) VALUES (?1, ?2)
ON CONFLICT (name) DO UPDATE SET backfill_from = ?2`

// SetBackfill notes that a backfill of a sync began at from, or that it is
// finished when from is zero.
func (s *Store) SetBackfill(ctx context.Context, sync string, from time.Time) error {
	err := s.change(ctx, func(t *tx) error { return t.run(upsertBackfill, sync, nanos(from)) })
	if err != nil {
		return fmt.Errorf("set backfill of %s: %w", sync, err)
	}
	return nil
}
