package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

const tallyVerdicts = `
SELECT verdict, count(*) FROM listing
WHERE destination = ? AND verdict IS NOT NULL
GROUP BY verdict`

// TallyVerdicts counts the listings of a destination by their verdict, "" for those
// that are undecided. It goes through the whole index.
func (s *Store) TallyVerdicts(ctx context.Context, destination string) (counts map[string]int, err error) {
	err = s.look(ctx, func(r snapshot) error {
		counts, err = r.countBy(tallyVerdicts, destination)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count verdicts of %s: %w", destination, err)
	}
	return counts, nil
}

// countBy reads words with their counts.
func (r snapshot) countBy(query string, args ...any) (map[string]int, error) {
	counts := map[string]int{}
	err := each(r, query, args, func(rows *sql.Rows) error {
		var word string
		var n int
		err := rows.Scan(&word, &n)
		counts[word] = n
		return err
	})
	return counts, err
}

// shownMost is how many bytes of a value are kept of a difference: people read them.
const shownMost = 2000

const insertFields = `INSERT INTO change_fields (intent, fields) VALUES (?, ?)`

// keepFields keeps what a change of a known product differs in.
func (t *tx) keepFields(intent int64, c catalog.Change) error {
	if c.Op == catalog.OpCreate || len(c.Fields) == 0 {
		return nil
	}
	fields := make([]catalog.FieldChange, len(c.Fields))
	for i, f := range c.Fields {
		fields[i] = catalog.FieldChange{Field: f.Field, Old: cutValue(f.Old), New: cutValue(f.New)}
	}
	return t.run(insertFields, intent, []byte(jsonText(fields)))
}

// cutValue keeps the beginning of a long value, as a text.
func cutValue(v json.RawMessage) json.RawMessage {
	if len(v) <= shownMost {
		return v
	}
	text := string(v)
	var plain string
	if json.Unmarshal(v, &plain) == nil {
		text = plain
	}
	return json.RawMessage(jsonText(strings.ToValidUTF8(text[:min(len(text), shownMost)], "") + "…"))
}

// RunChange is one change that a run brought about.
type RunChange struct {
	Intent  int64
	Op      catalog.Op
	Key     string
	Reason  string
	Settled time.Time
	// Fields are its differences, of a product that was known; long values are cut.
	Fields []catalog.FieldChange
}

const selectRunChanges = `
SELECT i.id, i.op, i.key, i.reason, i.settled, f.fields
FROM intent i LEFT JOIN change_fields f ON f.intent = i.id
WHERE i.done_run = ? AND i.op = ? AND i.id > ?
ORDER BY i.id LIMIT ?`

// changesOrder is the order in which a run's changes are told: the rare ones first.
var changesOrder = []catalog.Op{
	catalog.OpReplace, catalog.OpArchive, catalog.OpRestore, catalog.OpAdopt, catalog.OpUpdate, catalog.OpCreate,
}

// RunChanges gives at most limit changes that were accepted in a run, by what they
// did, behind the change of this operation and intent.
func (s *Store) RunChanges(ctx context.Context, run int64, op catalog.Op, after int64, limit int) (out []RunChange, err error) {
	scan := func(rows *sql.Rows) (c RunChange, err error) {
		var settled int64
		var fields []byte
		if err = rows.Scan(&c.Intent, &c.Op, &c.Key, &c.Reason, &settled, &fields); err == nil && fields != nil {
			err = decodeJSON(fields, &c.Fields)
		}
		c.Settled = fromNanos(settled)
		return c, err
	}
	for _, o := range changesOrder[max(0, slices.Index(changesOrder, op)):] {
		if o != op {
			after = 0
		}
		for c, err := range list(ctx, s, "changes", selectRunChanges, []any{run, string(o), after, limit - len(out)}, scan) {
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		if len(out) == limit {
			break
		}
	}
	return out, nil
}

const countAttempts = `
SELECT a.class, count(*)
FROM attempt a CROSS JOIN intent i ON i.id = a.intent
WHERE a.at >= ?1 AND a.at <= ?2 AND i.sync = ?3
GROUP BY a.class`

// CountAttempts counts, by class, the attempts of a sync that were not accepted, from
// one time to another.
func (s *Store) CountAttempts(ctx context.Context, sync string, from, to time.Time) (counts map[string]int, err error) {
	err = s.look(ctx, func(r snapshot) error {
		counts, err = r.countBy(countAttempts, nanos(from), nanos(to), sync)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count attempts of %s: %w", sync, err)
	}
	return counts, nil
}

// Sample is how a destination stood in an hour.
type Sample struct {
	Destination string
	At          time.Time
	Pending     int
	Problems    int
	// Verdicts counts listings by verdict, "" for those that are undecided.
	Verdicts map[string]int
}

const (
	samplePending = `SELECT count(*) FROM intent INDEXED BY intent_alive WHERE destination = ? AND live = 1`

	sampleProblems = `
SELECT count(*) FROM sync s JOIN problem p ON p.sync = s.name
WHERE s.destination = ?`

	putSample = `
INSERT INTO sample (destination, hour, pending, problems, verdicts) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (destination, hour) DO UPDATE
SET pending = excluded.pending, problems = excluded.problems, verdicts = excluded.verdicts`

	forgetSamples = `DELETE FROM sample WHERE destination = ? AND hour < ?`
)

// sampleDays is how long samples are kept: a year, and what went before it.
const sampleDays = 400

// TakeSample notes how a destination stands; the last sample of an hour counts.
func (s *Store) TakeSample(ctx context.Context, destination string, now time.Time) error {
	sample := Sample{Destination: destination}
	err := s.look(ctx, func(r snapshot) (err error) {
		if sample.Pending, err = r.count(samplePending, destination); err != nil {
			return err
		}
		if sample.Problems, err = r.count(sampleProblems, destination); err != nil {
			return err
		}
		sample.Verdicts, err = r.countBy(tallyVerdicts, destination)
		return err
	})
	if err == nil {
		err = s.change(ctx, func(t *tx) error {
			hour := now.Unix() / 3600
			if err := t.run(putSample, destination, hour, sample.Pending, sample.Problems, jsonText(sample.Verdicts)); err != nil {
				return err
			}
			return t.run(forgetSamples, destination, hour-24*sampleDays)
		})
	}
	if err != nil {
		return fmt.Errorf("note how %s stands: %w", destination, err)
	}
	return nil
}

const selectSamples = `
SELECT destination, hour, pending, problems, verdicts
FROM sample
WHERE destination = ? AND hour >= ?
ORDER BY hour`

// Samples gives the samples of a destination since then, the oldest first.
func (s *Store) Samples(ctx context.Context, destination string, since time.Time) (out []Sample, err error) {
	scan := func(rows *sql.Rows) (p Sample, err error) {
		var hour int64
		var verdicts []byte
		if err = rows.Scan(&p.Destination, &hour, &p.Pending, &p.Problems, &verdicts); err == nil {
			err = decodeJSON(verdicts, &p.Verdicts)
		}
		p.At = time.Unix(hour*3600, 0).UTC()
		return p, err
	}
	for p, err := range list(ctx, s, "samples", selectSamples, []any{destination, since.Unix() / 3600}, scan) {
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}
