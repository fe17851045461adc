package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/vm"

	"github.com/skubridge/skubridge/catalog"
)

// Verdict says what the mapping made of a unit.
type Verdict int

// The verdicts.
const (
	// Wanted: Payload is what the destination shall hold.
	Wanted Verdict = iota
	// Withdrawn: its status or the filter excludes it; Reason says which.
	Withdrawn
	// Faulty: Faults say what is wrong with it.
	Faulty
	// Missing: no source has it any more; it was not mapped.
	Missing
)

// Excluded is the reason of what the filter withdraws.
const Excluded = "excluded by the filter"

// Outcome is what the mapping made of one unit: a variant, or a product where
// the destination keeps whole products.
type Outcome struct {
	// Key is the listing's key: the SKU, or the product's key at product level.
	Key string
	// Parent is the product's key.
	Parent  string
	Verdict Verdict
	Payload catalog.Payload // Wanted
	Reason  string          // Withdrawn: "status is draft", "excluded by the filter"
	Faults  []catalog.Fault // Faulty
	// Broken are the expressions that went wrong, by field, of those that the
	// configuration wrote; those of the destination can only meet bad products.
	Broken  []string
	Missing *catalog.Missing // Missing
}

// Map maps a product, giving one outcome a unit in the order of its variants.
func (p *Program) Map(of catalog.Product) []Outcome {
	machine := p.machines.Get().(*vm.VM)
	defer p.machines.Put(machine)
	m := mapper{Program: p, vm: machine, product: &product{Fields: &of.Fields, Variants: of.Variants}}
	if p.level == catalog.ProductLevel {
		return []Outcome{m.whole(&of)}
	}
	if len(of.Variants) > 1 {
		m.shared = make([]*value, len(p.fields))
	}
	out := make([]Outcome, len(of.Variants))
	for i := range of.Variants {
		v := &of.Variants[i]
		out[i] = m.unit(v)
		out[i].Key, out[i].Parent = v.SKU, of.Key
	}
	return out
}

// mapper maps the units of one product.
type mapper struct {
	*Program
	vm      *vm.VM
	product *product
	// shared are the results that serve all variants, by field; nil for not yet known.
	shared []*value
}

// value is the result of one expression.
type value struct {
	v     any
	fault *catalog.Fault
}

// whole maps a product with those of its variants that are there, active and let
// through by the filter, which sees the active ones.
func (m *mapper) whole(of *catalog.Product) Outcome {
	out := Outcome{Verdict: Missing}
	m.product.Variants = m.those(of.Variants, &out, func(v *catalog.Variant) Outcome {
		if v.Missing != nil {
			return Outcome{Verdict: Missing, Missing: later(out.Missing, v.Missing)}
		}
		return m.onSale(v)
	})
	if m.filter != nil && out.Verdict != Faulty {
		m.product.Variants = m.those(m.product.Variants, &out, m.filtered)
	}
	if len(m.product.Variants) > 0 && out.Verdict != Faulty {
		out = m.payload(&env{Product: m.product, Variant: &m.product.Variants[0]})
	}
	out.Key, out.Parent = of.Key, of.Key
	return out
}

// those gives the wanted variants. out becomes what is to be said where none is
// left: that one is faulty, else that one is withdrawn, else that all are missing.
func (m *mapper) those(of []catalog.Variant, out *Outcome, judge func(*catalog.Variant) Outcome) []catalog.Variant {
	wanted := make([]catalog.Variant, 0, len(of))
	for i := range of {
		switch o := judge(&of[i]); {
		case o.Verdict == Wanted:
			wanted = append(wanted, of[i])
		case out.Verdict == Missing, o.Verdict == Faulty && out.Verdict != Faulty:
			*out = o
		}
	}
	return wanted
}

// later is the one of two that began last: a product is missing since its last
// variant is.
func later(a, b *catalog.Missing) *catalog.Missing {
	if a == nil {
		return b
	}
	return new(a.With(*b))
}

// unit maps one variant.
func (m *mapper) unit(v *catalog.Variant) Outcome {
	if v.Missing != nil {
		return Outcome{Verdict: Missing, Missing: v.Missing}
	}
	if o := m.admit(v); o.Verdict != Wanted {
		return o
	}
	return m.payload(m.scope(v))
}

// scope is what the expressions see for one variant: its product as its own rows tell it.
func (m *mapper) scope(v *catalog.Variant) *env {
	if v.Own == nil {
		return &env{Product: m.product, Variant: v}
	}
	return &env{Product: &product{Fields: v.Own, Variants: m.product.Variants}, Variant: v}
}

// admit says whether a variant that is there is wanted, without its payload.
func (m *mapper) admit(v *catalog.Variant) Outcome {
	if o := m.onSale(v); o.Verdict != Wanted || m.filter == nil {
		return o
	}
	return m.filtered(v)
}

