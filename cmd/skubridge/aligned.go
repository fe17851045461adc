package main

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"
)

// alignedBy is how many rows say how wide columns are. Those after them are printed as they
// come, so that a table of a million rows takes no more memory than one of a thousand; a
// cell that is wider than all of the first ones pushes its row to the right.
const alignedBy = 1000

// aligned prints rows of cells with their columns lined up.
type aligned struct {
	w *bufio.Writer
	// held are the rows by which columns are lined up, until there are enough of them.
	held   [][]string
	widths []int
}

func newAligned(w io.Writer) *aligned { return &aligned{w: bufio.NewWriter(w)} }

// add prints a row, or holds it until widths are known. An error is for flush to give.
func (a *aligned) add(cells []string) {
	if a.widths != nil {
		a.print(cells)
		return
	}
	if a.held = append(a.held, cells); len(a.held) == alignedBy {
		a.settle()
	}
}

// settle makes the columns as wide as the rows that are held need, and prints those.
func (a *aligned) settle() {
	a.widths = []int{}
	for _, cells := range a.held {
		for i, cell := range cells {
			if i == len(a.widths) {
				a.widths = append(a.widths, 0)
			}
			a.widths[i] = max(a.widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, cells := range a.held {
		a.print(cells)
	}
	a.held = nil
}

// print writes a row without blanks at its end.
func (a *aligned) print(cells []string) {
	blanks := 0
	for i, cell := range cells {
		if cell != "" {
			a.blank(blanks)
			_, _ = a.w.WriteString(cell)
			blanks = 0
		}
		blanks += 2
		if i < len(a.widths) {
			blanks += max(0, a.widths[i]-utf8.RuneCountInString(cell))
		}
	}
	_ = a.w.WriteByte('\n')
}

func (a *aligned) blank(n int) { _, _ = a.w.WriteString(strings.Repeat(" ", n)) }

// flush prints what is held, and gives the first error of all.
func (a *aligned) flush() error {
	if a.widths == nil {
		a.settle()
	}
	return a.w.Flush()
}
