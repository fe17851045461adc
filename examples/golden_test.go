package examples_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGoldenRecord holds what the two APIs have in the end against what the three
// sources of the example say together.
func TestGoldenRecord(t *testing.T) {
	t.Parallel()
	server := startSandbox(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("golden-record")); err != nil {
		t.Fatal(err)
	}
	turnToSandbox(t, filepath.Join(dir, "skubridge.yaml"), server)
	e := example{t, program(t), dir, &bytes.Buffer{}}
	if r := e.sync(); r.Status != "partial" || r.Created != 9 {
		t.Fatalf("the first sync: %+v", r)
	}
	want := map[string]map[string]string{
		"main-to-flex KB-M":    {"description": `"Hinged brace that supports the knee after a ligament injury. Size M."`, "name": `"Knee Brace - M"`, "upc_code": `"061414101004"`},
		"main-to-flex KB-L":    {"description": `"Hinged brace that supports the knee after a ligament injury. Size L."`},
		"main-to-flex HP-1":    {"description": `"A pad."`}, // neither ERP nor PIM know it
		"main-to-freight KB-M": {"country_of_origin": `"TW"`, "classifications": `[{"codes":["9021.10.00.50"],"region":"US"}]`},
		"main-to-freight TU-1": {"country_of_origin": `"DE"`, "name": `"TENS Unit"`},
	}
	for at, fields := range want {
		sync, sku, _ := strings.Cut(at, " ")
		got := e.accepted(sync, sku)
		for field, value := range fields {
			if d := cmp.Diff(value, string(got[field])); d != "" {
				t.Errorf("%s, %s (-want +got):\n%s", at, field, d)
			}
		}
	}
	if got := e.accepted("main-to-freight", "HP-1"); got != nil {
		t.Errorf("customs was told of a product without an HS code: %s", got)
	}

	// One line of the ERP is one product, at one API.
	erp := filepath.Join(dir, "erp.csv")
	text, err := os.ReadFile(erp)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(erp, []byte(strings.Replace(string(text), ";DE;9018", ";AT;9018", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := e.sync(); r.Unchanged != 8 {
		t.Errorf("after one edit: %+v", r)
	}
	if got := e.accepted("main-to-freight", "TU-1"); string(got["country_of_origin"]) != `"AT"` {
		t.Errorf("the new origin did not arrive: %s", got["country_of_origin"])
	}
}

// accepted is what an API last accepted of a SKU, nil for nothing.
func (e example) accepted(sync, sku string) map[string]json.RawMessage {
	e.t.Helper()
	var story struct {
		Syncs []struct {
			Sync     string
			Accepted map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(e.run("why", sku, "--json"), &story); err != nil {
		e.t.Fatal(err)
	}
	for _, s := range story.Syncs {
		if s.Sync == sync {
			for field, value := range s.Accepted {
				var flat bytes.Buffer
				if err := json.Compact(&flat, value); err != nil {
					e.t.Fatal(err)
				}
				s.Accepted[field] = flat.Bytes()
			}
			return s.Accepted
		}
	}
	return nil
}
