package statetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// Glance is what the pages show beside lists.
type Glance interface {
	TallyVerdicts(ctx context.Context, destination string) (map[string]int, error)
	RunChanges(ctx context.Context, run int64, op catalog.Op, after int64, limit int) ([]state.RunChange, error)
	CountAttempts(ctx context.Context, sync string, from, to time.Time) (map[string]int, error)
	TakeSample(ctx context.Context, destination string, now time.Time) error
	Samples(ctx context.Context, destination string, since time.Time) ([]state.Sample, error)
}

// differing is an update in the fields of a text: "description=old>new".
func differing(key string, fields ...string) state.StagedChange {
	c := change(catalog.OpUpdate, key)
	for _, f := range fields {
		name, values, _ := strings.Cut(f, "=")
		old, fresh, _ := strings.Cut(values, ">")
		quoted := func(text string) json.RawMessage { return json.RawMessage(fmt.Sprintf("%q", text)) }
		c.Change.Fields = append(c.Change.Fields, catalog.FieldChange{Field: name, Old: quoted(old), New: quoted(fresh)})
	}
	return c
}

// toldChanges writes changes as lines.
func toldChanges(changes []state.RunChange) (out []string) {
	for _, c := range changes {
		var line strings.Builder
		line.WriteString(string(c.Op) + " " + c.Key)
		for _, f := range c.Fields {
			fmt.Fprintf(&line, " %s=%s>%s", f.Field, f.Old, f.New)
		}
		out = append(out, line.String())
	}
	return out
}

var glanceCases = map[string]func(*bench){
	"what a run changed is told page by page, with the differences of what was known": func(b *bench) {
		b.list("A", "B", "C")
		plan := b.begin(1)
		b.ok(b.Stage(b.Context(), plan, changes(differing("A", "name=x>thrown away")), b.now))
		b.ok(b.Discard(b.Context(), plan))
		b.release(7, changes(differing("A", "name=x>y", "about=>z"), differing("B", "name=x>"+strings.Repeat("long ", 1000)), change(catalog.OpArchive, "C"), change(catalog.OpCreate, "D")))
		var outcomes []state.Outcome
		for _, in := range b.claim(9) {
			outcomes = append(outcomes, b.accepted(in))
		}
		b.settle(7, outcomes...)
		var got []string
		op, after := catalog.Op(""), int64(0)
		for {
			page, err := b.RunChanges(b.Context(), 7, op, after, 3)
			b.ok(err)
			if len(page) == 0 {
				break
			}
			got = append(got, toldChanges(page)...)
			op, after = page[len(page)-1].Op, page[len(page)-1].Intent
		}
		if len(got) == 4 && len(got[2]) < 2200 && strings.HasPrefix(got[2], `update B name="x">"long long`) && strings.HasSuffix(got[2], `…"`) {
			got[2] = "update B, cut"
		}
		if d := cmp.Diff([]string{"archive C", `update A name="x">"y" about="">"z"`, "update B, cut", "create D"}, got); d != "" {
			b.Errorf("(-want +got)\n%s", d)
		}
	},
	"what was not accepted counts by its class and its time, refused changes too": func(b *bench) {
		b.release(1, creates("A", "B", "C"))
		got := b.claim(3)
		refused, parked := b.outcome(got[0], state.Rejection), b.outcome(got[1], state.Park)
		refused.Class, parked.Class = "rejected", "retryable"
		b.settle(1, refused, parked, b.accepted(got[2]))
		for _, c := range []struct {
			sync     string
			from, to time.Duration
			want     map[string]int
		}{
			{sync, -time.Minute, time.Minute, map[string]int{"rejected": 1, "retryable": 1}},
			{sync, time.Minute, time.Hour, map[string]int{}},
			{sync, -time.Hour, -time.Minute, map[string]int{}},
			{"another", -time.Minute, time.Minute, map[string]int{}},
		} {
			counts, err := b.CountAttempts(b.Context(), c.sync, b.now.Add(c.from), b.now.Add(c.to))
			b.ok(err)
			if d := cmp.Diff(c.want, counts); d != "" {
				b.Errorf("%s %s %s (-want +got)\n%s", c.sync, c.from, c.to, d)
			}
		}
	},
	"a sample is how a destination stood; the last one of an hour counts, and old ones go": func(b *bench) {
		old := b.now.AddDate(-2, 0, 0)
		b.ok(b.TakeSample(b.Context(), destination, old))
		b.ok(b.TakeSample(b.Context(), destination, b.now))
		b.release(1, creates("A", "B"))
		b.ok(b.TakeSample(b.Context(), destination, b.now))
		got, err := b.Samples(b.Context(), destination, old.Add(-time.Hour))
		b.ok(err)
		want := []state.Sample{{Destination: destination, At: b.now.UTC().Truncate(time.Hour), Pending: 2, Verdicts: map[string]int{}}}
		if d := cmp.Diff(want, got); d != "" {
			b.Errorf("(-want +got)\n%s", d)
		}
	},
}