// onSale reads the status words.
func (m *mapper) onSale(v *catalog.Variant) Outcome {
	reason, fault := standing(v.Status, m.product.Status)
	if fault != nil {
		return Outcome{Verdict: Faulty, Faults: []catalog.Fault{*fault}}
	}
	if reason != "" {
		return Outcome{Verdict: Withdrawn, Reason: reason}
	}
	return Outcome{Verdict: Wanted}
}

// filtered asks the filter.
func (m *mapper) filtered(v *catalog.Variant) Outcome {
	result := m.evaluate(m.filter, m.scope(v))
	if result.fault != nil {
		return Outcome{Verdict: Faulty, Faults: []catalog.Fault{*result.fault}, Broken: []string{FilterField}}
	}
	if wanted, _ := result.v.(bool); !wanted {
		return Outcome{Verdict: Withdrawn, Reason: Excluded}
	}
	return Outcome{Verdict: Wanted}
}

// payload evaluates the fields; every faulty one is told.
func (m *mapper) payload(scope *env) Outcome {
	values := make(map[string]any, len(m.fields))
	var faults []catalog.Fault
	var broken []string
	for i, e := range m.fields {
		result := m.result(i, e, scope)
		if result.fault != nil {
			faults, broken = append(faults, *result.fault), e.named(broken)
			continue
		}
		values[e.field] = result.v
	}
	if len(m.each) > 0 {
		values[variantsField], faults, broken = m.variants(faults, broken)
	}
	if len(faults) > 0 {
		return Outcome{Verdict: Faulty, Faults: faults, Broken: broken}
	}
	payload, err := catalog.NewPayload(values)
	if err != nil {
		return Outcome{Verdict: Faulty, Faults: []catalog.Fault{{
			Field: "payload", Reason: err.Error(), Remedy: "map the field to texts, numbers, lists or maps",
		}}}
	}
	return Outcome{Verdict: Wanted, Payload: payload}
}

// variants evaluates the fields of each variant. A fault names the variant.
func (m *mapper) variants(faults []catalog.Fault, broken []string) ([]any, []catalog.Fault, []string) {
	list := make([]any, len(m.product.Variants))
	for i := range m.product.Variants {
		v := &m.product.Variants[i]
		scope := m.scope(v)
		object := make(map[string]any, len(m.each))
		for _, e := range m.each {
			result := m.evaluate(e, scope)
			if result.fault != nil {
				result.fault.Reason = fmt.Sprintf("variant %s: %s", v.SKU, result.fault.Reason)
				faults, broken = append(faults, *result.fault), e.named(broken)
				continue
			}
			if result.v != nil {
				object[strings.TrimPrefix(e.field, variantPrefix)] = result.v
			}
		}
		list[i] = object
	}
	return list, faults, broken
}

// named adds the expression to a list, once, if the configuration wrote it.
func (e *expression) named(list []string) []string {
	if !e.own || slices.Contains(list, e.field) {
		return list
	}
	return append(list, e.field)
}

// result evaluates a field, once for all variants where it speaks of none.
func (m *mapper) result(i int, e *expression, scope *env) value {
	if !e.shared || m.shared == nil || scope.Product != m.product {
		return m.evaluate(e, scope)
	}
	if m.shared[i] == nil {
		v := m.evaluate(e, scope)
		m.shared[i] = &v
	}
	return *m.shared[i]
}

// evaluate runs one expression. The machine turns a panic of the language or of
// a function into an error, so nothing but a fault comes of a bad product.
func (m *mapper) evaluate(e *expression, scope *env) value {
	result, err := m.vm.Run(e.program, scope)
	if err == nil {
		result, err = convert(e.kind, result)
	}
	if err != nil {
		return value{fault: e.faultOf(err)}
	}
	return value{v: result}
}

// standing reads the status words: of the variant, then of the product. It says
// why the unit is withdrawn, or what is wrong with a word that nobody knows.
func standing(words ...string) (reason string, fault *catalog.Fault) {
	for _, word := range words {
		switch catalog.StatusOf(word) {
		case catalog.Active:
		case catalog.Inactive:
			if reason == "" {
				reason = "status is " + word
			}
		case catalog.ActivityUnknown:
			return "", &catalog.Fault{
				Field: "status", Value: short(word), Reason: fmt.Sprintf("%q is not a status word that is known", short(word)),
				Remedy: "use one of " + knownStatus + ", or leave it blank",
			}
		}
	}
	return reason, nil
}

// knownStatus are the commonest words of catalog.StatusOf, for the remedy.
const knownStatus = "active, enabled, published, available, true, draft, archived, inactive, disabled, unpublished, discontinued, false"
