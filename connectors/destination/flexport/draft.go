package flexport

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Draft makes the one step of a change. Creates are not repeatable: nothing keeps a
// repeated POST from being applied once the first product was archived. A PATCH is.
//
// connectors.ErrNothingToDo says that no field can be sent.
func (d *Destination) Draft(c catalog.Change, name string, _ catalog.Made) (catalog.Step, error) {
	if !slices.Contains(d.spec.Steps[c.Op], name) {
		return catalog.Step{}, fmt.Errorf("draft %s of %s: flexport has no such step of a %s", name, c.Key, c.Op)
	}
	step := catalog.Step{Op: c.Op, Name: name, Key: c.Key, NaturalKey: c.Want.Text(fieldSKU)}
	if name == stepCreate {
		step.Method, step.Path, step.Body = http.MethodPost, productsPath, d.body(c.Want)
		return step, nil
	}
	if c.RemoteID == "" {
		return catalog.Step{}, fmt.Errorf("draft %s of %s: no id to address", name, c.Key)
	}
	p, err := d.sendable(c.Fields)
	switch {
	case err != nil:
		return catalog.Step{}, err
	case p.IsZero():
		return catalog.Step{}, connectors.ErrNothingToDo
	}
	if c.Have.Has(fieldSKU) {
		step.NaturalKey = c.Have.Text(fieldSKU)
	}
	step.Method, step.Path, step.Body = http.MethodPatch, productPath(c.RemoteID), d.body(p)
	step.RemoteID, step.Repeatable = c.RemoteID, true
	return step, nil
}

// sendable are the new values of the fields that a PATCH takes. A set that has gone
// is replaced by an empty one.
func (d *Destination) sendable(changes []catalog.FieldChange) (catalog.Payload, error) {
	values := map[string]any{}
	for _, change := range changes {
		field, _ := d.spec.Field(change.Field)
		switch {
		case !field.Updatable:
		case change.New != nil:
			values[change.Field] = change.New
		case field.Clearable:
			values[change.Field] = []any{}
		}
	}
	return catalog.NewPayload(values)
}

// body writes the fields in the order of the spec, so that equal wishes have equal
// bytes.
func (d *Destination) body(p catalog.Payload) []byte {
	b := append(make([]byte, 0, 512), '{')
	for _, f := range d.spec.Fields {
		if !p.Has(f.Name) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, f.Name...)
		b = append(b, '"', ':')
		b = append(b, p.Raw(f.Name)...)
	}
	return append(b, '}')
}

func productPath(id string) string { return productsPath + "/" + url.PathEscape(id) }
