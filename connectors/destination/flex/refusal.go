package flex

import (
	"encoding/json"
	"fmt"
	"strings"
)

// maxMessage is the most of the API's words that is shown, in characters.
const maxMessage = 400

// words reads what a refusal says, and the first field that it names. There are
// three shapes on record, of which any may come with any status:
//
//	{"detail":[{"loc":["body","product","url"],"msg":"…","type":"…"}]}   (walkthrough)
//	{"detail":"text"}                                                    (walkthrough)
//	{"error":{"code":"…","message":"…"}}                                 (introduction)
//
// Anything else gives no words.
func words(body []byte) (message, field string) {
	var refusal struct {
		Detail json.RawMessage `json:"detail"`
		Error  struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	// A shape that is wrong in one part may still be right in another.
	_ = json.Unmarshal(body, &refusal)

	var text string
	var complaints []complaint
	switch {
	case json.Unmarshal(refusal.Detail, &text) == nil && text != "":
		message = text
	case json.Unmarshal(refusal.Detail, &complaints) == nil && len(complaints) > 0:
		message, field = joined(complaints)
	case refusal.Error.Message != "" && refusal.Error.Code != "":
		message = fmt.Sprintf("%s (%s)", refusal.Error.Message, refusal.Error.Code)
	default:
		message = refusal.Error.Message + refusal.Error.Code
	}
	return message, field
}

// complaint is one entry of a detail list. Items of Loc are names or positions.
type complaint struct {
	Loc []any  `json:"loc"`
	Msg string `json:"msg"`
}

func joined(complaints []complaint) (message, field string) {
	parts := make([]string, 0, len(complaints))
	for _, c := range complaints {
		name, path := c.where()
		if field == "" {
			field = name
		}
		switch {
		case path == "":
			parts = append(parts, c.Msg)
		case c.Msg == "":
			parts = append(parts, path+" was refused")
		default:
			parts = append(parts, path+": "+c.Msg)
		}
	}
	return strings.Join(parts, "; "), field
}

// where gives the field at fault and its place below the product: of
// ["body","product","image_urls",2] it is image_urls, at image_urls[2].
func (c complaint) where() (field, path string) {
	for i, item := range c.Loc {
		name, isName := item.(string)
		switch {
		case !isName:
			path += fmt.Sprintf("[%v]", item)
		case field == "" && (i == 0 && name == "body" || i == 1 && name == "product"):
			// The envelope is the same for all.
		case field == "":
			field, path = name, path+name
		default:
			path += "." + name
		}
	}
	return field, path
}
