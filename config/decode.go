package config

import (
	"encoding"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"

	"github.com/skubridge/skubridge/internal/fault"
)

// decoder fills structs from plain values, strictly, and gathers what is wrong.
type decoder struct {
	origins   *origins
	alsoKnown []string // keys that belong elsewhere at the top of the struct, for hints
	faults    Faults
}

// decode fills into from raw, which is at path.
func (d *decoder) decode(path string, raw map[string]any, into any) {
	before := len(d.faults)
	dec, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result:          into,
		TagName:         "yaml",
		SquashTagOption: "inline",
		ErrorUnused:     true,
		MatchName:       func(key, field string) bool { return key == field },
		DecodeHook:      mapstructure.DecodeHookFuncValue(strict),

		DisableUnmarshaler: true, // strict calls them, and knows their errors from others
	})
	if err != nil { // into is not a pointer: a mistake in the program, told like the others
		d.faults = append(d.faults, d.origins.fault(path, err.Error(), ""))
		return
	}
	decodeErr := dec.Decode(raw)
	d.translate(path, decodeErr)
	d.check(path, reflect.ValueOf(into), raw)
	if decodeErr != nil && len(d.faults) == before {
		d.faults = append(d.faults, d.origins.fault(path, "does not fit", ""))
	}
}

// translate turns an error of mapstructure into faults. Its own words show values, so they are not used.
func (d *decoder) translate(path string, err error) {
	for _, one := range branches(err) {
		var at *mapstructure.DecodeError
		var f fault.Fault
		if errors.As(one, &at) && errors.As(one, &f) {
			d.faults = append(d.faults, d.origins.fault(within(path, at.Name()), f.Message, f.Hint))
		}
		// All others are unknown keys, which check finds with their own places.
	}
}

// validate calls the Validate of into, if it has one, and keeps what it says about settings not yet found wrong.
func (d *decoder) validate(path string, into any) {
	v, ok := into.(interface{ Validate() error })
	if !ok {
		return
	}
	known := d.faults
	for _, one := range branches(v.Validate()) {
		f := fault.Fault{Message: one.Error()}
		errors.As(one, &f)
		if where := within(path, f.Path); !known.has(where) {
			d.faults = append(d.faults, d.origins.fault(where, f.Message, f.Hint))
		}
	}
}

// branches returns the errors that are joined in err, at any depth; err itself if there are none, nothing if it is nil.
func branches(err error) []error {
	if err == nil {
		return nil
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		many, ok := inner.(interface{ Unwrap() []error })
		if !ok {
			continue
		}
		var all []error
		for _, one := range many.Unwrap() {
			all = append(all, branches(one)...)
		}
		return all
	}
	return []error{err}
}

// within returns the path of what is called name below path; either may be empty.
func within(path, name string) string {
	if path == "" || name == "" || name[0] == '[' {
		return path + name
	}
	return path + "." + name
}

// has says whether one of the faults is about path.
func (fs Faults) has(path string) bool {
	folded := foldPath(path)
	for _, f := range fs {
		if foldPath(f.Path) == folded {
			return true
		}
	}
	return false
}

var (
	durationType        = reflect.TypeFor[time.Duration]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
	unmarshalerType     = reflect.TypeFor[mapstructure.Unmarshaler]()
	externalType        = reflect.TypeFor[external]()
)

// strict is the decode hook: it refuses every value that is not of the type that is wanted, and turns those that are
// written as texts. mapstructure by itself would cut 2.5 to 2, and quote what it refuses. Its errors are fault.Fault.
func strict(from, to reflect.Value) (any, error) {
	value := from.Interface()
	if _, missing := value.(unset); missing {
		return nil, nil //nolint:nilnil // nil leaves the default: the fault is reported already
	}
	t := to.Type()
	switch {
	case isDecode(t):
		return nil, nil //nolint:nilnil // check fills it in, with its place
	case from.Type() == t, t.Kind() == reflect.Pointer:
		return value, nil
	case t.Kind() == reflect.Interface:
		return plain(value), nil
	case reflect.PointerTo(t).Implements(unmarshalerType):
		return unmarshal(t, func(into any) error {
			return into.(mapstructure.Unmarshaler).UnmarshalMapstructure(plain(value)) //nolint:forcetypeassert // asked above
		})
	case t == durationType:
		return duration(value)
	case reflect.PointerTo(t).Implements(textUnmarshalerType):
		return unmarshalText(value, t)
	default:
		return scalar(value, from, to)
	}
}

