package akeneo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/fault"
)

// mostProbes bounds what a check asks.
const mostProbes = 200

// problem is one thing that is wrong, with what to do about it.
type problem struct{ text, hint string }

func (p *problem) Error() string { return p.text }

// Hint says what to do about it.
func (p *problem) Hint() string { return p.hint }

// Probe implements connectors.Prober: whether base_url is that of a PIM, the credentials are
// good, the role may see what is read, and what the options name is there.
func (s *Source) Probe(ctx context.Context) (notes []string, err error) {
	asking := *s
	asking.api = s.quick
	return asking.probe(pull.WithBudget(ctx, mostProbes))
}

func (s *Source) probe(ctx context.Context) (notes []string, err error) {
	if err := s.probePIM(ctx); err != nil {
		return nil, s.told(ctx, err)
	}
	v, err := s.resolve(ctx)
	if err != nil {
		return nil, s.told(ctx, err)
	}
	notes = []string{fmt.Sprintf("channel %s, locale %s, currency %s", v.scope, v.locale, v.currency)}
	var wrong []error
	count, zone, err := s.probeProducts(ctx)
	if err != nil {
		wrong = append(wrong, s.told(ctx, err))
	} else {
		notes = append(notes, fmt.Sprintf("%d products", count))
		if zone != "" {
			notes = append(notes, zone)
		}
	}
	for _, permitted := range []struct{ path, name string }{
		{"product-models", "List products"}, {"families", "List families"}, {"categories", "List categories"}, {"attributes", "List attributes"},
	} {
		var p page
		if err := s.api.get(ctx, rest+"/"+permitted.path, url.Values{"limit": {"1"}}, &p); err != nil {
			wrong = append(wrong, s.told(ctx, err))
		}
	}
	if len(wrong) == 0 {
		wrong = append(wrong, s.probeFields(ctx)...)
	}
	return notes, errors.Join(wrong...)
}

// probePIM asks the one place that needs no token whether it is a PIM.
func (s *Source) probePIM(ctx context.Context) error {
	resp, err := s.api.login.Do(ctx, pull.Request{URL: rest, Anonymous: true})
	if err != nil {
		return err
	}
	var root struct {
		Authentication object[json.RawMessage] `json:"authentication"`
		Routes         object[json.RawMessage] `json:"routes"`
	}
	if json.Unmarshal(resp.Body, &root) != nil || len(root.Routes) == 0 && len(root.Authentication) == 0 {
		return &problem{s.api.base + " is no Akeneo PIM", "set base_url to the address of the PIM, without what stands behind the host in a browser"}
	}
	return nil
}

// probeProducts counts the products, and finds out in which zone the PIM lives.
func (s *Source) probeProducts(ctx context.Context) (count int, zone string, err error) {
	r := &reading{Source: s, ctx: ctx}
	if count, err = r.count(); err != nil {
		return 0, "", err
	}
	if r.zones.set, err = s.options.zone(); err != nil {
		return 0, "", err
	}
	var p page
	q := url.Values{"pagination_type": {"search_after"}, "limit": {"1"}}
	if err = s.api.get(ctx, s.list(), q, &p); err != nil || len(p.Embedded.Items) == 0 {
		return count, "", err
	}
	var one product
	_ = json.Unmarshal(p.Embedded.Items[0], &one) // a product that cannot be read is told by a read
	r.zones.observe(one.Updated)
	switch {
	case r.zones.wrong:
		return count, "", &problem{
			fmt.Sprintf("timezone: the PIM writes times as %s, which is not of %s", one.Updated, s.options.Timezone),
			"set timezone to that of the PIM server, or leave it out",
		}
	case s.options.Timezone == "" && one.Updated != "" && !strings.HasSuffix(one.Updated, "+00:00") && !strings.HasSuffix(one.Updated, "Z"):
		zone = "the PIM writes times as " + one.Updated + "; with timezone set, reads for changes name less that did not change"
	}
	return count, zone, nil
}

// probeFields looks whether the attributes that the options name are there.
func (s *Source) probeFields(ctx context.Context) []error {
	var wrong []error
	b := newBuilder(ctx, s, view{}, false)
	defer b.close()
	for _, name := range slices.Sorted(maps.Keys(s.options.Fields)) {
		r, err := s.options.rule(name)
		if err != nil || r.constant != "" {
			continue
		}
		if err := b.attributes.search(ctx, "attributes", r.from); err != nil {
			return append(wrong, s.told(ctx, err))
		}
		for _, code := range r.from {
			if a, err := b.attributes.get(ctx, code); err != nil || a != nil || slices.Contains(properties, code) {
				continue
			}
			hint := "see the code of the attribute in the PIM (Settings > Attributes)"
			if near := s.near(ctx, code); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			wrong = append(wrong, &problem{fmt.Sprintf("fields.%s: the PIM shows no attribute %q", name, code), hint})
		}
	}
	return wrong
}

// properties are what a rule can read besides attributes.
var properties = []string{"categories", "groups", "family", "identifier", "uuid", "parent", "created", "updated"}

// near finds the attribute whose code is most like a code.
func (s *Source) near(ctx context.Context, code string) string {
	var codes []string
	for p, err := range s.api.pages(ctx, rest+"/attributes", url.Values{"limit": {"100"}}) {
		if err != nil {
			return ""
		}
		for _, e := range p.Items {
			codes = append(codes, e.id)
		}
	}
	return fault.Nearest(code, codes)
}

// told makes of what went wrong a line for people.
func (s *Source) told(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*problem](err); ok {
		return err
	}
	err = pull.Incomplete(ctx, s.api.base, err)
	if e, ok := errors.AsType[*connectors.IncompleteError](err); ok {
		return &problem{strings.TrimPrefix(e.Error(), s.api.base+": "), e.Remedy}
	}
	return err
}
