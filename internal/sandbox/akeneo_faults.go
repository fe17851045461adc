package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// The kinds of faults of a PIM that is read.
const (
	// ExpireTokens makes all access tokens invalid, and answers 401.
	ExpireTokens FaultKind = "expire_tokens"
	// RepeatPage shows once more, under a cursor that leads on, the items of the first page.
	RepeatPage FaultKind = "repeat_page"
	// DropItem leaves the last item of a page out, without a word.
	DropItem FaultKind = "drop_item"
	// ClockSkew sets the server's clock, as answers show it, ahead by Delay, from then on.
	ClockSkew FaultKind = "clock_skew"
	// Nulls has null in the answer wherever a member may be missing.
	Nulls FaultKind = "nulls"
	// OddTypes has values of another type than their attribute's in the answer.
	OddTypes FaultKind = "odd_types"
	// ChangeMeanwhile changes the catalog before the answer: a product that may have been
	// read already is renamed and stamped.
	ChangeMeanwhile FaultKind = "change_meanwhile"
)

// A twister is a behaviour with kinds of faults of its own.
type twister interface {
	// twist answers a call as the fault says; false where it does not know the kind.
	twist(c *call, f *Fault) (answer, bool)
}

var akeneoKinds = []FaultKind{ExpireTokens, RepeatPage, DropItem, ClockSkew, Nulls, OddTypes, ChangeMeanwhile}

func (a *akeneoAPI) twist(c *call, f *Fault) (answer, bool) {
	if !slices.Contains(akeneoKinds, f.Kind) {
		return answer{}, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch f.Kind { //nolint:exhaustive // the others are not of the PIM
	case ExpireTokens:
		clear(a.access)
	case ClockSkew:
		a.skew = time.Duration(f.Delay)
	case Nulls:
		a.nulls = true
		defer func() { a.nulls = false }()
	case ChangeMeanwhile:
		if len(a.catalog.Products) > 0 {
			p := a.catalog.Products[0]
			p["updated"] = a.cfg.Now().In(a.cfg.Zone).Format(time.RFC3339)
			p["enabled"] = p["enabled"] != true
		}
	}
	said := a.route(c)
	switch f.Kind { //nolint:exhaustive // the others are done with
	case RepeatPage:
		return a.repeated(c, said), true
	case DropItem:
		return rewritten(said, func(page object) {
			if items := itemsOf(page); len(items) > 0 {
				page["_embedded"] = object{"items": items[:len(items)-1]}
			}
		}), true
	case OddTypes:
		return rewritten(said, func(page object) {
			for _, i := range itemsOf(page) {
				oddly(i)
			}
		}), true
	}
	return said, true
}

// repeated is a page with the items of the first one.
func (a *akeneoAPI) repeated(c *call, said answer) answer {
	again := *c
	again.Request = c.Clone(c.Context())
	q := c.URL.Query()
	q.Del("search_after")
	again.URL.RawQuery = q.Encode()
	opening := a.route(&again)
	return rewritten(said, func(page object) {
		var firstPage object
		if json.Unmarshal(opening.body, &firstPage) == nil {
			page["_embedded"] = firstPage["_embedded"]
		}
	})
}

// rewritten is a page with something changed; what is no page stays as it is.
func rewritten(said answer, change func(page object)) answer {
	var page object
	if said.status != http.StatusOK || json.Unmarshal(said.body, &page) != nil || page["_embedded"] == nil {
		return said
	}
	change(page)
	return jsonAnswer(said.status, page)
}

func itemsOf(page object) []any {
	embedded, _ := page["_embedded"].(map[string]any)
	items, _ := embedded["items"].([]any)
	return items
}

// oddly gives the values of a product another type: an object where a text was, a text
// where it was anything else.
func oddly(i any) {
	one, _ := i.(map[string]any)
	values, _ := one["values"].(map[string]any)
	for code, list := range values {
		all, _ := list.([]any)
		for _, v := range all {
			value, ok := v.(map[string]any)
			if !ok || code == "sku" {
				continue
			}
			if _, isText := value["data"].(string); isText {
				value["data"] = object{"unexpected": []any{true, nil}}
			} else {
				value["data"] = "unexpected"
			}
		}
	}
}

// keptMembers are never null: what tells things apart, and the frame of a page.
var keptMembers = []string{
	"_links", "_embedded", "items", "self", "first", "next", "href", "uuid", "code", "identifier", "values",
	"current_page", "items_count", "type", "family_variant", "locales", "currencies", "variant_attribute_sets", "axes", "level",
}

// nulled has null wherever that is allowed. Values that are there have data.
func nulled(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = nulled(v[i])
		}
	case map[string]any:
		for name, m := range v {
			switch {
			case !slices.Contains(keptMembers, name):
				v[name] = nil
			case name != "values":
				v[name] = nulled(m)
			}
		}
	}
	return v
}
