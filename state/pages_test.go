package state_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// shelf is a store with listings of two syncs at two destinations. Their keys hold
// what makes paging by key go wrong: prefixes of each other, and letters of all sizes.
func shelf(t *testing.T, few int) (*state.Store, []catalog.Listing) {
	t.Helper()
	s, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.SetFew(few)
	now := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	statuses := []catalog.ListingStatus{catalog.ListingActive, catalog.ListingArchived, catalog.ListingAbsent}
	words := []string{"eligible", "", "not_eligible"}
	var all []catalog.Listing
	for _, pair := range [][2]string{{"a", "flex"}, {"b", "flex"}, {"b", "other"}} {
		var some []catalog.Listing
		for i, key := range []string{"A", "A ", "A-1", "A-10", "A-2", "a", "Ä", "Ж", "😀", "😀😀"} {
			l := catalog.Listing{
				Destination: pair[1], Sync: pair[0], Key: pair[0] + key, RemoteID: fmt.Sprintf("%s-%s-%d", pair[0], pair[1], i),
				Status: statuses[i%3], Mode: catalog.ModeTest, SyncedAt: now,
			}
			if pair[1] == "flex" && i%4 != 3 {
				l.Verdict = &catalog.Verdict{Value: words[i%3], Final: i%3 != 1, Source: catalog.FromResponse, Mode: catalog.ModeTest, At: now}
			}
			some = append(some, l)
		}
		if conflicts, err := s.PutListings(t.Context(), pair[1], some, now); err != nil || len(conflicts) > 0 {
			t.Fatal(conflicts, err)
		}
		all = append(all, some...)
	}
	return s, all
}

// fews are what counts as few: everything, so that a page is sorted; nothing, so that it
// is found by going through all; and some of it, so that both meet in one list.
var fews = map[string]int{"few": 10_000, "many": 1, "some of them many": 3}

func TestPagesOfListingsMissNothingAndRepeatNothing(t *testing.T) {
	t.Parallel()
	for name, few := range fews {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, all := shelf(t, few)
			pagesOfListings(t, s, all)
		})
	}
}

func pagesOfListings(t *testing.T, s *state.Store, all []catalog.Listing) {
	t.Helper()
	for _, c := range []struct {
		name string
		f    state.Filter
		keep func(catalog.Listing) bool
	}{
		{"all", state.Filter{}, func(catalog.Listing) bool { return true }},
		{"of a sync", state.Filter{Sync: "b"}, func(l catalog.Listing) bool { return l.Sync == "b" }},
		{"of a destination", state.Filter{Destination: "flex"}, func(l catalog.Listing) bool { return l.Destination == "flex" }},
		{"of a status", state.Filter{Status: "archived"}, func(l catalog.Listing) bool { return l.Status == catalog.ListingArchived }},
		{"of a SKU that others begin with", state.Filter{SKU: "bA"}, func(l catalog.Listing) bool { return l.Key == "bA" }},
		{"by how they begin", state.Filter{Prefix: "aA-1"}, func(l catalog.Listing) bool { return l.Key == "aA-1" || l.Key == "aA-10" }},
		{"beyond the plane of the letters", state.Filter{Prefix: "b😀"}, func(l catalog.Listing) bool { return l.Key == "b😀" || l.Key == "b😀😀" }},
	} {
		for _, limit := range []int{1, 3, 100} {
			t.Run(fmt.Sprintf("%s by %d", c.name, limit), func(t *testing.T) {
				t.Parallel()
				var want, got []string
				for _, l := range all {
					if c.keep(l) {
						want = append(want, l.Sync+" "+l.Destination+" "+l.Key)
					}
				}
				var after state.Place
				for {
					page, err := s.ListingsPage(t.Context(), c.f, after, limit)
					if err != nil {
						t.Fatal(err)
					}
					for _, l := range page {
						got = append(got, l.Sync+" "+l.Destination+" "+l.Key)
						after = state.Place{Sync: l.Sync, Destination: l.Destination, Key: l.Key}
					}
					if len(page) < limit {
						break
					}
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Error(d)
				}
			})
		}
	}
}

// TestPagesOfVerdictsAreTheWholeList compares pages with the list in one piece.
func TestPagesOfVerdictsAreTheWholeList(t *testing.T) {
	t.Parallel()
	for name, few := range fews {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := shelf(t, few)
			pagesOfVerdicts(t, s)
		})
	}
}

