package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// writeVariants shows a difference in the list of variants by variant and field. It
// reports false where the values are no such lists.
func writeVariants(b *strings.Builder, f catalog.FieldChange, note string, p paint) bool {
	old, oldOK := variantsByKey(f.Old)
	now, nowOK := variantsByKey(f.New)
	if f.Field != connectors.VariantsField || !oldOK || !nowOK || len(old)+len(now) == 0 {
		return false
	}
	start := b.Len()
	for _, v := range now {
		i := slices.IndexFunc(old, func(o keyed) bool { return o.key == v.key })
		var was catalog.Payload
		mark := p.green("  new")
		if i >= 0 {
			was, mark = old[i].fields, ""
		}
		fields := v.fields.Diff(was)
		if len(fields) == 0 {
			continue
		}
		fmt.Fprintf(b, "    variant %s%s%s\n", p.bold(v.key), mark, p.dim(note))
		for _, field := range fields {
			b.WriteString("  ")
			writeField(b, field, "", p)
		}
	}
	for _, o := range old {
		if !slices.ContainsFunc(now, func(v keyed) bool { return v.key == o.key }) {
			fmt.Fprintf(b, "    variant %s%s%s\n", p.bold(o.key), p.red("  no longer wanted"), p.dim(note))
		}
	}
	if b.Len() == start {
		fmt.Fprintf(b, "    variants: %s%s\n", p.dim("in another order"), p.dim(note))
	}
	return true
}

// keyed is one variant of a list.
type keyed struct {
	key    string
	fields catalog.Payload
}

// variantsByKey reads a list of variants. Each is called by its SKU, which every
// destination has under a name of its own, and by its number where it has none.
func variantsByKey(raw json.RawMessage) ([]keyed, bool) {
	var list []json.RawMessage
	if len(raw) > 0 && json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	out := make([]keyed, len(list))
	for i, r := range list {
		p, err := catalog.ParsePayload(r)
		if err != nil {
			return nil, false
		}
		out[i] = keyed{fmt.Sprint(i + 1), p}
		for _, name := range p.Names() {
			if sku := p.Text(name); strings.HasSuffix(strings.ToLower(name), "sku") && sku != "" {
				out[i].key = sku
				break
			}
		}
	}
	return out, true
}
