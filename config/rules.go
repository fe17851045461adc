package config

import (
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/internal/fault"
)

// field is one key of a struct.
type field struct {
	key   string
	index []int
	rules rules
}

// rules are what a field's jsonschema tag asks for; the schema shows the same ones.
type rules struct {
	required bool
	enum     []string
	minimum  *int64
	maximum  *int64
}

// fields returns the keys of a struct, those of inlined structs among them.
func fields(t reflect.Type) []field {
	var out []field
	for _, f := range reflect.VisibleFields(t) {
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || option == "inline" || key == "-" || key == "" {
			continue
		}
		out = append(out, field{key: key, index: f.Index, rules: readRules(f.Tag.Get("jsonschema"))})
	}
	return out
}

func readRules(tag string) rules {
	var r rules
	for part := range strings.SplitSeq(tag, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "required":
			r.required = true
		case "enum":
			r.enum = append(r.enum, value)
		case "minimum":
			r.minimum = number(value)
		case "maximum":
			r.maximum = number(value)
		}
	}
	return r
}

func number(s string) *int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// tags returns the keys of the struct that v points to.
func tags(v any) []string {
	t := reflect.TypeOf(v)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for _, f := range fields(t) {
		names = append(names, f.key)
	}
	return names
}

// opaque says whether a type reads itself, so that its fields are not settings.
func opaque(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return t == durationType || p.Implements(textUnmarshalerType) || p.Implements(unmarshalerType)
}

// check reports the unknown keys of raw and the rules that v, decoded from it, breaks.
func (d *decoder) check(path string, v reflect.Value, raw any) {
	if opaque(v.Type()) {
		return
	}
	if isDecode(v.Type()) {
		d.leave(path, v, raw)
		return
	}
	switch v.Kind() { //nolint:exhaustive // only collections hold settings
	case reflect.Pointer:
		if !v.IsNil() {
			d.check(path, v.Elem(), raw)
		}
	case reflect.Struct:
		if m, ok := raw.(map[string]any); ok {
			d.checkStruct(path, v, m)
		}
	case reflect.Map:
		m, _ := raw.(map[string]any)
		for _, k := range keys(m) {
			if e := v.MapIndex(reflect.ValueOf(k).Convert(v.Type().Key())); e.IsValid() {
				d.check(join(path, k), e, m[k])
			}
		}
	case reflect.Slice:
		list, _ := raw.([]any)
		for i := range min(len(list), v.Len()) {
			d.check(item(path, i), v.Index(i), list[i])
		}
	}
}

// isDecode says whether a field of type t wants the means to decode its settings later, rather than the settings.
func isDecode(t reflect.Type) bool {
	return t.Kind() == reflect.Func && t.ConvertibleTo(reflect.TypeFor[func(any) error]())
}

// leave gives v, a func(any) error, the settings at path to decode once it is known into what.
func (d *decoder) leave(path string, v reflect.Value, raw any) {
	m, ok := raw.(map[string]any)
	if raw != nil && !ok {
		f := mismatch(aMapping, raw)
		d.faults = append(d.faults, d.origins.fault(path, f.Message, f.Hint))
		return
	}
	if v.CanSet() {
		later := d.node(path, m, nil, nil)
		v.Set(reflect.ValueOf(later.Decode).Convert(v.Type()))
	}
}

func (d *decoder) checkStruct(path string, v reflect.Value, raw map[string]any) {
	all := fields(v.Type())
	known := make([]string, 0, len(all))
	for _, f := range all {
		known = append(known, f.key)
	}
	for _, k := range keys(raw) {
		if !slices.Contains(known, k) {
			hint := fault.Suggest(k, append(slices.Clone(known), d.alsoKnown...))
			d.faults = append(d.faults, d.origins.keyFault(join(path, k), "unknown key", hint))
		}
	}
	for _, f := range all {
		at, value := join(path, f.key), v.FieldByIndex(f.index)
		if _, pending := raw[f.key].(unset); pending || d.faults.has(at) {
			continue
		}
		inner := decoder{origins: d.origins} // alsoKnown is for the top only
		inner.check(at, value, raw[f.key])
		d.faults = append(d.faults, inner.faults...)
		if broken := f.rules.broken(value, raw, f.key); broken.Message != "" {
			d.faults = append(d.faults, d.origins.fault(at, broken.Message, broken.Hint))
		}
		for i, broken := range f.rules.strangers(value) {
			d.faults = append(d.faults, d.origins.fault(item(at, i), broken.Message, broken.Hint))
		}
	}
}

// strangers says which entries of a list are none of the words that there are, by their place in it.
func (r rules) strangers(value reflect.Value) iter.Seq2[int, fault.Fault] {
	return func(yield func(int, fault.Fault) bool) {
		if len(r.enum) == 0 || value.Kind() != reflect.Slice || value.Type().Elem().Kind() != reflect.String {
			return
		}
		for i := range value.Len() {
			if word := value.Index(i).String(); !slices.Contains(r.enum, word) && !yield(i, r.stranger(word)) {
				return
			}
		}
	}
}

// stranger says that a word is none of those that there are.
func (r rules) stranger(word string) fault.Fault {
	return fault.At("", "must be %s", alternatives(r.enum)).Hinting(nearHint(word, r.enum))
}

// broken says which rule the value of key breaks; no message means none.
func (r rules) broken(value reflect.Value, raw map[string]any, key string) fault.Fault {
	_, given := raw[key]
	switch {
	case isDecode(value.Type()):
	case r.required && value.IsZero() && !given:
		return fault.At("", "missing")
	case r.required && (value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0):
		return fault.At("", "must not be empty")
	case len(r.enum) > 0 && value.Kind() == reflect.String && value.String() != "" && !slices.Contains(r.enum, value.String()):
		return r.stranger(value.String())
	case r.minimum != nil && value.CanInt() && value.Int() < *r.minimum:
		return fault.At("", "must be at least %d", *r.minimum)
	case r.maximum != nil && value.CanInt() && value.Int() > *r.maximum:
		return fault.At("", "must be at most %d", *r.maximum)
	}
	return fault.Fault{}
}

// nearHint is like fault.Suggest, where the message names all alternatives already.
func nearHint(word string, known []string) string {
	if near := fault.Nearest(word, known); near != "" {
		return `did you mean "` + near + `"?`
	}
	return ""
}

// alternatives lists words as a sentence does: a, b or c.
func alternatives(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