func pagesOfVerdicts(t *testing.T, s *state.Store) {
	t.Helper()
	for _, f := range []state.Filter{
		{},
		{Sync: "a"},
		{Status: "eligible"},
		{Destination: "other"},
		{SKU: "aA"},
		{AsOf: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)},
		{AsOf: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)},
	} {
		var want, got []catalog.Eligibility
		for e, err := range s.Eligibility(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, e)
		}
		var after state.Place
		for {
			page, err := s.VerdictsPage(t.Context(), f, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page...)
			if len(page) < 2 {
				break
			}
			after = state.Place{Destination: page[1].Destination, Key: page[1].Key}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%+v: %s", f, d)
		}
	}
	if of, err := s.VerdictsOf(t.Context(), "", "aA"); err != nil || len(of) != 1 || of[0].Value != "eligible" {
		t.Errorf("the verdicts on aA are %v, %v", of, err)
	}
}

func TestPagesOfProblemsAndRuns(t *testing.T) {
	t.Parallel()
	s, _ := shelf(t, fews["few"])
	now := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	for i := range 23 {
		p := catalog.Problem{
			Sync: []string{"", "a", "b"}[i%3], Source: "feed", SKU: fmt.Sprint("S-", i%5), Field: "name", Line: i,
			Kind: catalog.Quarantined, Message: fmt.Sprint("wrong ", i),
		}
		if err := s.PutProblems(t.Context(), []catalog.Problem{p}, now); err != nil {
			t.Fatal(err)
		}
		id, err := s.StartRun(t.Context(), []string{"a", "b"}[i%2], "sync", now)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.FinishRun(t.Context(), id, state.RunOK, []byte("{}"), "", now); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []state.Filter{{}, {Sync: "b"}, {SKU: "S-2"}, {Prefix: "S-"}, {Kind: catalog.Rejected}} {
		want, got := map[string]bool{}, map[string]bool{}
		whole := f
		whole.Prefix = ""
		for p, err := range s.Problems(t.Context(), whole) {
			if err != nil {
				t.Fatal(err)
			}
			want[p.Message] = true
		}
		var after state.Place
		for {
			page, err := s.ProblemsPage(t.Context(), f, after, 4)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range page {
				if got[p.Message] {
					t.Errorf("%+v: %q comes twice", f, p.Message)
				}
				got[p.Message], after = true, p.Place
			}
			if len(page) < 4 {
				break
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%+v: %s", f, d)
		}
	}
	if n, err := s.CountProblems(t.Context(), "a", []string{"feed"}); err != nil || n != 16 {
		t.Errorf("%d problems concern a, want its 8 and the 8 of reading: %v", n, err)
	}
	var ids []int64
	var after state.Place
	for {
		page, err := s.RunsPage(t.Context(), state.Filter{Sync: "a"}, after, 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			ids, after = append(ids, r.ID), state.Place{ID: r.ID}
		}
		if len(page) < 5 {
			break
		}
	}
	if d := cmp.Diff([]int64{23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1}, ids); d != "" {
		t.Error(d)
	}
}

func TestSchedulesAndDecisionsAreKept(t *testing.T) {
	t.Parallel()
	s, _ := shelf(t, fews["few"])
	now := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	steps := []struct {
		name string
		do   func() error
		want state.Schedule
	}{
		{"nothing is known at first", func() error { return nil }, state.Schedule{Sync: "a"}},
		{"a start", func() error { return s.SetDue(t.Context(), "a", "@daily UTC", now) }, state.Schedule{Sync: "a", Spec: "@daily UTC", Due: now}},
		{
			"a pause beside it", func() error { return s.Pause(t.Context(), "a", "ann", "stock-taking", now) },
			state.Schedule{Sync: "a", Spec: "@daily UTC", Due: now, Paused: now, By: "ann", Reason: "stock-taking"},
		},
		{
			"its end, which leaves out what passed", func() error { return s.Resume(t.Context(), "a", now.Add(time.Hour)) },
			state.Schedule{Sync: "a", Spec: "@daily UTC", Due: now.Add(time.Hour)},
		},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		got, err := s.Schedule(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(step.want, got); d != "" {
			t.Errorf("%s: %s", step.name, d)
		}
	}
	first := state.Decision{Sync: "a", Digest: "d1", At: now, Ruling: state.RuledDropped, Who: "ann"}
	second := state.Decision{Sync: "a", Digest: "d2", At: now, Ruling: state.RuledApproved, Who: "bob"}
	for _, d := range []state.Decision{first, second, {Sync: "b", At: now, Ruling: state.RuledApproved}} {
		if err := s.Decide(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	var got []state.Decision
	for d, err := range s.Decisions(t.Context(), "a", 10) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, d)
	}
	if d := cmp.Diff([]state.Decision{second, first}, got); d != "" {
		t.Error(d)
	}
}
