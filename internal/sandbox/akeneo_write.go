package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// patchProducts sets values of products, one a line. Like the real PIM it makes the
// products that are not there.
func (a *akeneoAPI) patchProducts(c *call, key string) answer {
	if !strings.HasPrefix(first(c.Header, "Content-Type"), "application/vnd.akeneo.collection+json") {
		return a.refuse(http.StatusUnsupportedMediaType, "\""+first(c.Header, "Content-Type")+"\" in \"Content-Type\" header is not valid. Only \"application/vnd.akeneo.collection+json\" is allowed.")
	}
	lines := bytes.Split(bytes.TrimSpace(c.body), []byte("\n"))
	if len(lines) > 100 {
		return a.refuse(http.StatusRequestEntityTooLarge, "Too many resources to process, 100 is the maximum allowed.")
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	for i, line := range lines {
		var ask struct {
			UUID       string                       `json:"uuid"`
			Identifier string                       `json:"identifier"`
			Values     map[string][]json.RawMessage `json:"values"`
		}
		said := map[string]any{"line": i + 1, "status_code": http.StatusNoContent}
		id := ask.UUID
		if err := json.Unmarshal(line, &ask); err != nil {
			said["status_code"], said["message"] = http.StatusBadRequest, "Invalid json message received"
		} else if id = ask.UUID; key == "identifier" {
			id = ask.Identifier
		}
		said[key] = id
		for code, all := range ask.Values {
			if words := a.setValue(key, id, code, all); words != "" {
				said["status_code"], said["message"] = http.StatusUnprocessableEntity, words
			}
		}
		_ = e.Encode(said) // a map of plain values
	}
	return answer{status: http.StatusOK, body: bytes.TrimRight(out.Bytes(), "\n"), header: http.Header{"Content-Type": {"application/vnd.akeneo.collection+json"}}}
}

// setValue gives the words of a refusal, "" for none.
func (a *akeneoAPI) setValue(key, id, code string, all []json.RawMessage) string {
	known := false
	for _, attribute := range a.catalog.Attributes {
		known = known || textOf(attribute, "code") == code
	}
	if !known {
		return "The " + code + " attribute does not exist in your PIM. Check the expected format on the API documentation."
	}
	var values []any
	for _, raw := range all {
		var v any
		if json.Unmarshal(raw, &v) != nil {
			return "Invalid value."
		}
		values = append(values, v)
	}
	for _, p := range a.catalog.Products {
		if p[key] == id {
			held, _ := p["values"].(map[string]any)
			if held == nil {
				held = map[string]any{}
				p["values"] = held
			}
			held[code] = values
			p["updated"] = a.cfg.Now().In(a.cfg.Zone).Format("2006-01-02T15:04:05-07:00")
			return ""
		}
	}
	a.catalog.Products = append(a.catalog.Products, object{key: id, "values": map[string]any{code: values}, "enabled": true})
	return ""
}
