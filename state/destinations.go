package state

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
)

const (
	selectDestination = `
SELECT type, base_url, tenant, mode, walked, denied, breaker_open_until, breaker_failures
FROM destination
WHERE name = ?`

	upsertDestination = `
INSERT INTO destination (name, type, base_url, tenant, mode, walked, denied, breaker_open_until, breaker_failures)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (name) DO UPDATE
SET type = ?2, base_url = ?3, tenant = ?4, mode = ?5, walked = ?6, denied = ?7, breaker_open_until = ?8, breaker_failures = ?9`
)

// Destination gives what is known of a destination's account, and false when
// it was never used.
func (s *Store) Destination(ctx context.Context, name string) (DestinationState, bool, error) {
	d := DestinationState{Name: name}
	var walked, until int64
	rows, err := s.read.QueryContext(ctx, selectDestination, name)
	ok := false
	if err == nil {
		id := &d.Identity
		ok, err = one(rows, &id.Type, &id.BaseURL, &id.Tenant, &id.Mode, &walked, &d.Denied, &until, &d.BreakerFailures)
	}
	if err != nil {
		return DestinationState{}, false, fmt.Errorf("read destination %s: %w", name, explain(err))
	}
	if !ok {
		return DestinationState{}, false, nil
	}
	d.Walked, d.BreakerOpenUntil = fromNanos(walked), fromNanos(until)
	return d, true, nil
}

// PutDestination stores all that is known of a destination's account.
func (s *Store) PutDestination(ctx context.Context, d DestinationState) error {
	err := s.change(ctx, func(t *tx) error {
		id := d.Identity
		return t.run(upsertDestination, d.Name, id.Type, id.BaseURL, id.Tenant, string(id.Mode),
			nanos(d.Walked), d.Denied, nanos(d.BreakerOpenUntil), d.BreakerFailures)
	})
	if err != nil {
		return fmt.Errorf("store destination %s: %w", d.Name, err)
	}
	return nil
}

// A product that a listing holds, or held, is no find.
const upsertRemote = `
INSERT INTO remote (destination, id, natural_key, active, mode, created_at, updated_at, payload,
                    verdict, verdict_final, verdict_source, verdict_mode, verdict_at, refs, writer)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15
WHERE NOT EXISTS (SELECT 1 FROM listing WHERE destination = ?1 AND remote_id = ?2 AND remote_id <> '')
  AND NOT EXISTS (SELECT 1 FROM former WHERE destination = ?1 AND remote_id = ?2)
ON CONFLICT (destination, id) DO UPDATE
SET natural_key = ?3, active = ?4, mode = ?5, created_at = ?6, updated_at = ?7, payload = ?8,
    verdict = ?9, verdict_final = ?10, verdict_source = ?11, verdict_mode = ?12, verdict_at = ?13,
    refs = ?14, writer = ?15`

// PutRemotes stores what an adoption walk found. Products that a listing of the
// destination holds or held are left out.
func (s *Store) PutRemotes(ctx context.Context, destination string, remotes []catalog.Remote) error {
	err := s.change(ctx, func(t *tx) error {
		for _, r := range remotes {
			if err := t.putRemote(destination, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store what %s holds: %w", destination, err)
	}
	return nil
}

func (t *tx) putRemote(destination string, r catalog.Remote) error {
	value, final, source, mode, at := verdictArgs(r.Verdict)
	err := t.run(upsertRemote, destination, r.ID, r.Key, r.Active, string(r.Mode),
		nanos(r.CreatedAt), nanos(r.UpdatedAt), r.Payload.Bytes(), value, final, source, mode, at, refsText(r.Refs), r.Writer)
	if err != nil {
		return fmt.Errorf("product %s: %w", r.ID, err)
	}
	return nil
}

const (
	anyRemote = `SELECT EXISTS (SELECT 1 FROM remote WHERE destination = ?)`

	selectRemotes = `
SELECT ` + remoteColumns + `
FROM json_each(?) j
CROSS JOIN remote r ON r.destination = ? AND r.natural_key = j.value
ORDER BY r.natural_key, r.id`
)

// Remotes gives the products that the adoption walk found under natural keys
// and that no listing took since, by natural key and then by id.
func (s *Store) Remotes(ctx context.Context, destination string, naturalKeys []string) (map[string][]catalog.Remote, error) {
	out := map[string][]catalog.Remote{}
	err := s.look(ctx, func(r snapshot) error {
		var found bool
		if _, err := r.get(anyRemote, []any{destination}, &found); err != nil || !found {
			return err
		}
		return each(r, selectRemotes, []any{jsonText(naturalKeys), destination}, func(rows *sql.Rows) error {
			remote, err := scanRemote(rows)
			out[remote.Key] = append(out[remote.Key], remote)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list remote products: %w", err)
	}
	return out, nil
}

func scanRemote(rows *sql.Rows) (r catalog.Remote, err error) {
	var (
		created, updated int64
		payload          sql.RawBytes
		v                verdictColumns
		refs             string
	)
	dest := []any{&r.ID, &r.Key, &r.Active, &r.Mode, &created, &updated, &payload}
	if err := rows.Scan(append(append(dest, v.dest()...), &refs, &r.Writer)...); err != nil {
		return r, err
	}
	r.Refs = refsOver(refs)
	r.CreatedAt, r.UpdatedAt, r.Verdict = fromNanos(created), fromNanos(updated), v.verdict()
	if r.Payload, err = catalog.LoadPayload(bytes.Clone(payload)); err != nil {
		return r, fmt.Errorf("remote product %s: %w", r.ID, err)
	}
	return r, nil
}

// ClearRemotes forgets what the adoption walk of a destination found.
func (s *Store) ClearRemotes(ctx context.Context, destination string) error {
	err := s.change(ctx, func(t *tx) error {
		return t.run(`DELETE FROM remote WHERE destination = ?`, destination)
	})
	if err != nil {
		return fmt.Errorf("forget what %s holds: %w", destination, err)
	}
	return nil
}

// KeepRemotes forgets what earlier walks of a destination found, but for the products
// of these ids: what a new walk found stands beside it until that was whole.
func (s *Store) KeepRemotes(ctx context.Context, destination string, ids []string) error {
	err := s.change(ctx, func(t *tx) error {
		return t.run(`DELETE FROM remote WHERE destination = ? AND id NOT IN (SELECT value FROM json_each(?))`, destination, jsonText(ids))
	})
	if err != nil {
		return fmt.Errorf("forget what %s no longer holds: %w", destination, err)
	}
	return nil
}

// HasRemotes reports whether the adoption walk found anything that no listing took.
func (s *Store) HasRemotes(ctx context.Context, destination string) (bool, error) {
	var found bool
	err := s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM remote WHERE destination = ?)`, destination).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("look what %s holds: %w", destination, explain(err))
	}
	return found, nil
}
