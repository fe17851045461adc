package daemon

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/probe"
	"github.com/skubridge/skubridge/internal/table"
	"github.com/skubridge/skubridge/sync/engine"
	"github.com/skubridge/skubridge/sync/mapping"
)

// readTables reads the look-up tables, once. One that cannot be read is told, and
// stands in for itself empty, so that nothing is said of the mappings that use it.
func (w *wiring) readTables() {
	for _, name := range slices.Sorted(maps.Keys(w.Config.Tables)) {
		c := w.Config.Tables[name]
		w.tables[name] = mapping.Table{}
		if c.Path == "" {
			continue // config has said so
		}
		path := config.Resolve(w.Config.Dir, c.Path)
		w.file(path)
		rows, err := table.Load(path, c.Key, c.Value)
		if err != nil {
			hint := ""
			if e, ok := errors.AsType[*table.Error](err); ok {
				hint = e.Hint
			}
			w.fault("tables."+name, err.Error(), hint)
			continue
		}
		w.tables[name] = mapping.NewTable(rows)
	}
}

// rulesOf are a sync's rules as the pure mapping knows them.
func rulesOf(c config.Sync) map[string]mapping.Rule {
	rules := make(map[string]mapping.Rule, len(c.Rules))
	for name, r := range c.Rules {
		rules[name] = mapping.Rule{Require: r.Require, OneOf: r.OneOf, Matches: r.Matches, MaxLength: r.MaxLength}
	}
	return rules
}

// imagesOf are the fields whose addresses are asked for. All syncs share the answers.
func (w *wiring) imagesOf(c config.Sync) []engine.ImageRule {
	var rules []engine.ImageRule
	for _, field := range slices.Sorted(maps.Keys(c.Rules)) {
		r := c.Rules[field]
		if r.Image == "" {
			continue
		}
		if w.probers[r.Private] == nil {
			w.probers[r.Private] = probe.New(probe.Config{Private: r.Private, UserAgent: w.userAgent})
		}
		rules = append(rules, engine.ImageRule{Field: field, Prober: w.probers[r.Private]})
	}
	return rules
}

// mapping notes what is wrong with a sync's expressions and rules, each at its own
// line.
func (w *wiring) mapping(path string, err error) {
	for _, e := range unjoin(err) {
		at := path + ".map"
		if wrong, ok := errors.AsType[*mapping.ExprError](e); ok {
			at = path + ".map." + wrong.Field
			if part, _, _ := strings.Cut(wrong.Field, "."); part == "filter" || part == "rules" || part == "blank" {
				at = path + "." + wrong.Field
			}
		}
		w.expression(at, e)
	}
}

// matching notes what is wrong with the joining of a catalog, once for all its syncs.
func (w *wiring) matching(path string, err error) {
	if w.told[path] {
		return
	}
	w.told[path] = true
	for _, e := range unjoin(err) {
		at := path
		if wrong, ok := errors.AsType[*mapping.ExprError](e); ok {
			at = path + "." + wrong.Field
		}
		w.expression(at, e)
	}
}

// expression notes an error of one expression. Its path gives the field.
func (w *wiring) expression(at string, err error) {
	wrong, ok := errors.AsType[*mapping.ExprError](err)
	if !ok {
		w.fault(at, err.Error(), "")
		return
	}
	short := *wrong
	short.Field, short.Hint = "", ""
	w.errs = append(w.errs, w.Config.FaultWithin(at, strings.TrimPrefix(short.Error(), ": "), wrong.Hint, wrong.Excerpt()))
}

func unjoin(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}
