package akeneo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/fault"
)

// resolve finds out what of the PIM counts: the channel, and its language and currency
// where the options leave them open and there is one.
func (s *Source) resolve(ctx context.Context) (view, error) {
	c, err := s.channel(ctx)
	if err != nil {
		return view{}, err
	}
	v := view{scope: c.Code, locale: s.options.Locale, currency: s.options.Currency, fallback: s.options.Fallback, tree: c.Tree}
	if v.locale, err = s.one("locale", v.locale, c.Locales, "the channel "+c.Code); err != nil {
		return v, err
	}
	for _, l := range v.fallback {
		if _, err := s.one("fallback_locales", l, c.Locales, "the channel "+c.Code); err != nil {
			return v, err
		}
	}
	v.currency, err = s.one("currency", v.currency, c.Currencies, "the channel "+c.Code)
	return v, err
}

// channel gives the channel that the options name, or the only one.
func (s *Source) channel(ctx context.Context) (*channel, error) {
	if s.options.Scope != "" {
		c := new(channel)
		err := s.api.get(ctx, rest+"/channels/"+url.PathEscape(s.options.Scope), nil, c)
		if err == nil || !isGone(err) {
			return c, err
		}
	}
	byCode := map[string]*channel{}
	var codes []string
	for p, err := range s.api.pages(ctx, rest+"/channels", url.Values{"limit": {"100"}}) {
		if err != nil {
			return nil, err
		}
		for _, e := range p.Items {
			c := new(channel)
			if json.Unmarshal(e.raw, c) == nil {
				byCode[c.Code] = c
				codes = append(codes, c.Code)
			}
		}
	}
	code, err := s.one("scope", s.options.Scope, codes, "the PIM")
	return byCode[code], err
}

// one gives what the option chooses of what there is; of a single one it need not.
func (s *Source) one(option, chosen string, there []string, where string) (string, error) {
	there = slices.Sorted(slices.Values(there))
	all := strings.Join(there, ", ")
	remedy := "set " + option + " to one of " + all
	switch {
	case chosen != "" && slices.Contains(there, chosen):
		return chosen, nil
	case chosen == "" && len(there) == 1:
		return there[0], nil
	case len(there) == 0:
		return "", s.api.refusal(fmt.Sprintf("%s: %s shows none", option, where), "see what the user of the connection may see")
	case chosen == "":
		return "", s.api.refusal(fmt.Sprintf("%s is not set, and %s has %s", option, where, all), remedy)
	}
	if near := fault.Nearest(chosen, there); near != "" {
		remedy = fmt.Sprintf("did you mean %q? %s", near, remedy)
	}
	return "", s.api.refusal(fmt.Sprintf("%s: %s has no %q", option, where, chosen), remedy)
}

// refusal says that nothing can be read with these options.
func (a *api) refusal(reason, remedy string) error {
	return &connectors.IncompleteError{Source: a.base, Reason: reason, Remedy: remedy}
}
