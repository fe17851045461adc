package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/internal/view"
)

// table prints rows of one kind as a table for people, as one JSON array, or
// as CSV. Rows are printed as they come; none are kept but for the table, whose
// columns have to line up.
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
	sep := "["
	for row, err := range all {
		if err != nil {
			return err
		}
		b, err := json.Marshal(row)
		if err != nil {
			return fmt.Errorf("encode a row: %w", err)
		}
		if _, err := fmt.Fprintf(w, "%s\n  %s", sep, b); err != nil {
			return err
		}
		sep = ","
	}
	end := "\n]\n"
	if sep == "[" {
		end = "[]\n"
	}
	_, err := io.WriteString(w, end)
	return err
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
	var lines bytes.Buffer
	tw := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	n := 0
	for row, err := range all {
		if err != nil {
			return err
		}
		if n == 0 {
			fmt.Fprintln(tw, strings.ToUpper(strings.Join(t.columns, "\t")))
		}
		n++
		cells := t.cells(row)
		for i := range cells {
			cells[i] = line(cells[i])
		}
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	if n == 0 {
		_, err := fmt.Fprintln(w, t.empty)
		return err
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for text := range strings.Lines(lines.String()) { // empty last cells leave blanks behind
		if _, err := fmt.Fprintln(w, strings.TrimRight(text, " \n")); err != nil {
			return err
		}
	}
	return nil
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
