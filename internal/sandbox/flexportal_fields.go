package sandbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// readPortalRequest reads and judges the body of an upsert.
func readPortalRequest(body []byte) (r portalRequest, details []portalDetail) {
	wrong := func(path, message, code string) {
		details = append(details, portalDetail{path, message, code})
	}
	if json.Unmarshal(body, &r.fields) != nil || r.fields == nil {
		wrong("", "Expected object", "invalid_type")
		return r, details
	}
	for _, name := range []string{"productSku", "name", "specification", "category", "brand"} {
		if raw, ok := r.fields[name]; !ok {
			wrong(name, "Required", "invalid_type")
		} else if portalText(raw) == "" {
			wrong(name, "Expected a string of at least 1 character", "too_small")
		}
	}
	if raw, ok := r.fields["description"]; ok && (len(raw) == 0 || raw[0] != '"') {
		wrong("description", "Expected string", "invalid_type")
	}
	if raw, ok := r.fields["images"]; ok && !portalURLs(raw) {
		wrong("images", "Invalid url", "invalid_string")
	}
	if raw, ok := r.fields["status"]; ok {
		if r.status = portalText(raw); r.status != "active" && r.status != "discontinued" {
			wrong("status", "Invalid enum value", "invalid_enum_value")
		}
	}
	if json.Unmarshal(r.fields["variants"], &r.variants) != nil || len(r.variants) == 0 {
		wrong("variants", "Expected at least 1 variant", "too_small")
	}
	for i, v := range r.variants {
		judgePortalVariant(v, func(name, message, code string) { wrong(portalPath(i, name), message, code) })
	}
	r.sku = portalText(r.fields["productSku"])
	for _, name := range []string{"productSku", "status", "variants"} {
		delete(r.fields, name) // kept elsewhere
	}
	return r, details
}

func judgePortalVariant(v map[string]json.RawMessage, wrong func(name, message, code string)) {
	for _, name := range []string{"variantSku", "variantName", "grade"} {
		if portalText(v[name]) == "" {
			wrong(name, "Required", "invalid_type")
		}
	}
	if grade := portalText(v["grade"]); grade != "" && !slices.Contains([]string{"A", "B", "C", "D", "E"}, grade) {
		wrong("grade", "Invalid enum value", "invalid_enum_value")
	}
	for _, name := range []string{"listPrice", "acquisitionCost"} {
		if raw, ok := v[name]; ok && !portalAmount(raw) {
			wrong(name, "Expected a number of at least 0", "invalid_type")
		}
	}
	if raw, ok := v["images"]; ok && !portalURLs(raw) {
		wrong("images", "Invalid url", "invalid_string")
	}
	var tiers []map[string]json.RawMessage
	if json.Unmarshal(v["pricing"], &tiers) != nil || len(tiers) == 0 {
		wrong("pricing", "Required", "invalid_type")
	}
	for i, t := range tiers {
		path := fmt.Sprintf("pricing.%d.", i)
		var months int
		if json.Unmarshal(t["contractLength"], &months) != nil || months < 1 {
			wrong(path+"contractLength", "Expected an integer of at least 1", "too_small")
		}
		if !portalAmount(t["monthlyPrice"]) {
			wrong(path+"monthlyPrice", "Expected a number of at least 0", "invalid_type")
		}
		if raw, ok := t["setupFee"]; ok && !portalAmount(raw) {
			wrong(path+"setupFee", "Expected a number of at least 0", "invalid_type")
		}
	}
}

func portalAmount(raw json.RawMessage) bool {
	var n float64
	return len(raw) > 0 && raw[0] != '"' && json.Unmarshal(raw, &n) == nil && n >= 0
}

func portalURLs(raw json.RawMessage) bool {
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return false
	}
	return !slices.ContainsFunc(list, func(s string) bool {
		u, err := url.Parse(s)
		return err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http")
	})
}
