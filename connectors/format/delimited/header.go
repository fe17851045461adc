package delimited

import (
	"errors"
	"fmt"
	"strings"
)

// nameColumns turns the first row into names: outer blanks go, a blank head becomes
// "column 7", and a name that stands over several columns becomes "Price#1", "Price#2"
// over each, so that nobody reads one of them for the other unawares.
func nameColumns(heads []string) ([]string, error) {
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
