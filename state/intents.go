package state

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// maxSteps is how many steps an intent may have: a step's id is the intent's
// times maxSteps plus its number, here and in the schema.
const maxSteps = 4096

// stepID is where step n of an intent is stored.
func stepID(intent int64, n int) int64 { return intent*maxSteps + int64(n) }

const (
	// An intent that was parked in doubt, and whose step must not be repeated, is
	// unclear to whoever asks: nothing may take its step for unsent.
	intentColumns = `i.id, i.sync, i.destination, i.key, i.parent, i.natural_key, i.remote_id, i.op, i.old_active, i.reason,
       i.want_hash, iif(i.doubt = 1 AND i.status = 'parked' AND st.repeatable = 0, 'unclear', i.status), i.created, i.not_before, i.attempts, i.absences, i.absent_at, i.settled,
       i.step, st.op, st.name, st.remote_id, st.method, st.path, iif(i.step = 0, first.body, later.body), iif(i.step = 0, first.want_at, NULL), st.idempotency_key, st.repeatable,
       first.want, l.remote_id, l.payload, l.synced_at, i.refs, l.refs, st.key_at, i.doubt`

	intentJoins = `
LEFT JOIN step st ON st.id = i.id * 4096 + i.step
LEFT JOIN step_bytes first ON first.id = i.id * 4096
LEFT JOIN step_bytes later ON i.step > 0 AND later.id = st.id
LEFT JOIN listing l ON l.destination = i.destination AND l.key = i.key`
)

// intentRow scans intentColumns.
type intentRow struct {
	Intent

	settled           int64
	created, before   int64
	absentAt          int64
	wantHash          sql.RawBytes
	body, want        sql.RawBytes
	wantAt            sql.NullInt64 // where the wanted payload goes into the body
	step              sql.NullInt64
	op, name, stepID  sql.NullString
	method, path, key sql.NullString
	repeatable        sql.NullBool
	ownID             sql.NullString
	have              sql.RawBytes
	synced            sql.NullInt64
	refs              string
	listingRefs       sql.NullString
	keyAt             sql.NullInt64
}

func (r *intentRow) dest() []any {
	return []any{
		&r.ID, &r.Sync, &r.Destination, &r.Change.Key, &r.Change.Parent, &r.NaturalKey, &r.Change.RemoteID,
		&r.Change.Op, &r.Change.OldActive, &r.Change.Reason,
		&r.wantHash, &r.Status, &r.created, &r.before, &r.Attempts, &r.Absences, &r.absentAt, &r.settled,
		&r.step, &r.op, &r.name, &r.stepID, &r.method, &r.path, &r.body, &r.wantAt, &r.key, &r.repeatable,
		&r.want, &r.ownID, &r.have, &r.synced, &r.refs, &r.listingRefs, &r.keyAt, &r.Doubt,
	}
}

// reset makes the row ready for another: what it holds belongs to the last one.
func (r *intentRow) reset() { *r = intentRow{} }

// intent gives the row as an intent, all but its Former ids.
func (r *intentRow) intent() (Intent, error) {
	in := r.Intent
	in.Created, in.NotBefore, in.AbsentAt = fromNanos(r.created), fromNanos(r.before), fromNanos(r.absentAt)
	in.WantHash = hashOf(r.wantHash)
	in.OwnID, in.Listed, in.Synced = r.ownID.String, r.ownID.Valid, fromNanos(r.synced.Int64)
	in.Refs = refsOver(r.listingRefs.String, r.refs)
	in.KeyAt = fromNanos(cmp.Or(r.keyAt.Int64, r.created))
	body, want, err := r.request()
	if err != nil {
		return Intent{}, fmt.Errorf("intent %d: %w", in.ID, err)
	}
	if in.Change.Want, err = catalog.LoadPayload(want); err != nil {
		return Intent{}, fmt.Errorf("intent %d: %w", in.ID, err)
	}
	if in.Have, err = catalog.LoadPayload(bytes.Clone(r.have)); err != nil {
		return Intent{}, fmt.Errorf("intent %d: listing: %w", in.ID, err)
	}
	if r.step.Valid {
		in.Step = catalog.Step{
			Intent: in.ID, N: int(r.step.Int64), Op: catalog.Op(r.op.String), Name: r.name.String,
			Key: in.Change.Key, NaturalKey: in.NaturalKey, RemoteID: r.stepID.String,
			Method: r.method.String, Path: r.path.String, Body: body,
			IdempotencyKey: r.key.String, Repeatable: r.repeatable.Bool, Attempt: in.Attempts,
		}
	}
	return in, nil
}

// request gives the body of the current step, and the wanted payload, which may be a part of it.
func (r *intentRow) request() (body, want []byte, err error) {
	if !r.wantAt.Valid {
		return bytes.Clone(r.body), bytes.Clone(r.want), nil
	}
	at := r.wantAt.Int64
	if at < 0 || at > int64(len(r.body)) {
		return nil, nil, fmt.Errorf("the stored request of %d bytes has its payload at %d", len(r.body), at)
	}
	body = slices.Concat(r.body[:at], r.want, r.body[at:])
	end := int(at) + len(r.want)
	return body, body[at:end:end], nil
}

// ObtainedID gives the id that an answer to a step named although it could not be
// accepted; empty when none did.
func (s *Store) ObtainedID(ctx context.Context, intent int64, step int) (id string, err error) {
	err = s.look(ctx, func(r snapshot) error {
		return each(r, `SELECT obtained_id FROM step WHERE id = ?`, []any{stepID(intent, step)}, func(rows *sql.Rows) error {
			return rows.Scan(&id)
		})
	})
	if err != nil {
		return "", fmt.Errorf("read what intent %d obtained: %w", intent, err)
	}
	return id, nil
}

const selectFormer = `SELECT remote_id FROM former WHERE destination = ? AND key = ? ORDER BY at, remote_id`

// readIntents reads the intents that a query of intentColumns finds.
func readIntents(q querier, query string, args ...any) ([]Intent, error) {
	return readSomeIntents(q, 0, query, args...)
}

// readSomeIntents is readIntents for callers who know about how many there are:
// an intent is wide, and moving them about is not free.
func readSomeIntents(q querier, about int, query string, args ...any) ([]Intent, error) {
	out := make([]Intent, 0, about)
	var row intentRow
	dest := row.dest()
	err := each(q, query, args, func(rows *sql.Rows) error {
		row.reset()
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		in, err := row.intent()
		out = append(out, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		if in := &out[i]; in.Listed {
			err := each(q, selectFormer, []any{in.Destination, in.Change.Key}, func(rows *sql.Rows) error {
				var id string
				err := rows.Scan(&id)
				in.Former = append(in.Former, id)
				return err
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
