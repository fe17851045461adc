package sandbox

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

var fluveoCurrency = regexp.MustCompile(`^[a-z]{3}$`)

// newFluveoPrice reads a price; within is where its fields are named.
func newFluveoPrice(raw json.RawMessage, within string) (p *fluveoPrice, param, what string) {
	at := func(name string) string {
		if within == "" {
			return name
		}
		return within + "[" + name + "]"
	}
	var in struct {
		Currency    string          `json:"currency"`
		UnitAmount  *json.Number    `json:"unit_amount"`
		TaxBehavior string          `json:"tax_behavior"`
		Recurring   json.RawMessage `json:"recurring"`
	}
	if json.Unmarshal(raw, &in) != nil {
		return nil, within, "The price is not an object of the known fields."
	}
	p = &fluveoPrice{
		Object: "price", Active: true, Currency: in.Currency, Type: "one_time", Scheme: "per_unit",
		TaxBehavior: in.TaxBehavior, Metadata: map[string]string{},
	}
	if len(in.Recurring) > 0 && !isNull(in.Recurring) {
		p.Type = "recurring"
	}
	if !fluveoCurrency.MatchString(in.Currency) {
		return nil, at("currency"), "The currency field must be a three-letter code."
	}
	if in.UnitAmount == nil {
		return nil, at("unit_amount"), "The unit_amount field is required."
	}
	amount, err := in.UnitAmount.Int64()
	if err != nil || amount < 0 {
		return nil, at("unit_amount"), "The unit_amount field must be a whole number that is not negative."
	}
	p.UnitAmount = &amount
	return p, "", ""
}

// finish gives a price its id and its product.
func (a *fluveoAPI) finish(s *fluveoSpace, p *fluveoPrice, product string) {
	now := a.now()
	p.ID = "price_" + strings.TrimPrefix(a.ids.next(now), "fprod_")
	p.Product, p.Livemode, p.Created = product, s.live, now.Unix()
	s.addPrice(p)
}

// fluveoPriceFields are what a price can be made with.
var fluveoPriceFields = []string{
	"product", "currency", "unit_amount", "unit_amount_decimal", "active", "type", "billing_scheme", "recurring",
	"tax_behavior", "lookup_key", "transfer_lookup_key", "nickname", "metadata",
}

func (a *fluveoAPI) createPrice(s *fluveoSpace, c *call) answer {
	fields, refusal := fluveoFields(c)
	if refusal != nil {
		return *refusal
	}
	for name := range fields {
		if !slices.Contains(fluveoPriceFields, name) {
			return fluveoInvalid(name, "Received unknown parameter.")
		}
	}
	var product string
	decodes(fields["product"], &product)
	if s.products[product] == nil {
		return fluveoError(http.StatusNotFound, "invalid_request_error", "resource_missing", "No product with this id.", "product")
	}
	whole, err := json.Marshal(fields)
	if err != nil {
		return fluveoInvalid("", "The body cannot be read.")
	}
	p, param, what := newFluveoPrice(whole, "")
	if what != "" {
		return fluveoInvalid(param, "%s", what)
	}
	if raw, ok := fields["metadata"]; ok {
		if p.Metadata, what = fluveoMetadata(raw); what != "" {
			return fluveoInvalid("metadata", "%s", what)
		}
	}
	a.finish(s, p, product)
	return jsonAnswer(a.cfg.CreateStatus, *p)
}

// updatePrice archives a price or brings it back; a default price stays.
func (s *fluveoSpace) updatePrice(c *call, id string) answer {
	p := s.prices[id]
	if p == nil {
		return fluveoMissing("price")
	}
	fields, refusal := fluveoFields(c)
	if refusal != nil {
		return *refusal
	}
	next := *p
	for name, raw := range fields {
		var what string
		switch name {
		case "active":
			if !decodes(raw, &next.Active) {
				what = "Not true or false."
			}
		case "metadata":
			next.Metadata, what = fluveoMetadata(raw)
		case "nickname":
			_ = decodes(raw, &next.Nickname)
		default:
			what = "Received unknown parameter."
		}
		if what != "" {
			return fluveoInvalid(name, "%s", what)
		}
	}
	if !next.Active && s.products[p.Product].price == id {
		return fluveoInvalid("active", "This price cannot be archived because it is the default price of its product.")
	}
	*p = next
	return jsonAnswer(http.StatusOK, *p)
}

func (s *fluveoSpace) getPrice(id string) answer {
	if p := s.prices[id]; p != nil {
		return jsonAnswer(http.StatusOK, *p)
	}
	return fluveoMissing("price")
}
