package flexport

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// maxMessage is the most of the API's words that is shown, in characters.
const maxMessage = 400

// words reads what a refusal says, {"error":{"code","message"}} (error layout), and
// the field that it speaks of. No place for a field is documented: it is inferred
// from the words.
func (d *Destination) words(body []byte) (message, field string) {
	var refusal struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &refusal) // a shape that is wrong in one part may still be right in another
	switch e := refusal.Error; {
	case e.Message != "" && e.Code != "" && e.Code != "undocumented":
		message = fmt.Sprintf("%s (%s)", e.Message, e.Code)
	case e.Message != "":
		message = e.Message
	default:
		message = e.Code
	}
	return message, d.spokenOf(message)
}

var (
	hsWord = regexp.MustCompile(`(?i)\bhs[ _]?codes?\b|\bclassification`)
	word   = regexp.MustCompile(`[a-z_]+`)
)

// spokenOf is the first field that a text names.
func (d *Destination) spokenOf(message string) string {
	if hsWord.MatchString(message) {
		return fieldClassifications
	}
	for _, w := range word.FindAllString(strings.ToLower(message), -1) {
		for _, f := range d.spec.Fields {
			if w == f.Name || w == strings.TrimSuffix(f.Name, "s") {
				return f.Name
			}
		}
	}
	return ""
}
