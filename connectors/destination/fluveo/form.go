package fluveo

import (
	"encoding/json"

	"github.com/skubridge/skubridge/catalog"
)

// Form brings a payload to the form in which the API tells it: prices in minor
// units, dimensions in inches and ounces. What cannot be read stays as it is, for
// Check to say so.
func (d *Destination) Form(p catalog.Payload) catalog.Payload {
	values := map[string]any{}
	gone := map[string]bool{}
	into := func(name string, normal func(json.RawMessage) (json.RawMessage, bool, *complaint)) {
		if !p.Has(name) {
			return
		}
		value, absent, wrong := normal(p.Raw(name))
		switch {
		case wrong != nil:
		case absent:
			gone[name] = true
		default:
			values[name] = value
		}
	}
	into(fieldPrice, d.normalPrice)
	into(fieldPackage, normalPackage)
	if len(values)+len(gone) == 0 {
		return p
	}
	normal, err := catalog.NewPayload(values)
	if err != nil {
		return p
	}
	return p.Only(func(name string) bool { return !gone[name] }).With(normal)
}

// Align gives of what the API shows only what want has, and of metadata only the
// keys that it has: what others put there was never asked for.
func (d *Destination) Align(want, shown catalog.Payload) catalog.Payload {
	aligned := shown.Only(want.Has)
	var asked, all map[string]string
	if want.Decode(fieldMetadata, &asked) != nil || aligned.Decode(fieldMetadata, &all) != nil || len(all) == 0 {
		return aligned
	}
	ours := map[string]string{}
	for k := range asked {
		if v, ok := all[k]; ok {
			ours[k] = v
		}
	}
	var value any
	if len(ours) > 0 {
		value = ours
	}
	metadata, err := catalog.NewPayload(map[string]any{fieldMetadata: value})
	if err != nil {
		return aligned
	}
	return aligned.Only(func(name string) bool { return name != fieldMetadata }).With(metadata)
}
