package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
)

// csvTable is a CSV file held to be edited.
type csvTable struct {
	path string
	rows [][]string
}

func readTable(path string) (*csvTable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1 // the sample's own faults are left as they are
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &csvTable{path, rows}, nil
}

// change edits a column of the product that a SKU belongs to: the product's
// fields stand on the first row of its handle.
func (t *csvTable) change(sku, column string, edit func(string) string) error {
	skuAt, at := t.column("SKU"), t.column(column)
	if skuAt < 0 || at < 0 {
		return fmt.Errorf("the sample catalog has no column %q", column)
	}
	i := slices.IndexFunc(t.rows, func(row []string) bool { return skuAt < len(row) && row[skuAt] == sku })
	if i < 0 {
		return fmt.Errorf("the sample catalog has no SKU %q", sku)
	}
	for i > 0 && t.rows[i-1][0] == t.rows[i][0] {
		i--
	}
	t.rows[i][at] = edit(t.rows[i][at])
	return nil
}

func (t *csvTable) column(name string) int {
	return slices.IndexFunc(t.rows[0], func(head string) bool { return strings.EqualFold(strings.TrimSpace(head), name) })
}

func (t *csvTable) write() error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(t.rows); err != nil {
		return err
	}
	return os.WriteFile(t.path, b.Bytes(), 0o600)
}
