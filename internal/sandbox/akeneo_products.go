package sandbox

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

type filters = map[string]func(i object, operator string, value any) (match, known bool)

// in finds items by a member that is one of several.
func in(member string) func(object, string, any) (bool, bool) {
	return func(i object, operator string, value any) (bool, bool) {
		switch operator {
		case "IN":
			all, ok := value.([]any)
			return ok && i[member] != nil && slices.Contains(all, i[member]), ok
		case "=":
			return i[member] == value, true
		}
		return false, false
	}
}

// productList lists products by UUID or by identifier. Those without an identifier have
// no place in the older list.
func (a *akeneoAPI) productList(key string) listing {
	l := listing{items: a.catalog.Products, key: key, noun: "Product", after: true, filters: filters{
		"uuid": in("uuid"), "identifier": in("identifier"), "sku": in("identifier"), "enabled": in("enabled"), "family": in("family"),
		"updated": a.sinceOf("updated"), "created": a.sinceOf("created"), "parent": a.below,
	}}
	if key == "identifier" {
		l.items = slices.DeleteFunc(slices.Clone(l.items), func(i object) bool { return i["identifier"] == nil })
	}
	l.shape = func(i object, q url.Values) object { return a.productShape(i, q, key) }
	return l
}

func (a *akeneoAPI) productShape(i object, q url.Values, key string) object {
	if a.cfg.Bare {
		i = copied(i)
	} else {
		i = a.catalog.inherited(i)
	}
	only(i, q.Get("scope"), byComma(q.Get("locales")))
	if q.Get("with_attribute_options") == "true" {
		a.catalog.link(i)
	}
	if key == "identifier" {
		delete(i, "uuid")
		if values, ok := i["values"].(map[string]any); ok {
			delete(values, "sku") // the older list has it as identifier alone
		}
	} else {
		delete(i, "identifier")
	}
	return i
}

func (a *akeneoAPI) modelFilters() filters {
	return filters{
		"family": in("family"), "updated": a.sinceOf("updated"), "created": a.sinceOf("created"),
		"parent": func(i object, operator string, value any) (bool, bool) {
			switch operator {
			case "EMPTY":
				return i["parent"] == nil, true
			case "NOT EMPTY":
				return i["parent"] != nil, true
			}
			return in("parent")(i, operator, value)
		},
	}
}

func (a *akeneoAPI) modelShape(i object, q url.Values) object {
	if a.cfg.Bare {
		i = copied(i)
	} else {
		i = a.catalog.inherited(i)
	}
	only(i, q.Get("scope"), byComma(q.Get("locales")))
	return i
}

func byComma(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// below finds the products below a model, at whatever level, or right below several.
func (a *akeneoAPI) below(i object, operator string, value any) (bool, bool) {
	switch operator {
	case "=":
		for code := textOf(i, "parent"); code != ""; code = textOf(a.catalog.Model(code), "parent") {
			if code == value {
				return true, true
			}
		}
		return false, true
	case "EMPTY":
		return i["parent"] == nil, true
	case "NOT EMPTY":
		return i["parent"] != nil, true
	}
	return in("parent")(i, operator, value)
}

// sinceOf compares a stamp with times that are read in the server's zone. A variant counts
// as changed when a model above it is.
func (a *akeneoAPI) sinceOf(member string) func(object, string, any) (bool, bool) {
	return func(i object, operator string, value any) (bool, bool) {
		if operator != ">" && operator != "<" {
			return false, false
		}
		said, _ := value.(string)
		limit, err := time.ParseInLocation(time.DateTime, said, a.cfg.Zone)
		if err != nil {
			return false, false
		}
		matches := func(i object) bool {
			at, err := time.Parse(time.RFC3339, textOf(i, member))
			return err == nil && (operator == ">" && at.After(limit) || operator == "<" && at.Before(limit))
		}
		if matches(i) {
			return true, true
		}
		for code := textOf(i, "parent"); member == "updated" && code != ""; {
			above := a.catalog.Model(code)
			if matches(above) {
				return true, true
			}
			code = textOf(above, "parent")
		}
		return false, true
	}
}
