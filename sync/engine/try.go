package engine

import (
	"slices"

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
	// Broken are the expressions of the configuration that went wrong, by field.
	Broken []string
}

// check holds a payload against the destination's rules and the sync's own. That a
// field is not there is told once.
func (s *Sync) check(p catalog.Payload) []catalog.Fault {
	faults := s.Account.Dest.Check(p)
	for _, f := range s.Mapping.Check(p) {
		told := func(o catalog.Fault) bool { return o.Field == f.Field && o.Value == "" && f.Value == "" }
		if !slices.ContainsFunc(faults, told) {
			faults = append(faults, f)
		}
	}
	return faults
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
			t := Trial{Key: o.Key, Payload: o.Payload, Reason: o.Reason, Faults: o.Faults, Broken: o.Broken}
			if o.Verdict == mapping.Wanted {
				t.Faults = s.check(o.Payload)
			}
			out = append(out, t)
		}
		records = records[n:]
	}
	return out
}
