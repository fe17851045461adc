package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/sync/engine"
)

// sampled is how many records `check` reads of each source.
const sampled = 5

// sample is the start of a source.
type sample struct {
	records       []catalog.Recorded
	read, spoiled int
	first         error // of a spoiled record
}

// take counts a record, and keeps the first that are good.
func (s *sample) take(source string, rec catalog.Record, err error) {
	var one catalog.Recorded
	if err == nil {
		one, err = recorded(source, rec)
	}
	if err != nil {
		s.spoiled++
		s.first = cmp.Or(s.first, err)
		return
	}
	if s.read++; len(s.records) < sampled {
		s.records = append(s.records, one)
	}
}

// enough reports whether nothing is learnt by more. Where a record is spoiled all are read:
// what is missing so far may stand further down, and then the source takes its word back and
// begins again.
func (s *sample) enough() bool { return s.read >= sampled && s.spoiled == 0 }

// tell says it for people.
func (s *sample) tell() string {
	switch {
	case s.enough():
		return fmt.Sprintf("the first %d records read", sampled)
	case s.spoiled > 0:
		return fmt.Sprintf("%s read, %s spoiled, the first: %v", plural(s.read, "record"), number(int64(s.spoiled)), s.first)
	}
	return plural(s.read, "record") + " read"
}

// source reads the first records of a source and maps them for every sync that
// reads from it alone.
func (c *checker) source(ctx context.Context, name string) {
	var seen sample
	for rec, err := range c.wired.Sources[name].Read(ctx, "") {
		if errors.Is(err, connectors.ErrRestart) { // what was told so far does not count
			seen = sample{}
			continue
		}
		if _, bad := errors.AsType[*connectors.RecordError](err); err != nil && !bad {
			c.unread(ctx, name, err)
			return
		}
		if seen.take(name, rec, err); seen.enough() {
			break
		}
	}
	c.found = append(c.found, finding{What: "source " + name, OK: true, Detail: seen.tell(), Note: seen.spoiled > 0})
	for _, sync := range c.wired.Names() {
		if s := c.wired.Syncs[sync]; len(s.Sources) == 1 && s.Sources[0].Name == name {
			c.sync(s, seen.records)
		}
	}
}

// unread tells why a source cannot be read from its start. One that was read before may
// have nothing there any more, as files that went away, and still be right.
func (c *checker) unread(ctx context.Context, name string, cause error) {
	inc, ok := c.wired.Sources[name].(connectors.Incremental)
	since, at := c.cursor(ctx, name)
	if !ok || since == "" {
		c.add("source "+name, "", cause)
		return
	}
	news := "nothing new"
	read := 0
	for _, err := range inc.Read(ctx, since) {
		if _, spoilt := errors.AsType[*connectors.RecordError](err); err != nil && !spoilt {
			c.add("source "+name, "", err)
			return
		}
		news = "something new"
		if read++; read == sampled {
			break
		}
	}
	c.add("source "+name, fmt.Sprintf("%s since it was last read, at %s", news, at), nil)
}

// cursor is how far the state says that a source was read, and when.
func (c *checker) cursor(ctx context.Context, name string) (since connectors.Cursor, at string) {
	store, ok, err := openReading(ctx, c.wired.Config)
	if err != nil || !ok {
		return "", "" // what is wrong with the state was said
	}
	defer store.Close()
	st, _, err := store.SourceState(ctx, name)
	if err != nil {
		return "", ""
	}
	return connectors.Cursor(st.Since()), view.Stamp(st.ReadAt)
}

// recorded decodes a record.
func recorded(source string, rec catalog.Record) (catalog.Recorded, error) {
	product, variant, err := rec.Raw.Decode()
	return catalog.Recorded{
		Source: source, Key: string(rec.Key), Parent: string(rec.Parent), Product: product, Variant: variant,
		File: rec.File, Line: rec.Line,
	}, err
}

// sync maps a few records and shows what would be sent.
func (c *checker) sync(s *engine.Sync, records []catalog.Recorded) {
	trials := s.Try(records)
	for _, trial := range trials {
		what := "sync " + s.Name + ": " + trial.Key
		switch {
		case len(trial.Faults) > 0:
			f := trial.Faults[0]
			detail := fmt.Sprintf("would be quarantined: %s: %s", f.Field, f.Reason)
			if more := len(trial.Faults) - 1; more > 0 {
				detail += fmt.Sprintf(" (and %d more)", more)
			}
			c.found = append(c.found, finding{What: what, OK: true, Note: true, Detail: detail, Hint: f.Remedy})
		case trial.Payload.IsZero():
			c.add(what, "would be left out: "+trial.Reason, nil)
		default:
			c.found = append(c.found, finding{What: what, OK: true, Detail: "would be sent", Payload: trial.Payload})
		}
	}
	if field := brokenInAll(trials); field != "" {
		c.found = append(c.found, finding{
			What: "sync " + s.Name, Detail: fmt.Sprintf("the expression for %s goes wrong with every one of these products", field),
			Hint: "correct it: a run would stop before anything is sent",
		})
	}
}

// brokenInAll is an expression of the configuration that went wrong with all of
// several products, as a run that evaluates the whole catalog would find it.
func brokenInAll(trials []engine.Trial) string {
	evaluated := slices.DeleteFunc(slices.Clone(trials), func(t engine.Trial) bool { return len(t.Faults) == 0 && t.Payload.IsZero() })
	if len(evaluated) < 2 {
		return ""
	}
	for _, field := range evaluated[0].Broken {
		if !slices.ContainsFunc(evaluated, func(t engine.Trial) bool { return !slices.Contains(t.Broken, field) }) {
			return field
		}
	}
	return ""
}
