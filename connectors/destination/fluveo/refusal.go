package fluveo

import (
	"encoding/json"
	"fmt"
	"strings"
)

// maxMessage is the most of the API's words that is shown, in characters.
const maxMessage = 400

// words reads what a refusal says, and the field of ours that it is about:
//
//	{"error":{"type":"…","code":"…","message":"…","param":"…","doc_url":"…"}}   (guide: error-handling)
//
// Anything else gives no words; not every refusal is JSON (published notes).
func (d *Destination) words(body []byte) (message, field string) {
	var refusal struct {
		Error struct {
			Type    string `json:"type"`
			Code    string `json:"code"`
			Message string `json:"message"`
			Param   string `json:"param"`
		} `json:"error"`
	}
	// A shape that is wrong in one part may still be right in another.
	_ = json.Unmarshal(body, &refusal)
	e := refusal.Error
	code := e.Code
	if code == "" {
		code = e.Type
	}
	switch {
	case e.Message != "" && code != "":
		message = fmt.Sprintf("%s (%s)", e.Message, code)
	default:
		message = e.Message + code
	}
	return message, d.fieldOf(e.Param)
}

// fieldOf is the field of ours that a param is about: package_dimensions[weight] is
// package_dimensions, and what a price is made of is default_price_data.
func (d *Destination) fieldOf(param string) string {
	outer := param
	if i := strings.IndexAny(param, "[."); i >= 0 {
		outer = param[:i]
	}
	switch {
	case outer == fieldMetadata && strings.Trim(param[len(outer):], "[].") == d.opts.MetadataKey:
		return fieldKey
	case outer == "currency", outer == "unit_amount", outer == "unit_amount_decimal", outer == fieldDefaultPrice,
		outer == "tax_behavior", outer == "recurring":
		return fieldPrice
	}
	return outer
}
