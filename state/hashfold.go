package state

// newerMost is how many records there are for each row that is newer than the pages, at least.
const newerMost = 8

const (
	countNewer = `SELECT count(*) FROM hash_newer WHERE source = ?`

	dropPages = `DELETE FROM hash_page WHERE source = ? AND first > ? AND first <= ?`

	dropNewer = `DELETE FROM hash_newer WHERE source = ?`

	insertPage = `INSERT INTO hash_page (source, first, packed) VALUES (?, ?, ?)`
)

// foldIfMany folds the rows that are newer than the pages of a source into them, if they are
// many beside its records.
func (t *tx) foldIfMany(source, records int64) error {
	var n int64
	if _, err := t.get(countNewer, []any{source}, &n); err != nil || n*newerMost <= records {
		return err
	}
	return t.fold(source)
}

// fold writes the pages of a source anew. Those that were read go before the first is written
// that holds one of their rows, so no page is read that was written.
func (t *tx) fold(source int64) error {
	walk, out := newHashWalk(t, source), hashPages{t: t, source: source}
	gone := []byte{}
	for {
		rows, err := walk.next()
		if err != nil {
			return err
		}
		if err := t.run(dropPages, source, gone, walk.pages.last); err != nil {
			return err
		}
		gone = append(gone[:0], walk.pages.last...)
		if len(rows) == 0 {
			break
		}
		if err := out.add(rows); err != nil {
			return err
		}
	}
	if err := out.end(); err != nil {
		return err
	}
	return t.run(dropNewer, source)
}

// hashPages writes rows that come in their order as pages.
type hashPages struct {
	t      *tx
	source int64
	rows   []byte
}

func (p *hashPages) add(rows []byte) error {
	const full = pageRows * packedHash
	p.rows = append(p.rows, rows...)
	rest := p.rows
	for ; len(rest) >= full; rest = rest[full:] {
		if err := p.write(rest[:full]); err != nil {
			return err
		}
	}
	p.rows = p.rows[:copy(p.rows, rest)]
	return nil
}

// end writes the last page.
func (p *hashPages) end() error {
	if len(p.rows) == 0 {
		return nil
	}
	return p.write(p.rows)
}

func (p *hashPages) write(rows []byte) error {
	return p.t.run(insertPage, p.source, rows[:keyBytes], rows)
}
