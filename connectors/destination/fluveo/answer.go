package fluveo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// product is a product as Fluveo tells it, by field. Only what is needed is looked
// at: the guides' own examples leave out fields that are called required.
type product map[string]json.RawMessage

func parseProduct(body []byte) (product, error) {
	var p product
	if err := httpclient.Decode(body, &p); err != nil {
		return nil, err
	}
	if object := p.text("object"); p == nil || object != "" && object != "product" {
		return nil, errors.New("the answer holds no product")
	}
	return p, nil
}

func (p product) text(name string) string {
	var s string
	_ = json.Unmarshal(p[name], &s) // what is no text is no text
	return s
}

// value is a field as it is, numbers as they were written; nil for none.
func (p product) value(name string) (v any) {
	d := json.NewDecoder(bytes.NewReader(p[name]))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// flag reads a truth value; shown is false where it is absent or null.
func (p product) flag(name string) (value, shown bool, err error) {
	raw := p[name]
	if len(raw) == 0 || string(raw) == "null" {
		return false, false, nil
	}
	if json.Unmarshal(raw, &value) != nil {
		return false, false, fmt.Errorf("%s in the answer is neither true nor false", name)
	}
	return value, true, nil
}

// moment reads Unix seconds, zero where there are none.
func (p product) moment(name string) time.Time {
	var n int64
	if json.Unmarshal(p[name], &n) != nil || n <= 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// told is what an answer says about one product.
type told struct {
	catalog.Remote
	// activeShown says whether the answer spoke of activity at all.
	activeShown bool
}

// tell reads a product. Only the id, activity, mode and metadata must be readable.
// prices are what is known of prices by id.
func (d *Destination) tell(p product, prices map[string]string) (told, error) {
	id := p.text("id")
	if id == "" {
		return told{}, errors.New("a product in the answer has no id")
	}
	if err := connectors.CheckRemoteID(id); err != nil {
		return told{}, err
	}
	active, activeShown, activeErr := p.flag(fieldActive)
	live, modeShown, modeErr := p.flag("livemode")
	metadata, metaErr := p.metadata()
	if err := errors.Join(activeErr, modeErr, metaErr); err != nil {
		return told{}, err
	}
	t := told{activeShown: activeShown, Remote: catalog.Remote{
		ID: id, Key: metadata[d.opts.MetadataKey], Active: active,
		Mode:      d.mode, // the key decides, where the answer is silent
		CreatedAt: p.moment("created"),
		UpdatedAt: p.moment("updated"),
	}}
	if modeShown {
		t.Mode = modeOf(live)
	}
	priceID, data := p.defaultPrice()
	if priceID != "" {
		if err := connectors.CheckRemoteID(priceID); err != nil {
			return told{}, fmt.Errorf("the default price: %w", err)
		}
	}
	if known, ok := prices[priceID]; ok {
		data = known
	}
	t.Refs = map[string]string{refPrice: noPrice}
	if priceID != "" {
		t.Refs[refPrice] = priceID
	}
	if data != "" {
		t.Refs[refData] = data
	}
	var err error
	t.Payload, err = d.payload(p, metadata, data)
	t.Blank = d.blank(p, t.Payload)
	return t, err
}

// blank are the fields that the answer shows, and shows as empty: somebody may have
// emptied them there. What the answer leaves out says nothing.
func (d *Destination) blank(p product, told catalog.Payload) (names []string) {
	for _, f := range d.spec.Fields {
		shownAs := f.Name
		switch f.Name {
		case fieldKey:
			continue // without it the product is not ours
		case fieldPrice:
			shownAs = fieldDefaultPrice // an id where there is a price
		}
		_, shown := p[shownAs]
		switch {
		case !shown || told.Has(f.Name):
		case f.Name == fieldMetadata, connectors.IsBlank(p.value(shownAs)): // metadata beside the key: told has none
			names = append(names, f.Name)
		}
	}
	return names
}

func modeOf(live bool) catalog.Mode {
	if live {
		return catalog.ModeLive
	}
	return catalog.ModeTest
}

// metadata reads the entries that are texts and not empty: an empty one is how a
// key is taken out.
func (p product) metadata() (map[string]string, error) {
	var all map[string]any
	if raw := p[fieldMetadata]; len(raw) > 0 && json.Unmarshal(raw, &all) != nil {
		return nil, errors.New("metadata in the answer is no object")
	}
	texts := map[string]string{}
	for k, v := range all {
		if s, ok := v.(string); ok && s != "" {
			texts[k] = s
		}
	}
	return texts, nil
}

// defaultPrice is the default price's id and, where the answer shows the price
// itself, what it is.
func (p product) defaultPrice() (id, data string) {
	if id = p.text(fieldDefaultPrice); id != "" {
		return id, ""
	}
	if raw := bytes.TrimSpace(p[fieldDefaultPrice]); len(raw) > 0 && raw[0] == '{' {
		if shown, err := parsePrice(raw); err == nil {
			return shown.ID, shown.data()
		}
	}
	return "", ""
}

// payload gives the fields of ours that the answer shows, in canonical form. An
// empty text, list or map is left out, as it is in what we want.
func (d *Destination) payload(p product, metadata map[string]string, price string) (catalog.Payload, error) {
	values := map[string]any{}
	for _, f := range d.spec.Fields {
		if v := p.value(f.Name); !connectors.IsBlank(v) {
			values[f.Name] = v
		}
	}
	delete(values, fieldMetadata)
	delete(values, fieldPrice)
	if sku := metadata[d.opts.MetadataKey]; sku != "" {
		values[fieldKey] = sku
	}
	rest := map[string]string{}
	for k, v := range metadata {
		if k != d.opts.MetadataKey {
			rest[k] = v
		}
	}
	if len(rest) > 0 {
		values[fieldMetadata] = rest
	}
	if price != "" {
		values[fieldPrice] = json.RawMessage(price)
	}
	var list []feature
	if raw := p[fieldFeatures]; json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		names := make([]string, len(list))
		for i, f := range list {
			names[i] = f.Name
		}
		values[fieldFeatures] = names
	}
	payload, err := catalog.NewPayload(values)
	if err != nil {
		return catalog.Payload{}, err
	}
	return d.Form(payload), nil
}

// price is a price as Fluveo tells it.
type price struct {
	ID          string            `json:"id"`
	Active      *bool             `json:"active"`
	Product     json.RawMessage   `json:"product"`
	Currency    string            `json:"currency"`
	UnitAmount  *json.Number      `json:"unit_amount"`
	TaxBehavior string            `json:"tax_behavior"`
	Recurring   json.RawMessage   `json:"recurring"`
	Metadata    map[string]string `json:"metadata"`
	Livemode    *bool             `json:"livemode"`
}

func parsePrice(body []byte) (price, error) {
	var p price
	if err := httpclient.Decode(body, &p); err != nil {
		return price{}, err
	}
	if p.ID == "" || p.Currency == "" {
		return price{}, errors.New("the answer holds no price")
	}
	return p, connectors.CheckRemoteID(p.ID)
}

func (p price) mode(otherwise catalog.Mode) catalog.Mode {
	if p.Livemode == nil {
		return otherwise
	}
	return modeOf(*p.Livemode)
}

// product is the id of the price's product, which may be shown whole.
func (p price) product() string {
	var id string
	var whole struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(p.Product, &id) == nil {
		return id
	}
	_ = json.Unmarshal(p.Product, &whole) // what cannot be read is not known
	return whole.ID
}

// data is the price as a payload has it, "" where it is none that a payload has.
func (p price) data() string {
	if p.UnitAmount == nil {
		return ""
	}
	values := map[string]any{"currency": strings.ToLower(p.Currency), "unit_amount": *p.UnitAmount}
	if p.TaxBehavior != "" && p.TaxBehavior != "unspecified" {
		values["tax_behavior"] = p.TaxBehavior
	}
	if raw := bytes.TrimSpace(p.Recurring); len(raw) > 0 && string(raw) != "null" {
		values["recurring"] = p.Recurring
	}
	data, err := catalog.NewPayload(values)
	if err != nil {
		return ""
	}
	return string(data.Bytes())
}

// fit reports how an answer about a price contradicts its step.
func (p price) fit(s catalog.Step) error {
	asked := parseSent(s.Body)
	if id := p.product(); id != "" && id != s.RemoteID {
		return fmt.Errorf("the answer is about a price of product %s instead of %s", id, s.RemoteID)
	}
	if s.Name != stepPrice && !strings.HasSuffix(s.Path, "/"+p.ID) {
		return fmt.Errorf("the answer is about price %s", p.ID)
	}
	if amount, ok := asked.text("unit_amount"); ok && p.UnitAmount != nil && p.UnitAmount.String() != amount {
		return fmt.Errorf("the answer has unit_amount %s instead of %s", p.UnitAmount, amount)
	}
	if active, ok := asked.text(fieldActive); ok && p.Active != nil && fmt.Sprint(*p.Active) != active {
		return fmt.Errorf("the answer has active %t instead of %s", *p.Active, active)
	}
	return nil
}
