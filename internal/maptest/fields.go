package maptest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/fault"
)

// places finds a catalog field by its name.
var places = func() map[string]int {
	t := reflect.TypeFor[catalog.Fields]()
	m := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		m[t.Field(i).Tag.Get("expr")] = i
	}
	return m
}()

// fields reads catalog fields by their names. Prices may be written as 19.99 USD
// and measures as 250 g.
func (r *reader) fields(at string, values map[string]any) catalog.Fields {
	var out catalog.Fields
	v := reflect.ValueOf(&out).Elem()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i, known := places[name]
		if !known {
			r.fault(config.Path(at, name), "the catalog has no such field", fault.Suggest(name, slices.Sorted(maps.Keys(places))))
			continue
		}
		if values[name] == nil {
			continue
		}
		if message, hint := into(v.Field(i), values[name]); message != "" {
			r.fault(config.Path(at, name), message, hint)
		}
	}
	return out
}

// into fills one field, or says why it cannot.
func into(field reflect.Value, value any) (message, hint string) {
	text, isText := value.(string)
	switch to := field.Addr().Interface().(type) {
	case *string:
		if !isText {
			return "want a text", "put it in quotes"
		}
		*to = text
		return "", ""
	case *catalog.Money:
		if amount, currency, ok := strings.Cut(strings.TrimSpace(text), " "); isText && ok {
			m, err := catalog.ParseMoney(amount, currency, catalog.DecimalStyle{})
			if err != nil {
				return err.Error(), "write it as 19.99 USD"
			}
			*to = m
			return "", ""
		}
		hint = "write it as 19.99 USD"
	case *catalog.Measure:
		if amount, unit, ok := strings.Cut(strings.TrimSpace(text), " "); isText && ok {
			d, err := catalog.ParseDecimal(amount, catalog.DecimalStyle{})
			if err != nil {
				return err.Error(), "write it as 250 g"
			}
			*to = catalog.Measure{Amount: d, Unit: strings.TrimSpace(unit)}
			return "", ""
		}
		hint = "write it as 250 g"
	case *time.Time:
		hint = "write it as 2026-01-31T12:00:00Z"
	}
	if isText && hint != "" && field.Type() != reflect.TypeFor[time.Time]() {
		return fmt.Sprintf("%q has one part only", text), hint
	}
	b, err := json.Marshal(exact(value))
	if err == nil {
		d := json.NewDecoder(strings.NewReader(string(b)))
		d.DisallowUnknownFields()
		err = d.Decode(field.Addr().Interface())
	}
	if err != nil {
		return plain(err), hint
	}
	return "", ""
}

// exact writes numbers as the texts that decimals are read from, but for counts.
func exact(value any) any {
	switch v := value.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, one := range v {
			if _, whole := one.(int64); whole && name != "months" {
				one = fmt.Sprint(one)
			}
			if _, whole := one.(uint64); whole && name != "months" {
				one = fmt.Sprint(one)
			}
			out[name] = exact(one)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = exact(one)
		}
		return out
	}
	return value
}

// plain says what is wrong in the words of the file, not in those of Go.
func plain(err error) string {
	if wrong, ok := err.(*json.UnmarshalTypeError); ok { //nolint:errorlint // the decoder does not wrap it
		want := map[reflect.Kind]string{
			reflect.String: "a text", reflect.Slice: "a list", reflect.Map: "a mapping", reflect.Struct: "a mapping", reflect.Int: "a whole number",
		}[wrong.Type.Kind()]
		if want != "" {
			return "want " + want + ", have " + map[string]string{"string": "a text", "number": "a number", "array": "a list", "object": "a mapping", "bool": "true or false"}[wrong.Value]
		}
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}
