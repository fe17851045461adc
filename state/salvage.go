package state

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// exporter writes the rows of tables.
type exporter struct {
	snapshot
	enc  *json.Encoder
	rows int64
}

// errMet ends a reading from the end where the one from the start came to.
var errMet = errors.New("read before")

// table writes the rows of a table. A part that is damaged is met from both ends: the
// rows before it and those behind it are written, and the error is that of the damage.
func (ex *exporter) table(table, where string) error {
	columns, err := column[string](ex, tableColumns, table)
	if err != nil {
		return err
	}
	if len(columns) == 0 {
		return unsoundError("it is missing")
	}
	key, err := ex.key(table)
	if err != nil {
		return err
	}
	query := `SELECT ` + strings.Join(key, " || '/' || ") + `, ` + strings.Join(columns, ", ") + ` FROM ` + table
	if where != "" {
		query += ` WHERE ` + where
	}
	var last string
	some := false
	damage := ex.each(query, table, columns, func(key string) error {
		last, some = key, true
		return nil
	})
	if !Damaged(damage) {
		return damage
	}
	backwards := ` ORDER BY ` + strings.Join(key, " DESC, ") + ` DESC`
	err = ex.each(query+backwards, table, columns, func(key string) error {
		if some && key == last {
			return errMet
		}
		return nil
	})
	if err != nil && !Damaged(err) && !errors.Is(err, errMet) {
		return err
	}
	return damage
}

// key gives what the rows of a table are ordered by on the disk.
func (ex *exporter) key(table string) ([]string, error) {
	without, err := ex.count(`SELECT wr FROM pragma_table_list(?) WHERE schema = 'main'`, table)
	if err != nil || without == 0 {
		return []string{"rowid"}, err
	}
	return column[string](ex, `SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk`, table)
}

// each writes the rows of a query, whose first column is their key, once visit has
// been told the key.
func (ex *exporter) each(query, table string, columns []string, visit func(key string) error) error {
	var key string
	values, dest := make([]any, len(columns)), []any{&key}
	for i := range values {
		dest = append(dest, &values[i])
	}
	return each(ex, query, nil, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return fmt.Errorf("row %s: %w", key, err)
		}
		if err := visit(key); err != nil {
			return err
		}
		row := make(map[string]any, len(columns))
		for i, name := range columns {
			row[name] = toJSON(values[i])
		}
		ex.rows++
		return ex.enc.Encode(exportRow{table, row})
	})
}
