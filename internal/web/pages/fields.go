package pages

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/skubridge/skubridge/catalog"
)

// flat gives the fields that have a value, by name, each as one text; attributes
// stand beside the others.
func flat(fields catalog.Fields) map[string]string {
	out := map[string]string{}
	text, err := json.Marshal(fields)
	if err != nil {
		return out
	}
	var named map[string]json.RawMessage
	if json.Unmarshal(text, &named) != nil {
		return out
	}
	for name, raw := range named {
		var inner map[string]json.RawMessage
		if name == "attributes" && json.Unmarshal(raw, &inner) == nil {
			for attribute, v := range inner {
				out["attributes."+attribute] = value(v)
			}
			continue
		}
		if v := value(raw); v != "" {
			out[name] = v
		}
	}
	return out
}

// sortedNames are a map's keys in order.
func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
