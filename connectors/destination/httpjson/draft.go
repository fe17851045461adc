package httpjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// Names of steps.
const (
	stepCreate  = "create"
	stepUpdate  = "update"
	stepArchive = "archive"
	stepRestore = "restore"
)

// Draft makes one step of a change. connectors.ErrNothingToDo says that there is
// nothing to send: no field that can be updated, or a product that is on sale.
func (d *Destination) Draft(c catalog.Change, name string, _ catalog.Made) (catalog.Step, error) {
	if !slices.Contains(d.spec.Steps[c.Op], name) {
		return catalog.Step{}, fmt.Errorf("draft %s of %s: no such step of a %s is configured", name, c.Key, c.Op)
	}
	call, send := d.opts.Create, c.Want
	switch name {
	case stepUpdate:
		call, send = d.opts.Update, d.changed(c)
		if send.IsZero() {
			return catalog.Step{}, connectors.ErrNothingToDo
		}
		if call.Whole {
			send = c.Want
		}
	case stepArchive:
		call = d.opts.Archive
	case stepRestore:
		if c.Op == catalog.OpAdopt && c.OldActive || d.opts.Restore.Path == "" {
			return catalog.Step{}, connectors.ErrNothingToDo
		}
		call = d.opts.Restore
	}
	if name != stepCreate && c.RemoteID == "" {
		return catalog.Step{}, fmt.Errorf("draft %s of %s: no id to address", name, c.Key)
	}
	s := catalog.Step{Op: c.Op, Name: name, Key: c.Key, Method: call.Method, NaturalKey: c.Want.Text(d.opts.NaturalKey), Repeatable: true}
	if name == stepCreate {
		s.Repeatable = d.opts.repeatable()
	} else {
		s.RemoteID = c.RemoteID
	}
	var err error
	if s.Path, err = fill(call.Path, c.RemoteID, c.Want); err != nil {
		return catalog.Step{}, fmt.Errorf("draft %s of %s: %w", name, c.Key, err)
	}
	template := call.Body
	if template == nil && (name == stepCreate || name == stepUpdate) {
		template = "{*}"
	}
	if template == nil {
		return s, nil
	}
	body, _ := render(template, c.RemoteID, d.numbered(send), d.numbered(c.Want))
	s.Body, err = catalogJSON(body)
	return s, err
}

// changed are the new values of the fields that an update can send. They are told
// from what is wanted and what there is, which later steps know too.
func (d *Destination) changed(c catalog.Change) catalog.Payload {
	changes := c.Fields
	if len(changes) == 0 {
		changes = c.Want.Diff(c.Have)
	}
	return c.Want.Only(func(name string) bool {
		f, _ := d.spec.Field(name)
		return f.Updatable && slices.ContainsFunc(changes, func(x catalog.FieldChange) bool { return x.Field == name && x.New != nil })
	})
}

// numbered gives a payload with its numbers as JSON has them; among ourselves they
// are texts, so that no reader makes floats of them.
func (d *Destination) numbered(p catalog.Payload) catalog.Payload {
	values := map[string]any{}
	for _, f := range d.spec.Fields {
		if f.Kind == connectors.Number && p.Has(f.Name) {
			values[f.Name] = json.Number(p.Text(f.Name))
		}
	}
	numbers, err := catalog.NewPayload(values)
	if err != nil { // Check has seen that they are numbers
		return p
	}
	return p.With(numbers)
}

// catalogJSON writes a value with its names in order, so that equal wishes have
// equal bytes.
func catalogJSON(v any) ([]byte, error) {
	p, err := catalog.NewPayload(map[string]any{"body": v})
	if err != nil {
		return nil, fmt.Errorf("encode the body: %w", err)
	}
	return p.Raw("body"), nil
}

// slot is the name in braces that a text consists of.
func slot(s string) (name string, ok bool) {
	rest, opened := strings.CutPrefix(s, "{")
	name, closed := strings.CutSuffix(rest, "}")
	return name, opened && closed && name != "" && !strings.ContainsAny(name, "{}")
}

// render fills a body in; ok is false for a value that is absent.
func render(template any, id string, send, want catalog.Payload) (v any, ok bool) {
	switch t := template.(type) {
	case string:
		switch name, isSlot := slot(t); {
		case !isSlot:
			return t, true
		case name == "*":
			return json.RawMessage(send.Bytes()), true
		case name == "id":
			return id, id != ""
		default:
			return want.Raw(name), want.Has(name)
		}
	case map[string]any:
		out := map[string]any{}
		for name, inner := range t {
			if v, ok := render(inner, id, send, want); ok {
				out[name] = v
			}
		}
		return out, true
	case []any:
		out := []any{}
		for _, inner := range t {
			if v, ok := render(inner, id, send, want); ok {
				out = append(out, v)
			}
		}
		return out, true
	}
	return template, true
}

// placeholders are the names in braces in a path.
func placeholders(path string) (names []string, err error) {
	for rest := path; ; {
		before, after, open := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return names, errors.New("a closing brace has no opening one")
		}
		if !open {
			return names, nil
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed || name == "" || strings.Contains(name, "{") {
			return names, errors.New("an opening brace has no name and closing brace after it")
		}
		names, rest = append(names, name), tail
	}
}

// fill fills a path in, each value escaped for its place.
func fill(path, id string, want catalog.Payload) (string, error) {
	names, err := placeholders(path)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	rest, escape := path, url.PathEscape
	for _, name := range names {
		value := id
		if name != "id" {
			value = want.Text(name)
		}
		if value == "" || value == "." || value == ".." {
			return "", fmt.Errorf("the path %s needs a %s, and it is %q", path, name, value)
		}
		before, after, _ := strings.Cut(rest, "{"+name+"}")
		if strings.Contains(before, "?") {
			escape = url.QueryEscape
		}
		out.WriteString(literal(before) + escape(value))
		rest = after
	}
	return out.String() + literal(rest), nil
}

// literal writes what stands in a path as an address has it: letters beyond ASCII and signs
// that no address holds escaped. With a single one of them net/url would escape the whole
// path anew, and a slash in a value would lead out of its place.
func literal(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
