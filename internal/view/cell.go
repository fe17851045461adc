package view

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// formulas are what a spreadsheet takes for the beginning of a formula, or skips before it;
// some read the wide signs of Asian keyboards alike (OWASP, CSV injection).
const formulas = "=+-@\t\r\n＝＋－＠"

// plainNumber is what may begin with a sign all the same.
var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// Cell gives a text for a table that people open in a spreadsheet. One that would be taken
// for a formula there has an apostrophe before it.
func Cell(text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	if text != "" && strings.ContainsRune(formulas, first) && !plainNumber.MatchString(text) {
		return "'" + text
	}
	return text
}

// Cells is Cell of each.
func Cells(row ...string) []string {
	for i := range row {
		row[i] = Cell(row[i])
	}
	return row
}
