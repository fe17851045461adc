package state

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
)

// TestTheNarrowTableIsWhatTheReadsSaid lives through many reads of two sources, few or many
// changes each, and compares what the next read would be compared with.
func TestTheNarrowTableIsWhatTheReadsSaid(t *testing.T) {
	t.Parallel()
	const records = 500
	s, rng := openState(t), rand.New(rand.NewPCG(1, 2))
	known := map[string]map[catalog.Hash]RecordHash{"feed": {}, "other": {}}
	apart := map[bool]int{}
	for n := range 200 {
		source := []string{"feed", "other"}[rng.IntN(2)]
		model := known[source]
		var changes []RecordChange
		some := []int{1, 3, 8, 8, records / 4, records}[rng.IntN(6)]
		for _, i := range rng.Perm(records)[:some] {
			key := fmt.Sprint(source, i)
			h := RecordHash{Key: catalog.HashBytes([]byte(key)), Content: catalog.HashBytes(fmt.Append(nil, "content", n))}
			before, there := model[h.Key]
			c := RecordChange{Kind: Put, KeyHash: h.Key, Content: h.Content, Record: catalog.Recorded{Key: key}}
			switch rng.IntN(4) {
			case 0:
				h.Content, h.Missing = before.Content, true
				c = RecordChange{Kind: Lost, KeyHash: h.Key}
			case 1:
				h.Content = before.Content
				c = RecordChange{Kind: Back, KeyHash: h.Key}
			default:
				there = true
			}
			changes = append(changes, c)
			if there {
				model[h.Key] = h
			}
		}
		if _, err := s.ApplyRead(t.Context(), Read{Source: source, At: time.Unix(1, 0)}, changesOf(changes)); err != nil {
			t.Fatal(err)
		}
		kept, err := column[int](asWriter(t, s), `SELECT count(*) FROM hash_newer`)
		if err != nil {
			t.Fatal(err)
		}
		apart[kept[0] > 0]++
		if kept[0] > 2*records/newerMost {
			t.Fatalf("after read %d: %d rows are kept apart", n, kept[0])
		}
		want := slices.SortedFunc(maps.Values(model), func(a, b RecordHash) int { return slices.Compare(a.Key[:], b.Key[:]) })
		if diff := cmp.Diff(want, hashesOf(t, s, source)); diff != "" {
			t.Fatalf("after read %d (-want +got)\n%s", n, diff)
		}
		for _, h := range want[:min(len(want), 20)] {
			got, ok, err := s.RecordHash(t.Context(), source, h.Key)
			got.Record = 0
			if got != h || !ok || err != nil {
				t.Fatalf("after read %d: %+v, %v, %v, want %+v", n, got, ok, err, h)
			}
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if apart[true] < 60 || apart[false] < 10 {
		t.Errorf("rows were kept apart after %d reads, and after %d were not", apart[true], apart[false])
	}
}

// TestFewChangesLeaveTheNarrowTableAlone changes one record of a hundred, then a quarter of them.
func TestFewChangesLeaveTheNarrowTableAlone(t *testing.T) {
	t.Parallel()
	const records = 1000
	s := openState(t)
	load(t, s, "feed", records, nil)
	for _, c := range []struct{ every, written int }{{100, 0}, {4, (records + pageRows - 1) / pageRows}} {
		content := catalog.HashBytes(fmt.Append(nil, "one of ", c.every))
		var changes []RecordChange
		for i := int64(0); i < records; i += int64(c.every) {
			key := fmt.Sprintf("feed-%05d", i)
			r := catalog.Recorded{Key: key, Parent: fmt.Sprint("parent-", i/3), Order: i + 1}
			changes = append(changes, RecordChange{Kind: Put, KeyHash: catalog.HashBytes([]byte(key)), Content: content, Record: r})
		}
		if _, err := s.ApplyRead(t.Context(), Read{Source: "feed", At: time.Unix(2, 0), Records: records}, changesOf(changes)); err != nil {
			t.Fatal(err)
		}
		written, err := column[int](asWriter(t, s), `SELECT count(*) FROM hash_page WHERE instr(packed, ?)`, content[:])
		if err != nil || written[0] != c.written {
			t.Errorf("one of %d changed: %v pages were written, %v, want %d", c.every, written, err, c.written)
		}
	}
}

func changesOf(list []RecordChange) iter.Seq2[RecordChange, error] {
	return func(yield func(RecordChange, error) bool) {
		for _, c := range list {
			if !yield(c, nil) {
				return
			}
		}
	}
}
