package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Count is a number of something, told apart by words.
type Count struct {
	Of []string
	N  int64
}

// Moment is when something was, told apart by words.
type Moment struct {
	Of []string
	At time.Time
}

// Figures are the state in numbers, for those who watch it. None is told apart by
// anything that grows with the catalog.
type Figures struct {
	Listings []Count  // by sync, destination and status
	Problems []Count  // by sync, source and kind
	Backlog  []Count  // live changes by sync, destination and status
	Records  []Count  // present records by source
	Verdicts []Count  // listings whose eligibility is open, by destination
	Webhooks []Count  // those that are not worked off, by name and status
	Alerts   []Count  // standing, by kind
	Held     []Count  // plans and reads that wait for a person, by what and name
	Runs     []Moment // the last end, by sync and status
	Reads    []Moment // the last complete read, by source
	// Denied are destinations that refuse our credentials; Open are those whose breaker
	// is open, with the time until which it is.
	Denied []string
	Open   []Moment
}

// counts are the queries of Figures that count: words first, the number last.
func (f *Figures) counts() map[string]*[]Count {
	return map[string]*[]Count{
		`SELECT sync, destination, status, count(*) FROM listing GROUP BY sync, destination, status`: &f.Listings,
		`SELECT sync, source, kind, count(*) FROM problem GROUP BY sync, source, kind`:               &f.Problems,
		`SELECT sync, destination, status, count(*) FROM intent WHERE live = 1 GROUP BY 1, 2, 3`:     &f.Backlog,
		`SELECT name, present FROM source ORDER BY name`:                                             &f.Records,
		`SELECT destination, count(*) FROM listing WHERE verdict_final = 0 GROUP BY destination`:     &f.Verdicts,
		`SELECT name, status, count(*) FROM inbox WHERE status <> 'done' GROUP BY name, status`:      &f.Webhooks,
		`SELECT kind, count(*) FROM alert GROUP BY kind`:                                             &f.Alerts,
		`SELECT 'plan', sync, 1 FROM held_plan UNION ALL SELECT 'read', source, 1 FROM held_read`:    &f.Held,
	}
}

// moments are those that tell a time.
func (f *Figures) moments() map[string]*[]Moment {
	return map[string]*[]Moment{
		`SELECT sync, status, ended FROM run WHERE id IN (SELECT max(id) FROM run WHERE status <> 'running' GROUP BY sync, status)`: &f.Runs,
		`SELECT name, read_at FROM source WHERE read_at > 0`:                                                                        &f.Reads,
		`SELECT name, breaker_open_until FROM destination WHERE breaker_open_until > 0`:                                             &f.Open,
	}
}

// Figures counts what there is, in one consistent picture.
func (s *Store) Figures(ctx context.Context) (f Figures, err error) {
	err = s.look(ctx, func(r snapshot) error {
		for query, into := range f.counts() {
			if err := r.tally(query, func(of []string, n int64) { *into = append(*into, Count{of, n}) }); err != nil {
				return err
			}
		}
		for query, into := range f.moments() {
			if err := r.tally(query, func(of []string, n int64) { *into = append(*into, Moment{of, fromNanos(n)}) }); err != nil {
				return err
			}
		}
		f.Denied, err = column[string](r, `SELECT name FROM destination WHERE denied <> ''`)
		return err
	})
	if err != nil {
		return Figures{}, fmt.Errorf("count what the state holds: %w", explain(err))
	}
	return f, nil
}

// tally calls f for each row of a query that gives words and then a number.
func (r snapshot) tally(query string, f func(of []string, n int64)) error {
	return each(r, query, nil, func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		of, n := make([]string, len(columns)-1), int64(0)
		dest := make([]any, 0, len(columns))
		for i := range of {
			dest = append(dest, &of[i])
		}
		if err := rows.Scan(append(dest, &n)...); err != nil {
			return err
		}
		f(of, n)
		return nil
	})
}

// probeWrite changes nothing, durably.
const probeWrite = `UPDATE counter SET value = value`

// Probe finds out whether the state can be written, by writing.
func (s *Store) Probe(ctx context.Context) error {
	if err := s.change(ctx, func(t *tx) error { return t.run(probeWrite) }); err != nil {
		return fmt.Errorf("write to the state: %w", err)
	}
	return nil
}
