package shopify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

var _ connectors.Annotator = (*Source)(nil)

// metafieldsAtOnce is how many metafields one mutation sets ("metafieldsSet").
const metafieldsAtOnce = 25

// annotateDocument sets metafields, all of them or none ("metafieldsSet": the operation is
// atomic). Its repetition does no harm.
const annotateDocument = "mutation Annotate($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {" +
	" metafields { id } userErrors { field message code elementIndex } } }"

// Annotation implements connectors.Annotator. A field is namespace.key of a metafield of
// variants, which must not be one that is read.
func (s *Source) Annotation(field string) (int, error) {
	m, err := parseMetafield(field)
	switch {
	case err != nil:
		return 0, err
	case strings.HasPrefix(field, "product."):
		return 0, errors.New("verdicts are of variants: name a metafield of variants, as custom.hsa_fsa_eligibility")
	}
	for _, read := range s.shape.metafields {
		if read.variant && read.namespace == m.namespace && read.key == m.key {
			return 0, fmt.Errorf("%s is read as well: leave it out of metafields, or what is written back counts as a change of the shop", field)
		}
	}
	return metafieldsAtOnce, nil
}

// Subject implements connectors.Annotator: the variant's number.
func (s *Source) Subject(r catalog.Recorded) string { return r.Variant.Attributes["id"] }

// Annotate implements connectors.Annotator. As a single bad value spoils its request, the
// others are sent again without it.
func (s *Source) Annotate(ctx context.Context, field string, values []connectors.Annotation) (map[string]string, error) {
	m, err := parseMetafield(field)
	if err != nil {
		return nil, &connectors.DeliveryError{Class: connectors.Rejected, Err: err}
	}
	refused := map[string]string{}
	for len(values) > 0 {
		bad, err := s.setMetafields(ctx, m, values)
		if err != nil {
			return nil, err
		}
		if len(bad) == 0 {
			break
		}
		var rest []connectors.Annotation
		for i, v := range values {
			words, is := bad[i]
			if every, all := bad[-1]; all {
				words, is = cmp.Or(words, every), true
			}
			if is {
				refused[v.Key] = words
			} else {
				rest = append(rest, v)
			}
		}
		values = rest
	}
	return refused, nil
}

// setMetafields gives what the shop says against single values, by their place; -1 is
// about all of them.
func (s *Source) setMetafields(ctx context.Context, m metafield, values []connectors.Annotation) (map[int]string, error) {
	inputs := make([]map[string]any, len(values))
	for i, v := range values {
		inputs[i] = map[string]any{
			"ownerId": "gid://shopify/ProductVariant/" + v.Subject, "namespace": m.namespace, "key": m.key,
			"type": "single_line_text_field", "value": v.Value,
		}
	}
	var said struct {
		Set *struct {
			Errors []struct {
				Field   []string `json:"field"`
				Message string   `json:"message"`
				Index   *int     `json:"elementIndex"`
			} `json:"userErrors"`
		} `json:"metafieldsSet"`
	}
	if err := s.ask(ctx, annotateDocument, map[string]any{"metafields": inputs}, &said); err != nil {
		if e, ok := errors.AsType[*connectors.DeliveryError](err); ok && e.Class == connectors.Denied {
			e.Remedy = "give the app the scope write_products, install it again, and use its new token"
		}
		return nil, err
	}
	if said.Set == nil {
		return nil, &connectors.DeliveryError{Class: connectors.Retryable, Err: errors.New("the answer does not say whether the metafields were set")}
	}
	bad := map[int]string{}
	for _, e := range said.Set.Errors {
		at := -1
		if e.Index != nil {
			at = *e.Index
		} else if len(e.Field) > 1 { // [metafields, 3, value]
			if n, err := strconv.Atoi(e.Field[1]); err == nil {
				at = n
			}
		}
		if at >= len(values) {
			at = -1
		}
		bad[at] = cmp.Or(connectors.Short(e.Message, 300), "refused")
	}
	return bad, nil
}
