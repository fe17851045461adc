package state

import (
	"context"
	"fmt"
	"time"
)

// What goes when a destination turns out to be another account. Listings stay
// as absent ones without an id, so that their eligibility history is kept and
// the product may be created, or adopted, at the new account. Former ids stay:
// they are never accepted again, should it be the same account after all.
var forgetAccount = []string{
	`UPDATE listing SET status = 'absent', remote_id = '' WHERE destination = ?1`,
	`UPDATE intent SET status = 'dropped', live = 0, settled = ?2, doubt = 0
	 WHERE destination = ?1 AND (live = 1 OR status = 'rejected')`,
	`DELETE FROM remote WHERE destination = ?1`,
	`DELETE FROM checked WHERE listing IN (SELECT id FROM listing WHERE destination = ?1)`,
	`DELETE FROM problem WHERE kind = 'rejected' AND sync IN (SELECT name FROM sync WHERE destination = ?1)`,
	`DELETE FROM held_plan WHERE sync IN (SELECT name FROM sync WHERE destination = ?1)`,
	`UPDATE sync SET revision = 0, fingerprint = '', first_load = 'waiting', backfill_from = 0 WHERE destination = ?1`,
	`DELETE FROM destination WHERE name = ?1`,
}

// ForgetAccount forgets what was synced to a destination's account, because a
// person confirmed that its configuration now means another one. The next run
// begins with a first load.
func (s *Store) ForgetAccount(ctx context.Context, destination string, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		for _, query := range forgetAccount {
			if err := t.run(query, destination, nanos(now)); err != nil {
				return err
			}
		}
		return t.recount()
	})
	if err != nil {
		return fmt.Errorf("forget the account of %s: %w", destination, err)
	}
	return nil
}
