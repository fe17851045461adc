package state

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// maxExportLine bounds a line of an export, in bytes: a payload and its marks.
const maxExportLine = 32 << 20

// ErrNotEmpty keeps an import from mixing two histories.
var ErrNotEmpty = errors.New("the state is not empty: an export goes into a new one")

// Import takes an export into an empty state: all of it, or nothing. It gives the
// number of rows. What a line has wrong is told with its number. The next run works
// out everything anew.
func (s *Store) Import(ctx context.Context, r io.Reader) (rows int64, err error) {
	err = s.change(ctx, func(t *tx) error {
		for _, e := range exported {
			if some, err := t.get(`SELECT 1 FROM `+e.table+` LIMIT 1`, nil, new(int)); err != nil || some {
				return errors.Join(err, ErrNotEmpty)
			}
		}
		im := importer{tx: t, columns: map[string][]string{}}
		if err := im.take(ctx, r); err != nil {
			return err
		}
		rows = im.rows
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("import into state %s: %w", s.path, explain(err))
	}
	return rows, nil
}

// take reads an export and makes a state of it.
func (im *importer) take(ctx context.Context, r io.Reader) error {
	// What was read around damage comes in no order.
	if err := im.run(`PRAGMA defer_foreign_keys = ON`); err != nil {
		return err
	}
	if err := im.read(ctx, r); err != nil {
		return err
	}
	if im.damaged {
		if err := im.dropOrphans(); err != nil {
			return err
		}
	}
	for _, statement := range afterImport {
		if err := im.run(statement); err != nil {
			return err
		}
	}
	return im.recount()
}

// importer takes the lines of an export in.
type importer struct {
	*tx
	columns map[string][]string // by table
	rows    int64
	ended   bool
	damaged bool
}

// orphans deal with rows of a damaged state that stand for nothing without rows which could
// not be read. What they were about is found at the API: accounts are walked before
// anything is created.
var orphans = []string{
	`DELETE FROM intent WHERE live = 1 AND NOT EXISTS (SELECT 1 FROM step s WHERE s.id = intent.id * 4096 + intent.step)`,
	`DELETE FROM step WHERE id / 4096 NOT IN (SELECT id FROM intent)`,
	`DELETE FROM step_bytes WHERE id NOT IN (SELECT id FROM step)`,
	`DELETE FROM eligibility WHERE listing NOT IN (SELECT id FROM listing)`,
	`DELETE FROM former WHERE EXISTS (SELECT 1 FROM listing l
WHERE l.destination = former.destination AND l.remote_id = former.remote_id AND l.key <> former.key)`,
	// A listing's verdict is the newest of its history, of which the end may be missing.
	`INSERT INTO eligibility (listing, n, at, remote_id, verdict, final, source, mode)
SELECT l.id, coalesce(e.n, 0) + 1, l.verdict_at, l.remote_id, l.verdict, l.verdict_final, l.verdict_source, l.verdict_mode
FROM listing l LEFT JOIN eligibility e ON e.listing = l.id AND e.n = (SELECT max(n) FROM eligibility WHERE listing = l.id)
WHERE l.verdict IS NOT NULL AND (e.n IS NULL OR l.verdict <> e.verdict OR l.verdict_final <> e.final)`,
}

// dropOrphans makes what was read around damage consistent.
func (t *tx) dropOrphans() error {
	for _, statement := range orphans {
		if err := t.run(statement); err != nil {
			return err
		}
	}
	return nil
}

func (im *importer) read(ctx context.Context, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxExportLine)
	n := 0
	for lines.Scan() {
		n++
		if err := context.Cause(ctx); err != nil {
			return err
		}
		take := im.line
		if n == 1 {
			take = im.head
		}
		if err := take(lines.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	if !im.ended {
		return fmt.Errorf("the export is cut after line %d: its last line has to say how many rows there are", n)
	}
	return nil
}

func (im *importer) head(line []byte) error {
	var head exportHead
	if err := json.Unmarshal(line, &head); err != nil || head.Format != exportFormat {
		return errors.New("not the head of an export of a skubridge state")
	}
	steps, err := migrations()
	if err == nil && head.Schema > len(steps) {
		err = newerError(head.Schema, len(steps))
	}
	return err
}

func (im *importer) line(line []byte) error {
	var row struct {
		Table string                     `json:"table"`
		Row   map[string]json.RawMessage `json:"row"`
		exportEnd
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&row); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("the export is cut in this line")
		}
		return fmt.Errorf("not a line of an export: %w", err)
	}
	switch {
	case im.ended:
		return errors.New("there is something behind the end")
	case row.End && row.Rows != im.rows:
		return fmt.Errorf("the export had %d rows, and %d are here", row.Rows, im.rows)
	case row.End:
		im.ended, im.damaged = true, row.Damaged
		return nil
	}
	im.rows++
	return im.insert(row.Table, row.Row)
}

// insert writes one row. Columns that an older program did not have get what they
// have by default.
func (im *importer) insert(table string, row map[string]json.RawMessage) error {
	if !slices.ContainsFunc(exported, func(e struct{ table, where string }) bool { return e.table == table }) {
		return fmt.Errorf("no table %q in an export", table)
	}
	known, ok := im.columns[table]
	if !ok {
		var err error
		if known, err = column[string](im.tx, tableColumns, table); err != nil {
			return err
		}
		im.columns[table] = known
	}
	names := slices.Sorted(maps.Keys(row))
	if len(names) == 0 {
		return fmt.Errorf("table %s: a row without columns", table)
	}
	args := make([]any, len(names))
	for i, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("table %s has no column %q", table, name)
		}
		var err error
		if args[i], err = fromJSON(row[name]); err != nil {
			return fmt.Errorf("table %s, column %s: %w", table, name, err)
		}
	}
	if err := im.run(`INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (?`+strings.Repeat(", ?", len(names)-1)+`)`, args...); err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	return nil
}
