package mapping

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

// What an empty value means for a field that a destination accepted before.
const (
	// BlankClear: the field is empty now, as its source says. It is the default.
	BlankClear = "clear"
	// BlankKeep: the source does not say, and what was accepted stays.
	BlankKeep = "keep"
)

// compileBlank gives the fields whose accepted value stays. Fields of variants
// cannot be named: nothing says in general which variant of the payload is which
// of those that were accepted.
func compileBlank(schema Schema, c Config) ([]string, []error) {
	var known []string
	for _, f := range schema {
		if c.Level != catalog.ProductLevel || !strings.HasPrefix(f.Name, variantPrefix) {
			known = append(known, f.Name)
		}
	}
	var keep []string
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Blank)) {
		wrong := &ExprError{Field: "blank." + name}
		switch {
		case c.Level == catalog.ProductLevel && strings.HasPrefix(name, variantPrefix):
			wrong.Message, wrong.Hint = "the fields of variants cannot be kept one by one", "give the mapping of "+name+" a value for that case"
		case !slices.Contains(known, name):
			wrong.Message, wrong.Hint = "the destination has no such field", suggest(name, known)
		case c.Blank[name] == BlankKeep:
			keep = append(keep, name)
			continue
		case c.Blank[name] == BlankClear:
			continue
		default:
			wrong.Message, wrong.Hint = fmt.Sprintf("%q is neither clear nor keep", c.Blank[name]), ""
		}
		errs = append(errs, wrong)
	}
	return keep, errs
}

// Keep gives a wanted payload with what was accepted before of the fields that are
// blank in it and are to be kept then.
func (p *Program) Keep(want, accepted catalog.Payload) catalog.Payload {
	kept := accepted.Only(func(name string) bool {
		return slices.Contains(p.keep, name) && p.Maps(name) && isBlank(want.Raw(name))
	})
	if kept.IsZero() {
		return want
	}
	return want.With(kept)
}

func isBlank(raw json.RawMessage) bool { return len(textsOf(raw)) == 0 }
