// Package akeneo is the source of products in an Akeneo PIM, read by its REST API.
//
//	sources:
//	  pim:
//	    type: akeneo
//	    base_url: https://acme.cloud.akeneo.com
//	    client_id: "${AKENEO_CLIENT_ID}"        # System > Connections
//	    client_secret: "${AKENEO_CLIENT_SECRET}"
//	    username: "${AKENEO_USERNAME}"
//	    password: "${AKENEO_PASSWORD}"
//	    locale: en_US
//	    scope: ecommerce
//	    currency: USD
//	    fields: { gtin: ean, hs_codes: customs_code, images: [packshots, picture] }
//
// A record is a product of the PIM. A variant belongs to the root of its product models:
// what the models above it say is its own where it says nothing, the axes of its family
// variant are its options, and an attribute that is common to all variants is the
// product's, any other the variant's. Attributes become catalog fields as in exports of
// the preset akeneo_csv, unless the options name others.
//
// A read from the start lists everything, by cursors of the PIM's own, and is whole only
// if as many products came as the PIM counted before or after. Later reads ask for what
// changed since, by the PIM's clock and in its time zone. The PIM tells of no deletion:
// what is gone, and labels that changed, are found out by the next read from the start.
//
// Memory does not grow with the catalog. A page of products is held at a time; of each
// product model, asset and record of a reference entity 16 bytes, while it lies in a
// temporary file; of attributes, options, categories and families what fits in a few
// megabytes.
//
// Facts are Akeneo's: api.akeneo.com, and the Swagger description of akeneo/pim-api-docs.
// What is inferred says so where it stands.
package akeneo

import (
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
)

// Type is the source type akeneo.
func Type() connectors.SourceType {
	return connectors.NewSourceType("akeneo",
		"Products of an Akeneo PIM, by its REST API.", Default, New)
}

// Source reads one PIM as one user. It is not for concurrent use: Cursor is that of the
// last Read.
type Source struct {
	options Options
	api     *api
	quick   *api // for a person who waits
	rules   []rule
	used    map[string]bool // attributes that a rule reads
	written map[string]bool // attributes that verdicts are written back to, and that are not read
	temp    string
	of      string // whose cursors are ours
	mark    pull.Mark
}

var (
	_ connectors.Incremental = (*Source)(nil)
	_ connectors.Fetcher     = (*Source)(nil)
	_ connectors.Prober      = (*Source)(nil)
)

// New makes a source. It asks nothing yet.
func New(env connectors.Env, o Options) (*Source, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	rules, err := o.rules()
	if err != nil {
		return nil, err
	}
	s := &Source{options: o, rules: rules, used: map[string]bool{}, temp: env.TempDir}
	if err := s.connect(env, clocks{}); err != nil {
		return nil, err
	}
	for _, r := range rules {
		for _, code := range r.from {
			s.used[code] = true
		}
	}
	s.of = s.api.base + " " + o.Username + " " + o.fingerprint()
	return s, nil
}

// connect makes what asks the PIM.
func (s *Source) connect(env connectors.Env, c clocks) (err error) {
	if s.api, err = newAPI(env, s.options, c, 0); err != nil {
		return err
	}
	s.quick, err = newAPI(env, s.options, c, 1)
	return err
}

// Spec implements connectors.Source.
func (s *Source) Spec() connectors.SourceSpec { return connectors.SourceSpec{Snapshot: true} }

// Cursor implements connectors.Incremental.
func (s *Source) Cursor() connectors.Cursor {
	if s.mark.Since.IsZero() {
		return ""
	}
	return s.mark.Overlapping(s.options.Overlap).Cursor()
}

// FullEvery implements connectors.Incremental.
func (s *Source) FullEvery() time.Duration { return connectors.FullEvery }

// Close drops the connections.
func (s *Source) Close() error {
	for _, a := range []*api{s.api, s.quick} {
		a.pull.Close()
		a.login.Close()
	}
	return nil
}
