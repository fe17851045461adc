package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// value turns a node into plain values: map[string]any, []any, string, external, int64, uint64, float64, bool, nil.
// What is wrong with it becomes a fault, and nil takes its place.
func (p *yamlParser) value(n ast.Node, path string, depth int) any {
	p.entries++
	if depth > maxDepth || p.entries > maxEntries {
		if p.entries <= maxEntries+1 {
			p.report(n, path, "too deep or too large", "look for an alias that contains itself")
		}
		p.entries = max(p.entries, maxEntries+1) // end here: what follows would say the same
		return nil
	}
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.BoolNode:
		return n.Value
	case *ast.IntegerNode:
		return normal(n.Value)
	case *ast.FloatNode:
		return n.Value
	case *ast.StringNode:
		return p.text(n, n.Value, path)
	case *ast.LiteralNode:
		return p.text(n, n.Value.Value, path)
	case *ast.MappingNode:
		return p.mapping(n.Values, path, depth)
	case *ast.MappingValueNode:
		return p.mapping([]*ast.MappingValueNode{n}, path, depth)
	case *ast.SequenceNode:
		return p.list(n, path, depth)
	case *ast.AnchorNode:
		v := p.value(n.Value, path, depth+1)
		p.anchors[tokenText(n.Name.GetToken())] = n.Value // only now: an anchor cannot be used within itself
		return v
	case *ast.AliasNode:
		return p.alias(n, path, depth)
	default:
		p.report(n, path, fmt.Sprintf("a YAML %s is not supported", n.Type()), "write the plain value")
		return nil
	}
}

func (p *yamlParser) alias(n *ast.AliasNode, path string, depth int) any {
	name := tokenText(n.Value.GetToken())
	target, ok := p.anchors[name]
	if !ok {
		p.report(n, path, fmt.Sprintf("no anchor &%s before this alias", name), "")
		return nil
	}
	return p.value(target, path, depth+1)
}

func (p *yamlParser) list(n *ast.SequenceNode, path string, depth int) []any {
	list := make([]any, 0, len(n.Values))
	for i, v := range n.Values {
		at := item(path, i)
		p.origins.add(at, origin{key: position(v)})
		list = append(list, p.value(v, at, depth+1))
	}
	return list
}

// mapping reads the entries of a mapping. Those of a merge (<<) give way to those that are written out.
func (p *yamlParser) mapping(entries []*ast.MappingValueNode, path string, depth int) map[string]any {
	m := make(map[string]any, len(entries))
	lines := make(map[string]int, len(entries))
	var merged []map[string]any
	for _, e := range entries {
		if e.Key.IsMergeKey() {
			merged = append(merged, p.merge(e.Value, path, depth)...)
		}
	}
	for _, e := range entries {
		if e.Key.IsMergeKey() {
			continue
		}
		key, ok := keyText(e.Key)
		if !ok {
			p.report(e.Key, path, "a key is not a plain text", "")
			continue
		}
		at := join(path, key)
		if line, twice := lines[key]; twice {
			p.report(e.Key, at, fmt.Sprintf("set twice, first on line %d", line), "keep one of them")
			continue
		}
		where := position(e.Key)
		lines[key] = where.line
		p.origins.add(at, origin{key: where, value: valuePlace(e.Value)})
		m[key] = p.value(e.Value, at, depth+1)
	}
	for _, other := range merged {
		for k, v := range other {
			if _, ok := m[k]; !ok {
				m[k] = v
			}
		}
	}
	return m
}

// merge reads the value of a merge key: a mapping, or a list of them, the first of which count most.
func (p *yamlParser) merge(n ast.Node, path string, depth int) []map[string]any {
	switch v := p.value(n, path, depth+1).(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		var all []map[string]any
		for _, one := range v {
			m, ok := one.(map[string]any)
			if !ok {
				p.report(n, path, "<< wants mappings only", "")
				return nil
			}
			all = append(all, m)
		}
		return all
	default:
		p.report(n, path, "<< wants a mapping", "name one by its alias: <<: *name")
		return nil
	}
}

// valuePlace returns the place of a single value; collections are found by their key.
func valuePlace(n ast.Node) place {
	switch n.(type) {
	case nil, *ast.NullNode, *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode, *ast.AnchorNode, *ast.AliasNode:
		return place{}
	default:
		return position(n)
	}
}

// text resolves the references of a text.
func (p *yamlParser) text(n ast.Node, text, path string) any {
	if p.literal {
		return text
	}
	value, found, faults := p.resolve(text)
	for _, f := range faults {
		p.report(n, path, f.Message, f.Hint)
	}
	if len(found) == 0 {
		return value
	}
	for _, r := range found {
		p.origins.refer(r)
	}
	from, _ := p.origins.find(path)
	from.written, from.resolved = text, value
	p.origins.add(path, from)
	if len(faults) > 0 {
		return unset{}
	}
	return external(value)
}

// unset stands for a value that could not be resolved. It fits every setting, so that nothing is said about it twice.
type unset struct{}

// keys returns the keys of m in order.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
