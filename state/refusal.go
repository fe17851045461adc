package state

import (
	"fmt"

	"github.com/skubridge/skubridge/catalog"
)

func (st *settlement) reject(in inFlight, o Outcome) error {
	p := catalog.Problem{Message: o.Message}
	if o.Problem != nil {
		p = *o.Problem
	}
	p.Sync, p.SKU, p.Kind = in.sync, in.key, catalog.Rejected
	if err := st.putProblem(p, 0, o.At); err != nil {
		return err
	}
	if err := st.leave(in, o.Left); err != nil {
		return err
	}
	if o.Next != nil {
		return st.goOn(in, o)
	}
	return st.run(settleRejected, nanos(o.At), in.id)
}

const patchRefs = `
UPDATE listing
SET refs = json_patch(iif(refs = '', '{}', refs), ?)
WHERE destination = ? AND key = ?`

// leave lays refs over those of the intent's listing.
func (st *settlement) leave(in inFlight, refs map[string]string) error {
	if len(refs) == 0 {
		return nil
	}
	patch := make(map[string]*string, len(refs))
	for name, value := range refs {
		patch[name] = nil // an empty one goes
		if value != "" {
			patch[name] = &value
		}
	}
	return st.run(patchRefs, jsonText(patch), in.destination, in.key)
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
	if err := st.note(in, rejected); err != nil {
		return err
	}
	return st.reject(in, rejected)
}

// ownedProblem says that an answer named a remote product of another listing.
func ownedProblem(sync, key, remoteID, owner string) catalog.Problem {
	return catalog.Problem{
		Sync: sync, SKU: key, Kind: catalog.Rejected, Value: remoteID,
		Message: fmt.Sprintf("the API answered with product %s, which belongs to SKU %s", remoteID, owner),
		Remedy:  "check at the API which of the two SKUs the product is, then retry",
	}
}

// The index is named because SQLite would prepare the query anew for each sync that it
// is asked about: it might be the one of problem_source.
const anyProblem = `SELECT EXISTS (SELECT 1 FROM problem INDEXED BY problem_seen WHERE sync = ?)`

const closeKeys = `
DELETE FROM problem
WHERE sync = ? AND kind = 'rejected' AND sku IN (SELECT value FROM json_each(?))`

// closeProblems closes the refusals of a sync's keys: they went through. What a plan
// finds wrong with a key may stand beside a change of it, and is closed by a plan.
func (t *tx) closeProblems(sync string, keys []string) error {
	var open bool
	if _, err := t.get(anyProblem, []any{sync}, &open); err != nil || !open {
		return err
	}
	return t.run(closeKeys, sync, jsonText(keys))
}
