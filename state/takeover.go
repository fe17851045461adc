package state

import (
	"context"
	"fmt"
	"slices"
)

// What goes from one sync of a destination to another, ?2 to ?3: what it archived and has no
// change under way, or with ?4 all that it keeps, as where a sync was given another name.
var takeOver = []string{
	`UPDATE listing SET sync = ?3
	 WHERE destination = ?1 AND sync = ?2
	   AND (?4 OR status = 'archived' AND NOT EXISTS (
	       SELECT 1 FROM intent i WHERE i.destination = ?1 AND i.key = listing.key AND i.live = 1))`,
	`UPDATE intent SET sync = ?3
	 WHERE destination = ?1 AND sync = ?2 AND (live = 1 AND ?4 OR status = 'rejected')
	   AND (?4 OR EXISTS (SELECT 1 FROM listing l WHERE l.destination = ?1 AND l.key = intent.key AND l.sync = ?3))`,
	// The word in the place of its fingerprint has the next plan look at everything.
	`INSERT INTO sync (name, destination, fingerprint) SELECT ?3, ?1, 'taken over'
	 WHERE true ON CONFLICT (name) DO UPDATE SET fingerprint = 'taken over'
	 WHERE sync.destination = ?1 AND sync.fingerprint <> ''`,
}

// What else is left of a sync that goes nowhere else.
var takeOverRest = []string{
	`UPDATE sync SET first_load = coalesce((SELECT first_load FROM sync WHERE name = ?2 AND destination = ?1), 'over') WHERE name = ?3`,
	`UPDATE problem SET sync = ?3 WHERE sync = ?2 AND kind = 'rejected'`,
	`DELETE FROM problem WHERE sync = ?2`,
	`INSERT OR IGNORE INTO left_field (sync, field, key, at) SELECT ?3, field, key, at FROM left_field WHERE sync = ?2`,
	`DELETE FROM left_field WHERE sync = ?2`,
	`DELETE FROM held_plan WHERE sync = ?2`,
	`DELETE FROM canary WHERE sync = ?2`,
	`DELETE FROM sync WHERE name = ?2`,
}

// TakeOver hands listings of a destination from one sync to another, because a person said
// so: those that the one archived, or all of them where it is no more. Of one that has gone on
// to another destination, what it saw there stays. The next plan of the other sync looks at
// everything. It gives how many listings went.
func (s *Store) TakeOver(ctx context.Context, destination, from, to string, all bool) (n int64, err error) {
	err = s.change(ctx, func(t *tx) error {
		statements := takeOver
		elsewhere, err := t.get(`SELECT 1 FROM sync WHERE name = ? AND destination NOT IN ('', ?)`, []any{from, destination}, new(int))
		if err != nil {
			return err
		}
		if all && !elsewhere {
			statements = slices.Concat(takeOver, takeOverRest)
		}
		for i, query := range statements {
			changed, err := t.affect(query, destination, from, to, all)
			if err != nil {
				return err
			}
			if i == 0 {
				n = changed
			}
		}
		return t.recount()
	})
	if err != nil {
		return 0, fmt.Errorf("hand over what %s keeps at %s: %w", from, destination, err)
	}
	return n, nil
}
