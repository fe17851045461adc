package akeneo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

// view is what of the PIM's values counts: of which channel, in which language, for which
// currency.
type view struct {
	scope, locale, currency string
	// fallback are languages that stand in, the best first.
	fallback []string
	// tree is the category tree of the channel.
	tree string
}

// locales are all languages that count.
func (v view) locales() []string { return append([]string{v.locale}, v.fallback...) }

// pick gives the value that counts; false where there is none. Values that are the same
// for all channels or languages count for each. One without data is none.
func (v view) pick(all list) (value, bool) {
	rank := func(one value) int {
		if one.Locale == "" {
			return 0
		}
		return slices.Index(v.locales(), one.Locale)
	}
	best, found := value{}, false
	for _, one := range all {
		data := bytes.TrimSpace(one.Data)
		if len(data) == 0 || string(data) == "null" || one.Scope != "" && one.Scope != v.scope || rank(one) < 0 {
			continue
		}
		if !found || rank(one) < rank(best) {
			best, found = one, true
		}
	}
	return best, found
}

// label gives the label that counts; the code where there is none.
func (v view) label(labels map[string]string, code string) string {
	for _, l := range v.locales() {
		if s := strings.TrimSpace(labels[l]); s != "" {
			return s
		}
	}
	return code
}

// datum is a value of an attribute that was picked.
type datum struct {
	code string
	kind string // the attribute's type, "" where it is not known
	ref  string
	data any // as encoding/json gives it, numbers as they were written
	// linked are the labels of options, by their codes.
	linked map[string]object[string]
}

// parse reads a value.
func parse(code string, v value, a *attribute) (datum, error) {
	d := datum{code: code, kind: v.Type, ref: v.Ref}
	if a != nil && d.kind == "" {
		d.kind = a.Type
	}
	if a != nil && d.ref == "" {
		d.ref = a.Ref
	}
	decoder := json.NewDecoder(bytes.NewReader(v.Data))
	decoder.UseNumber()
	if err := decoder.Decode(&d.data); err != nil {
		return d, err
	}
	d.linked = linkedLabels(v.Linked)
	return d, nil
}

// linkedLabels reads the labels beside a value, of one option or of several by their codes.
func linkedLabels(raw json.RawMessage) map[string]object[string] {
	var one option
	if json.Unmarshal(raw, &one) == nil && one.Code != "" {
		return map[string]object[string]{one.Code: one.Labels}
	}
	var many object[option]
	if json.Unmarshal(raw, &many) != nil || len(many) == 0 {
		return nil
	}
	all := make(map[string]object[string], len(many))
	for code, o := range many {
		all[code] = o.Labels
	}
	return all
}

// A typeError says that a value is not what a field can be made from.
type typeError struct {
	d      datum
	reason string
	remedy string
}

func (e *typeError) Error() string { return "attribute " + e.d.code + ": " + e.reason }

// unfit says that a value is something else than what a field wants.
func (d datum) unfit(want string) *typeError {
	return &typeError{d, "is " + d.shape() + ", which is not " + want, "name another attribute in fields, or correct the product in the PIM"}
}

// shape describes the data for people.
func (d datum) shape() string {
	switch d.data.(type) {
	case string:
		return "a text"
	case json.Number:
		return "a number"
	case bool:
		return "yes or no"
	case []any:
		return "a list"
	}
	return "an object"
}

// shown is the data for people, cut short.
func (d datum) shown() string {
	b, _ := json.Marshal(d.data) // it came from JSON
	const most = 60
	s := strings.ToValidUTF8(strings.Trim(string(b), `"`), "\uFFFD")
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return s
}

