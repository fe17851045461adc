package flexport

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// product is a product as Flexport tells it, by field. Fields may be added without a
// new version (versioning page), so only what is needed is looked at.
type product map[string]any

// parseProduct reads {"data":{…}}.
func parseProduct(body []byte) (product, error) {
	var envelope struct {
		Data product `json:"data"`
	}
	if err := httpclient.Decode(body, &envelope); err != nil {
		return nil, err
	}
	if envelope.Data == nil {
		return nil, errors.New("the answer holds no product")
	}
	return envelope.Data, nil
}

// page is one page of products. next is the address of the following one, "" at
// the end.
type page struct {
	products []product
	next     string
}

// parsePage reads {"data":{"next":…,"data":[…]}}.
func parsePage(body []byte) (page, error) {
	var envelope struct {
		Data struct {
			Next *string   `json:"next"`
			Data []product `json:"data"`
		} `json:"data"`
	}
	if err := httpclient.Decode(body, &envelope); err != nil {
		return page{}, err
	}
	if envelope.Data.Data == nil {
		return page{}, errors.New("the answer holds no list of products")
	}
	p := page{products: envelope.Data.Data}
	if envelope.Data.Next != nil {
		p.next = *envelope.Data.Next
	}
	return p, nil
}

// tell reads a product. Only id, sku and archived_at must be readable: an
// unforeseen value elsewhere is no reason to doubt that a write went through.
func (d *Destination) tell(p product) (catalog.Remote, error) {
	id := identifier(p["id"])
	if id == "" {
		return catalog.Remote{}, errors.New("a product in the answer has no id")
	}
	if err := connectors.CheckRemoteID(id); err != nil {
		return catalog.Remote{}, err
	}
	sku, ok := p[fieldSKU].(string)
	if !ok && p[fieldSKU] != nil {
		return catalog.Remote{}, fmt.Errorf("the sku of product %s is not a text", id)
	}
	archived, ok := p["archived_at"].(string)
	if !ok && p["archived_at"] != nil {
		return catalog.Remote{}, fmt.Errorf("archived_at of product %s is neither a time nor null", id)
	}
	r := catalog.Remote{ID: id, Key: sku, Active: archived == "", Mode: catalog.ModeUnknown}
	var err error
	r.Payload, err = d.payload(p)
	for _, f := range d.spec.Fields {
		if v, told := p[f.Name]; told && connectors.IsBlank(v) && f.Name != fieldSuppliers { // those are never shown
			r.Blank = append(r.Blank, f.Name)
		}
	}
	return r, err
}

// identifier is an id, which is a whole number (reference), or text.
func identifier(v any) string {
	switch id := v.(type) {
	case json.Number:
		return id.String()
	case string:
		return id
	}
	return ""
}

// payload gives the fields of ours that the answer shows, in the form of Form. What
// is empty is left out, as it is in what we want; suppliers are never shown.
func (d *Destination) payload(p product) (catalog.Payload, error) {
	values := map[string]any{}
	for _, f := range d.spec.Fields {
		switch v := p[f.Name].(type) {
		case string:
			if v != "" {
				values[f.Name] = v
			}
		case bool:
			values[f.Name] = v
		case []any:
			if len(v) > 0 {
				values[f.Name] = only(v, shown[f.Name])
			}
		}
	}
	made, err := catalog.NewPayload(values)
	if err != nil {
		return catalog.Payload{}, fmt.Errorf("read a product in the answer: %w", err)
	}
	return d.Form(made), nil
}

// shown are what is read of the entries of each list; anything else in them, as
// type tags and fees, is not ours.
var shown = map[string][]string{
	fieldClassifications: {"codes", "region"},
	fieldSuppliers:       {"id", "ref", "country_of_origin"},
	fieldProperties:      {"type", "value"},
}

func only(list []any, names []string) []any {
	out := make([]any, 0, len(list))
	for _, v := range list {
		entry, ok := v.(map[string]any)
		if !ok {
			return list
		}
		kept := map[string]any{}
		for _, name := range names {
			if entry[name] != nil {
				kept[name] = entry[name]
			}
		}
		out = append(out, kept)
	}
	return out
}
