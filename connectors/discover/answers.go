package discover

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// What people save of an API is at times not its products: the error that it answered, or an
// empty page. Read as records, one product of no use would come of it.

// envelopes are members that hold the records of an answer.
var envelopes = []string{"data", "items", "products", "results", "records", "rows", "value", "entries", "content", "variants"}

// complaints are members by which an API says that something went wrong.
var complaints = []string{"error", "errors", "fault", "exception", "error_description", "errormessage", "errorcode"}

// answer looks for JSON without records. A file that is longer than the sample has some.
func (l *looker) answer() error {
	var whole any
	if l.cut || !json.Valid(l.sample) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(l.sample))
	d.UseNumber() // which may be beyond those of this machine
	if err := d.Decode(&whole); err != nil {
		return l.unreadable("it cannot be read as JSON", "export it again", err)
	}
	none := func() error {
		return l.unreadable("there are no rows in it", "name an export that has some products", nil)
	}
	switch v := whole.(type) {
	case []any:
		if len(v) == 0 {
			return none()
		}
		if !slices.ContainsFunc(v, nested) {
			return l.unreadable("it is a list of plain values, such as "+quoted(v[0])+", and products are objects with named members",
				"export the products themselves, as objects or as CSV", nil)
		}
	case map[string]any:
		if listed(v) {
			return nil
		}
		if said := complaint(v); said != "" {
			return l.unreadable("it is the answer of an API that tells of an error: "+said, "ask the API again, with the right address and key, and save what it answers then", nil)
		}
		if len(v) == 0 || slices.ContainsFunc(envelopes, func(name string) bool { list, ok := v[name].([]any); return ok && len(list) == 0 }) && !called(v) {
			return none()
		}
	default:
		return l.unreadable("it is a plain value, "+quoted(whole)+", and products are objects with named members", "export the products themselves, as objects or as CSV", nil)
	}
	return nil
}

// nested reports whether a value has members.
func nested(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}

// listed reports whether a member that is no complaint is a list of objects, at any depth.
func listed(object map[string]any) bool {
	for name, v := range object {
		switch v := v.(type) {
		case []any:
			if !slices.Contains(complaints, folded(name)) && slices.ContainsFunc(v, nested) {
				return true
			}
		case map[string]any:
			if listed(v) {
				return true
			}
		}
	}
	return false
}

// called reports whether an object is called by a SKU, so that it is a product itself.
func called(object map[string]any) bool {
	for name := range object {
		if surely(name) {
			return true
		}
	}
	return false
}

// complaint gives what an answer says went wrong, "" where it says nothing of the kind.
func complaint(object map[string]any) string {
	if called(object) {
		return ""
	}
	for name, v := range object {
		if !slices.Contains(complaints, folded(name)) {
			continue
		}
		switch v := v.(type) {
		case nil, bool:
		case string:
			if v != "" {
				return quoted(v)
			}
		case []any:
			if len(v) > 0 {
				return quoted(v)
			}
		default:
			return quoted(v)
		}
	}
	if message, ok := object["message"].(string); ok {
		for _, name := range []string{"code", "status", "statusCode", "status_code"} {
			if _, ok := object[name]; ok {
				return quoted(message)
			}
		}
	}
	return ""
}

// quoted shows a value as it stands in the file, as far as a sentence goes.
func quoted(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	const most = 120
	text := string(b)
	if len(text) > most {
		text = shortened(b[:most]) + "…"
	}
	return text
}
