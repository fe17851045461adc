package flex

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// product is a product as Flex tells it. It may gain fields at any time
// (walkthrough), so only what is needed is looked at: what every answer is held
// against here, the rest in fields.
type product struct {
	ID       json.RawMessage `json:"product_id"`
	Key      json.RawMessage `json:"client_reference_id"`
	Active   json.RawMessage `json:"active"`
	TestMode json.RawMessage `json:"test_mode"`
	Verdict  json.RawMessage `json:"hsa_fsa_eligibility"`
	Created  json.RawMessage `json:"created_at"`
	Updated  json.RawMessage `json:"updated_at"`

	// fields gives all fields, by name. Numbers are json.Number.
	fields func() (map[string]any, error)
}

var errNoProduct = errors.New("the answer holds no product")

// parseProduct reads {"product":{…}}.
func parseProduct(body []byte) (product, error) {
	var envelope struct {
		Product *product `json:"product"`
	}
	if json.Unmarshal(body, &envelope) != nil { // in the client's words
		if err := httpclient.Decode(body, &envelope); err != nil {
			return product{}, err
		}
	}
	if envelope.Product == nil {
		return product{}, errNoProduct
	}
	p := *envelope.Product
	p.fields = func() (map[string]any, error) {
		var envelope struct {
			Product map[string]any `json:"product"`
		}
		err := decodeAny(body, &envelope)
		return envelope.Product, err
	}
	return p, nil
}

// page is one page of products. more says whether another one follows.
type page struct {
	products []product
	more     bool
}

// parsePage reads {"products":[…]}. The end is a page shorter than the limit; a
// has_more is not documented and goes before that rule where there is one, so that
// a server with a lower limit of its own does not end the list early.
func parsePage(body []byte, limit int) (page, error) {
	var envelope struct {
		Products []json.RawMessage `json:"products"`
		HasMore  *bool             `json:"has_more"`
	}
	if err := httpclient.Decode(body, &envelope); err != nil {
		return page{}, err
	}
	if envelope.Products == nil {
		return page{}, errors.New("the answer holds no list of products")
	}
	out := page{more: len(envelope.Products) >= limit, products: make([]product, len(envelope.Products))}
	for i, raw := range envelope.Products {
		if err := httpclient.Decode(raw, &out.products[i]); err != nil {
			return page{}, err
		}
		out.products[i].fields = func() (all map[string]any, err error) {
			err = decodeAny(raw, &all)
			return all, err
		}
	}
	if envelope.HasMore != nil {
		out.more = *envelope.HasMore
	}
	return out, nil
}

// decodeAny reads values of any shape from what was read before. Numbers
// stay as they were written.
func decodeAny(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// get reads one field. shown is false where it is absent or null.
func get[T any](raw json.RawMessage, name string) (value T, shown bool, err error) {
	if len(raw) == 0 || string(raw) == "null" {
		return value, false, nil
	}
	switch to := any(&value).(type) {
	case *string:
		if plain(raw) {
			*to = string(raw[1 : len(raw)-1])
			return value, true, nil
		}
	case *bool:
		if *to = string(raw) == "true"; *to || string(raw) == "false" {
			return value, true, nil
		}
	}
	if json.Unmarshal(raw, &value) != nil {
		return value, false, fmt.Errorf("%s in the answer is of another type than %T", name, value)
	}
	return value, true, nil
}

// plain reports whether a JSON value is a text that needs no decoding, as most are.
func plain(raw json.RawMessage) bool {
	if raw[0] != '"' {
		return false
	}
	for _, c := range raw {
		if c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// told is what an answer says about one product, before it is held against what
// is expected.
type told struct {
	catalog.Remote
	// activeShown says whether the answer spoke of activity at all.
	activeShown bool
}

// tell reads a product. Only the id, the key, activity and mode must be readable:
// an unforeseen value elsewhere is no reason to doubt that a write went through.
func (d *Destination) tell(p product, source catalog.VerdictSource, now time.Time) (told, error) {
	id, shown, err := get[string](p.ID, "product_id")
	if err == nil && (!shown || id == "") {
		err = errors.New("a product in the answer has no product_id")
	}
	if err == nil {
		err = connectors.CheckRemoteID(id)
	}
	key, _, keyErr := get[string](p.Key, fieldKey)
	active, activeShown, activeErr := get[bool](p.Active, fieldActive)
	test, modeShown, modeErr := get[bool](p.TestMode, "test_mode")
	if err := errors.Join(err, keyErr, activeErr, modeErr); err != nil {
		return told{}, err
	}
	t := told{activeShown: activeShown, Remote: catalog.Remote{
		ID: id, Key: key, Active: active,
		Mode:      d.mode, // the key decides, where the answer is silent
		CreatedAt: moment(p.Created),
		UpdatedAt: moment(p.Updated),
	}}
	if modeShown {
		t.Mode = modeOf(test)
	}
	if t.Verdict = verdict(p.Verdict, source, t.Mode, now); t.Verdict != nil {
		t.Verdict.AsOf = t.UpdatedAt
	}
	if source != catalog.FromResponse { // what was just sent is known
		t.Payload, t.Blank, err = d.payload(p)
	}
	return t, err
}

func modeOf(test bool) catalog.Mode {
	if test {
		return catalog.ModeTest
	}
	return catalog.ModeLive
}

// moment reads a time, zero where there is none that can be read: RFC 3339 with up
// to microseconds (examples of the reference).
func moment(raw json.RawMessage) time.Time {
	text, shown, _ := get[string](raw, "") // informative only
	if !shown {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// notEligible is what new products are by default, so that it is no verdict yet
// when it comes first (how-products-and-prices-work). Whether it stands is judged
// by time and webhooks, not by one answer.
const notEligible = "not_eligible"

// verdict reads the eligibility: nil where the answer does not speak of it, an
// empty value for null. Values are an open set.
func verdict(raw json.RawMessage, source catalog.VerdictSource, mode catalog.Mode, now time.Time) *catalog.Verdict {
	if len(raw) == 0 {
		return nil
	}
	value, _, err := get[string](raw, "")
	if err != nil {
		return nil
	}
	return &catalog.Verdict{
		Value: value, Final: value != "" && value != notEligible,
		Source: source, Mode: mode, At: now,
	}
}

// payload gives the fields of ours that the answer shows, in canonical form. An
// empty text, list or map is left out, as it is in what we want, and named in
// blank.
func (d *Destination) payload(p product) (shown catalog.Payload, blank []string, err error) {
	all, err := p.fields()
	if err != nil {
		return catalog.Payload{}, nil, err
	}
	values := map[string]any{}
	for _, f := range d.spec.Fields {
		switch v, ok := all[f.Name]; {
		case !connectors.IsBlank(v):
			values[f.Name] = v
		case ok:
			blank = append(blank, f.Name)
		}
	}
	shown, err = catalog.NewPayload(values)
	return shown, blank, err
}

// guardMode refuses an answer of the other environment. Its id is kept (law 9).
func (d *Destination) guardMode(t told, status int) *connectors.DeliveryError {
	if t.Mode == d.mode {
		return nil
	}
	return &connectors.DeliveryError{
		Class: connectors.Denied, Status: status, Mismatch: true, RemoteID: t.ID,
		Err: fmt.Errorf("the key is for %s mode, but the answer is of %s mode", d.mode, t.Mode),
	}
}