// codes gives the entries of a value that is a text, a number, a yes or no, or a list of
// texts, as they are written. An option of a multiple choice has no place of its own: a
// list comes sorted, except of assets, whose first is the main one, and of categories,
// which are in order.
func (d datum) codes() ([]string, error) {
	switch data := d.data.(type) {
	case string:
		if s := strings.TrimSpace(data); s != "" {
			return []string{s}, nil
		}
		return nil, nil
	case json.Number:
		return []string{plainNumber(data.String())}, nil
	case bool:
		return []string{map[bool]string{true: "1", false: "0"}[data]}, nil // as in exports
	case map[string]any:
		if amount, unit, ok := metric(data); ok {
			return []string{strings.TrimSpace(plainNumber(amount) + " " + preset.Unit(unit))}, nil
		}
	case []any:
		all := make([]string, 0, len(data))
		for _, one := range data {
			s, ok := one.(string)
			if !ok {
				return nil, d.unfit("a text or a list of texts")
			}
			if s = strings.TrimSpace(s); s != "" && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
		if d.kind != typeAssets && d.kind != kindCategories {
			slices.Sort(all)
		}
		return all, nil
	}
	return nil, d.unfit("a text or a list of texts")
}

// plainNumber drops the zeros behind a decimal number: the PIM writes 800.0000 where 800
// was meant, and not in all versions.
func plainNumber(s string) string {
	d, err := catalog.ParseDecimal(s, numbers)
	if err != nil {
		return s
	}
	return d.String()
}

// numbers are written with a point, and without groups.
var numbers = catalog.DecimalStyle{Decimal: '.'}

// metric reads a measure: {"amount": "800.0000", "unit": "GRAM"}.
func metric(data map[string]any) (amount, unit string, ok bool) {
	unit, ok = data["unit"].(string)
	if !ok {
		return "", "", false
	}
	amount, ok = amountOf(data["amount"])
	return amount, unit, ok
}

// blank reports whether a value is a measure without an amount, which some versions of the
// PIM leave of one that was emptied.
func (d datum) blank() bool {
	data, ok := d.data.(map[string]any)
	_, is := data["unit"]
	return ok && is && data["amount"] == nil
}

// amountOf reads an amount, which is a number or, where decimals are allowed, a text.
func amountOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

// price is an amount in a currency, as it is written.
type price struct{ amount, currency string }

// prices reads a price collection; false where it is none. A price without an amount is
// left out.
func (d datum) prices() ([]price, bool) {
	all, ok := d.data.([]any)
	if !ok {
		return nil, false
	}
	var out []price
	for _, one := range all {
		entry, ok := one.(map[string]any)
		if !ok {
			return nil, false
		}
		currency, ok := entry["currency"].(string)
		if !ok {
			return nil, false
		}
		if entry["amount"] == nil {
			continue
		}
		amount, ok := amountOf(entry["amount"])
		if !ok {
			return nil, false
		}
		out = append(out, price{amount, currency})
	}
	slices.SortFunc(out, func(a, b price) int { return strings.Compare(a.currency, b.currency) })
	return out, true
}

// money gives the price in the currency that counts; false where there is none in it.
// A plain number is an amount in it.
func (d datum) money(currency string) (catalog.Money, bool, error) {
	all, ok := d.prices()
	if !ok {
		amount, plain := amountOf(d.data)
		if !plain {
			return catalog.Money{}, false, d.unfit("a price")
		}
		all = []price{{amount, currency}}
	}
	for _, p := range all {
		if !strings.EqualFold(p.currency, currency) {
			continue
		}
		m, err := catalog.ParseMoney(p.amount, p.currency, numbers)
		if err != nil {
			return m, false, &typeError{d, fmt.Sprintf("%q is not an amount", p.amount), "correct the product in the PIM"}
		}
		return m, true, nil
	}
	return catalog.Money{}, false, nil
}

// measure gives a measure; a plain number is one in the given unit.
func (d datum) measure(unit string) (catalog.Measure, error) {
	amount, ok := amountOf(d.data)
	if data, is := d.data.(map[string]any); is {
		amount, unit, ok = metric(data)
	}
	if !ok {
		return catalog.Measure{}, d.unfit("a measure")
	}
	n, err := catalog.ParseDecimal(amount, numbers)
	if err != nil {
		return catalog.Measure{}, &typeError{d, fmt.Sprintf("%q is not a number", amount), "correct the product in the PIM"}
	}
	return catalog.Measure{Amount: n, Unit: preset.Unit(unit)}, nil
}
