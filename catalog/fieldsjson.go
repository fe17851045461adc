package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// AppendFields appends fields as JSON: what encoding/json makes of them, but for
// characters that it escapes for the sake of HTML, and in a tenth of its time.
func AppendFields(b []byte, f *Fields) ([]byte, error) {
	b = append(b, '{')
	empty := len(b)
	for i := range fieldCodecs {
		c := &fieldCodecs[i]
		if c.zero(f) {
			continue
		}
		if len(b) > empty {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), c.name...), '"', ':')
		var err error
		if b, err = c.append(b, f); err != nil {
			return b, fmt.Errorf("encode %s: %w", c.name, err)
		}
	}
	return append(b, '}'), nil
}

// LoadFields reads into f, which is zero, fields that AppendFields or encoding/json wrote.
func LoadFields(b []byte, f *Fields) error {
	if utf8.Valid(b) {
		r := jsonReader{s: string(b)}
		if r.fields(f); r.ended() {
			return nil
		}
		*f = Fields{}
	}
	return json.Unmarshal(b, f)
}

// fields takes an object of fields, in the order of fieldCodecs.
func (r *jsonReader) fields(f *Fields) {
	r.want('{')
	if r.bad || r.next('}') {
		return
	}
	for i := 0; i < len(fieldCodecs) && !r.bad; i++ {
		if !r.member(fieldCodecs[i].name) {
			continue
		}
		fieldCodecs[i].read(r, f)
		if r.next('}') {
			return
		}
		r.want(',')
	}
	r.bad = true // a name that is unknown, or out of order
}

// fieldCodec writes and reads one field.
type fieldCodec struct {
	name   string
	zero   func(*Fields) bool
	append func([]byte, *Fields) ([]byte, error)
	read   func(*jsonReader, *Fields)
}

// fieldCodecs are all fields in the order in which Fields has them.
var fieldCodecs = []fieldCodec{
	textField("sku", func(f *Fields) *string { return &f.SKU }),
	textField("parent", func(f *Fields) *string { return &f.Parent }),
	textField("name", func(f *Fields) *string { return &f.Name }),
	textField("description", func(f *Fields) *string { return &f.Description }),
	textField("brand", func(f *Fields) *string { return &f.Brand }),
	textField("category", func(f *Fields) *string { return &f.Category }),
	textsField("categories", func(f *Fields) *[]string { return &f.Categories }),
	textsField("tags", func(f *Fields) *[]string { return &f.Tags }),
	textField("status", func(f *Fields) *string { return &f.Status }),
	textField("url", func(f *Fields) *string { return &f.URL }),
	textsField("images", func(f *Fields) *[]string { return &f.Images }),
	textField("gtin", func(f *Fields) *string { return &f.GTIN }),
	moneyField("price", func(f *Fields) *Money { return &f.Price }),
	moneyField("compare_at_price", func(f *Fields) *Money { return &f.CompareAtPrice }),
	moneyField("cost", func(f *Fields) *Money { return &f.Cost }),
	{
		"options", func(f *Fields) bool { return len(f.Options) == 0 },
		func(b []byte, f *Fields) ([]byte, error) { return appendOptions(b, f.Options), nil },
		func(r *jsonReader, f *Fields) { f.Options = r.options() },
	},
	textField("grade", func(f *Fields) *string { return &f.Grade }),
	textField("condition", func(f *Fields) *string { return &f.Condition }),
	textField("specification", func(f *Fields) *string { return &f.Specification }),
	rareField("subscription_prices", func(f *Fields) any { return &f.SubscriptionPrices },
		func(f *Fields) bool { return len(f.SubscriptionPrices) == 0 }),
	{
		"weight", func(f *Fields) bool { return f.Weight == Measure{} },
		func(b []byte, f *Fields) ([]byte, error) { return appendMeasure(b, f.Weight), nil },
		func(r *jsonReader, f *Fields) { f.Weight = r.measure() },
	},
	rareField("dimensions", func(f *Fields) any { return &f.Dimensions }, func(f *Fields) bool { return f.Dimensions == Dimensions{} }),
	textField("country_of_origin", func(f *Fields) *string { return &f.CountryOfOrigin }),
	textsField("hs_codes", func(f *Fields) *[]string { return &f.HSCodes }),
	textsField("suppliers", func(f *Fields) *[]string { return &f.Suppliers }),
	textsField("components", func(f *Fields) *[]string { return &f.Components }),
	textField("reference_gtin", func(f *Fields) *string { return &f.ReferenceGTIN }),
	textField("tax_code", func(f *Fields) *string { return &f.TaxCode }),
	rareField("updated_at", func(f *Fields) any { return &f.UpdatedAt }, func(f *Fields) bool { return f.UpdatedAt.IsZero() }),
	{
		"attributes", func(f *Fields) bool { return len(f.Attributes) == 0 },
		func(b []byte, f *Fields) ([]byte, error) { return appendTextMap(b, f.Attributes), nil },
		func(r *jsonReader, f *Fields) { f.Attributes = r.textMap() },
	},
}

