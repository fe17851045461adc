package delivery

import (
	"context"
	"errors"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// A change of several steps may be refused in its middle, when what an earlier step made
// is of no use, and in somebody's way: a price that no product names and that is on sale.
// The refusal and the step that takes it back are made durable together, so that a kill
// at any point leaves either to be done. Only then is the change over.

// refuse ends a change that the API refused. A step that may have been applied by an
// earlier try is asked for before anything is taken back: what is in force is kept, and
// the change goes on.
func (d *drain) refuse(ctx context.Context, in state.Intent, o state.Outcome, e *connectors.DeliveryError) state.Outcome {
	undo := d.undo(in)
	if undo != nil && in.Doubt {
		result, err := d.look(ctx, in)
		switch {
		case err == nil:
			return d.accepted(in, result)
		case !errors.Is(err, errAbsent):
			return d.failed(ctx, in, connectors.AsDelivery(untold(err)))
		}
	}
	o.Kind, o.Problem, o.Next, o.Left = state.Rejection, d.problem(in, e), undo, e.Left
	return o
}

// undo makes the step that takes back what the steps before the intent's step made, nil
// where that is nothing.
func (d *drain) undo(in state.Intent) *catalog.Step {
	return d.draft(in, d.spec.Undo[in.Step.Name], catalog.Remote{})
}

// undoes reports whether the intent's step is one that takes back.
func (d *drain) undoes(in state.Intent) bool {
	for _, undo := range d.spec.Undo {
		if undo == in.Step.Name {
			return true
		}
	}
	return false
}
