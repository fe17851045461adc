package fluveo

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// body is a request's fields in the order in which they are sent.
type body []member

type member struct {
	name  string
	value json.RawMessage
}

func (b *body) add(name string, value any) {
	raw, ok := value.(json.RawMessage)
	if !ok {
		var buf bytes.Buffer
		e := json.NewEncoder(&buf)
		e.SetEscapeHTML(false)
		_ = e.Encode(value) // texts, lists and maps of texts always encode
		raw = bytes.TrimRight(buf.Bytes(), "\n")
	}
	*b = append(*b, member{name, raw})
}

// encode writes the body so that equal wishes have equal bytes.
func (b body) encode(as Encoding) []byte {
	if as == Form {
		return b.form()
	}
	out := append(make([]byte, 0, 1024), '{')
	for i, m := range b {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendQuote(out, m.name)
		out = append(append(out, ':'), m.value...)
	}
	return append(out, '}')
}

// form writes the body as a form with names in brackets, as the other generation
// of the API takes it; what is empty there is an empty text.
func (b body) form() []byte {
	values := url.Values{}
	for _, m := range b {
		d := json.NewDecoder(bytes.NewReader(m.value))
		d.UseNumber()
		var v any
		if d.Decode(&v) == nil {
			spread(values, m.name, v)
		}
	}
	return []byte(values.Encode())
}

func spread(into url.Values, name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			spread(into, name+"["+k+"]", inner)
		}
	case []any:
		for i, inner := range v {
			spread(into, name+"["+strconv.Itoa(i)+"]", inner)
		}
		if len(v) == 0 {
			into.Set(name, "")
		}
	case nil:
		into.Set(name, "")
	case string:
		into.Set(name, v)
	case bool:
		into.Set(name, strconv.FormatBool(v))
	case json.Number:
		into.Set(name, v.String())
	}
}

// sent are the values of a request's fields by their names in brackets, whatever
// its encoding: name, metadata[sku].
type sent url.Values

func parseSent(raw []byte) sent {
	values := url.Values{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var fields map[string]any
	if d.Decode(&fields) == nil {
		for name, v := range fields {
			spread(values, name, v)
		}
		return sent(values)
	}
	values, err := url.ParseQuery(string(raw))
	if err != nil {
		return sent{} // our own bytes; what they do not say cannot be contradicted
	}
	return sent(values)
}

func (s sent) text(name string) (string, bool) {
	v := s[name]
	if len(v) == 0 {
		return "", false
	}
	return v[0], true
}

// entries counts the entries of a list.
func (s sent) entries(list string) (n int) {
	for name := range s {
		if strings.HasPrefix(name, list+"[") {
			n++
		}
	}
	return n
}
