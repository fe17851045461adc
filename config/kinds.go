package config

import (
	"reflect"

	"github.com/skubridge/skubridge/internal/fault"
)

// kind is a type as the person who writes the file thinks of it.
type kind string

const (
	aText        kind = "a text"
	aWholeNumber kind = "a whole number"
	aNumber      kind = "a number"
	aTruth       kind = "true or false"
	aList        kind = "a list"
	aMapping     kind = "a mapping"
	nothing      kind = "nothing"
)

func kindOf(t reflect.Type) kind {
	switch t.Kind() { //nolint:exhaustive // the others cannot be configured
	case reflect.String:
		return aText
	case reflect.Bool:
		return aTruth
	case reflect.Float32, reflect.Float64:
		return aNumber
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return aWholeNumber
	case reflect.Slice, reflect.Array:
		return aList
	case reflect.Map, reflect.Struct:
		return aMapping
	default:
		return nothing
	}
}

func kindName(value any) kind {
	if value == nil {
		return nothing
	}
	return kindOf(reflect.TypeOf(value))
}

// mismatch says what is wanted and what is there, but not its value: it may be a secret.
func mismatch(want kind, value any) fault.Fault {
	have := kindName(value)
	f := fault.At("", "want %s, have %s", want, have)
	_, outside := value.(external)
	switch {
	case outside: // nothing to be done about how it is written
	case want == aText && (have == aWholeNumber || have == aNumber || have == aTruth):
		f.Hint = "put it in quotes"
	case want == aList && have == aText:
		f.Hint = "put it in square brackets"
	case want == aMapping && have == aList:
		f.Hint = "write key: value, without dashes"
	case (want == aWholeNumber || want == aNumber || want == aTruth) && have == aText:
		f.Hint = "write it without quotes"
	}
	return f
}
