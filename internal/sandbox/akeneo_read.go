package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
)

const (
	akeneoPage     = 10  // items of a page, unless limit says otherwise
	akeneoMostPage = 100 // over this, 422
	// akeneoMostOffset is how far pages by number go; behind it, 422.
	akeneoMostOffset = 10_000
)

// listing is something that can be listed, and one of them asked for.
type listing struct {
	items []object
	// key is the member that tells items apart, and what the path of one ends in.
	key string
	// noun is what a missing one is called.
	noun string
	// filters are the properties that search knows, with what they mean.
	filters map[string]func(i object, operator string, value any) (match, known bool)
	// after says that pages can be asked for by search_after; alone, that they must be.
	after, alone bool
	// shape makes of an item what is shown.
	shape func(i object, q url.Values) object
}

// read answers a GET below /api/rest/v1/.
func (a *akeneoAPI) read(c *call, path []string) answer {
	if path[0] == "system-information" {
		return jsonAnswer(http.StatusOK, map[string]any{"version": "7.0.0", "edition": "Sandbox"})
	}
	l, rest, ok := a.listing(path)
	switch {
	case !ok || len(rest) > 1:
		return a.refuse(http.StatusNotFound, "No route found for 'GET "+c.URL.Path+"'")
	case len(rest) == 1:
		one := find(l.items, l.key, rest[0])
		if one == nil {
			return a.refuse(http.StatusNotFound, l.noun+` "`+rest[0]+`" does not exist or you do not have permission to access it.`)
		}
		return a.show(l.shown(c, one))
	}
	return a.list(c, l)
}

// listing finds what a path is about, and what of the path is left.
func (a *akeneoAPI) listing(path []string) (l listing, rest []string, ok bool) {
	held := a.catalog
	codes := func(items []object, noun string) listing {
		return listing{items: items, key: "code", noun: noun, filters: filters{"code": in("code")}}
	}
	if len(path) > 2 {
		switch path[0] + "/" + path[2] {
		case "families/variants":
			return codes(held.FamilyVariants[path[1]], "Family variant"), path[3:], find(held.Families, "code", path[1]) != nil
		case "attributes/options":
			return codes(held.AttributeOptions[path[1]], "Attribute option"), path[3:], find(held.Attributes, "code", path[1]) != nil
		case "asset-families/assets":
			l := codes(held.Assets[path[1]], "Asset")
			l.after, l.alone = true, true
			return l, path[3:], find(held.AssetFamilies, "code", path[1]) != nil
		case "reference-entities/records":
			l := codes(held.Records[path[1]], "Record")
			l.after, l.alone = true, true
			return l, path[3:], find(held.ReferenceEntities, "code", path[1]) != nil
		}
	}
	switch path[0] {
	case "products-uuid":
		return a.productList("uuid"), path[1:], !a.cfg.Before7
	case "products":
		return a.productList("identifier"), path[1:], true
	case "product-models":
		return listing{items: held.ProductModels, key: "code", noun: "Product model", after: true, filters: a.modelFilters(), shape: a.modelShape}, path[1:], true
	case "channels":
		return codes(held.Channels, "Channel"), path[1:], true
	case "locales":
		return codes(held.Locales, "Locale"), path[1:], true
	case "currencies":
		return codes(held.Currencies, "Currency"), path[1:], true
	case "attributes":
		return codes(held.Attributes, "Attribute"), path[1:], true
	case "families":
		return codes(held.Families, "Family"), path[1:], true
	case "categories":
		return codes(held.Categories, "Category"), path[1:], true
	case "asset-families":
		l := codes(held.AssetFamilies, "Asset family")
		l.after, l.alone = true, true
		return l, path[1:], true
	case "reference-entities":
		l := codes(held.ReferenceEntities, "Reference entity")
		l.after, l.alone = true, true
		return l, path[1:], true
	}
	return listing{}, nil, false
}

// list answers with one page.
func (a *akeneoAPI) list(c *call, l listing) answer {
	q := c.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	switch {
	case q.Get("limit") == "" && l.alone:
		limit = akeneoMostPage
	case q.Get("limit") == "":
		limit = akeneoPage
	case err != nil || limit < 1:
		return a.refuse(http.StatusUnprocessableEntity, fmt.Sprintf("%q is not a valid limit number.", q.Get("limit")))
	case limit > akeneoMostPage:
		return a.refuse(http.StatusUnprocessableEntity, "You cannot request more than 100 items.")
	}
	found, refused := a.search(l, q)
	if refused != nil {
		return *refused
	}
	if l.alone || l.after && q.Get("pagination_type") == "search_after" {
		return a.pageAfter(c, l, found, limit)
	}
	return a.pageNumber(c, l, found, limit)
}

