package state

import (
	"context"
	"database/sql"
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
		st := settlement{tx: t, runID: c.Run}
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
	runID     int64
	at        time.Time // of the newest outcome: when the group was settled
	flying    map[int64]inFlight
	shelves   map[string]*shelf // by destination
	conflicts []Conflict

	// What the accepted outcomes of the group have in common is written at once.
	done    []int64             // intents
	through map[string][]string // keys that went through, by sync
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
	if err := st.load(outcomes); err != nil {
		return err
	}
	for _, o := range outcomes {
		in := st.flying[o.Intent]
		if in.status != Claimed && in.status != Unclear || in.step != o.Step {
			return fmt.Errorf("step %d of intent %d is not in flight (status %q)", o.Step, o.Intent, in.status)
		}
		delete(st.flying, o.Intent) // a second outcome of the same step is not in flight
		if err := st.settleOne(in, o); err != nil {
			return fmt.Errorf("intent %d: %w", o.Intent, err)
		}
	}
	return st.settleDone()
}

// load reads what settling the outcomes has to know.
func (st *settlement) load(outcomes []Outcome) error {
	st.flying = make(map[int64]inFlight, len(outcomes))
	var ids []int64
	for _, o := range outcomes {
		if in, known := st.w.flying[o.Intent]; known {
			st.flying[o.Intent] = in
			delete(st.w.flying, o.Intent)
		} else {
			ids = append(ids, o.Intent)
		}
		if o.At.After(st.at) {
			st.at = o.At
		}
	}
	var err error
	if len(ids) > 0 {
		err = each(st.tx, selectInFlight, []any{jsonText(ids)}, func(rows *sql.Rows) error {
			var in inFlight
			err := rows.Scan(&in.id, &in.sync, &in.destination, &in.key, &in.status, &in.step)
			st.flying[in.id] = in
			return err
		})
	}
	if err != nil {
		return err
	}
	keys, remoteIDs := map[string][]string{}, map[string][]string{}
	for _, o := range outcomes {
		if in := st.flying[o.Intent]; o.Listing != nil || o.Former != "" {
			keys[in.destination] = append(keys[in.destination], in.key)
			if o.Listing != nil {
				remoteIDs[in.destination] = append(remoteIDs[in.destination], o.Listing.RemoteID)
			}
		}
	}
	st.shelves, st.through = map[string]*shelf{}, map[string][]string{}
	for d := range keys {
		if st.shelves[d], err = st.shelf(d, keys[d], remoteIDs[d]); err != nil {
			return err
		}
	}
	return nil
}

