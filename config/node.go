package config

import (
	"errors"
	"maps"
	"slices"

	"github.com/skubridge/skubridge/internal/fault"
)

// Node is the options of one source or destination, which only its connector understands.
//
// Printing a Node, or what contains one, shows no secret. The zero Node has no options.
type Node struct {
	sealed sealed[*settings]
}

// sealed keeps something out of sight: what is behind a pointer fmt may still follow, a function never.
type sealed[T any] func() T

func seal[T any](v T) sealed[T] { return func() T { return v } }

// settings are what a Node holds.
type settings struct {
	path    string
	raw     map[string]any // the connector's own
	shared  map[string]any // those that config reads itself
	common  []string       // every key that config reads itself, given or not
	origins *origins
}

func (n Node) settings() *settings {
	if n.sealed == nil {
		return &settings{origins: newOrigins("")}
	}
	return n.sealed()
}

// Path returns where the options are: destinations.flex.
func (n Node) Path() string { return n.settings().path }

// String returns the path: the options themselves may be secret.
func (n Node) String() string { return "options of " + n.settings().path }

// Decode fills into, a pointer to a struct that may hold defaults, from the options. Keys are the yaml tags of its
// fields; an option inline takes in the fields of an embedded struct. Beside plain types, a field may be
//
//   - a time.Duration, written 30s or 2h,
//   - an encoding.TextUnmarshaler, such as secret.Value, written as a text,
//   - a type with UnmarshalMapstructure(any) error, such as secret.List, given a string, int64, float64, bool, []any
//     or map[string]any; its error is shown and must not quote what it was given.
//   - a func(into any) error, given a Decode for the mapping there, for options whose own type says what they are.
//
// From the tag jsonschema the rules required, enum=…, minimum=… and maximum=… are checked. Then Validate() error is
// called if into has it; a fault.Fault in its error, also joined with others, is reported at its own line.
//
// Validate is not called while a reference in the options is unresolved: Load has reported that.
//
// An option that every destination has (base_url, say) is given only to a struct that names it. The error is Faults,
// of everything that is wrong.
func (n Node) Decode(into any) error {
	in, own := n.settings(), tags(into)
	raw := make(map[string]any, len(in.raw))
	maps.Copy(raw, in.raw)
	for k, v := range in.shared {
		if slices.Contains(own, k) {
			raw[k] = v
		}
	}
	d := decoder{origins: in.origins, alsoKnown: in.common}
	d.decode(in.path, raw, into)
	if !pending(raw) {
		d.validate(in.path, into)
	}
	return d.faults.sorted()
}

// Without gives the options without one of the connector's own.
func (n Node) Without(key string) Node {
	in := *n.settings()
	in.raw = maps.Clone(in.raw)
	delete(in.raw, key)
	return Node{seal(&in)}
}

// Locate gives the fault.Faults in err their file and line, as Decode does for those of Validate: a connector may find
// more of them when it is opened. Faults stay as they are, and other errors come first, as Collect says.
func (n Node) Locate(err error) error {
	in := n.settings()
	var errs []error
	for _, one := range branches(err) {
		if f, ok := errors.AsType[fault.Fault](one); ok {
			one = in.origins.fault(within(in.path, f.Path), f.Message, f.Hint)
		}
		errs = append(errs, one)
	}
	return Collect(errs...)
}

// pending says whether a value within v could not be resolved.
func pending(v any) bool {
	switch v := v.(type) {
	case unset:
		return true
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), pending)
	case []any:
		return slices.ContainsFunc(v, pending)
	default:
		return false
	}
}
