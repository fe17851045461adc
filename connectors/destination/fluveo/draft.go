package fluveo

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Names of what is kept beside a product's id.
const (
	refPrice  = "price"        // the default price; noPrice where there is none
	refFormer = "former_price" // the one before it
	refData   = "price_data"   // what refPrice is, as a payload has it
	// refSpare begins the names of prices beside it that are to be taken off sale; what
	// it gives is onSale until that is done.
	refSpare = "spare_price:"
)

const onSale = "on sale"

const noPrice = "none"

// replacesKey is the key in a price's metadata that says which price it took the
// place of. Of a chain of prices each has one successor, so a price whose creation
// went unanswered is found by it.
const replacesKey = "skubridge_replaces"

// Steps gives a change with a new price the steps that this takes. The fields come
// first, while they are known; but a product comes back on sale only once its
// price is right. What an adopted product's price is stands in its refs and not in
// Have, so there each step looks for itself whether it has anything to do. Prices that
// an earlier change left on sale are seen to by any change.
func (d *Destination) Steps(c catalog.Change) []string {
	price := []string{stepFindPrice, stepPrice, stepPoint}
	switch {
	case c.Op == catalog.OpAdopt && c.Want.Has(fieldPrice):
		return slices.Concat([]string{stepAdopt}, price, []string{stepActivate, stepRetire})
	case c.Op == catalog.OpUpdate && moves(c):
		return slices.Concat([]string{stepUpdate}, price, []string{stepRetire})
	case c.Op == catalog.OpRestore && moves(c):
		return slices.Concat(price, []string{stepRestore, stepRetire})
	case c.Op == catalog.OpUpdate, c.Op == catalog.OpRestore, c.Op == catalog.OpArchive:
		return slices.Concat(d.spec.Steps[c.Op], []string{stepRetire})
	}
	return d.spec.Steps[c.Op]
}

// moves reports whether a change has another price than what was accepted.
func moves(c catalog.Change) bool {
	return c.Want.Has(fieldPrice) && string(c.Want.Raw(fieldPrice)) != string(c.Have.Raw(fieldPrice))
}

// Holds says how far a change of several steps has come: its fields but for the price with
// the first of them, the price once the product names it, and the rest with what puts it
// on sale.
func (d *Destination) Holds(c catalog.Change, name string, refs map[string]string) (p catalog.Payload, active, ok bool) {
	isPrice := func(field string) bool { return field == fieldPrice }
	fields := c.Want.Only(func(field string) bool { return !isPrice(field) })
	adopted := c.Op == catalog.OpAdopt
	switch {
	case name == stepAdopt && refs[refData] != "":
		shown, err := catalog.NewPayload(map[string]any{fieldPrice: json.RawMessage(refs[refData])})
		return fields.With(shown), c.OldActive, err == nil
	case name == stepAdopt, name == stepUpdate:
		return fields.With(c.Have.Only(isPrice)), c.OldActive || !adopted, true
	case name == stepPoint && adopted:
		return c.Want, c.OldActive, true
	case name == stepPoint:
		return c.Have.With(c.Want.Only(isPrice)), c.Op != catalog.OpRestore, true
	case name == stepRestore, name == stepActivate:
		return c.Want, true, true
	case name == stepArchive:
		return c.Have, false, true
	}
	return catalog.Payload{}, false, false
}

// Leaves reports whether a price is on sale beside the product's own.
func (d *Destination) Leaves(refs map[string]string) bool { return left(refs) != "" }

// Requests counts what a change takes by what is known of the product's prices.
func (d *Destination) Requests(c catalog.Change, name string, refs map[string]string) int {
	steps := d.Steps(c)
	steps = steps[max(0, slices.Index(steps, name)):]
	n := len(steps)
	without := func(step string) {
		if slices.Contains(steps, step) {
			n--
		}
	}
	if made := (catalog.Made{Refs: refs}); c.Op != catalog.OpAdopt {
		if refs[refPrice] != "" {
			without(stepFindPrice)
		}
		if (!moves(c) || refs[refPrice] == noPrice) && spare(c, made) == "" {
			without(stepRetire)
		}
	}
	return max(1, n)
}