func textField(name string, of func(*Fields) *string) fieldCodec {
	return fieldCodec{
		name, func(f *Fields) bool { return *of(f) == "" },
		func(b []byte, f *Fields) ([]byte, error) { return appendText(b, *of(f)), nil },
		func(r *jsonReader, f *Fields) { *of(f) = r.text() },
	}
}

func textsField(name string, of func(*Fields) *[]string) fieldCodec {
	return fieldCodec{
		name, func(f *Fields) bool { return len(*of(f)) == 0 },
		func(b []byte, f *Fields) ([]byte, error) { return appendTexts(b, *of(f)), nil },
		func(r *jsonReader, f *Fields) { *of(f) = r.texts() },
	}
}

func moneyField(name string, of func(*Fields) *Money) fieldCodec {
	return fieldCodec{
		name, func(f *Fields) bool { return of(f).IsZero() },
		func(b []byte, f *Fields) ([]byte, error) {
			b = appendText(append(b, `{"amount":`...), of(f).Amount.String())
			return append(appendText(append(b, `,"currency":`...), of(f).Currency), '}'), nil
		},
		func(r *jsonReader, f *Fields) { *of(f) = r.money() },
	}
}

// rareField is a field that few products have: encoding/json is good enough for it.
func rareField(name string, of func(*Fields) any, zero func(*Fields) bool) fieldCodec {
	return fieldCodec{
		name, zero,
		func(b []byte, f *Fields) ([]byte, error) {
			value, err := json.Marshal(of(f))
			return append(b, value...), err
		},
		func(r *jsonReader, f *Fields) { r.decoded(of(f)) },
	}
}

func appendTexts(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s)
	}
	return append(b, ']')
}

// appendTextMap writes an object by its names in order.
func appendTextMap(b []byte, m map[string]string) []byte {
	b = append(b, '{')
	names := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(names)
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(appendText(b, name), ':'), m[name])
	}
	return append(b, '}')
}

func appendOptions(b []byte, list []Option) []byte {
	b = append(b, '[')
	for i, o := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(b, `{"name":`...), o.Name)
		b = append(appendText(append(b, `,"value":`...), o.Value), '}')
	}
	return append(b, ']')
}

func appendMeasure(b []byte, m Measure) []byte {
	b = appendText(append(b, `{"amount":`...), m.Amount.String())
	if m.Unit != "" {
		b = appendText(append(b, `,"unit":`...), m.Unit)
	}
	return append(b, '}')
}

func (r *jsonReader) options() []Option {
	list := []Option{}
	r.want('[')
	if r.bad || r.next(']') {
		return list
	}
	for !r.bad {
		var o Option
		r.want('{')
		if !r.member("name") {
			r.bad = true
			break
		}
		o.Name = r.text()
		r.want(',')
		if !r.member("value") {
			r.bad = true
			break
		}
		o.Value = r.text()
		r.want('}')
		list = append(list, o)
		if r.next(']') {
			break
		}
		r.want(',')
	}
	return list
}

func (r *jsonReader) money() (m Money) {
	m.Amount = r.amount()
	r.want(',')
	if !r.member("currency") {
		r.bad = true
		return m
	}
	m.Currency = r.text()
	r.want('}')
	return m
}

func (r *jsonReader) measure() (m Measure) {
	m.Amount = r.amount()
	if r.next('}') {
		return m
	}
	r.want(',')
	if !r.member("unit") {
		r.bad = true
		return m
	}
	m.Unit = r.text()
	r.want('}')
	return m
}

// amount takes the opening of an object whose first member is an amount.
func (r *jsonReader) amount() (d Decimal) {
	r.want('{')
	if !r.member("amount") {
		r.bad = true
		return d
	}
	if s := r.text(); canonicalDecimal(s) {
		d.text = s
	} else if d.UnmarshalText([]byte(s)) != nil {
		r.bad = true
	}
	return d
}

// canonicalDecimal reports whether s is the text that a Decimal other than 0 holds.
func canonicalDecimal(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	whole, decimals, pointed := strings.Cut(digits, ".")
	switch {
	case len(s) > maxDecimalLength || !allDigits(whole) || !allDigits(decimals):
		return false
	case whole == "" || whole[0] == '0' && len(whole) > 1:
		return false
	case pointed:
		return decimals != "" && decimals[len(decimals)-1] != '0'
	}
	return whole != "0"
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
