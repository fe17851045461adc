package config

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/skubridge/skubridge/internal/fault"
)

// overridePrefix begins every environment variable that sets a key.
const overridePrefix = "SKUBRIDGE__"

// overrides returns the settings that the environment makes, as a tree to lay over base. Variables that set nothing
// known become faults.
func (l *loader) overrides(base map[string]any) map[string]any {
	over := map[string]any{}
	by := map[string]string{} // variable by folded path
	for _, variable := range keys(l.env) {
		path, isOverride := strings.CutPrefix(variable, overridePrefix)
		if !isOverride {
			continue
		}
		names, err := locate(base, strings.Split(path, "__"))
		if err == nil {
			err = claim(by, variable, names)
		}
		var value any
		if err == nil {
			value, err = overrideValue(l.env[variable])
		}
		if err != nil {
			l.overrideFault(variable, err)
			continue
		}
		put(over, names, value)
		l.overridden(variable, names, value)
	}
	return over
}

// claim refuses a second variable for the same setting, or for one within it: which of them counts would be chance.
func claim(by map[string]string, variable string, names []string) error {
	for n := range names {
		if other, ok := by[strings.Join(names[:n+1], "\x00")]; ok {
			return fault.At("", "%s sets the same", other).Hinting("keep one of them")
		}
	}
	by[strings.Join(names, "\x00")] = variable
	return nil
}

func (l *loader) overrideFault(variable string, err error) {
	f := Fault{File: variable, Message: oneLine(err.Error())}
	if known, ok := errors.AsType[fault.Fault](err); ok {
		f.Message, f.Hint = oneLine(known.Message), oneLine(known.Hint)
	}
	l.faults = append(l.faults, f)
}

// overridden notes the origin of a setting and, where a mapping is laid over the file, of the settings in it.
func (l *loader) overridden(variable string, names []string, value any) {
	path := ""
	for _, name := range names {
		path = join(path, name)
	}
	inner, ok := value.(map[string]any)
	if !ok {
		l.origins.overridden(path, variable)
		return
	}
	for _, k := range keys(inner) {
		l.overridden(variable, append(slices.Clone(names), k), inner[k])
	}
}

// locate returns the keys that the parts of a variable's name stand for.
func locate(base map[string]any, parts []string) ([]string, error) {
	var names []string
	shape := reflect.TypeFor[layout]()
	node := any(base)
	for depth, part := range parts {
		known, open := candidates(shape, node, names)
		name, err := match(part, known, open)
		if err != nil {
			return nil, err
		}
		inner, _ := node.(map[string]any)
		node, shape = inner[name], below(shape, name, names)
		names = append(names, name)
		if leaf := shape != nil && kindOf(shape) != aMapping || shape != nil && opaque(shape); leaf && depth < len(parts)-1 {
			return nil, fault.At("", "%s is not a mapping", strings.Join(names, "."))
		}
	}
	return names, nil
}

// candidates returns the keys that a variable may name within node, whose type is shape, or nil below the options of
// connectors; open says whether it may name others too.
func candidates(shape reflect.Type, node any, names []string) (known []string, open bool) {
	m, _ := node.(map[string]any)
	known = keys(m)
	section := len(names) == 1 // of sources, catalogs, destinations or syncs: the environment adds none
	switch {
	case shape != nil && shape.Kind() == reflect.Struct:
		for _, key := range tags(reflect.New(shape).Interface()) {
			if !slices.Contains(known, key) {
				known = append(known, key)
			}
		}
		return known, false
	default:
		return known, !section
	}
}

// below returns the type of the setting name within shape; nil if only a connector knows.
func below(shape reflect.Type, name string, names []string) reflect.Type {
	if len(names) == 1 {
		switch names[0] {
		case "catalogs":
			return reflect.TypeFor[Catalog]()
		case "syncs":
			return reflect.TypeFor[Sync]()
		case "writeback":
			return reflect.TypeFor[WriteBack]()
		default:
			if shape != nil && shape.Kind() == reflect.Map {
				return nil
			}
		}
	}
	switch {
	case shape == nil:
		return nil
	case shape.Kind() == reflect.Map:
		return shape.Elem()
	case shape.Kind() == reflect.Struct:
		for _, f := range fields(shape) {
			if f.key == name {
				return shape.FieldByIndex(f.index).Type
			}
		}
	}
	return nil
}

// match returns the key that a part of a variable's name stands for.
func match(part string, known []string, open bool) (string, error) {
	folded := foldName(part)
	var found []string
	for _, k := range known {
		if foldName(k) == folded {
			found = append(found, k)
		}
	}
	lower := strings.ToLower(part)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", fault.At("", "%s may mean %s", part, alternatives(found))
	case part == "":
		return "", fault.At("", "sets no key").Hinting("separate the names of keys by two underscores")
	case open:
		return lower, nil
	default:
		return "", fault.At("", "unknown key %s", lower).Hinting(fault.Suggest(lower, known))
	}
}

// foldName makes names comparable with those of variables, which have neither case nor dashes.
func foldName(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

// overrideValue reads the value of a variable as YAML: a list or a mapping in brackets, a text in quotes, or a bare
// text, the type of which is the setting's. Its error does not quote the value.
func overrideValue(text string) (any, error) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || !strings.ContainsRune(`[{"'`, rune(trimmed[0])) {
		return external(text), nil
	}
	if strings.Count(trimmed, "[")+strings.Count(trimmed, "{") > maxDepth {
		return nil, fault.At("", tooDeep)
	}
	var v any
	if err := yaml.Unmarshal([]byte(trimmed), &v); err != nil {
		return nil, fault.At("", "the value is broken YAML").Hinting(`put a text that begins with a bracket or a quote in quotes`)
	}
	return normal(v), nil
}

// normal returns a value of the YAML decoder with the types that the parser of files uses.
func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = normal(v[k])
		}
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case uint64:
		if v <= 1<<62 {
			return int64(v)
		}
	case int:
		return int64(v)
	}
	return v
}

// put sets the value at names within tree; mappings meet in it.
func put(tree map[string]any, names []string, value any) {
	for _, name := range names[:len(names)-1] {
		inner, ok := tree[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			tree[name] = inner
		}
		tree = inner
	}
	last := names[len(names)-1]
	if both, ok := value.(map[string]any); ok {
		for k, v := range both {
			put(tree, []string{last, k}, v)
		}
		return
	}
	tree[last] = value
}
