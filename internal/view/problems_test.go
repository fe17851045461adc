package view

import (
	"iter"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestCauses(t *testing.T) {
	t.Parallel()
	twins := "the SKU stands on more than one row"
	for _, c := range []struct {
		name     string
		problems []Problem
		want     []Cause
	}{
		{
			name: "what differs by the SKU or the value alone is one cause",
			problems: []Problem{
				{SKU: "AA", Value: "123", Message: "123 is too short", Remedy: "mend AA"},
				{SKU: "BB", Value: "4567", Message: "4567 is too short", Remedy: "mend BB"},
			},
			want: []Cause{{Problems: 2, Message: "… is too short", Remedy: "mend …", SKUs: []string{"AA", "BB"}}},
		},
		{
			name: "barcodes with a wrong digit are one cause, whichever it should be, and so are those of a wrong length",
			problems: []Problem{
				{SKU: "AA", Message: "last digit should be 3"},
				{SKU: "BB", Message: "last digit should be 7"},
				{SKU: "CC", Message: "5 digits, where 8, 12, 13 or 14 are wanted"},
				{SKU: "DD", Message: "11 digits, where 8, 12, 13 or 14 are wanted"},
			},
			want: []Cause{
				{Problems: 2, Message: "last digit should be …", SKUs: []string{"AA", "BB"}},
				{Problems: 2, Message: "… digits, where 8, 12, 13 or 14 are wanted", SKUs: []string{"CC", "DD"}},
			},
		},
		{
			name:     "what all of a cause say is said as it is",
			problems: []Problem{{SKU: "AA", Value: "123", Message: "123 is too short", Remedy: "mend AA"}},
			want:     []Cause{{Problems: 1, Message: "123 is too short", Remedy: "mend AA", SKUs: []string{"AA"}}},
		},
		{
			name: "two rows with one SKU are one SKU with the rows named",
			problems: []Problem{
				{SKU: "AA", Message: twins + ": line 2, line 3"}, {SKU: "AA", Message: twins + ": line 2, line 3"},
			},
			want: []Cause{{Problems: 2, Message: twins + ": line 2, line 3", SKUs: []string{"AA"}}},
		},
		{
			name: "SKUs that stand on several rows are one cause, whichever rows they are",
			problems: []Problem{
				{SKU: "AA", Message: twins + ": line 2, line 3"},
				{SKU: "BB", Message: twins + ": old stock.csv:7, new.csv:12"},
				{SKU: "CC", Message: twins + ": line 2, line 3, line 5, line 8, line 9 and 3 more"},
				{SKU: "DD", Message: twins + ": line 90, line 91"},
			},
			want: []Cause{{Problems: 4, Message: twins, SKUs: []string{"AA", "BB", "CC"}, More: true}},
		},
		{
			name:     "one line that an API names is part of its words",
			problems: []Problem{{SKU: "AA", Message: "not JSON: line 2"}, {SKU: "BB", Message: "not JSON: line 3"}},
			want: []Cause{
				{Problems: 1, Message: "not JSON: line 2", SKUs: []string{"AA"}}, {Problems: 1, Message: "not JSON: line 3", SKUs: []string{"BB"}},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []Cause
			for cause, err := range Causes(each(c.problems)) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, cause)
			}
			if diff := gocmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func each(problems []Problem) iter.Seq2[Problem, error] {
	return func(yield func(Problem, error) bool) {
		for _, p := range problems {
			if !yield(p, nil) {
				return
			}
		}
	}
}