func (st *settlement) settleOne(in inFlight, o Outcome) error {
	if o.Listing != nil {
		owner, err := st.shelves[in.destination].put(listingOf(in, o), o.Listing.Payload.Bytes(), o.At)
		if err != nil {
			return err
		}
		if owner != "" {
			return st.conflict(in, o, owner)
		}
	}
	if o.Former != "" {
		if err := st.shelves[in.destination].former(o.Former, in.key, o.At); err != nil {
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
	return st.run(keepObtained, o.RemoteID, stepID(in.id, in.step))
}

const (
	settleNext = `
UPDATE intent
SET status = 'ready', step = ?, not_before = 0, attempts = 0, absences = 0, absent_at = 0, doubt = 0
WHERE id = ?`

	keepRefs = `UPDATE intent SET refs = ? WHERE id = ?`

	settleAgain = `
UPDATE intent
SET status = 'ready', not_before = ?, attempts = attempts + ?, absences = 0, absent_at = 0, doubt = (? OR doubt AND ?)
WHERE id = ?`

	settleRejected = `
UPDATE intent
SET status = 'rejected', live = 0, settled = ?, attempts = attempts + 1, not_before = 0, doubt = 0
WHERE id = ?`

	settleUndone = `
UPDATE intent
SET status = 'rejected', live = 0, settled = ?, step = 0, not_before = 0, doubt = 0
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
SET status = 'parked', doubt = (doubt OR ? OR status = 'unclear'), not_before = 0, attempts = attempts + ?
WHERE id = ?`

	settleDropped = `
UPDATE intent
SET status = 'dropped', live = 0, settled = ?, not_before = 0, doubt = 0
WHERE id = ?`

	touchIntent = `INSERT INTO touch (sync, product) SELECT sync, product FROM intent WHERE id = ?`
)

// move gives the intent the status that follows from the outcome.
func (st *settlement) move(in inFlight, o Outcome) error {
	at, due := nanos(o.At), nanos(o.NotBefore)
	switch o.Kind {
	case Accepted:
		return st.accept(in, o)
	case Again:
		return st.again(in, o)
	case Rejection:
		return st.reject(in, o)
	case LookUp:
		return st.run(settleLookUp, due, o.Counted, in.id)
	case LookedAbsent:
		return st.run(settleAbsent, due, at, in.id)
	case Park:
		return st.run(settleParked, o.Doubt, o.Counted, in.id)
	case Drop:
		return st.dropped(in, o)
	case Undone:
		if err := st.leave(in, o.Left); err != nil {
			return err
		}
		return st.run(settleUndone, at, in.id)
	}
	return fmt.Errorf("outcome of unknown kind %d", o.Kind)
}

const renewKey = `UPDATE step SET idempotency_key = ?, key_at = ? WHERE id = ?`

// again has a step go once more, under another key where its old one is of no
// more use.
func (st *settlement) again(in inFlight, o Outcome) error {
	if o.NewKey != "" {
		if err := st.run(renewKey, o.NewKey, nanos(o.At), stepID(in.id, in.step)); err != nil {
			return err
		}
	}
	// Under a new key it is known to have done nothing, and a doubt that was looked
	// into is none any more.
	stays := o.NewKey == "" && in.status == Claimed
	return st.run(settleAgain, nanos(o.NotBefore), o.Counted, o.Doubt, stays, in.id)
}

// dropped ends an intent without an object, and has its product looked at again.
func (st *settlement) dropped(in inFlight, o Outcome) error {
	if o.Found != nil {
		if err := st.putRemote(in.destination, *o.Found); err != nil {
			return err
		}
	}
	if err := st.run(touchIntent, in.id); err != nil {
		return err
	}
	return st.run(settleDropped, nanos(o.At), in.id)
}

// accept notes an accepted step. The intent goes on with the next one, whose
// turn is before anything that was released after it, or it is done.
func (st *settlement) accept(in inFlight, o Outcome) error {
	if o.Unfinished {
		if err := st.run(touchIntent, in.id); err != nil {
			return err
		}
	}
	if o.Next != nil {
		return st.goOn(in, o)
	}
	st.done = append(st.done, in.id)
	st.through[in.sync] = append(st.through[in.sync], in.key)
	return nil
}

// goOn has the intent go on with the outcome's next step.
func (st *settlement) goOn(in inFlight, o Outcome) error {
	if err := st.insertStep(in.id, in.step+1, *o.Next, nanos(o.At)); err != nil {
		return err
	}
	if len(o.Refs) > 0 {
		if err := st.run(keepRefs, refsText(o.Refs), in.id); err != nil {
			return err
		}
	}
	return st.run(settleNext, in.step+1, in.id)
}

const (
	settleDone = `
UPDATE OR FAIL intent
SET status = 'done', live = 0, settled = ?, done_run = ?, not_before = 0, doubt = 0
WHERE (status = 'claimed' OR status = 'unclear') AND id IN `
)

// settleDone writes what the accepted outcomes have in common.
func (st *settlement) settleDone() error {
	for _, sh := range st.shelves {
		if err := sh.close(); err != nil {
			return err
		}
	}
	if len(st.done) == 0 {
		return nil
	}
	n, err := st.affectFor(settleDone, st.done, nanos(st.at), st.runID)
	if err != nil {
		return err
	}
	if int(n) != len(st.done) {
		return fmt.Errorf("%d of %d accepted steps are not in flight", len(st.done)-int(n), len(st.done))
	}
	for sync, keys := range st.through {
		if err := st.closeProblems(sync, keys); err != nil {
			return err
		}
	}
	return nil
}
