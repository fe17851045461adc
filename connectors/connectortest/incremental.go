package connectortest

import (
	"errors"
	"iter"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// OtherSide is what an incremental source reads from, with what the suite does to it.
type OtherSide struct {
	// Open opens a source of it, as a new process would.
	Open func(t *testing.T) connectors.Incremental
	// Change changes a record, Add adds one, Delete takes one away; each gives its key.
	// Delete is nil where no delta can tell of what is gone.
	Change, Add, Delete func(t *testing.T) string
}

// Incremental runs the suite for sources that can be asked for what changed. begin
// makes another side with three records or more, anew for each case.
func Incremental(t *testing.T, begin func(t *testing.T) OtherSide) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, OtherSide)
	}{
		{"a read from the start has a cursor, from which nothing has changed", incrementalRests},
		{"a delta names what changed, and what is new", incrementalChanges},
		{"a delta tells of what is gone", incrementalDeletes},
		{"a delta that did not come into force is read again", incrementalRepeats},
		{"what changes while it is read is in that read or in the next", incrementalOverlaps},
		{"a cursor that it cannot read is refused", incrementalRefuses},
		{"what is done once a read is in force can be repeated", incrementalFinishes},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, begin(t))
		})
	}
}

// picture is what is known of a source after some reads: contents by key, as intake
// would have them.
type picture struct {
	content map[string]string
	subject map[string]string
}

func newPicture() picture { return picture{map[string]string{}, map[string]string{}} }

// read takes a read in, and gives the keys that it named.
func (p picture) read(t *testing.T, records iter.Seq2[catalog.Record, error]) (named map[string]bool) {
	t.Helper()
	type word struct {
		part    int
		gone    bool
		content string
		subject string
	}
	words, gone := map[string]word{}, map[string]bool{}
	for r, err := range records {
		if errors.Is(err, connectors.ErrRestart) {
			clear(words)
			clear(gone)
			continue
		}
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		if r.Deleted && len(r.Key) == 0 {
			gone[string(r.Subject)] = true
			continue
		}
		w := word{part: r.Part, gone: r.Deleted, subject: string(r.Subject)}
		if !r.Deleted {
			w.content = string(r.Raw.AppendContent(nil))
		}
		if old, ok := words[string(r.Key)]; !ok || w.part >= old.part {
			words[string(r.Key)] = w
		}
	}
	named = map[string]bool{}
	for key, subject := range p.subject {
		if _, ok := words[key]; !ok && subject != "" && gone[subject] {
			words[key] = word{gone: true}
		}
	}
	for key, w := range words {
		named[key] = true
		if delete(p.content, key); !w.gone {
			p.content[key], p.subject[key] = w.content, w.subject
		}
	}
	return named
}

// whole is the picture of a read from the start, and the cursor after it.
func whole(t *testing.T, side OtherSide) (picture, connectors.Cursor) {
	t.Helper()
	src, p := side.Open(t), newPicture()
	p.read(t, src.Read(t.Context(), ""))
	if len(p.content) < 3 {
		t.Fatalf("%d records, the suite wants three or more", len(p.content))
	}
	cursor := src.Cursor()
	if cursor == "" {
		t.Fatal("a read to the end leaves no cursor")
	}
	return p, cursor
}

// level wants a picture to be what a read from the start gives.
func (p picture) level(t *testing.T, side OtherSide) {
	t.Helper()
	want, _ := whole(t, side)
	if diff := cmp.Diff(want.content, p.content); diff != "" {
		t.Errorf("the records (-read from the start +by deltas):\n%s", diff)
	}
}

func incrementalRests(t *testing.T, side OtherSide) {
	p, cursor := whole(t, side)
	for range 3 {
		before := maps.Clone(p.content)
		src := side.Open(t)
		p.read(t, src.Read(t.Context(), cursor))
		if diff := cmp.Diff(before, p.content); diff != "" {
			t.Errorf("nothing changed, and (-before +after):\n%s", diff)
		}
		if cursor = src.Cursor(); cursor == "" {
			t.Fatal("a delta of nothing leaves no cursor")
		}
	}
}

func incrementalChanges(t *testing.T, side OtherSide) {
	p, cursor := whole(t, side)
	for range 2 {
		before := maps.Clone(p.content)
		changed, added := side.Change(t), side.Add(t)
		src := side.Open(t)
		named := p.read(t, src.Read(t.Context(), cursor))
		cursor = src.Cursor()
		if !named[changed] || p.content[changed] == before[changed] {
			t.Errorf("%s changed, and the delta names %v", changed, named)
		}
		if !named[added] {
			t.Errorf("%s is new, and the delta names %v", added, named)
		}
	}
	p.level(t, side)
}

func incrementalDeletes(t *testing.T, side OtherSide) {
	if side.Delete == nil {
		t.Skip("no delta of this source tells of what is gone")
	}
	p, cursor := whole(t, side)
	gone := side.Delete(t)
	p.read(t, side.Open(t).Read(t.Context(), cursor))
	if _, there := p.content[gone]; there {
		t.Errorf("%s is gone, and the delta does not say so", gone)
	}
	p.level(t, side)
}

func incrementalRepeats(t *testing.T, side OtherSide) {
	p, cursor := whole(t, side)
	side.Change(t)
	side.Add(t)
	if side.Delete != nil {
		side.Delete(t)
	}
	lost := picture{maps.Clone(p.content), maps.Clone(p.subject)}
	lost.read(t, side.Open(t).Read(t.Context(), cursor)) // and then the process is killed
	p.read(t, side.Open(t).Read(t.Context(), cursor))
	if diff := cmp.Diff(lost.content, p.content); diff != "" {
		t.Errorf("the records (-first time +second time):\n%s", diff)
	}
	p.level(t, side)
}

func incrementalOverlaps(t *testing.T, side OtherSide) {
	src, p := side.Open(t), newPicture()
	changed := false
	p.read(t, func(yield func(catalog.Record, error) bool) {
		for r, err := range src.Read(t.Context(), "") {
			if !yield(r, err) {
				return
			}
			if !changed {
				changed = true
				side.Change(t)
				side.Add(t)
			}
		}
	})
	p.read(t, side.Open(t).Read(t.Context(), src.Cursor()))
	p.level(t, side)
}

func incrementalRefuses(t *testing.T, side OtherSide) {
	for _, err := range side.Open(t).Read(t.Context(), "no cursor of this source") {
		if !errors.Is(err, connectors.ErrCursor) {
			t.Errorf("it begins with %v, want ErrCursor", err)
		}
		return
	}
	t.Error("it reads on from nowhere")
}

func incrementalFinishes(t *testing.T, side OtherSide) {
	src := side.Open(t)
	f, ok := src.(connectors.Finisher)
	if !ok {
		t.Skip("the source does nothing once a read is in force")
	}
	p := newPicture()
	p.read(t, src.Read(t.Context(), ""))
	cursor := src.Cursor()
	for range 2 {
		if err := f.Finish(t.Context()); err != nil {
			t.Errorf("finish: %v", err)
		}
	}
	// As after a crash: what was read is in force, and nobody had finished.
	side.Add(t)
	p.read(t, side.Open(t).Read(t.Context(), cursor))
	again := side.Open(t)
	p.read(t, again.Read(t.Context(), cursor))
	if err := again.(connectors.Finisher).Finish(t.Context()); err != nil {
		t.Errorf("finish: %v", err)
	}
}
