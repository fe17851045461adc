package fault

import (
	"slices"
	"strings"
)

// listed is the number of known names up to which a hint names them all.
const listed = 12

// Suggest returns a hint for a name that is not among the known ones: the nearest of them, or all when none is near
// and they are few, or nothing.
func Suggest(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return `did you mean "` + near + `"?`
	}
	if len(known) == 0 || len(known) > listed {
		return ""
	}
	return "known: " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
}

// Nearest returns the known name that name was most likely meant to be, or "". It ignores case, and takes "-", "_" and
// spaces for the same.
func Nearest(name string, known []string) string {
	best, least := "", 0
	folded := fold(name)
	for _, k := range slices.Sorted(slices.Values(known)) {
		other := fold(k)
		d := distance(folded, other)
		if d > max(1, min(len(folded), len(other))/3) {
			continue
		}
		if best == "" || d < least {
			best, least = k, d
		}
	}
	return best
}

func fold(s string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s))
}

// distance is the number of runes to insert, delete, change or swap with their neighbour to get from a to b.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := range s {
		row[0] = i + 1
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}
