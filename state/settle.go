package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// Settle records how a group of steps ended and claims up to c.Limit more, in
// one transaction: when it returns, the outcomes survive a power cut. What each
// kind does is said with it; a Listing that is given is stored with any kind.
//
// A remote id that another listing holds or held does not fail the group: that
// intent is rejected with a problem that says whose id it is, and a Conflict.
func (s *Store) Settle(ctx context.Context, outcomes []Outcome, c Claim) (claimed []Intent, conflicts []Conflict, err error) {
	err = s.change(ctx, func(t *tx) error {
		st := settlement{tx: t, run: c.Run, done: map[string][]string{}}
		if err := st.settle(outcomes); err != nil {
			return err
		}
		conflicts = st.conflicts
		claimed, err = t.claim(c)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("settle: %w", err)
	}
	return claimed, conflicts, nil
}

// settlement settles one group.
type settlement struct {
	*tx
	run       int64
	conflicts []Conflict
	done      map[string][]string // keys that went through, by sync
}

// inFlight is what settling has to know of an intent.
type inFlight struct {
	id                     int64
	sync, destination, key string
	status                 IntentStatus
	step                   int
}

const selectInFlight = `
SELECT i.id, i.sync, i.destination, i.key, i.status, i.step
FROM json_each(?) j
CROSS JOIN intent i ON i.id = j.value`

func (st *settlement) settle(outcomes []Outcome) error {
	if len(outcomes) == 0 {
		return nil
	}
	ids := make([]int64, len(outcomes))
	for i, o := range outcomes {
		ids[i] = o.Intent
	}
	flying := make(map[int64]inFlight, len(ids))
	err := each(st.tx, selectInFlight, []any{jsonText(ids)}, func(rows *sql.Rows) error {
		var in inFlight
		err := rows.Scan(&in.id, &in.sync, &in.destination, &in.key, &in.status, &in.step)
		flying[in.id] = in
		return err
	})
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		in := flying[o.Intent]
		if in.status != Claimed && in.status != Unclear || in.step != o.Step {
			return fmt.Errorf("step %d of intent %d is not in flight (status %q)", o.Step, o.Intent, in.status)
		}
		delete(flying, o.Intent) // a second outcome of the same step is not in flight
		if err := st.settleOne(in, o); err != nil {
			return fmt.Errorf("intent %d: %w", o.Intent, err)
		}
	}
	for sync, keys := range st.done {
		if err := st.closeProblems(sync, keys); err != nil {
			return err
		}
	}
	return nil
}

func (st *settlement) settleOne(in inFlight, o Outcome) error {
	if o.Listing != nil {
		owner, err := st.putListing(listingOf(in, o), o.Listing.Payload.Bytes(), o.At)
		if err != nil {
			return err
		}
		if owner != "" {
			return st.conflict(in, o, owner)
		}
	}
	if o.Former != "" {
		if _, err := st.exec(insertFormer, in.destination, o.Former, in.key, nanos(o.At)); err != nil {
			return err
		}
	}
	if err := st.note(in, o); err != nil {
		return err
	}
	return st.move(in, o)
}

// listingOf is the outcome's listing, with what the intent knows filled in.
func listingOf(in inFlight, o Outcome) catalog.Listing {
	l := *o.Listing
	l.Destination, l.Key = in.destination, in.key
	if l.Sync == "" {
		l.Sync = in.sync
	}
	return l
}

const (
	insertAttempt = `
INSERT INTO attempt (intent, step, at, class, http_status, message)
VALUES (?, ?, ?, ?, ?, ?)`

	keepObtained = `UPDATE step SET obtained_id = ? WHERE id = ?`
)

// note keeps what is known of an attempt that was not accepted. A postponement
// is no attempt.
func (st *settlement) note(in inFlight, o Outcome) error {
	if o.Kind != Accepted && o.Class != "" && (o.Counted || o.Kind != Again) {
		_, err := st.exec(insertAttempt, in.id, o.Step, nanos(o.At), o.Class, o.HTTPStatus, o.Message)
		if err != nil {
			return err
		}
	}
	if o.RemoteID == "" {
		return nil
	}
	_, err := st.exec(keepObtained, o.RemoteID, in.stepID())
	return err
}

func (in inFlight) stepID() int64 { return in.id*maxSteps + int64(in.step) }

