package mapping

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/skubridge/skubridge/catalog"
)

var (
	decimalType = reflect.TypeFor[catalog.Decimal]()
	anyType     = reflect.TypeFor[any]()
)

// wants names the kinds for people.
var wants = map[Kind]string{
	Text: "a text", Texts: "a list of texts", TextMap: "a map of texts",
	Number: "a number", Bool: "true or false", JSON: "any value",
}

// fits reports whether a result of static type t can become the kind. A type
// that is only known at run time can: it is looked at again then.
func fits(kind Kind, t reflect.Type) bool {
	if t == nil || t == anyType {
		return true
	}
	switch kind {
	case Text:
		return t.Kind() == reflect.String
	case Texts:
		return t.Kind() == reflect.Slice && isTextOrAny(t.Elem())
	case TextMap:
		return t.Kind() == reflect.Map && isTextOrAny(t.Key()) && isTextOrAny(t.Elem())
	case Number:
		return t == decimalType || t.Kind() == reflect.Int || t.Kind() == reflect.Int64 || t.Kind() == reflect.Float64
	case Bool:
		return t.Kind() == reflect.Bool
	default:
		return true
	}
}

func isTextOrAny(t reflect.Type) bool { return t == anyType || t.Kind() == reflect.String }

// conversion says how to get from a type to a kind, where there is a way.
func conversion(kind Kind, t reflect.Type) string {
	switch {
	case kind == Text && fits(Texts, t):
		return `join it with join(…, ", "), or take one with first(…)`
	case kind == Text && t != moneyType:
		return "make it a text with string(…)"
	case kind == Number && fits(Text, t):
		return "make it a number with decimal(…)"
	case t == moneyType:
		return "take its .amount or its .currency"
	case kind == Texts && fits(Text, t):
		return "put it in brackets: […]"
	case kind == Bool:
		return "compare it with something"
	default:
		return ""
	}
}

// describe names a type for people.
func describe(t reflect.Type) string {
	switch t {
	case nil, anyType:
		return "of a type known only at run time"
	case moneyType:
		return "money"
	}
	for _, kind := range []Kind{Text, Number, Bool, Texts, TextMap} {
		if fits(kind, t) {
			return wants[kind]
		}
	}
	return plainTypes.Replace(t.String())
}

func describeValue(v any) string {
	if v == nil {
		return "nothing"
	}
	return describe(reflect.TypeOf(v))
}

// convert makes a result the Go value of the kind. nil, and an empty text or
// list, give nil: the field is left out.
func convert(kind Kind, v any) (any, error) {
	if empty(v) {
		return nil, nil //nolint:nilnil // nil is the absent field
	}
	mismatch := func(what string) error {
		return fmt.Errorf("the result is %s, and the field wants %s", what, wants[kind])
	}
	switch kind {
	case Text:
		if _, ok := v.(string); ok {
			return v, nil
		}
	case Texts:
		if _, ok := v.([]string); ok {
			return v, nil
		}
		list, fault := toTexts(v)
		if fault != "" {
			return nil, mismatch(fault)
		}
		return list, nil
	case TextMap:
		m, fault := toTextMap(v)
		if fault != "" {
			return nil, mismatch(fault)
		}
		return m, nil
	case Number:
		return toDecimal(v)
	case Bool:
		if _, ok := v.(bool); ok {
			return v, nil
		}
	default:
		return jsonValue(v), nil
	}
	return nil, mismatch(describeValue(v))
}

// jsonValue is a result as JSON writes it: exact numbers are numbers, and what is
// nothing is left out of a map.
func jsonValue(v any) any {
	switch x := v.(type) {
	case catalog.Decimal:
		return json.Number(x.String())
	case []any:
		list := make([]any, len(x))
		for i, element := range x {
			list[i] = jsonValue(element)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(x))
		for name, element := range x {
			if element = jsonValue(element); element != nil {
				m[name] = element
			}
		}
		return m
	case map[any]any: // fromPairs(…)
		m := make(map[string]any, len(x))
		for name, element := range x {
			if element = jsonValue(element); element != nil {
				m[fmt.Sprint(name)] = element
			}
		}
		return m
	}
	return v
}

// toTexts gives a list of texts, or says what was there instead.
func toTexts(v any) (list []string, fault string) {
	switch l := v.(type) {
	case nil:
		return nil, ""
	case []string:
		return l, ""
	case []any:
		list = make([]string, len(l))
		for i, element := range l {
			s, ok := element.(string)
			if !ok {
				return nil, "a list with " + describeValue(element)
			}
			list[i] = s
		}
		return list, ""
	}
	return nil, describeValue(v)
}

// toTextMap gives a map of texts, or says what was there instead.
func toTextMap(v any) (m map[string]string, fault string) {
	switch l := v.(type) {
	case map[string]string:
		return l, ""
	case map[string]any: // {"a": …}
		m = make(map[string]string, len(l))
		for name, element := range l {
			s, ok := element.(string)
			if !ok {
				return nil, "a map with " + describeValue(element)
			}
			m[name] = s
		}
		return m, ""
	case map[any]any: // fromPairs(…)
		m = make(map[string]string, len(l))
		for name, element := range l {
			n, named := name.(string)
			s, ok := element.(string)
			if !named || !ok {
				return nil, "a map with something else"
			}
			m[n] = s
		}
		return m, ""
	}
	return nil, describeValue(v)
}

// empty reports whether a value says nothing.
func empty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return x == ""
	case []string:
		return len(x) == 0
	case bool, int, float64, catalog.Decimal:
		return false
	}
	r := reflect.ValueOf(v)
	if kind := r.Kind(); kind == reflect.Slice || kind == reflect.Map {
		return r.Len() == 0
	}
	return r.Kind() == reflect.Pointer && r.IsNil()
}
