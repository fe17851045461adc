package process

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A protocol makes sense of a program's lines. It is of one run.
type protocol interface {
	// take reads one line. It gives the object of a record, nil for any other message.
	// An error ends the read; what is wrong with a record alone shows when it is read.
	take(line []byte) (record []byte, err error)
	// end is asked once the program ended well, for what speaks against its being whole.
	end() error
	// state is what the program is to be given the next time; nil for nothing, which
	// lets it begin from the start.
	state() (json.RawMessage, map[string]int64)
}

func newProtocol(o Options, from position) protocol {
	s := streams{wanted: o.Streams}
	switch o.Protocol {
	case Airbyte:
		return &airbyte{streams: s, last: from.State}
	case Singer:
		return &singer{streams: s, last: from.State, before: from.Versions, now: map[string]int64{}}
	case JSONLines:
	}
	return plain{}
}

// plain is one object to a line.
type plain struct{}

func (plain) take(line []byte) ([]byte, error)           { return line, nil }
func (plain) end() error                                 { return nil }
func (plain) state() (json.RawMessage, map[string]int64) { return nil, nil }

// A messageError is what is wrong with what a program wrote.
type messageError struct{ reason, remedy string }

func (e *messageError) Error() string { return e.reason }

// notMessage is the error of a line that is none of the protocol.
func notMessage(line []byte, protocol string, err error) error {
	e := &messageError{reason: "the line is no message of " + protocol, remedy: "a program has to write to standard error what is no message"}
	switch {
	case !bytes.HasPrefix(line, []byte("{")):
	case err == nil:
		e.reason += ": it has no type"
		e.remedy = "a program that prints one plain object to a line is read by protocol: " + string(JSONLines)
	default:
		e.remedy = "the program wrote broken JSON: ask its makers"
		if err != nil {
			e.reason += ": " + err.Error()
		}
	}
	return e
}

// streams chooses the streams that are read.
type streams struct {
	wanted []string
	seen   []string // with records
}

// mostStreams bounds the names that are kept.
const mostStreams = 10_000

// choose reports whether a stream's records are wanted. Where nothing was chosen, there may
// be one stream only: records of two kinds are not both products.
func (s *streams) choose(name string) (bool, error) {
	if !slices.Contains(s.seen, name) && len(s.seen) < mostStreams {
		s.seen = append(s.seen, name)
	}
	if len(s.wanted) > 0 {
		return slices.Contains(s.wanted, name), nil
	}
	if len(s.seen) > 1 {
		return false, &messageError{
			reason: fmt.Sprintf("it writes records of several streams, %s among them", strings.Join(s.seen, ", ")),
			remedy: "say which of them are products: streams: [" + s.seen[0] + "]",
		}
	}
	return true, nil
}

// singer are the messages of a Singer tap.
type singer struct {
	streams
	last   json.RawMessage
	before map[string]int64 // versions of the tables that are known
	now    map[string]int64 // those of this run
	anew   bool             // a table was begun anew: what is known of it may be gone
}

func (p *singer) take(line []byte) ([]byte, error) {
	var m struct {
		Type    string          `json:"type"`
		Stream  string          `json:"stream"`
		Record  json.RawMessage `json:"record"`
		Value   json.RawMessage `json:"value"`
		Version *int64          `json:"version"`
	}
	if err := json.Unmarshal(line, &m); err != nil || m.Type == "" {
		return nil, notMessage(line, "Singer", err)
	}
	switch strings.ToUpper(m.Type) {
	case "RECORD":
		wanted, err := p.choose(m.Stream)
		if err != nil || !wanted {
			return nil, err
		}
		if len(m.Record) == 0 || m.Record[0] != '{' {
			return nil, &messageError{reason: "a RECORD message without a record", remedy: "ask the makers of the program"}
		}
		if err := p.version(m.Stream, m.Version, true); err != nil {
			return nil, err
		}
		return m.Record, nil
	case "STATE":
		if len(m.Value) > maxState {
			return nil, &messageError{reason: fmt.Sprintf("its state takes more than %d bytes", maxState), remedy: "read fewer streams"}
		}
		p.last = bytes.Clone(m.Value)
		return nil, nil
	case "ACTIVATE_VERSION":
		return nil, p.version(m.Stream, m.Version, false)
	case "BATCH":
		if wanted, err := p.choose(m.Stream); err != nil || !wanted {
			return nil, err
		}
		return nil, &messageError{reason: "it sends its records in files, by BATCH messages", remedy: "have it send RECORD messages: take batch_config out of its configuration"}
	}
	return nil, nil // SCHEMA says nothing that the records do not
}

// version watches the versions of tables. Another one than was known means that all of the
// table was sent, so that what the run did not name may be gone: the next run is to begin
// from the start. Two of them in one run void what came first.
func (p *singer) version(stream string, version *int64, record bool) error {
	if version == nil {
		return nil
	}
	now, known := p.now[stream]
	if known && now != *version && record {
		return &messageError{reason: "it began the table " + stream + " anew in the middle of its run", remedy: "start it again"}
	}
	if known && now != *version {
		return &messageError{
			reason: fmt.Sprintf("it activates version %d of %s, and sent records of version %d", *version, stream, now),
			remedy: "start it again",
		}
	}
	if len(p.now) < mostStreams {
		p.now[stream] = *version
	}
	if old, ok := p.before[stream]; ok && old != *version && (len(p.wanted) == 0 || slices.Contains(p.wanted, stream)) {
		p.anew = true
	}
	return nil
}

func (p *singer) end() error { return nil }

func (p *singer) state() (json.RawMessage, map[string]int64) {
	if p.anew {
		return nil, nil
	}
	versions := p.now
	for stream, v := range p.before {
		if _, ok := versions[stream]; !ok {
			versions[stream] = v
		}
	}
	return p.last, versions
}
