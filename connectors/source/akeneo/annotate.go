package akeneo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/httpclient"
)

var _ connectors.Annotator = (*Source)(nil)

// annotatedAtOnce is how many products one PATCH of a collection takes
// (documentation/update, "100 resources").
const annotatedAtOnce = 100

// attributeCode is what the code of an attribute looks like (resources, Attribute).
var attributeCode = regexp.MustCompile(`^[A-Za-z0-9_]{1,255}$`)

// Annotation implements connectors.Annotator. A field is the code of an attribute with one
// value for all channels and locales: a text, or a simple select whose options are the
// words. It is no part of records from then on.
func (s *Source) Annotation(field string) (int, error) {
	switch {
	case !attributeCode.MatchString(field):
		return 0, fmt.Errorf("%q is not the code of an attribute", field)
	case s.used[field]:
		return 0, fmt.Errorf("the attribute %s is read as a field: what is written back would count as a change of the PIM", field)
	}
	if s.written == nil {
		s.written = map[string]bool{}
	}
	s.written[field] = true
	return annotatedAtOnce, nil
}

// The two ways to a product, by what it is known by; see placeOf.
const (
	byUUID       = "products-uuid"
	byIdentifier = "products"
)

// Subject implements connectors.Annotator: the place of the product in the PIM.
func (s *Source) Subject(r catalog.Recorded) string { return r.File }

// Annotate implements connectors.Annotator. A PATCH would make products that are not there,
// so those are looked for first.
func (s *Source) Annotate(ctx context.Context, field string, values []connectors.Annotation) (map[string]string, error) {
	refused := map[string]string{}
	batches := []annotating{
		{place: byUUID, member: "uuid", products: map[string]connectors.Annotation{}, refused: refused},
		{place: byIdentifier, member: "identifier", products: map[string]connectors.Annotation{}, refused: refused},
	}
	for _, v := range values {
		place, id, _ := strings.Cut(v.Subject, "/")
		i := slices.IndexFunc(batches, func(b annotating) bool { return b.place == place })
		if i < 0 || id == "" {
			refused[v.Key] = "its record does not say where in the PIM it is"
			continue
		}
		batches[i].products[id] = v
	}
	for _, b := range batches {
		if len(b.products) == 0 {
			continue
		}
		if err := s.drop(ctx, b); err != nil {
			return nil, err
		}
		if err := s.patch(ctx, field, b); err != nil {
			return nil, err
		}
	}
	return refused, nil
}

// annotating are values for products that the PIM has at one place.
type annotating struct {
	place    string
	member   string // that names the product there
	products map[string]connectors.Annotation
	refused  map[string]string // by key, with the reason
}

// drop takes those out that the PIM does not have, or does not show.
func (s *Source) drop(ctx context.Context, b annotating) error {
	ids := slices.Collect(maps.Keys(b.products))
	search, err := json.Marshal(map[string]any{b.member: []any{map[string]any{"operator": "IN", "value": ids}}})
	if err != nil {
		return err
	}
	var page struct {
		Embedded struct {
			Items []struct {
				UUID       string `json:"uuid"`
				Identifier string `json:"identifier"`
			} `json:"items"`
		} `json:"_embedded"`
	}
	query := url.Values{"search": {string(search)}, "limit": {strconv.Itoa(mostPage)}}
	if err := s.api.get(ctx, rest+"/"+b.place, query, &page); err != nil {
		return err
	}
	there := map[string]bool{}
	for _, i := range page.Embedded.Items {
		there[i.UUID], there[i.Identifier] = true, true
	}
	for id, v := range b.products {
		if !there[id] {
			delete(b.products, id)
			b.refused[v.Key] = "the PIM does not have the product any more, or does not show it"
		}
	}
	return nil
}

// patch sets one attribute of several products.
func (s *Source) patch(ctx context.Context, field string, b annotating) error {
	var body bytes.Buffer
	lines := json.NewEncoder(&body) // each on a line of its own, as the PIM wants them
	var order []string
	for id, v := range b.products {
		order = append(order, id)
		if err := lines.Encode(map[string]any{
			b.member: id, "values": map[string]any{field: []any{map[string]any{"locale": nil, "scope": nil, "data": v.Value}}},
		}); err != nil {
			return err
		}
	}
	if len(order) == 0 {
		return nil
	}
	resp, err := s.api.pull.Do(ctx, pull.Request{
		Method: http.MethodPatch, URL: rest + "/" + b.place, Body: body.Bytes(), Judge: s.judgePatch,
		Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/vnd.akeneo.collection+json"}},
	})
	if err != nil {
		return err
	}
	return b.hear(resp, order)
}

// hear reads what became of the products that were sent in this order: the answer has a line
// for each.
func (b annotating) hear(resp *httpclient.Response, order []string) error {
	told := 0
	decoder := json.NewDecoder(bytes.NewReader(resp.Body))
	for {
		var said struct {
			Line    int    `json:"line"`
			Status  int    `json:"status_code"`
			Message string `json:"message"`
			Errors  []struct {
				Message string `json:"message"`
			} `json:"errors"`
		}
		if err := decoder.Decode(&said); errors.Is(err, io.EOF) {
			break
		} else if err != nil || said.Line < 1 || said.Line > len(order) {
			return &connectors.DeliveryError{Class: connectors.Retryable, Status: resp.Status, Body: resp.Excerpt(), Err: errors.New("the answer does not tell what became of each product")}
		}
		told++
		if said.Status >= http.StatusBadRequest {
			words := []string{cmp.Or(said.Message, "status "+strconv.Itoa(said.Status))}
			for _, e := range said.Errors {
				words = append(words, e.Message)
			}
			b.refused[b.products[order[said.Line-1]].Key] = resp.Redact(strings.Join(words, "; "))
		}
	}
	if told < len(order) {
		return &connectors.DeliveryError{Class: connectors.Retryable, Status: resp.Status, Err: fmt.Errorf("the answer tells of %d of %d products", told, len(order))}
	}
	return nil
}

// judgePatch is judge, with what a write needs besides.
func (s *Source) judgePatch(resp *httpclient.Response, err error) *connectors.DeliveryError {
	failure := s.api.judge(resp, err)
	if failure != nil && failure.Status == http.StatusForbidden {
		failure.Remedy = "give the role of the user the permission to create and update products (System > Roles > Web API)"
	}
	return failure
}
