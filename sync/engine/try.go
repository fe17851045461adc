package engine

import (
	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/sync/mapping"
	"github.com/skubridge/skubridge/sync/merge"
)

// Trial is what a sync would make of one key.
type Trial struct {
	Key     string
	Payload catalog.Payload
	Reason  string
	Faults  []catalog.Fault
}

// Try maps records without any state, for `skubridge check`.
func (s *Sync) Try(records []catalog.Recorded) []Trial {
	var out []Trial
	for len(records) > 0 {
		n := 1
		for n < len(records) && records[n].ProductKey() == records[0].ProductKey() {
			n++
		}
		for _, o := range s.Mapping.Map(merge.Merge(records[:n], s.Merge)) {
			if o.Verdict == mapping.Wanted {
				o.Payload = connectors.Formed(s.Account.Dest, o.Payload)
			}
			t := Trial{Key: o.Key, Payload: o.Payload, Reason: o.Reason, Faults: o.Faults}
			if o.Verdict == mapping.Wanted {
				t.Faults = s.Account.Dest.Check(o.Payload)
			}
			out = append(out, t)
		}
		records = records[n:]
	}
	return out
}
