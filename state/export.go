package state

import (
	"bufio"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// exported are the tables of which something cannot be read or worked out again,
// and which of their rows: which product at an API is whose, what was last accepted,
// verdicts, refusals, what is unclear, and what people decided. Records, plans and
// what waits to be sent are made anew by the next run. Tokens are never exported.
var exported = []struct{ table, where string }{
	{"destination", ""},
	{"sync", ""},
	{"listing", ""},
	{"former", ""},
	{"eligibility", ""},
	{"left_field", ""},
	{"schedule", `paused > 0`},
	{"decision", ""},
	{"flip_guard", ""},
	{"intent", keptIntents},
	{"step", `id / 4096 IN (SELECT id FROM intent WHERE ` + keptIntents + `)`},
	{"step_bytes", `id / 4096 IN (SELECT id FROM intent WHERE ` + keptIntents + `)`},
	{"problem", `kind = 'rejected'`},
}

// keptIntents are refused, or may have been applied without anyone knowing.
const keptIntents = `status IN ('claimed', 'unclear', 'rejected') OR status = 'parked' AND doubt = 1`

// afterImport has the next run work out everything anew, and look at what each API
// has before it creates anything there.
var afterImport = []string{
	`UPDATE destination SET walked = 0`,
	`UPDATE sync SET revision = 0, fingerprint = ''`,
	`UPDATE schedule SET spec = '', due = 0`,
}

// exportFormat names the first line of an export.
const exportFormat = "skubridge state"

// exportHead is the first line of an export, exportEnd the last one.
type (
	exportHead struct {
		Format string    `json:"format"`
		Schema int       `json:"schema"`
		At     time.Time `json:"at"`
	}
	exportEnd struct {
		End  bool  `json:"end"`
		Rows int64 `json:"rows"`
		// Damaged says that the state was, and rows are missing.
		Damaged bool `json:"damaged,omitempty"`
	}
	exportRow struct {
		Table string         `json:"table"`
		Row   map[string]any `json:"row"`
	}
)

// Export writes what cannot be had again, as lines of JSON: a head, rows of tables,
// and an end without which an export is cut. It is one consistent picture, also
// while others write, and gives the number of rows. Of a damaged state it writes
// what can be read, says in the end that it was damaged, and gives an error of which
// Damaged is true.
func (s *Store) Export(ctx context.Context, w io.Writer, now time.Time) (rows int64, err error) {
	out := bufio.NewWriter(w)
	ex := exporter{enc: json.NewEncoder(out)}
	ex.enc.SetEscapeHTML(false)
	var damage error
	err = s.look(ctx, func(r snapshot) error {
		ex.snapshot = r
		version, err := r.count(`SELECT user_version FROM pragma_user_version`)
		if err != nil {
			return err
		}
		if err := ex.enc.Encode(exportHead{exportFormat, version, now.UTC()}); err != nil {
			return err
		}
		for _, t := range exported {
			err := ex.table(t.table, t.where)
			switch {
			case Damaged(err):
				damage = errors.Join(damage, fmt.Errorf("table %s: %w", t.table, err))
			case err != nil:
				return fmt.Errorf("table %s: %w", t.table, err)
			}
		}
		return ex.enc.Encode(exportEnd{true, ex.rows, damage != nil})
	})
	if err = errors.Join(err, damage, out.Flush()); err != nil {
		return ex.rows, fmt.Errorf("export state %s: %w", s.path, explain(err))
	}
	return ex.rows, nil
}

// ExportTo writes an export into the file path, which must not exist yet. It is whole
// when it has its name: until then it is called path + ".partial". Of a damaged state it
// is what could be read, and the number of its rows is given beside the error.
func (s *Store) ExportTo(ctx context.Context, path string, now time.Time) (rows int64, err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("export state %s to %s: %w", s.path, path, cmp.Or(err, fs.ErrExist))
	}
	partial := path + ".partial"
	err = removeFile(partial) // of an earlier try
	var f *os.File
	if err == nil {
		f, err = os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return 0, fmt.Errorf("export state %s to %s: %w", s.path, path, err)
	}
	rows, err = s.Export(ctx, f, now)
	if closed := f.Close(); closed != nil || err != nil && (rows == 0 || !Damaged(err)) {
		return 0, errors.Join(err, closed, os.Remove(partial))
	}
	if placed := place(partial, path); placed != nil {
		return 0, errors.Join(err, placed)
	}
	return rows, err
}

const tableColumns = `SELECT name FROM pragma_table_info(?) ORDER BY cid`

// blob is a value of bytes: as text where it is text.
type blob struct {
	Text *string `json:"text,omitempty"`
	Hex  *string `json:"hex,omitempty"`
}

func toJSON(value any) any {
	b, ok := value.([]byte)
	if !ok {
		return value
	}
	if len(b) > 0 && utf8.Valid(b) {
		return blob{Text: new(string(b))}
	}
	return blob{Hex: new(hex.EncodeToString(b))}
}

// fromJSON is what toJSON made the value of; a number keeps all its digits.
func fromJSON(raw json.RawMessage) (any, error) {
	if strings.HasPrefix(string(raw), "{") {
		var b blob
		err := json.Unmarshal(raw, &b)
		switch {
		case err != nil:
			return nil, err
		case b.Text != nil:
			return []byte(*b.Text), nil
		case b.Hex != nil:
			return hex.DecodeString(*b.Hex)
		}
		return nil, errors.New("neither text nor hex")
	}
	var value any
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case json.Number:
		return v.Int64()
	case string, nil:
		return v, nil
	}
	return nil, fmt.Errorf("neither a text nor a whole number: %s", raw)
}