const (
	acceptLast = `
UPDATE step
SET outcome = 'accepted', outcome_at = ?, body = NULL, want = NULL
WHERE id = ?`

	acceptStep = `
UPDATE step
SET outcome = 'accepted', outcome_at = ?, body = NULL
WHERE id = ?`

	clearWant = `UPDATE step SET want = NULL WHERE id = ?`

	settleDone = `
UPDATE intent
SET status = 'done', live = 0, settled = ?, done_run = ?, not_before = 0
WHERE id = ?`

	settleNext = `
UPDATE intent
SET status = 'ready', step = ?, not_before = 0, attempts = 0, absences = 0, absent_at = 0
WHERE id = ?`

	settleAgain = `
UPDATE intent
SET status = 'ready', not_before = ?, attempts = attempts + ?, absences = 0, absent_at = 0
WHERE id = ?`

	settleRejected = `
UPDATE intent
SET status = 'rejected', live = 0, settled = ?, attempts = attempts + 1, not_before = 0
WHERE id = ?`

	settleLookUp = `
UPDATE intent
SET status = 'unclear', not_before = ?, attempts = attempts + ?, absences = 0, absent_at = 0
WHERE id = ?`

	settleAbsent = `
UPDATE intent
SET status = 'unclear', not_before = ?, absent_at = CASE absences WHEN 0 THEN ? ELSE absent_at END, absences = absences + 1
WHERE id = ?`

	settleParked = `
UPDATE intent
SET status = 'parked', doubt = (status = 'unclear'), not_before = 0, attempts = attempts + ?
WHERE id = ?`

	settleDropped = `
UPDATE intent
SET status = 'dropped', live = 0, settled = ?, not_before = 0
WHERE id = ?`

	touchIntent = `INSERT INTO touch (sync, product) SELECT sync, product FROM intent WHERE id = ?`

	endStep = `UPDATE step SET outcome = ?, outcome_at = ? WHERE id = ?`
)

// move gives the intent the status that follows from the outcome.
func (st *settlement) move(in inFlight, o Outcome) error {
	at, due := nanos(o.At), nanos(o.NotBefore)
	switch o.Kind {
	case Accepted:
		return st.accept(in, o)
	case Again:
		return st.run1(settleAgain, due, o.Counted, in.id)
	case Rejection:
		return st.reject(in, o)
	case LookUp:
		return st.run1(settleLookUp, due, o.Counted, in.id)
	case LookedAbsent:
		return st.run1(settleAbsent, due, at, in.id)
	case Park:
		return st.run1(settleParked, o.Counted, in.id)
	case Drop:
		return errors.Join(
			st.run1(endStep, "dropped", at, in.stepID()),
			st.run1(settleDropped, at, in.id),
			st.run1(touchIntent, in.id))
	}
	return fmt.Errorf("outcome of unknown kind %d", o.Kind)
}

// run1 runs a statement for its effect alone.
func (t *tx) run1(query string, args ...any) error {
	_, err := t.exec(query, args...)
	return err
}

func (st *settlement) accept(in inFlight, o Outcome) error {
	at := nanos(o.At)
	if o.Next != nil {
		next := in.step + 1
		return errors.Join(
			st.run1(acceptStep, at, in.stepID()),
			st.insertStep(in.id, next, *o.Next, nil),
			st.run1(settleNext, next, in.id))
	}
	if err := st.run1(acceptLast, at, in.stepID()); err != nil {
		return err
	}
	if in.step > 0 {
		if err := st.run1(clearWant, in.id*maxSteps); err != nil {
			return err
		}
	}
	st.done[in.sync] = append(st.done[in.sync], in.key)
	return st.run1(settleDone, at, st.run, in.id)
}

func (st *settlement) reject(in inFlight, o Outcome) error {
	p := catalog.Problem{Message: o.Message}
	if o.Problem != nil {
		p = *o.Problem
	}
	p.Sync, p.SKU, p.Kind = in.sync, in.key, catalog.Rejected
	at := nanos(o.At)
	return errors.Join(
		st.putProblem(p, 0, o.At),
		st.run1(endStep, "rejected", at, in.stepID()),
		st.run1(settleRejected, at, in.id))
}

// conflict rejects an intent whose answer named somebody else's product.
func (st *settlement) conflict(in inFlight, o Outcome, owner string) error {
	id := o.Listing.RemoteID
	st.conflicts = append(st.conflicts, Conflict{Intent: in.id, Key: in.key, RemoteID: id, OwnedBy: owner})
	problem := ownedProblem(in.sync, in.key, id, owner)
	rejected := Outcome{
		Intent: o.Intent, Step: o.Step, Kind: Rejection, At: o.At, Class: "rejected",
		Message: problem.Message, Problem: &problem, RemoteID: id,
	}
	return errors.Join(st.note(in, rejected), st.reject(in, rejected))
}

