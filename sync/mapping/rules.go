package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
)

// A Rule is what must hold of one field of a payload, beside the destination's own
// checks. In a list every element has to keep it. What a rule asks of a value
// holds for values that are there; Require asks for one.
type Rule struct {
	Require   bool
	OneOf     []string
	Matches   string // an RE2 pattern for the whole value; "" for none
	MaxLength int    // in characters; 0 for any
}

// rule is a Rule that is ready for use.
type rule struct {
	Rule
	field   string
	pattern *regexp.Regexp
}

// compileRules checks the rules against the fields; errors are *ExprError of the
// fields "rules.NAME".
func compileRules(schema Schema, rules map[string]Rule) ([]rule, []error) {
	known := make([]string, len(schema))
	for i, f := range schema {
		known[i] = f.Name
	}
	var out []rule
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		r := rule{Rule: rules[name], field: name}
		if !slices.Contains(known, name) {
			errs = append(errs, &ExprError{Field: "rules." + name, Message: "the destination has no such field", Hint: suggest(name, known)})
		}
		if r.Matches != "" {
			var err error
			if r.pattern, err = regexp.Compile("^(?:" + r.Matches + ")$"); err != nil {
				errs = append(errs, &ExprError{Field: "rules." + name, Expr: r.Matches, Message: "the pattern cannot be read"})
			}
		}
		out = append(out, r)
	}
	return out, errs
}

// Check holds a payload against the sync's rules, and gives a fault for each that
// it breaks.
func (p *Program) Check(payload catalog.Payload) []catalog.Fault {
	var faults []catalog.Fault
	for _, r := range p.rules {
		for i, raw := range p.raw(payload, r.field) {
			where := ""
			if p.ofVariants(r.field) {
				where = fmt.Sprintf("variant %d: ", i+1)
			}
			faults = append(faults, r.broken(raw, where)...)
		}
	}
	return faults
}

// Values are the texts that a payload has in a field, those of a list one by one,
// and those of all variants where it is a field of variants.
func (p *Program) Values(payload catalog.Payload, field string) []string {
	var out []string
	for _, raw := range p.raw(payload, field) {
		out = append(out, textsOf(raw)...)
	}
	return out
}

// raw is what a payload has in a field: one value, or one for each variant.
func (p *Program) raw(payload catalog.Payload, field string) []json.RawMessage {
	if !p.ofVariants(field) {
		return []json.RawMessage{payload.Raw(field)}
	}
	var variants []map[string]json.RawMessage
	if err := payload.Decode(variantsField, &variants); err != nil {
		return nil // the destination has its own word on that
	}
	out := make([]json.RawMessage, len(variants))
	for i, v := range variants {
		out[i] = v[strings.TrimPrefix(field, variantPrefix)]
	}
	return out
}

func (p *Program) ofVariants(field string) bool {
	return p.level == catalog.ProductLevel && strings.HasPrefix(field, variantPrefix)
}

// broken says how a value breaks the rule; where says of what it is one.
func (r rule) broken(raw json.RawMessage, where string) []catalog.Fault {
	texts := textsOf(raw)
	if len(texts) == 0 {
		if !r.Require {
			return nil
		}
		return []catalog.Fault{r.fault("", where+"the rule require is broken: there is no "+r.field, "complete the product in the source, or map the field to something that is there")}
	}
	var faults []catalog.Fault
	for _, s := range texts {
		if len(r.OneOf) > 0 && !slices.Contains(r.OneOf, s) {
			faults = append(faults, r.fault(s, where+fmt.Sprintf("the rule one_of is broken: %q is none of %s", short(s), listed(r.OneOf)),
				"correct the value in the source, map it to one of them, or add it to the rule"))
		}
		if r.pattern != nil && !r.pattern.MatchString(s) {
			faults = append(faults, r.fault(s, where+fmt.Sprintf("the rule matches is broken: %q does not match %s", short(s), r.Matches),
				"correct the value in the source, or in the mapping"))
		}
		if n := utf8.RuneCountInString(s); r.MaxLength > 0 && n > r.MaxLength {
			faults = append(faults, r.fault(s, where+fmt.Sprintf("the rule max_length is broken: %d characters, and %d are allowed", n, r.MaxLength),
				fmt.Sprintf("shorten it in the source, or map truncate(…, %d)", r.MaxLength)))
		}
	}
	return faults
}

func (r rule) fault(value, reason, remedy string) catalog.Fault {
	return catalog.Fault{Field: r.field, Value: short(value), Reason: reason, Remedy: remedy}
}

// listed shows the first of many values.
func listed(list []string) string {
	const most = 10
	s := strings.Join(list[:min(len(list), most)], ", ")
	if len(list) > most {
		s += fmt.Sprintf(" and %d more", len(list)-most)
	}
	return s
}

// textsOf are the single values of a field that are not blank: of a list its
// elements, of an object the whole as JSON.
func textsOf(raw json.RawMessage) []string {
	var list []json.RawMessage
	if len(raw) > 0 && raw[0] == '[' && json.Unmarshal(raw, &list) == nil {
		var out []string
		for _, one := range list {
			out = append(out, textsOf(one)...)
		}
		return out
	}
	var s string
	switch {
	case len(raw) == 0 || bytes.Equal(raw, []byte("null")) || bytes.Equal(raw, []byte("{}")):
		return nil
	case raw[0] == '"' && json.Unmarshal(raw, &s) == nil:
	default:
		s = string(raw)
	}
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return []string{s}
}
