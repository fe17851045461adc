package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/sync/engine"
)

// What a reviewed table may hold at the most.
const (
	maxReviewBytes  = 256 << 20
	maxReviewRows   = 2_000_000
	maxReviewFaults = 20 // are named; the others are counted
)

// readReview reads a reviewed table; - is stdin.
func (a *app) readReview(name string) ([]engine.Confirmed, error) {
	in := a.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, &usageError{fmt.Errorf("read the reviewed table: %w", err), ""}
		}
		defer f.Close()
		in = f
	}
	confirmed, err := parseReview(in)
	if err != nil {
		return nil, &usageError{fmt.Errorf("reviewed table %s:\n%w", name, err), "nothing was adopted; the table must be as `skubridge adopt SYNC --csv` printed it, but for its column adopt"}
	}
	return confirmed, nil
}

// reviewer reads a reviewed table.
type reviewer struct {
	csv    *csv.Reader
	column map[string]int // of the columns that are read
	width  int
	// skus and ids are the lines on which each was said yes to.
	skus, ids map[string]int
	confirmed []engine.Confirmed
	faults    []error
	more      int
}

// parseReview reads the rows of a reviewed table that say yes. It takes the table
// as a spreadsheet may have saved it: with commas, semicolons or tabs, in any order
// of columns, with a byte order mark. Its error names every fault with its line.
func parseReview(in io.Reader) ([]engine.Confirmed, error) {
	limited := &io.LimitedReader{R: in, N: maxReviewBytes + 1}
	text := bufio.NewReader(limited)
	if mark, err := text.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = text.Discard(3) // it is buffered
	}
	head, _ := text.Peek(text.Size()) // the end of a short file is no fault
	first, _, _ := bytes.Cut(head, []byte("\n"))
	r := &reviewer{csv: csv.NewReader(text), skus: map[string]int{}, ids: map[string]int{}, confirmed: []engine.Confirmed{}}
	r.csv.Comma = delimiterOf(first)
	r.csv.FieldsPerRecord, r.csv.ReuseRecord = -1, true
	if err := r.header(); err != nil {
		return nil, err
	}
	for rows := 0; ; rows++ {
		cells, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && rows == maxReviewRows {
			err = fmt.Errorf("more than %d rows", maxReviewRows)
		}
		if err != nil {
			r.faults = append(r.faults, err) // behind it nothing can be told apart
			break
		}
		r.row(cells)
	}
	if limited.N <= 0 {
		r.faults = append(r.faults, fmt.Errorf("more than %d MiB", maxReviewBytes>>20))
	}
	if r.more > 0 {
		r.faults = append(r.faults, fmt.Errorf("and %d more", r.more))
	}
	return r.confirmed, errors.Join(r.faults...)
}

// delimiterOf is what the header has most of: comma, semicolon or tab.
func delimiterOf(header []byte) rune {
	best := ','
	for _, c := range ";\t" {
		if bytes.Count(header, []byte(string(c))) > bytes.Count(header, []byte(string(best))) {
			best = c
		}
	}
	return best
}

func (r *reviewer) header() error {
	cells, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("line 1: the table is empty")
	}
	if err != nil {
		return err
	}
	r.column, r.width = map[string]int{}, len(cells)
	wanted := []string{columnAdopt, columnSKU, columnRemote, columnSeen}
	var faults []error
	for i, cell := range cells {
		name := strings.ToLower(strings.TrimSpace(cell))
		if _, twice := r.column[name]; twice && slices.Contains(wanted, name) {
			faults = append(faults, fmt.Errorf("line 1: the column %q is there twice", name))
		}
		r.column[name] = i
	}
	for _, name := range wanted {
		if _, ok := r.column[name]; !ok {
			faults = append(faults, fmt.Errorf("line 1: there is no column %q", name))
		}
	}
	return errors.Join(faults...)
}

func (r *reviewer) fault(line int, format string, args ...any) {
	if len(r.faults) == maxReviewFaults {
		r.more++
		return
	}
	r.faults = append(r.faults, fmt.Errorf("line %d: "+format, append([]any{line}, args...)...))
}

func (r *reviewer) row(cells []string) {
	line, _ := r.csv.FieldPos(0)
	if len(cells) != r.width {
		r.fault(line, "%s instead of %d", plural(len(cells), "column"), r.width)
		return
	}
	cell := func(name string) string { return strings.Clone(unguarded(strings.TrimSpace(cells[r.column[name]]))) }
	c := engine.Confirmed{Key: cell(columnSKU), RemoteID: cell(columnRemote), Seen: cell(columnSeen), Line: line}
	switch word := strings.ToLower(cell(columnAdopt)); word {
	case "", "no", "n":
		return
	case "yes", "y":
	default:
		r.fault(line, "adopt is %q; write yes or no, or leave it blank", word)
		return
	}
	switch {
	case !utf8.ValidString(c.Key + c.RemoteID + c.Seen):
		r.fault(line, "not UTF-8; save the table as CSV UTF-8")
	case c.Key == "":
		r.fault(line, "no sku")
	case c.RemoteID == "":
		r.fault(line, "no remote id")
	case c.Seen == "":
		r.fault(line, "nothing in the column seen; without it nobody can tell whether %s changed since", c.RemoteID)
	case r.skus[c.Key] > 0:
		r.fault(line, "yes to SKU %s, as on line %d; it can be only one product", c.Key, r.skus[c.Key])
	case r.ids[c.RemoteID] > 0:
		r.fault(line, "yes to remote id %s, as on line %d; it can be only one SKU", c.RemoteID, r.ids[c.RemoteID])
	default:
		r.skus[c.Key], r.ids[c.RemoteID] = line, line
		r.confirmed = append(r.confirmed, c)
	}
}

// unguarded takes back what view.Cell did.
func unguarded(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && view.Cell(rest) == cell {
		return rest
	}
	return cell
}