// ownedProblem says that an answer named a remote product of another listing.
func ownedProblem(sync, key, remoteID, owner string) catalog.Problem {
	return catalog.Problem{
		Sync: sync, SKU: key, Kind: catalog.Rejected, Value: remoteID,
		Message: fmt.Sprintf("the API answered with product %s, which belongs to SKU %s", remoteID, owner),
		Remedy:  "check at the API which of the two SKUs the product is, then retry",
	}
}

const (
	selectClash = `
SELECT key FROM listing WHERE destination = ?1 AND remote_id = ?2 AND remote_id <> '' AND key <> ?3
UNION ALL
SELECT key FROM former WHERE destination = ?1 AND remote_id = ?2 AND key <> ?3
LIMIT 1`

	selectBefore = `
SELECT id, remote_id, verdict, verdict_final
FROM listing
WHERE destination = ? AND key = ?`

	insertListing = `
INSERT INTO listing (destination, key, sync, parent, natural_key, remote_id, status, mode, synced_at,
                     verdict, verdict_final, verdict_source, verdict_mode, verdict_at, hash, payload)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	updateListing = `
UPDATE listing
SET sync = ?, parent = ?, natural_key = ?, remote_id = ?, status = ?, mode = ?, synced_at = ?,
    verdict = ?, verdict_final = ?, verdict_source = ?, verdict_mode = ?, verdict_at = ?, hash = ?, payload = ?
WHERE id = ?`

	insertFormer = `
INSERT INTO former (destination, remote_id, key, at) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING`

	deleteRemote = `DELETE FROM remote WHERE destination = ? AND id = ?`
)

// putListing stores what a listing has become, with its verdict's history. It
// changes nothing and gives the other listing's key when the remote id belongs,
// or belonged, to that (law 4). An id that the listing no longer holds is kept
// as a former one, whether or not the caller said so.
func (t *tx) putListing(l catalog.Listing, payload []byte, at time.Time) (owner string, err error) {
	if l.RemoteID != "" {
		clash, err := t.get(selectClash, []any{l.Destination, l.RemoteID, l.Key}, &owner)
		if err != nil || clash {
			return owner, err
		}
	}
	if l.Hash.IsZero() {
		l.Hash = catalog.HashBytes(payload)
	}
	var (
		id     int64
		before verdictBefore
	)
	known, err := t.get(selectBefore, []any{l.Destination, l.Key}, &id, &before.remoteID, &before.value, &before.final)
	if err != nil {
		return "", err
	}
	value, final, source, mode, when := verdictArgs(l.Verdict)
	args := []any{
		l.Sync, l.Parent, l.NaturalKey, l.RemoteID, string(l.Status), string(l.Mode), nanos(l.SyncedAt),
		value, final, source, mode, when, hashArg(l.Hash), payload,
	}
	if known {
		err = t.run1(updateListing, append(args, id)...)
	} else {
		id, err = t.insert(insertListing, append([]any{l.Destination, l.Key}, args...)...)
	}
	if err != nil {
		return "", err
	}
	if known && before.remoteID != "" && before.remoteID != l.RemoteID {
		if err := t.run1(insertFormer, l.Destination, before.remoteID, l.Key, nanos(at)); err != nil {
			return "", err
		}
	}
	if l.RemoteID != "" && before.remoteID != l.RemoteID {
		if err := t.run1(deleteRemote, l.Destination, l.RemoteID); err != nil {
			return "", err
		}
	}
	return "", t.appendVerdict(id, l, before)
}

// verdictBefore is the newest verdict of a listing before it changed.
type verdictBefore struct {
	remoteID string
	value    sql.NullString
	final    sql.NullBool
}

const insertEligibility = `
INSERT INTO eligibility (listing, n, at, remote_id, verdict, final, source, mode)
SELECT ?1, coalesce(max(n), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7
FROM eligibility
WHERE listing = ?1`

// appendVerdict adds a verdict to the listing's history when it is news: another
// value, another finality, or the first about another remote product.
func (t *tx) appendVerdict(listing int64, l catalog.Listing, before verdictBefore) error {
	v := l.Verdict
	if v == nil {
		return nil
	}
	if before.value.Valid && before.value.String == v.Value && before.final.Bool == v.Final && before.remoteID == l.RemoteID {
		return nil
	}
	return t.run1(insertEligibility, listing, nanos(v.At), l.RemoteID, v.Value, v.Final, sourceOf(v), string(v.Mode))
}

const closeKeys = `
DELETE FROM problem
WHERE sync = ? AND sku IN (SELECT value FROM json_each(?))`

// closeProblems closes all problems of a sync's keys: they went through.
func (t *tx) closeProblems(sync string, keys []string) error {
	return t.run1(closeKeys, sync, jsonText(keys))
}