// Draft makes one step of a change. All are repeatable while the API knows their
// idempotency keys.
//
// connectors.ErrNothingToDo says that the step has nothing to send.
func (d *Destination) Draft(c catalog.Change, name string, made catalog.Made) (catalog.Step, error) {
	if !slices.Contains(d.Steps(c), name) && !slices.Contains(d.spec.Steps[c.Op], name) && name != stepUndo {
		return catalog.Step{}, fmt.Errorf("draft %s of %s: fluveo has no such step of a %s", name, c.Key, c.Op)
	}
	step := catalog.Step{
		Op: c.Op, Name: name, Key: c.Key, NaturalKey: naturalKey(c), Method: http.MethodPost, Repeatable: true,
	}
	if name == stepCreate {
		step.Path, step.Body = productsPath, d.creation(c.Want).encode(d.opts.Encoding)
		return step, nil
	}
	if c.RemoteID == "" {
		return catalog.Step{}, fmt.Errorf("draft %s of %s: no product id to address", name, c.Key)
	}
	step.RemoteID, step.Path = c.RemoteID, productPath(c.RemoteID)
	var b body
	switch name {
	case stepFindPrice:
		return d.findPrice(c, step, made)
	case stepPrice:
		step.Path, b = pricesPath, newPrice(c, made)
	case stepPoint:
		if former(made) != "" {
			b.add(fieldDefaultPrice, made.Refs[refPrice])
		}
	case stepRetire:
		step.Path, b = retirement(spare(c, made))
	case stepUndo:
		if former(made) != "" {
			step.Path, b = retirement(made.Refs[refPrice])
		}
	default:
		b = d.changes(c, name)
	}
	if len(b) == 0 {
		return catalog.Step{}, connectors.ErrNothingToDo
	}
	step.Body = b.encode(d.opts.Encoding)
	return step, nil
}

// naturalKey is the key that a product carries: what was accepted, since it cannot
// be changed, and what is wanted where that is unknown.
func naturalKey(c catalog.Change) string {
	if c.Have.Has(fieldKey) {
		return c.Have.Text(fieldKey)
	}
	return c.Want.Text(fieldKey)
}

// former is the price that the default price has just taken the place of, "" for
// nothing of the kind.
func former(made catalog.Made) string {
	if made.Refs[refFormer] == made.Refs[refPrice] {
		return ""
	}
	return made.Refs[refFormer]
}

// left is the first of the prices that refs name as spare, "" for none.
func left(refs map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		if id, ok := strings.CutPrefix(name, refSpare); ok && refs[name] != "" && id != refs[refPrice] {
			return id
		}
	}
	return ""
}

// spare is the next price that is to be taken off sale, "" for none.
func spare(c catalog.Change, made catalog.Made) string {
	if id := left(made.Refs); id != "" {
		return id
	}
	// A change that began before spares were kept knows its own alone.
	f := former(made)
	if _, seen := made.Refs[refSpare+f]; seen || !moves(c) {
		return ""
	}
	return f
}

// retirement takes a price off sale, if there is one.
func retirement(price string) (path string, b body) {
	if price != "" && price != noPrice {
		b.add(fieldActive, false)
	}
	return pricePath(price), b
}

// findPrice reads what the product's price is, as far as that is not known.
func (d *Destination) findPrice(c catalog.Change, step catalog.Step, made catalog.Made) (catalog.Step, error) {
	step.Method = http.MethodGet
	switch price := made.Refs[refPrice]; {
	case price == "":
		return step, nil
	case c.Op == catalog.OpAdopt && price != noPrice && made.Refs[refData] == "":
		step.Path = pricePath(price)
		return step, nil
	}
	return catalog.Step{}, connectors.ErrNothingToDo
}

