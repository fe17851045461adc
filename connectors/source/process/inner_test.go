package process

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestArgumentsOfProtocols(t *testing.T) {
	t.Parallel()
	paths := map[string]string{"{config}": "c.json", "{catalog}": "cat.json", "{state}": "s.json"}
	for want, o := range map[string]Options{
		"-v --config c.json --catalog cat.json --state s.json":      {Protocol: Singer, Command: []string{"tap", "-v"}},
		"-v read --config c.json --catalog cat.json --state s.json": {Protocol: Airbyte, Command: []string{"source", "-v"}},
		"-v":                                    {Protocol: JSONLines, Command: []string{"sh", "-v"}},
		"--config=c.json --properties cat.json": {Protocol: Singer, Command: []string{"tap", "--config={config}", "--properties", "{catalog}"}},
	} {
		got := strings.Join((&Source{options: o}).arguments(o.Command[1:], paths), " ")
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestSecretsOfAConfiguration(t *testing.T) {
	t.Parallel()
	var tree any
	if err := json.Unmarshal([]byte(`{"host":"shop.example.com","credentials":{"user":"reader","value":"s3cr3t-1"},
		"api_keys":["s3cr3t-2"],"private_key":"-----BEGIN KEY-----\ns3cr3t-line-3\n","start_date":"2026-01-01"}`), &tree); err != nil {
		t.Fatal(err)
	}
	got := collect(nil, "", tree)
	for _, want := range []string{"s3cr3t-1", "s3cr3t-2", "s3cr3t-line-3"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q lacks %s", got, want)
		}
	}
	if slices.Contains(got, "shop.example.com") || slices.Contains(got, "2026-01-01") {
		t.Errorf("%q holds what is no secret", got)
	}
}

func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		`{"type":"RECORD","stream":"a","record":{"sku":"A"},"version":1}`, `{"type":"STATE","value":{"a":1}}`,
		`{"type":"ACTIVATE_VERSION","stream":"a","version":2}`, `{"type":"RECORD","record":{"stream":"a","data":{}}}`,
		`{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"stream_state":{}}}}`,
		`{"type":"STATE","state":{"type":"GLOBAL","global":{}}}`, `{"type":"STATE","state":{"data":{}}}`,
		`{"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"stream_descriptor":{"name":"a"},"status":"COMPLETE"}}}`,
	} {
		f.Add([]byte(seed), []byte(`{}`))
	}
	f.Fuzz(func(t *testing.T, line, before []byte) {
		for _, o := range []Options{{Protocol: Singer}, {Protocol: Airbyte}} {
			var from position
			if json.Valid(before) {
				from.State = before
			}
			p := newProtocol(o, from)
			for range 2 {
				if record, err := p.take(line); err == nil && record != nil && record[0] != '{' {
					t.Errorf("%q: a record %q", line, record)
				}
			}
			_ = p.end() // whatever it is
			if state, _ := p.state(); len(state) > 0 && !json.Valid(state) {
				t.Errorf("%q after %q: the state %q", line, before, state)
			}
		}
	})
}