// pageAfter gives the items behind a cursor, which holds the key of the last one shown.
// As in the real PIM, a full page has a next one, which may be empty.
func (a *akeneoAPI) pageAfter(c *call, l listing, found []object, limit int) answer {
	q := c.URL.Query()
	last, err := base64.RawURLEncoding.DecodeString(q.Get("search_after"))
	if err != nil {
		return a.refuse(http.StatusUnprocessableEntity, "The cursor is not valid.")
	}
	key := l.key
	if key == "identifier" {
		key = "uuid"
	}
	start := 0
	if len(last) > 0 { // items stand in the order of their keys
		start = sort.Search(len(found), func(i int) bool { return textOf(found[i], key) > string(last) })
	}
	shown := found[start:min(start+limit, len(found))]
	links := object{"self": href(c, q), "first": href(c, without(q, "search_after"))}
	if len(shown) == limit {
		next := maps.Clone(q)
		next.Set("search_after", base64.RawURLEncoding.EncodeToString([]byte(textOf(shown[limit-1], key))))
		links["next"] = href(c, next)
	}
	return a.show(object{"_links": links, "_embedded": object{"items": l.embedded(c, shown)}})
}

// pageNumber gives a page by its number.
func (a *akeneoAPI) pageNumber(c *call, l listing, found []object, limit int) answer {
	q := c.URL.Query()
	page := 1
	if q.Has("page") {
		page, _ = strconv.Atoi(q.Get("page"))
	}
	switch {
	case page < 1:
		return a.refuse(http.StatusUnprocessableEntity, fmt.Sprintf("%q is not a valid page number.", q.Get("page")))
	case l.after && page*limit > akeneoMostOffset:
		return a.refuse(http.StatusUnprocessableEntity, "You have reached the maximum number of pages you can retrieve with the \"page\" pagination type. Please use the search after pagination type instead")
	}
	start := min((page-1)*limit, len(found))
	shown := found[start:min(start+limit, len(found))]
	numbered := func(n int) object {
		other := maps.Clone(q)
		other.Set("page", strconv.Itoa(n))
		return href(c, other)
	}
	links := object{"self": numbered(page), "first": numbered(1)}
	if page > 1 {
		links["previous"] = numbered(page - 1)
	}
	if len(shown) == limit {
		links["next"] = numbered(page + 1)
	}
	out := object{"_links": links, "current_page": page, "_embedded": object{"items": l.embedded(c, shown)}}
	if q.Get("with_count") == "true" {
		out["items_count"] = len(found)
	}
	return a.show(out)
}

func (l listing) embedded(c *call, items []object) []any {
	out := make([]any, len(items))
	for i, one := range items {
		out[i] = l.shown(c, one)
	}
	return out
}

// shown is one item with its link.
func (l listing) shown(c *call, i object) object {
	if l.shape != nil {
		i = l.shape(i, c.URL.Query())
	} else {
		i = maps.Clone(i)
	}
	path := c.URL.Path
	if key := textOf(i, l.key); !strings.HasSuffix(path, "/"+key) {
		path += "/" + url.PathEscape(key)
	}
	i["_links"] = object{"self": object{"href": baseOf(c) + path}}
	return i
}

func (a *akeneoAPI) show(v any) answer {
	if a.nulls {
		v = nulled(copied(v))
	}
	return jsonAnswer(http.StatusOK, v)
}

// baseOf is the address that the API is served under.
func baseOf(c *call) string {
	path, _, _ := strings.Cut(c.RequestURI, "?")
	return "http://" + c.Host + strings.TrimSuffix(path, c.URL.EscapedPath())
}

func href(c *call, q url.Values) object {
	return object{"href": baseOf(c) + c.URL.Path + "?" + q.Encode()}
}

func without(q url.Values, name string) url.Values {
	q = maps.Clone(q)
	q.Del(name)
	return q
}

// search gives the items that the parameter search asks for.
func (a *akeneoAPI) search(l listing, q url.Values) ([]object, *answer) {
	if q.Get("search") == "" {
		return l.items, nil
	}
	var wanted map[string][]struct {
		Operator string `json:"operator"`
		Value    any    `json:"value"`
	}
	if json.Unmarshal([]byte(q.Get("search")), &wanted) != nil {
		return nil, new(a.refuse(http.StatusBadRequest, "The search query parameter must be valid JSON."))
	}
	found := l.items
	for property, conditions := range wanted {
		filter := l.filters[property]
		for _, want := range conditions {
			known := filter != nil
			if known {
				_, known = filter(object{}, want.Operator, want.Value)
			}
			if !known {
				return nil, new(a.refuse(http.StatusUnprocessableEntity,
					fmt.Sprintf("Filter on property %q is not supported or does not support operator %q", property, want.Operator)))
			}
			found = slices.DeleteFunc(slices.Clone(found), func(i object) bool {
				match, _ := filter(i, want.Operator, want.Value)
				return !match
			})
		}
	}
	return found, nil
}
