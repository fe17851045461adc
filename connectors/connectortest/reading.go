package connectortest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// A Reading is what a read gave, for tests of a source beside its suite.
type Reading struct {
	Records []Record
	// Problems are what is wrong with single records.
	Problems []string
	// Err ended the read, nil where it was whole.
	Err error
}

// Record is a record that was decoded.
type Record struct {
	Key, Parent      string
	Product, Variant catalog.Fields
	Deleted          bool
	Part             int
}

// Read reads a source to the end.
func Read(t *testing.T, s connectors.Source, since connectors.Cursor) Reading {
	t.Helper()
	var g Reading
	for rec, err := range s.Read(t.Context(), since) {
		if g.Err != nil {
			t.Fatalf("the read goes on after %v", g.Err)
		}
		r := Record{Key: string(rec.Key), Parent: string(rec.Parent), Deleted: rec.Deleted, Part: rec.Part}
		if err == nil && !rec.Deleted {
			r.Product, r.Variant, err = rec.Raw.Decode()
		}
		if fault, ok := errors.AsType[*connectors.RecordError](err); ok {
			g.Problems = append(g.Problems, fault.Error())
			continue
		}
		if g.Err = err; err == nil {
			g.Records = append(g.Records, r)
		}
	}
	return g
}

// Keys are the keys in their order, with a minus sign before those that are told to be gone.
func (g Reading) Keys() string {
	var keys []string
	for _, r := range g.Records {
		key := r.Key
		if r.Deleted {
			key = "-" + key
		}
		keys = append(keys, key)
	}
	return strings.Join(keys, " ")
}

// WantIncomplete wants an error that ends a read as incomplete, with these words in it or in
// its remedy.
func WantIncomplete(t *testing.T, err error, words ...string) {
	t.Helper()
	e, ok := errors.AsType[*connectors.IncompleteError](err)
	if !ok {
		t.Errorf("%T is no incomplete read: %v", err, err)
		return
	}
	text := fmt.Sprintf("%v (%s)", e, e.Remedy)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q lacks %q", text, w)
		}
	}
}
