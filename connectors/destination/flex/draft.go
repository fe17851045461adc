package flex

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Draft makes one step of a change. Creates are not repeatable, since nothing
// documented keeps a repeated POST from making a second product; updates are.
//
// connectors.ErrNothingToDo says that the step has nothing to send: the archiving
// of an old product that is off sale already, or an update in which no field can
// be sent.
func (d *Destination) Draft(c catalog.Change, name string, made catalog.Made) (catalog.Step, error) {
	if !slices.Contains(d.spec.Steps[c.Op], name) {
		return catalog.Step{}, fmt.Errorf("draft %s of %s: flex has no such step of a %s", name, c.Key, c.Op)
	}
	step := catalog.Step{Op: c.Op, Name: name, Key: c.Key, Method: http.MethodPatch, Repeatable: true}
	if name == stepCreate {
		step.Method, step.Path, step.Repeatable = http.MethodPost, productsPath, false
		step.NaturalKey = c.Want.Text(fieldKey)
		step.Body = body(c.Want, nil)
		return step, nil
	}
	switch c.RemoteID {
	case "":
		return catalog.Step{}, fmt.Errorf("draft %s of %s: no product_id to address", name, c.Key)
	case made.RemoteID: // what the create just made is never the old product
		return catalog.Step{}, fmt.Errorf("draft %s of %s: the new product has the old one's id %s", name, c.Key, made.RemoteID)
	}
	product, active, err := d.patch(c, name)
	if err != nil {
		return catalog.Step{}, err
	}
	step.RemoteID, step.Path = c.RemoteID, productPath(c.RemoteID)
	step.NaturalKey = remoteKey(c)
	step.Body = body(product, active)
	return step, nil
}

// patch gives the fields that a step of an existing product sends, and the
// activity that it sets, nil for none.
func (d *Destination) patch(c catalog.Change, name string) (catalog.Payload, *bool, error) {
	switch name {
	case stepArchive:
		if c.Op == catalog.OpReplace && !c.OldActive {
			return catalog.Payload{}, nil, connectors.ErrNothingToDo
		}
		return catalog.Payload{}, new(false), nil
	case stepRestore:
		p, err := d.sendable(c.Fields)
		return p, new(true), err
	case stepAdopt:
		p, err := d.sendable(c.Fields)
		if !c.OldActive {
			return p, new(true), err
		}
		return orNothing(p, nil, err)
	default:
		p, err := d.sendable(c.Fields)
		return orNothing(p, nil, err)
	}
}

func orNothing(p catalog.Payload, active *bool, err error) (catalog.Payload, *bool, error) {
	if err == nil && p.IsZero() {
		err = connectors.ErrNothingToDo
	}
	return p, active, err
}

// sendable are the new values of the fields that a PATCH takes. A field that has
// gone keeps its old value at Flex, since fields left out stay; only categories
// can be cleared, by an empty list (update-product reference).
func (d *Destination) sendable(changes []catalog.FieldChange) (catalog.Payload, error) {
	values := map[string]any{}
	for _, change := range changes {
		field, _ := d.spec.Field(change.Field)
		switch {
		case !field.Updatable:
		case change.New != nil:
			values[change.Field] = change.New
		case change.Field == fieldCategories:
			values[change.Field] = []string{}
		}
	}
	return catalog.NewPayload(values)
}

// remoteKey is the natural key that an existing product carries: what was
// accepted, since it cannot be changed, and what is wanted where that is unknown.
func remoteKey(c catalog.Change) string {
	if c.Have.Has(fieldKey) {
		return c.Have.Text(fieldKey)
	}
	return c.Want.Text(fieldKey)
}

// body writes {"product":{…}} with the payload as it is, so that equal wishes have
// equal bytes, and the state needs to keep only one of the two.
func body(p catalog.Payload, active *bool) []byte {
	b := append(make([]byte, 0, 1024), `{"product":`...)
	b = append(b, p.Bytes()...)
	if active != nil {
		b = b[:len(b)-1]
		if !p.IsZero() {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `"`+fieldActive+`":%t}`, *active)
	}
	return append(b, '}')
}

func productPath(id string) string { return productsPath + "/" + url.PathEscape(id) }

// Requests is a step each, but for the archiving of an old product that is off sale already.
func (d *Destination) Requests(c catalog.Change, name string, _ map[string]string) int {
	steps := d.spec.Steps[c.Op]
	n := len(steps) - max(0, slices.Index(steps, name))
	if c.Op == catalog.OpReplace && !c.OldActive {
		n--
	}
	return max(1, n)
}
