package flexportal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// maxMessage is the most of the API's words that is shown, in characters.
const maxMessage = 400

// refusal is {"error":{"code","message","details":[{"path","message","code"}]}}, of
// which details is optional (overview).
type refusal struct {
	Error struct {
		Code    string   `json:"code"`
		Message string   `json:"message"`
		Details []detail `json:"details"`
	} `json:"error"`
}

type detail struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// judge classifies what became of a request and reads the API's words. It is nil for
// a 2xx that was read whole. The code decides before the status does: the pages give
// the same code with 400, 409 and 422 (contract, errors).
func (d *Destination) judge(kind httpclient.Kind, resp *httpclient.Response, err error, now time.Time) *connectors.DeliveryError {
	failure := httpclient.Judge(kind, resp, err, now)
	if failure == nil || resp == nil {
		return failure
	}
	var said refusal
	_ = json.Unmarshal(resp.Body, &said) // what is no refusal of theirs has no words
	said.quote(failure, resp)
	if resp.Status >= http.StatusBadRequest && resp.Status < http.StatusInternalServerError && resp.Status != http.StatusTooManyRequests {
		decide(failure, said.Error.Code)
	}
	if httpclient.Misdirected(kind, resp.Status) {
		failure.Class = connectors.Denied
		failure.Err = fmt.Errorf("base_url does not lead to the API: %w", err)
		failure.Remedy = "correct base_url, or name the region instead: eu, us or qatar"
	}
	if failure.Message == "" && failure.Err == nil {
		failure.Err = errors.New(strings.ToLower(http.StatusText(resp.Status)))
	}
	return failure
}

// quote puts the API's words into a failure, and the field that they are about.
func (r refusal) quote(failure *connectors.DeliveryError, resp *httpclient.Response) {
	failure.Message = connectors.Short(resp.Redact(r.words()), maxMessage)
	if len(r.Error.Details) > 0 {
		failure.Field = connectors.Short(resp.Redact(fieldOf(r.Error.Details[0].Path)), maxMessage)
	}
}

// decide goes by the codes of the overview's table.
func decide(failure *connectors.DeliveryError, code string) {
	switch code {
	case "VALIDATION_ERROR":
		failure.Class = connectors.Rejected
	case "INVALID_PRICING":
		failure.Class = connectors.Rejected
		if failure.Field == "" {
			failure.Field = "variant.pricing"
		}
		failure.Remedy = "correct the product's subscription prices in its source"
	case "DUPLICATE_SKU":
		failure.Class, failure.Field = connectors.Rejected, "variant.variantSku"
		failure.Remedy = "another product has a variant with this SKU: give it another SKU in the source, or take it off that product at the API"
	case "AUTH_REQUIRED", "INVALID_TOKEN":
		failure.Class, failure.Remedy = connectors.Denied, "check api_key: the key has to be one of this region and Business Unit"
	case "NO_TENANT_ACCESS":
		failure.Class, failure.Remedy = connectors.Denied, "check tenant_id: it is the Business Unit's id, from the dashboard's general settings, and the key has to be one of it"
	case "INSUFFICIENT_PERMISSIONS":
		failure.Class, failure.Remedy = connectors.Denied, "give the key the right to read and write products, in the dashboard"
	case "NOT_FOUND":
		failure.Class = connectors.Gone
	case "VARIANT_IN_USE", "PRODUCT_HAS_ACTIVE_ORDERS":
		failure.Class, failure.Later = connectors.Retryable, true
	default:
		if failure.Status == http.StatusConflict {
			failure.Class = connectors.Rejected // nothing was written: it would be for the next repeat as well
		}
	}
}

// words are the message, its details and its code.
func (r refusal) words() string {
	text := r.Error.Message
	var parts []string
	for _, d := range r.Error.Details {
		if d.Path != "" {
			d.Message = d.Path + ": " + d.Message
		}
		parts = append(parts, d.Message)
	}
	if len(parts) > 0 {
		text = strings.TrimPrefix(text+": ", ": ") + strings.Join(parts, "; ")
	}
	switch {
	case r.Error.Code == "":
		return text
	case text == "":
		return r.Error.Code
	}
	return text + " (" + r.Error.Code + ")"
}

var variantPath = regexp.MustCompile(`^variants(?:\.(\d+)|\[(\d+)\])\.?([A-Za-z]*)`)

// fieldOf names the field at fault as map: does: of variants.0.pricing.1 it is
// variant.pricing.
func fieldOf(path string) string {
	if m := variantPath.FindStringSubmatch(path); m != nil {
		if m[3] == "" {
			return fieldVariants
		}
		return connectors.VariantPrefix + m[3]
	}
	name, _, _ := strings.Cut(path, ".")
	name, _, _ = strings.Cut(name, "[")
	return name
}

// named adds to the API's words which variant of the request they are about.
func named(message string, body []byte) string {
	i := strings.Index(message, "variants")
	if i < 0 {
		return message
	}
	m := variantPath.FindStringSubmatch(message[i:])
	if m == nil {
		return message
	}
	n, err := strconv.Atoi(m[1] + m[2])
	sent, parseErr := catalog.ParsePayload(body)
	if err != nil || parseErr != nil {
		return message
	}
	if list := skus(sent); n < len(list) {
		return message + ", of variant " + list[n]
	}
	return message
}