// newPrice is the price that is wanted, with what it takes the place of; empty
// where an adopted product has it already.
func newPrice(c catalog.Change, made catalog.Made) body {
	if c.Op == catalog.OpAdopt && made.Refs[refData] == string(c.Want.Raw(fieldPrice)) {
		return nil
	}
	old := made.Refs[refPrice]
	if old == "" {
		old = noPrice
	}
	var b body
	b.add("product", c.RemoteID)
	var data map[string]json.RawMessage
	_ = c.Want.Decode(fieldPrice, &data) // Check knows that it is an object
	for _, name := range slices.Concat([]string{"currency", "unit_amount"}, priceExtras) {
		if value := data[name]; value != nil {
			b.add(name, value)
		}
	}
	b.add(fieldMetadata, map[string]string{replacesKey: old})
	return b
}

// creation is the body of a create.
func (d *Destination) creation(p catalog.Payload) body {
	var b body
	for _, f := range d.spec.Fields {
		switch {
		case f.Name == fieldMetadata:
			b.add(f.Name, d.metadata(p.Text(fieldKey), p, catalog.Payload{}))
		case f.Name != fieldKey && p.Has(f.Name):
			b.add(f.Name, wire(f.Name, p))
		}
	}
	return b
}

// changes is what a step of an existing product sends of its fields, and of its
// activity.
func (d *Destination) changes(c catalog.Change, name string) body {
	var b body
	if name == stepUpdate || name == stepAdopt || name == stepRestore {
		b = d.updates(c, name)
	}
	switch {
	case name == stepArchive:
		b.add(fieldActive, false)
	case name == stepRestore,
		name == stepActivate && !c.OldActive,
		name == stepAdopt && !c.OldActive && !c.Want.Has(fieldPrice):
		b.add(fieldActive, true)
	}
	return b
}

// updates are the fields that an update takes: the new values, and nothing where
// one has gone. A restore may come after other steps, when Fields are not known any
// more; what it changes is what Want and Have differ in.
func (d *Destination) updates(c catalog.Change, name string) body {
	differing := c.Fields
	if name == stepRestore {
		differing = c.Want.Diff(c.Have)
	}
	var b body
	for _, f := range d.spec.Fields {
		i := slices.IndexFunc(differing, func(x catalog.FieldChange) bool { return x.Field == f.Name })
		switch {
		case i < 0 || !f.Updatable || f.Name == fieldPrice:
		case f.Name == fieldMetadata:
			had := c.Have
			if c.Op == catalog.OpAdopt {
				had = catalog.Payload{} // what others put there stays
			}
			b.add(f.Name, d.metadata(naturalKey(c), c.Want, had))
		case differing[i].New != nil:
			b.add(f.Name, wire(f.Name, c.Want))
		case !f.Clearable:
		case f.Kind == connectors.Texts:
			b.add(f.Name, []string{})
		default:
			b.add(f.Name, nil)
		}
	}
	return b
}

// metadata is sent whole, with the SKU. Keys that have gone are sent empty, which
// takes them out whether the API merges or replaces.
func (d *Destination) metadata(sku string, want, have catalog.Payload) map[string]string {
	all := map[string]string{}
	var now, before map[string]string
	_ = want.Decode(fieldMetadata, &now) // Check knows that they are maps of texts
	_ = have.Decode(fieldMetadata, &before)
	for k := range before {
		all[k] = ""
	}
	maps.Copy(all, now)
	all[d.opts.MetadataKey] = sku
	return all
}

// feature is an entry of marketing_features.
type feature struct {
	Name string `json:"name"`
}

// wire is a field's value as the API takes it.
func wire(name string, p catalog.Payload) any {
	if name != fieldFeatures {
		return p.Raw(name)
	}
	var names []string
	_ = p.Decode(name, &names) // Check knows that it is a list of texts
	list := make([]feature, len(names))
	for i, n := range names {
		list[i] = feature{n}
	}
	return list
}

func productPath(id string) string { return productsPath + "/" + url.PathEscape(id) }

func pricePath(id string) string { return pricesPath + "/" + url.PathEscape(id) }