// scalar checks value against the kind of to.
func scalar(value any, from, to reflect.Value) (any, error) {
	outside := from.Type() == externalType
	switch kindOf(to.Type()) {
	case aNumber:
		if outside {
			return parse(value, to.Type(), func(s string) (any, error) { return strconv.ParseFloat(s, 64) })
		}
		if from.CanInt() || from.CanUint() || from.CanFloat() {
			return value, nil
		}
	case aWholeNumber:
		if outside {
			return parse(value, to.Type(), func(s string) (any, error) { return strconv.ParseInt(s, 10, 64) })
		}
		if from.CanInt() || from.CanUint() {
			return whole(from, to)
		}
	case aTruth:
		if outside {
			return parse(value, to.Type(), func(s string) (any, error) { return strconv.ParseBool(strings.ToLower(s)) })
		}
		if from.Kind() == reflect.Bool {
			return value, nil
		}
	case aText:
		if from.Kind() == reflect.String {
			return from.String(), nil
		}
	case aList:
		if from.Kind() == reflect.Slice {
			return value, nil
		}
	case aMapping:
		if from.Kind() == reflect.Map {
			return value, nil
		}
	case nothing: // a kind of field that cannot be configured
	}
	return nil, mismatch(kindOf(to.Type()), value)
}

// whole refuses numbers that do not fit into to.
func whole(from, to reflect.Value) (any, error) {
	tooLarge := fault.At("", "the number is too large")
	switch {
	case from.CanUint() && from.Uint() > 1<<62:
		return nil, tooLarge
	case to.CanUint() && from.CanInt() && from.Int() < 0:
		return nil, fault.At("", "must not be negative")
	case to.CanInt() && from.CanInt() && to.OverflowInt(from.Int()),
		to.CanInt() && from.CanUint() && to.OverflowInt(int64(from.Uint())), //nolint:gosec // bounded above
		to.CanUint() && from.CanUint() && to.OverflowUint(from.Uint()),
		to.CanUint() && from.CanInt() && to.OverflowUint(uint64(from.Int())): //nolint:gosec // not negative, above
		return nil, tooLarge
	}
	return from.Interface(), nil
}

// parse reads a text from outside the file as what the setting wants.
func parse(value any, want reflect.Type, read func(string) (any, error)) (any, error) {
	v, err := read(strings.TrimSpace(reflect.ValueOf(value).String()))
	if err != nil {
		return nil, mismatch(kindOf(want), value)
	}
	if reflect.ValueOf(v).CanInt() {
		return whole(reflect.ValueOf(v), reflect.New(want).Elem())
	}
	return v, nil
}

func duration(value any) (any, error) {
	const example = `write it with a unit: 30s, 5m, 2h`
	switch v := value.(type) {
	case string, external:
		d, err := time.ParseDuration(reflect.ValueOf(v).String())
		if err != nil {
			return nil, fault.At("", "not a duration").Hinting(example)
		}
		return d, nil
	case int64, uint64, float64:
		if reflect.ValueOf(v).IsZero() {
			return time.Duration(0), nil
		}
		return nil, fault.At("", "a duration without its unit").Hinting(example)
	default:
		return nil, fault.At("", "want a duration, have %s", kindName(value)).Hinting(example)
	}
}

func unmarshalText(value any, t reflect.Type) (any, error) {
	from := reflect.ValueOf(value)
	if from.Kind() != reflect.String {
		return nil, mismatch(aText, value)
	}
	return unmarshal(t, func(into any) error {
		return into.(encoding.TextUnmarshaler).UnmarshalText([]byte(from.String())) //nolint:forcetypeassert // strict asked
	})
}

// unmarshal returns a t that read filled in, or what it said.
func unmarshal(t reflect.Type, read func(into any) error) (any, error) {
	into := reflect.New(t)
	if err := read(into.Interface()); err != nil {
		f := fault.At("", "%s", err)
		errors.As(err, &f)
		return nil, f
	}
	return into.Elem().Interface(), nil
}

// plain returns value with texts from outside the file as strings, all the way down.
func plain(value any) any {
	switch v := value.(type) {
	case external:
		return string(v)
	case unset:
		return nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = plain(v[k])
		}
		return out
	default:
		return v
	}
}
