package mapped

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
)

// An Order puts the cells of rows into the order of their names. Members of a JSON object
// have none, and some programs write them in another one each time: without it every
// record would seem to have changed.
type Order struct {
	names  []string // as they came last
	places []int    // where each cell is to be taken from
	sorted []string
	cells  [][]byte
}

// Sort gives a row in order, valid until the next call. The elements of a list stay in the
// order of their numbers.
func (o *Order) Sort(row format.Row) format.Row {
	if !slices.Equal(row.Names, o.names) {
		o.names = append(o.names[:0], row.Names...)
		o.places = o.places[:0]
		for i := range row.Names {
			o.places = append(o.places, i)
		}
		slices.SortStableFunc(o.places, func(a, b int) int { return compareNames(o.names[a], o.names[b]) })
		o.sorted = o.sorted[:0]
		for _, i := range o.places {
			o.sorted = append(o.sorted, o.names[i])
		}
	}
	o.cells = o.cells[:0]
	for _, i := range o.places {
		o.cells = append(o.cells, row.Cells[i])
	}
	row.Names, row.Cells = o.sorted, o.cells
	return row
}

// compareNames compares names part by part, and parts that are numbers as such.
func compareNames(a, b string) int {
	for {
		partA, restA, moreA := strings.Cut(a, ".")
		partB, restB, moreB := strings.Cut(b, ".")
		numberA, errA := strconv.Atoi(partA)
		numberB, errB := strconv.Atoi(partB)
		if errA == nil && errB == nil {
			if c := cmp.Compare(numberA, numberB); c != 0 {
				return c
			}
		}
		if c := strings.Compare(partA, partB); c != 0 {
			return c
		}
		if !moreA || !moreB {
			return cmp.Compare(len(restA), len(restB))
		}
		a, b = restA, restB
	}
}
