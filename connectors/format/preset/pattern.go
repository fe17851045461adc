package preset

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A pattern is the name of a column with captures in it, for exports that write what
// varies into the head:
//
//	price-{currency}            price-EUR
//	name{-locale}{-scope}       name, name-en_US, name-ecommerce, name-en_US-ecommerce
//	Weight ({unit})             Weight (lbs)
//	Attribute {n} name          Attribute 1 name
//	names.{locale:any}.value    names.English (Canada).value
//	rent_{months}               rent_12
//
// A sign before the name of a capture makes both optional. Captures are locale (as en_US
// or zh_Hans_CN; with :any, any text), scope (letters, digits and _, but no locale),
// currency (three letters), unit, n and months (numbers) and name (any text). Case does
// not matter.
type pattern struct {
	expr  *regexp.Regexp
	kinds []captureKind // of each group
}

// captureKind is what a part of a column's name says.
type captureKind string

// The captures. Of the first three the configuration chooses one value.
const (
	localeCapture   captureKind = "locale"
	scopeCapture    captureKind = "scope"
	currencyCapture captureKind = "currency"
	unitCapture     captureKind = "unit"
	numberCapture   captureKind = "n"
	nameCapture     captureKind = "name"
	monthsCapture   captureKind = "months"
)

// chosen are the captures of which the configuration chooses a value.
var chosen = []captureKind{localeCapture, scopeCapture, currencyCapture}

// captureForms are the regular expressions of the captures.
var captureForms = map[captureKind]string{
	localeCapture:   `[a-z]{2,3}(?:_[a-z]{4})?_[a-z]{2}`,
	scopeCapture:    `[a-z0-9_]+`,
	currencyCapture: `[a-z]{3}`,
	unitCapture:     `[^()]+`,
	numberCapture:   `[0-9]+`,
	nameCapture:     `.+`,
	monthsCapture:   `[0-9]+`,
}

var (
	captureForm = regexp.MustCompile(`\{([^{}]*)\}`)
	captureHead = regexp.MustCompile(`^([^A-Za-z]*)([a-z]+)(:any)?$`)
	localeForm  = regexp.MustCompile(`(?i)^` + captureForms[localeCapture] + `$`)
)

// unitSuffix is the end of columns that hold the unit of another one; no channel is called so.
const unitSuffix = "unit"

// captures are the captured parts of a column's name.
type captures map[captureKind]string

// isPattern reports whether a name may be a pattern.
func isPattern(name string) bool { return strings.ContainsRune(name, '{') }

// parsePattern compiles a pattern.
func parsePattern(text string) (*pattern, error) {
	p := &pattern{}
	var expr strings.Builder
	expr.WriteString(`(?is)^`)
	end := 0
	for _, at := range captureForm.FindAllStringSubmatchIndex(text, -1) {
		expr.WriteString(regexp.QuoteMeta(text[end:at[0]]))
		end = at[1]
		inner := text[at[2]:at[3]]
		parts := captureHead.FindStringSubmatch(inner)
		if parts == nil {
			return nil, fmt.Errorf("{%s} is not a capture such as {locale} or {-locale}", inner)
		}
		kind := captureKind(parts[2])
		form, known := captureForms[kind]
		if !known || slices.Contains(p.kinds, kind) {
			return nil, fmt.Errorf("{%s}: want locale, scope, currency, unit, n, name or months, each once", inner)
		}
		if parts[3] != "" {
			form = `.+`
		}
		p.kinds = append(p.kinds, kind)
		if parts[1] == "" {
			expr.WriteString(`(` + form + `)`)
			continue
		}
		expr.WriteString(`(?:` + regexp.QuoteMeta(parts[1]) + `(` + form + `))?`)
	}
	if len(p.kinds) == 0 {
		return nil, fmt.Errorf("%q has a brace and no capture such as {locale}", text)
	}
	expr.WriteString(regexp.QuoteMeta(text[end:]) + `$`)
	var err error
	p.expr, err = regexp.Compile(expr.String())
	return p, err
}

// match gives what the name of a column says, and false when it is another column.
func (p *pattern) match(name string) (captures, bool) {
	parts := p.expr.FindStringSubmatch(strings.TrimSpace(name))
	if parts == nil {
		return nil, false
	}
	found := captures{}
	for i, kind := range p.kinds {
		part := strings.TrimSpace(parts[i+1])
		if part == "" {
			continue
		}
		if kind == scopeCapture && (localeForm.MatchString(part) || strings.EqualFold(part, unitSuffix)) {
			return nil, false // weight{-scope} is the way to neither weight-en_US nor weight-unit
		}
		found[kind] = part
	}
	return found, true
}
