package flexportal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Draft makes one step of a change. All of them are repeatable: writes go by the
// product's SKU, its id or a variant's id, and say how it shall be.
func (d *Destination) Draft(c catalog.Change, name string, made catalog.Made) (catalog.Step, error) {
	step := catalog.Step{Op: c.Op, Name: name, Key: c.Key, NaturalKey: remoteKey(c), RemoteID: c.RemoteID, Repeatable: true}
	if !slices.Contains(d.Steps(c), name) {
		return catalog.Step{}, fmt.Errorf("draft %s of %s: flexportal has no such step of this %s", name, c.Key, c.Op)
	}
	if name == stepUpsert {
		step.NaturalKey = c.Want.Text(fieldKey)
		step.Method, step.Path = http.MethodPost, productsPath
		return d.filled(step, c.Want, "")
	}
	if c.RemoteID == "" {
		return catalog.Step{}, fmt.Errorf("draft %s of %s: no productId to address", name, c.Key)
	}
	step.Method, step.Path = http.MethodPut, productPath(c.RemoteID)
	off, on := moved(c)
	switch {
	case name == stepArchive:
		step.Method = http.MethodDelete
		return step, nil
	case name == stepLook:
		step.Method = http.MethodGet
		if c.OldActive && c.Have.Has(fieldVariants) && level(c) {
			return catalog.Step{}, connectors.ErrNothingToDo // it was shown whole, and is as wanted
		}
		return step, nil
	case name == stepVariants:
		if c.Op != catalog.OpRestore && known(made.Refs, off, on) {
			return catalog.Step{}, connectors.ErrNothingToDo
		}
		return d.readVariants(step, on)
	case strings.HasPrefix(name, stepOff):
		return sale(step, strings.TrimPrefix(name, stepOff), inactive, made)
	case strings.HasPrefix(name, stepOn):
		return sale(step, strings.TrimPrefix(name, stepOn), active, made)
	default:
		return d.put(step, c, made)
	}
}

// put sends the product whole: what it holds, with what the change changes.
func (d *Destination) put(step catalog.Step, c catalog.Change, made catalog.Made) (catalog.Step, error) {
	status := ""
	if step.Name == stepRestore || step.Name == stepAdopt && !c.OldActive {
		status = active
	}
	if status == "" && (level(c) || !made.Shown.IsZero() && level(catalog.Change{Have: d.Align(c.Want, made.Shown), Want: c.Want})) {
		return catalog.Step{}, connectors.ErrNothingToDo
	}
	want := c.Want
	if len(c.Fields) > 0 {
		values := map[string]any{}
		for _, f := range c.Fields {
			if f.New != nil {
				values[f.Field] = f.New
			}
		}
		sent, err := catalog.NewPayload(values)
		if err != nil {
			return catalog.Step{}, err
		}
		want = c.Want.Only(c.Have.Has).With(c.Have).With(sent)
		if c.Op == catalog.OpAdopt { // what the API did not show is not known to be there
			want = c.Want.With(sent)
		}
	}
	return d.filled(step, want, status)
}

// level reports whether nothing of the product's own differs.
func level(c catalog.Change) bool { return len(c.Fields) == 0 && len(c.Want.Diff(c.Have)) == 0 }

// known reports whether the ids of the variants that go, and the standing of those
// that come, were told already.
func known(refs map[string]string, off, on []string) bool {
	for _, sku := range off {
		if refs[refVariant+sku] == "" {
			return false
		}
	}
	for _, sku := range on {
		if refs[refStatus+sku] != active && (refs[refVariant+sku] == "" || refs[refStatus+sku] == "") {
			return false
		}
	}
	return true
}

// pageOfVariants is how many variants are asked for at once; up to 5,000 are
// documented (overview), of which an answer would be longer than it need be.
const pageOfVariants = 500

// readVariants reads the product's variants. The body of a read is not sent: it says
// which of them have to be among those.
func (d *Destination) readVariants(step catalog.Step, needed []string) (catalog.Step, error) {
	step.Method = http.MethodGet
	step.Path = variantsPath + "?" + variantsOfProduct(step.NaturalKey).Encode()
	if len(needed) == 0 {
		return step, nil
	}
	var err error
	step.Body, err = encode(needed)
	return step, err
}

func variantsOfProduct(sku string) url.Values {
	return url.Values{fieldKey: {sku}, "limit": {fmt.Sprint(pageOfVariants)}}
}

// errNoVariantID says that the step that reads the ids has to go first.
var errNoVariantID = errors.New("draft the status of a variant: no variantId to address")

// sale puts a variant on sale or takes it off.
func sale(step catalog.Step, sku, status string, made catalog.Made) (catalog.Step, error) {
	id := made.Refs[refVariant+sku]
	switch {
	case status == active && made.Refs[refStatus+sku] == active:
		return catalog.Step{}, connectors.ErrNothingToDo
	case id == "" && status == inactive:
		return catalog.Step{}, connectors.ErrNothingToDo // the API has no such variant (any more)
	case id == "":
		return catalog.Step{}, errNoVariantID
	}
	step.Method, step.Path = http.MethodPatch, variantsPath+"/"+url.PathEscape(id)+"/status"
	step.Body = []byte(`{"status":"` + status + `"}`)
	return step, nil
}

// remoteKey is the natural key that an existing product carries.
func remoteKey(c catalog.Change) string {
	if c.Have.Has(fieldKey) {
		return c.Have.Text(fieldKey)
	}
	return c.Want.Text(fieldKey)
}

// filled gives the step its body: the fields in the order of the spec, so that
// equal wishes have equal bytes, with prices as numbers.
func (d *Destination) filled(step catalog.Step, p catalog.Payload, status string) (catalog.Step, error) {
	b := append(make([]byte, 0, 1024), '{')
	add := func(name string, value []byte) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(append(b, '"'), name...), '"', ':'), value...)
	}
	for _, f := range d.spec.Fields {
		if !p.Has(f.Name) {
			continue
		}
		if f.Name == fieldVariants {
			if status != "" {
				add(fieldStatus, []byte(`"`+status+`"`))
			}
			var list []variant
			if err := strictly(p.Raw(f.Name), &list); err != nil {
				return catalog.Step{}, fmt.Errorf("draft %s of %s: read the variants: %w", step.Name, step.Key, err)
			}
			encoded, err := encode(list)
			if err != nil {
				return catalog.Step{}, err
			}
			add(f.Name, encoded)
			continue
		}
		add(f.Name, p.Raw(f.Name))
	}
	step.Body = append(b, '}')
	return step, nil
}

// encode writes JSON without HTML escapes.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

func productPath(id string) string { return productsPath + "/" + url.PathEscape(id) }
