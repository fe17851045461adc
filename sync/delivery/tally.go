package delivery

import (
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/state"
)

// Tally counts what a delivery did.
type Tally struct {
	// Retries are the requests that were not the first try of their step.
	Retries int64
	// Accepted and Rejected count changes whose last step the API took, or refused.
	Accepted int64
	Rejected int64
	// Dropped counts changes whose product was gone at the API, and those of which it
	// accepted a part: their products are to be planned for again.
	Dropped int64
}

// Add adds what another delivery of the same run did.
func (t *Tally) Add(o Tally) {
	t.Retries += o.Retries
	t.Accepted += o.Accepted
	t.Rejected += o.Rejected
	t.Dropped += o.Dropped
}

// count adds one settled outcome to the tally, and to what the account tells of failures.
func (d *drain) count(o state.Outcome) {
	switch o.Kind {
	case state.Accepted:
		if o.Next == nil {
			d.tally.Accepted++
		}
		said := d.log.Debug().Int64(logkey.Change, o.Intent).Int("step", o.Step)
		if o.Listing != nil {
			said = said.Str(logkey.Key, o.Listing.Key)
		}
		said.Msg("attempt accepted")
		if o.Unfinished {
			d.tally.Dropped++
		}
	case state.Rejection:
		if o.Next == nil {
			d.tally.Rejected++
		}
	case state.Undone:
		d.tally.Rejected++
	case state.Drop:
		d.tally.Dropped++
	case state.LookUp:
		d.doubts = true
	case state.Again, state.LookedAbsent, state.Park:
	}
	if o.Class != "" {
		d.account.counter.failed(o.Class)
		d.log.Debug().Int64(logkey.Change, o.Intent).Str(logkey.Class, o.Class).Int("status", o.HTTPStatus).Str("why", o.Message).Msg("delivery attempt failed")
	}
}
