package process_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/source/process"
	"github.com/skubridge/skubridge/internal/secret"
)

func secretOf(text string) secret.Value { return secret.New(text) }

// play prints one of two files: the second when it is given a state that holds anything.
func play(args []string) int {
	state, err := os.ReadFile(args[0])
	if err != nil {
		return 1
	}
	path := args[1]
	if strings.TrimSpace(string(state)) != "{}" {
		path = args[2]
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return 1
	}
	os.Stdout.Write(text)
	return 0
}

// change is one line of the table that the program tap reads: a log of changes.
type change struct {
	SKU  string `json:"sku"`
	Name string `json:"name"`
	Gone string `json:"gone,omitempty"`
}

// tap writes a log of changes from where its state says, in the protocol of its last
// argument but one. Without a state it begins at the start.
func tap(args []string) int {
	log, err := os.Open(args[0])
	if err != nil {
		return 1
	}
	protocol, from := args[1], 0
	state, _ := os.ReadFile(args[2])
	text := string(state)
	if _, at, found := strings.Cut(text, `"at":`); found {
		fmt.Sscan(at, &from)
	}
	n := 0
	for d := json.NewDecoder(log); ; {
		var c change
		if err := d.Decode(&c); err == io.EOF {
			break
		} else if err != nil {
			return 1
		}
		if n++; n <= from {
			continue
		}
		record := map[string]any{"sku": c.SKU, "name": c.Name}
		if protocol == "singer" {
			if c.Gone != "" {
				record["_sdc_deleted_at"] = c.Gone
			}
			say(map[string]any{"type": "RECORD", "stream": "products", "record": record})
			continue
		}
		if c.Gone != "" {
			record["_ab_cdc_deleted_at"] = c.Gone
		}
		say(map[string]any{"type": "RECORD", "record": map[string]any{"stream": "products", "data": record, "emitted_at": 1}})
	}
	at := map[string]any{"at": n}
	if protocol == "singer" {
		say(map[string]any{"type": "STATE", "value": map[string]any{"bookmarks": at}})
		return 0
	}
	say(map[string]any{"type": "STATE", "state": map[string]any{"type": "STREAM", "stream": map[string]any{
		"stream_descriptor": map[string]any{"name": "products"}, "stream_state": at,
	}}})
	return 0
}

func say(message any) { json.NewEncoder(os.Stdout).Encode(message) }

// tableSide is a log of changes with three products that live.
func tableSide(t *testing.T, protocol process.Protocol) connectortest.OtherSide {
	t.Helper()
	path := file(t, "")
	n := 0
	note := func(c change) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		json.NewEncoder(f).Encode(c)
		n++
	}
	for _, sku := range []string{"A", "B", "C", "D"} {
		note(change{SKU: sku, Name: "first"})
	}
	return connectortest.OtherSide{
		Open: func(t *testing.T) connectors.Incremental {
			o := options("tap", path, string(protocol), "{state}")
			o.Protocol = protocol
			return open(t, o)
		},
		Change: func(*testing.T) string {
			note(change{SKU: "B", Name: fmt.Sprint("name ", n)})
			return "B"
		},
		Add: func(*testing.T) string {
			sku := fmt.Sprint("N-", n)
			note(change{SKU: sku, Name: "new"})
			return sku
		},
		Delete: func(*testing.T) string {
			note(change{SKU: "C", Gone: "2026-01-01T00:00:00Z"})
			return "C"
		},
	}
}

func TestAirbyteMessages(t *testing.T) {
	t.Parallel()
	rec := func(stream, data string) string {
		return `{"type":"RECORD","record":{"stream":"` + stream + `","data":` + data + `,"emitted_at":1}}` + "\n"
	}
	status := func(s string) string {
		return `{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,"stream_status":{"stream_descriptor":{"name":"products"},"status":"` + s + `"}}}` + "\n"
	}
	for _, tt := range []struct {
		what, text, keys string
		err              []string
	}{
		{"a stream that is whole", status("STARTED") + status("RUNNING") + rec("products", `{"sku":"A","_ab_cdc_deleted_at":null}`) + status("COMPLETE"), "A", nil},
		{"a stream that is not", status("STARTED") + rec("products", `{"sku":"A"}`) + status("INCOMPLETE"), "A", []string{"the stream products", "incomplete"}},
		{"a stream that never ends", status("STARTED") + rec("products", `{"sku":"A"}`), "A", []string{"started"}},
		{"an error", `{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"the key is wrong"}}}` + "\n", "", []string{"the key is wrong"}},
		{"words", `{"type":"LOG","log":{"level":"INFO","message":"hello"}}` + "\n" + rec("products", `{"sku":"A"}`), "A", nil},
		{"what is gone", rec("products", `{"sku":"A","_ab_cdc_deleted_at":"2026-01-01"}`), "-A", nil},
		{"no JSON", "hello\n", "", []string{"no message of Airbyte"}},
		{"no data", rec("products", "null"), "", []string{"without data"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			o := printing(t, process.Airbyte, tt.text)
			g := connectortest.Read(t, open(t, o), "")
			if g.Keys() != tt.keys || (g.Err != nil) != (tt.err != nil) {
				t.Fatalf("%+v", g)
			}
			if tt.err != nil {
				connectortest.WantIncomplete(t, g.Err, tt.err...)
			}
		})
	}
}
