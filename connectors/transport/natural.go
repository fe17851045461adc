package transport

import (
	"cmp"
	"strconv"
	"strings"
)

const digits = "0123456789"

// Natural compares names as people do: runs of digits by their number.
func Natural(a, b string) int {
	for x, y := a, b; x != "" && y != ""; {
		nx, ny := digitsAhead(x), digitsAhead(y)
		if nx == 0 || ny == 0 {
			if x[0] != y[0] {
				return cmp.Compare(x[0], y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		// Without leading zeros the longer number is the larger one.
		dx, dy := strings.TrimLeft(x[:nx], "0"), strings.TrimLeft(y[:ny], "0")
		if c := cmp.Or(cmp.Compare(len(dx), len(dy)), cmp.Compare(dx, dy)); c != 0 {
			return c
		}
		x, y = x[nx:], y[ny:]
		if x == "" || y == "" {
			return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
		}
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// digitsAhead counts the digits that s starts with.
func digitsAhead(s string) int { return len(s) - len(strings.TrimLeft(s, digits)) }

// lastNumber cuts a name at its last run of digits; the number is -1 when there is
// none, or none that fits.
func lastNumber(name string) (before string, number int, after string) {
	end := strings.LastIndexAny(name, digits) + 1
	start := len(strings.TrimRight(name[:end], digits))
	number, err := strconv.Atoi(name[start:end])
	if err != nil {
		return name, -1, ""
	}
	return name[:start], number, name[end:]
}
