package jsonapi

import (
	"encoding/json"
	"strings"
)

// splitWay cuts the way to a member; "" is no way at all.
func splitWay(way string) []string {
	if way == "" {
		return nil
	}
	return strings.Split(way, ".")
}

// member gives what a way leads to. Names may hold points themselves, as @odata.nextLink does:
// the longest one that is there is taken.
func member(raw json.RawMessage, way []string) (json.RawMessage, bool) {
	if len(way) == 0 {
		return raw, true
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return nil, false
	}
	for n := len(way); n > 0; n-- {
		if inner, ok := object[strings.Join(way[:n], ".")]; ok {
			if found, ok := member(inner, way[n:]); ok {
				return found, true
			}
		}
	}
	return nil, false
}

// text gives the text or the number that a way leads to; false where there is none, or null.
func text(raw json.RawMessage, way string) (string, bool) {
	found, ok := member(raw, splitWay(way))
	if !ok || way == "" {
		return "", false
	}
	var s string
	if json.Unmarshal(found, &s) == nil {
		return s, s != ""
	}
	var n json.Number
	if json.Unmarshal(found, &n) == nil {
		return n.String(), n != ""
	}
	return "", false
}

// linkNext gives the address with rel="next" of Link headers (RFC 8288); "" without one.
func linkNext(headers []string) string {
	for _, h := range headers {
		for h != "" {
			_, rest, ok := strings.Cut(h, "<")
			if !ok {
				break
			}
			address, params, ok := strings.Cut(rest, ">")
			if !ok {
				break
			}
			params, h = cutParams(params)
			if relIsNext(params) {
				return address
			}
		}
	}
	return ""
}

// cutParams cuts what belongs to one link: up to a comma that stands in no quotes.
func cutParams(s string) (params, rest string) {
	inside := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			inside = !inside
		case s[i] == ',' && !inside:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func relIsNext(params string) bool {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for rel := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(rel, "next") {
				return true
			}
		}
	}
	return false
}
