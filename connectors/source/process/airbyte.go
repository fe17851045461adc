package process

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// airbyte are the messages of a source that speaks the Airbyte protocol.
type airbyte struct {
	streams
	last   json.RawMessage            // the state that was handed over, or a whole one since
	single map[string]json.RawMessage // those of streams since
	cut    map[string]string          // streams that did not get to their end, with their status
}

// airbyteMessage is what is read of a message.
type airbyteMessage struct {
	Type   string `json:"type"`
	Record struct {
		Stream string          `json:"stream"`
		Data   json.RawMessage `json:"data"`
	} `json:"record"`
	State json.RawMessage `json:"state"`
	Trace struct {
		Type  string `json:"type"`
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
		StreamStatus struct {
			Stream descriptor `json:"stream_descriptor"`
			Status string     `json:"status"`
		} `json:"stream_status"`
	} `json:"trace"`
}

type descriptor struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}

func (d descriptor) key() string { return d.Namespace + "\x00" + d.Name }

func (p *airbyte) take(line []byte) ([]byte, error) {
	var m airbyteMessage
	if err := json.Unmarshal(line, &m); err != nil || m.Type == "" {
		return nil, notMessage(line, "Airbyte", err)
	}
	switch m.Type {
	case "RECORD":
		wanted, err := p.choose(m.Record.Stream)
		if err != nil || !wanted {
			return nil, err
		}
		if len(m.Record.Data) == 0 || m.Record.Data[0] != '{' {
			return nil, &messageError{reason: "a RECORD message without data", remedy: "ask the makers of the program"}
		}
		return m.Record.Data, nil
	case "STATE":
		return nil, p.keep(m.State)
	case "TRACE":
		return nil, p.trace(m)
	}
	return nil, nil // LOG, SPEC, CATALOG, CONTROL, CONNECTION_STATUS are not about records
}

// trace takes in how the reading of streams goes, and errors.
func (p *airbyte) trace(m airbyteMessage) error {
	switch m.Trace.Type {
	case "ERROR":
		return &messageError{reason: "it reports: " + m.Trace.Error.Message, remedy: "see what it wrote to the log"}
	case "STREAM_STATUS":
		if p.cut == nil {
			p.cut = map[string]string{}
		}
		status := m.Trace.StreamStatus
		if delete(p.cut, status.Stream.Name); status.Status != "COMPLETE" && len(p.cut) < mostStreams {
			p.cut[status.Stream.Name] = status.Status
		}
	}
	return nil
}

// keep takes in a state: of one stream, of all, or of the older kind without a type.
func (p *airbyte) keep(state json.RawMessage) error {
	var s struct {
		Type   string `json:"type"`
		Stream struct {
			Descriptor descriptor `json:"stream_descriptor"`
		} `json:"stream"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(state, &s); err != nil {
		return &messageError{reason: "a STATE message that cannot be read", remedy: "ask the makers of the program"}
	}
	if len(state) > maxState || len(p.single) > mostStreams {
		return &messageError{reason: fmt.Sprintf("its state takes more than %d bytes", maxState), remedy: "read fewer streams"}
	}
	switch s.Type {
	case "STREAM":
		if p.single == nil {
			p.single = p.parts()
		}
		p.single[s.Stream.Descriptor.key()] = bytes.Clone(state)
	case "GLOBAL":
		p.last, p.single = list(bytes.Clone(state)), nil
	default:
		p.last, p.single = bytes.Clone(s.Data), nil
	}
	return nil
}

// parts are the states of streams that were handed over.
func (p *airbyte) parts() map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	var old []json.RawMessage
	_ = json.Unmarshal(p.last, &old) // one of another kind has no parts
	for _, one := range old {
		var s struct {
			Stream struct {
				Descriptor descriptor `json:"stream_descriptor"`
			} `json:"stream"`
		}
		if json.Unmarshal(one, &s) == nil && s.Stream.Descriptor.Name != "" {
			all[s.Stream.Descriptor.key()] = one
		}
	}
	return all
}

// list is a list of JSON.
func list(parts ...json.RawMessage) json.RawMessage {
	b, err := json.Marshal(parts)
	if err != nil {
		return nil // they were JSON when they came
	}
	return b
}

func (p *airbyte) end() error {
	for _, name := range slices.Sorted(maps.Keys(p.cut)) {
		if len(p.wanted) > 0 && !slices.Contains(p.wanted, name) {
			continue
		}
		return &messageError{
			reason: fmt.Sprintf("the stream %s ends with the status %s", name, strings.ToLower(p.cut[name])), remedy: "see what it wrote to the log",
		}
	}
	return nil
}

func (p *airbyte) state() (json.RawMessage, map[string]int64) {
	if p.single == nil {
		return p.last, nil
	}
	var parts []json.RawMessage
	for _, key := range slices.Sorted(maps.Keys(p.single)) {
		parts = append(parts, p.single[key])
	}
	return list(parts...), nil
}
