package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// left are the fields that a person leaves to the API, by field and then by key:
// "" stands for every product.
type left map[string]map[string]bool

func (r *run) readLeft(ctx context.Context) (left, error) {
	fields, err := r.store.LeftFields(ctx, r.sync.Name)
	if err != nil || len(fields) == 0 {
		return nil, err
	}
	l := left{}
	for _, f := range fields {
		if l[f.Field] == nil {
			l[f.Field] = map[string]bool{}
		}
		l[f.Field][f.Key] = true
	}
	return l, nil
}

// of says which fields are left to the API for a key; nil where none is for any.
func (l left) of(key string) func(field string) bool {
	if len(l) == 0 {
		return nil
	}
	return func(field string) bool { return l[field][""] || l[field][key] }
}

// fieldsOf are the fields that are left to the API for a key, sorted.
func (l left) fieldsOf(key string) (fields []string) {
	for field, keys := range l {
		if keys[""] || keys[key] {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// list is all of it in words, sorted.
func (l left) list() (words []string) {
	for field, keys := range l {
		for key := range keys {
			if key == "" {
				words = append(words, field)
			} else if !keys[""] {
				words = append(words, field+" of "+key)
			}
		}
	}
	slices.Sort(words)
	return words
}

// FieldError says that a destination has no such field to leave to it.
type FieldError struct {
	Field, Reason string
	// Known are those that there are.
	Known []string
}

// Error names the field.
func (e *FieldError) Error() string { return fmt.Sprintf("field %q: %s", e.Field, e.Reason) }

// Leave leaves fields to the API for good, of the listing keys that are given or, for
// none, of all: they are sent when a product is made, and never again. A field that
// cannot be left is a *FieldError, and none is left then.
func (e *Engine) Leave(ctx context.Context, s *Sync, fields, keys []string) error {
	if err := s.MayLeave(fields); err != nil {
		return err
	}
	for _, field := range fields {
		for _, key := range orAll(keys) {
			if err := e.store.LeaveField(ctx, state.LeftField{Sync: s.Name, Field: field, Key: key, At: e.now()}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Settle leaves fields to the API, as Leave does, and takes others back; it gives those of
// them that had been left.
func (e *Engine) Settle(ctx context.Context, s *Sync, leave, takeBack, keys []string) (taken []string, err error) {
	if err := e.Leave(ctx, s, leave, keys); err != nil {
		return nil, err
	}
	for _, field := range takeBack {
		was, err := e.TakeBack(ctx, s, field, keys)
		if err != nil {
			return taken, err
		}
		if was {
			taken = append(taken, field)
		}
	}
	return taken, nil
}

// TakeBack takes a field back from the API, of the listing keys that are given or,
// for none, wherever it was left. It reports whether it had been.
func (e *Engine) TakeBack(ctx context.Context, s *Sync, field string, keys []string) (bool, error) {
	var all int64
	for _, key := range orAll(keys) {
		n, err := e.store.TakeBackField(ctx, s.Name, field, key)
		if err != nil {
			return false, err
		}
		all += n
	}
	return all > 0, nil
}

func orAll(keys []string) []string {
	if len(keys) == 0 {
		return []string{""}
	}
	return keys
}

// MayLeave reports whether fields can be left to the API: the error is a *FieldError.
func (s *Sync) MayLeave(fields []string) error {
	for _, field := range fields {
		if err := leavable(s, field); err != nil {
			return err
		}
	}
	return nil
}

// leavable reports whether a field can be left to the API: it is one, and not the
// one by which a product is found again.
func leavable(s *Sync, field string) error {
	spec := s.Account.Dest.Spec()
	var known []string
	for _, name := range fieldNames(spec.Fields, spec.Level == catalog.ProductLevel) {
		if name != spec.NaturalKey {
			known = append(known, name)
		}
	}
	switch {
	case field == spec.NaturalKey:
		return &FieldError{field, "a product is found again by it, so it cannot be left to the API", known}
	case !slices.Contains(known, field):
		return &FieldError{field, s.Account.Name + " has no such field", known}
	}
	return nil
}

// fieldNames are the fields that a payload has at its top: those of variants are
// one field, their list.
func fieldNames(fields []connectors.Field, whole bool) []string {
	var names []string
	for _, f := range fields {
		if !whole || !strings.HasPrefix(f.Name, connectors.VariantPrefix) {
			names = append(names, f.Name)
		}
	}
	return names
}

// hinted adds a way forward to an error.
type hinted struct {
	error
	hint string
}

// Hint is the way forward.
func (e hinted) Hint() string { return e.hint }

// Unwrap gives the error without its hint.
func (e hinted) Unwrap() error { return e.error }
