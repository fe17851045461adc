package akeneo

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/url"
	"regexp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
)

var uuidForm = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// Fetch implements connectors.Fetcher. A subject is a product's UUID or its identifier.
// One that the PIM does not show is not told to be gone: it may as well not be allowed to
// be seen any more (documentation/responses). The next read of everything tells.
func (s *Source) Fetch(ctx context.Context, subjects []string) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		ctx := pull.WithBudget(ctx, mostRequests)
		v, err := s.resolve(ctx)
		if err != nil {
			yield(catalog.Record{}, pull.Incomplete(ctx, s.api.base, err))
			return
		}
		b := newBuilder(ctx, s, v, false)
		defer b.close()
		for _, subject := range subjects {
			rec, err := b.fetched(subject)
			if isGone(err) {
				continue
			}
			if _, bad := errors.AsType[*connectors.RecordError](err); err != nil && !bad {
				yield(catalog.Record{}, pull.Incomplete(ctx, s.api.base, err))
				return
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// fetched gives the record of one product.
func (b *builder) fetched(subject string) (catalog.Record, error) {
	path := rest + "/products/"
	if uuidForm.MatchString(subject) {
		path = rest + "/products-uuid/"
	}
	q := url.Values{}
	if b.options.Labels {
		q.Set("with_attribute_options", "true")
	}
	var raw json.RawMessage
	if err := b.api.get(b.ctx, path+url.PathEscape(subject), q, &raw); err != nil {
		return catalog.Record{}, err
	}
	p := new(product)
	if err := json.Unmarshal(raw, p); err != nil {
		return catalog.Record{}, &connectors.RecordError{File: path[len(rest)+1:] + subject, Reason: "the PIM describes it in a way that cannot be read"}
	}
	if err := b.prepare([]*product{p}); err != nil {
		return catalog.Record{}, err
	}
	return b.record(p)
}
