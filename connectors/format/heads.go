package format

import (
	"errors"
	"fmt"
	"strings"
)

// Heads turns the heads of a table into names: outer blanks go, a blank head becomes
// "column 7", and a name that stands over several columns becomes "Price#1", "Price#2"
// over each, so that nobody reads one of them for the other unawares.
func Heads(heads []string) ([]string, error) {
	if len(heads) > MaxCells {
		return nil, fmt.Errorf("%w: there are %d columns, more than %d", ErrLimit, len(heads), MaxCells)
	}
	names := make([]string, len(heads))
	count := make(map[string]int, len(heads))
	named := false
	for i, h := range heads {
		names[i] = strings.TrimSpace(h)
		if named = named || names[i] != ""; names[i] == "" {
			names[i] = fmt.Sprintf("column %d", i+1)
		}
		count[names[i]]++
	}
	if !named {
		return nil, errors.New("no column has a name")
	}
	number := make(map[string]int)
	for i, n := range names {
		if count[n] > 1 {
			number[n]++
			names[i] = fmt.Sprintf("%s#%d", n, number[n])
		}
	}
	seen := make(map[string]int, len(names))
	for i, n := range names {
		if before, twice := seen[n]; twice {
			return nil, fmt.Errorf("columns %d and %d cannot be told apart, both are %q", before+1, i+1, n)
		}
		seen[n] = i
	}
	return names, nil
}

// What a row that repeats the header is: a problem, nothing, or a row like any other.
const (
	RepeatedProblem = "problem"
	RepeatedSkip    = "skip"
	RepeatedRow     = "row"
)

// Repeats reports whether a row says what the heads say, as the page heads of printed
// lists do. Blanks around cells do not count.
func Repeats(heads []string, cells [][]byte) bool {
	if len(heads) != len(cells) {
		return false
	}
	for i, h := range heads {
		if len(cells[i]) < len(h) || strings.TrimSpace(string(cells[i])) != h {
			return false
		}
	}
	return true
}

// RepeatedFault is the fault of such a row.
func RepeatedFault(line int, offset int64) *RowError {
	return &RowError{
		StartLine: line, Line: line, Column: 1, Offset: offset,
		Reason: "the header stands here again", Remedy: "set repeated_header: skip if the list has a head on every page",
	}
}
