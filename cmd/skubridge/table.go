package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/internal/view"
)

// table prints rows of one kind as a table for people, as one JSON array, or
// as CSV. Rows are printed as they come; none are kept but the first ones of a table,
// whose columns have to line up.
type table[T any] struct {
	// columns are the headings of table and CSV, cells a row's values.
	columns []string
	cells   func(T) []string
	// empty is what people read where there are no rows.
	empty string
}

// tableFlags are the flags of every command that prints a table.
type tableFlags struct {
	json, csv bool
}

func (f *tableFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON array")
	cmd.Flags().BoolVar(&f.csv, "csv", false, "print CSV")
}

// people reports whether people read the table, and no program.
func (f tableFlags) people() bool { return !f.json && !f.csv }

// rows is a sequence that ends with an error or without one.
type rows[T any] func(yield func(T, error) bool)

// print writes all rows.
func (t table[T]) print(w io.Writer, f tableFlags, all rows[T]) error {
	switch {
	case f.json && f.csv:
		return &usageError{errors.New("--json and --csv exclude each other"), "name one of them"}
	case f.json:
		return t.printJSON(w, all)
	case f.csv:
		return t.printCSV(w, all)
	}
	return t.printTable(w, all)
}

func (t table[T]) printJSON(w io.Writer, all rows[T]) error {
	out := bufio.NewWriter(w)
	sep := "["
	for row, err := range all {
		if err != nil {
			return errors.Join(out.Flush(), err)
		}
		b, err := json.Marshal(row)
		if err != nil {
			return fmt.Errorf("encode a row: %w", err)
		}
		if _, err := fmt.Fprintf(out, "%s\n  %s", sep, b); err != nil {
			return err
		}
		sep = ","
	}
	end := "\n]\n"
	if sep == "[" {
		end = "[]\n"
	}
	_, err := out.WriteString(end)
	return errors.Join(err, out.Flush())
}

func (t table[T]) printCSV(w io.Writer, all rows[T]) error {
	c := csv.NewWriter(faithful(w))
	err := c.Write(t.columns)
	for row, rowErr := range all {
		if err = errors.Join(err, rowErr); err != nil {
			return err
		}
		err = c.Write(view.Cells(t.cells(row)...))
	}
	c.Flush()
	return errors.Join(err, c.Error())
}

func (t table[T]) printTable(w io.Writer, all rows[T]) error {
	lines, n := newAligned(w), 0
	for row, err := range all {
		if err != nil {
			return errors.Join(lines.flush(), err)
		}
		if n == 0 {
			lines.add(t.heads())
		}
		n++
		cells := t.cells(row)
		for i := range cells {
			cells[i] = line(cells[i])
		}
		lines.add(cells)
	}
	if n == 0 {
		_, err := fmt.Fprintln(w, t.empty)
		return err
	}
	return lines.flush()
}

// heads are the columns as a table for people has them.
func (t table[T]) heads() []string {
	heads := make([]string, len(t.columns))
	for i, c := range t.columns {
		heads[i] = strings.ToUpper(c)
	}
	return heads
}

// line keeps a cell on one line of a readable length.
func line(s string) string {
	const most = 120
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\t' || steers(r) }), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
