package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
)

// joinedMost is how many records of a source `check` joins; 16 bytes are held for each.
const joinedMost = 1 << 20

// nearMisses are the folds that are tried where a record joins nothing, and what
// they do, for people.
var nearMisses = []struct {
	folds []mapping.Fold
	words string
}{
	{[]mapping.Fold{mapping.FoldCase}, "ignoring case"},
	{[]mapping.Fold{mapping.FoldZeros}, "stripping leading zeros"},
	{[]mapping.Fold{mapping.FoldBlanks}, "removing blanks"},
	{[]mapping.Fold{mapping.FoldBlanks, mapping.FoldCase, mapping.FoldZeros}, "ignoring case, blanks and leading zeros"},
}

// join is how the sources of one sync fit together.
type join struct {
	sync *engine.Sync
	// known are the hashes of what the introducing sources are joined by, as it is
	// first and then under each of nearMisses.
	known [1 + 4]map[uint64]struct{}
	// sample are records of the first products, with what other sources add to them.
	sample map[string][]catalog.Recorded
	order  []string
}

// joined reads the sources of a sync whole, says how they fit together, and maps a
// few of the joined products.
func (c *checker) joined(ctx context.Context, s *engine.Sync) {
	j := &join{sync: s, sample: map[string][]catalog.Recorded{}}
	for i := range j.known {
		j.known[i] = map[uint64]struct{}{}
	}
	introducing := s.Introducing()
	for _, src := range s.Sources {
		if slices.Contains(introducing, src.Name) {
			if err := j.read(ctx, src, j.introduce); err != nil {
				return // the source's own line says what is wrong with it
			}
		}
	}
	for _, src := range s.Sources {
		if slices.Contains(introducing, src.Name) && len(introducing) == len(s.Sources) && src.Name == introducing[0] {
			continue // it is what the others are compared with
		}
		if slices.Contains(introducing, src.Name) && len(introducing) < len(s.Sources) {
			continue
		}
		n := counts{}
		if err := j.read(ctx, src, n.take(j)); err != nil {
			return
		}
		detail, hint := n.tell(src.Name, introducing)
		c.found = append(c.found, finding{What: "sync " + s.Name + ": joining " + src.Name, OK: true, Detail: detail, Hint: hint})
	}
	var records []catalog.Recorded
	for _, key := range j.order {
		records = append(records, j.sample[key]...)
	}
	c.sync(s, records)
}

// taker takes in a record of a source with what it is joined by.
type taker func(source string, rec catalog.Record, value string, decoded *catalog.Recorded)

// read yields the records of a source with what they are joined by.
func (j *join) read(ctx context.Context, src engine.Source, take taker) error {
	n := 0
	for rec, err := range src.Source.Read(ctx, "") {
		if _, ok := errors.AsType[*connectors.RecordError](err); ok || errors.Is(err, connectors.ErrRestart) {
			continue
		}
		if err != nil {
			return err
		}
		if n++; n > joinedMost {
			break
		}
		value, decoded, ok := j.value(src.Name, rec)
		if ok {
			take(src.Name, rec, value, decoded)
		}
	}
	return nil
}

// value is what a record is joined by; it is decoded only where that takes its fields.
func (j *join) value(source string, rec catalog.Record) (string, *catalog.Recorded, bool) {
	m := j.sync.Match
	if m == nil || !m.NeedsFields(source) {
		key := string(rec.Key)
		if m != nil {
			key = m.Value(catalog.Recorded{Source: source, Key: key})
		}
		return key, nil, key != ""
	}
	decoded, err := recorded(source, rec)
	if err != nil {
		return "", nil, false
	}
	value := m.Value(decoded)
	return value, &decoded, value != ""
}

func (j *join) introduce(source string, rec catalog.Record, value string, decoded *catalog.Recorded) {
	j.known[0][xxh3.HashString(value)] = struct{}{}
	for i, near := range nearMisses {
		j.known[i+1][xxh3.HashString(folded(value, near.folds))] = struct{}{}
	}
	if _, known := j.sample[value]; known || len(j.order) == sampled {
		return
	}
	j.keep(source, rec, value, decoded)
}

// keep puts a record into the sample.
func (j *join) keep(source string, rec catalog.Record, value string, decoded *catalog.Recorded) {
	if decoded == nil {
		one, err := recorded(source, rec)
		if err != nil {
			return
		}
		decoded = &one
	}
	if _, known := j.sample[value]; !known {
		j.order = append(j.order, value)
	}
	j.sample[value] = append(j.sample[value], *decoded)
}

func folded(value string, folds []mapping.Fold) string {
	for _, f := range folds {
		value = f.Apply(value)
	}
	return value
}

// counts says how the records of one source join.
type counts struct {
	all, join int
	near      [4]int
	example   [4]string
}

// take counts the records of a source, and adds those of the sample to it.
func (n *counts) take(j *join) taker {
	return func(source string, rec catalog.Record, value string, decoded *catalog.Recorded) {
		n.all++
		if _, ok := j.known[0][xxh3.HashString(value)]; ok {
			n.join++
			if of, sampled := j.sample[value]; sampled && len(of) > 0 {
				j.keep(source, rec, value, decoded)
				last := &j.sample[value][len(j.sample[value])-1]
				last.OwnKey, last.OwnParent, last.Key, last.Parent = last.Key, last.Parent, of[0].Key, of[0].Parent
			}
			return
		}
		for i, near := range nearMisses {
			if _, ok := j.known[i+1][xxh3.HashString(folded(value, near.folds))]; ok {
				if n.near[i]++; n.example[i] == "" {
					n.example[i] = value
				}
				return
			}
		}
	}
}

// tell says it for people.
func (n *counts) tell(source string, introducing []string) (detail, hint string) {
	to := strings.Join(introducing, ", ")
	if slices.Contains(introducing, source) {
		to = introducing[0]
	}
	detail = fmt.Sprintf("%s of %s join %s", number(int64(n.join)), plural(n.all, "record"), to)
	for i, near := range nearMisses {
		if n.near[i] == 0 {
			continue
		}
		detail += fmt.Sprintf("; %s of %s match %s only after %s, such as %q", plural(n.near[i], "SKU"), source, to, near.words, n.example[i])
		names := make([]string, len(near.folds))
		for k, f := range near.folds {
			names[k] = string(f)
		}
		if hint == "" {
			hint = "if they mean the same products, set fold: [" + strings.Join(names, ", ") + "] in the catalog"
		}
	}
	if n.join == 0 && n.all > 0 && hint == "" {
		hint = "nothing joins: name what the records have in common with match: or keys:"
	}
	return detail, hint
}
