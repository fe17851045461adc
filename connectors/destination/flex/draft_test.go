package flex_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

func TestDraft(t *testing.T) {
	t.Parallel()
	d := open(t, "", nil)
	const fields = `"categories":["Braces and supports"],` +
		`"client_reference_id":"KB-L",` +
		`"description":"Hinged brace that supports the knee after a ligament injury",` +
		`"gtin":"00036000291452",` +
		`"image_urls":["https://cdn.example.com/img/knee-brace-l.jpg"],` +
		`"metadata":{"sku":"KB-L"},` +
		`"name":"Knee Brace - Large",` +
		`"upc_code":"036000291452",` +
		`"url":"https://cdn.example.com/img/knee-brace-l.jpg"`
	tests := []struct {
		what     string
		op       catalog.Op
		step     string
		edit     map[string]any // what is wanted, besides what is had
		inactive bool
		body     string // "" for nothing to do
	}{
		{"a create sends every field, in the order of names", catalog.OpCreate, "create", nil, false, `{"product":{` + fields + `}}`},
		{"HTML signs stay as they are", catalog.OpUpdate, "update", map[string]any{"description": "a < b & c"}, false, `{"product":{"description":"a < b & c"}}`},
		{
			"an update sends the fields that differ", catalog.OpUpdate, "update",
			map[string]any{"url": "https://cdn.example.com/2.jpg", "description": "New"},
			false,
			`{"product":{"description":"New","url":"https://cdn.example.com/2.jpg"}}`,
		},
		{
			"maps and lists are sent whole", catalog.OpUpdate, "update",
			map[string]any{"metadata": map[string]string{"sku": "KB-L", "a": "1"}, "categories": []string{"A", "B"}},
			false,
			`{"product":{"categories":["A","B"],"metadata":{"a":"1","sku":"KB-L"}}}`,
		},
		{"categories that are gone are cleared", catalog.OpUpdate, "update", map[string]any{"categories": nil}, false, `{"product":{"categories":[]}}`},
		{"another field that is gone stays at Flex", catalog.OpUpdate, "update", map[string]any{"gtin": nil}, false, ""},
		{
			"what cannot be updated is not sent", catalog.OpUpdate, "update",
			map[string]any{"name": "Other", "image_urls": []string{}, "components": []string{"Foam"}, "client_reference_id": "X", "gtin": "00036000291469"},
			false,
			`{"product":{"gtin":"00036000291469"}}`,
		},
		{"an update of nothing else is nothing", catalog.OpUpdate, "update", map[string]any{"name": "Other"}, false, ""},
		{"a replace creates", catalog.OpReplace, "create", nil, false, `{"product":{` + fields + `}}`},
		{"and archives the old one", catalog.OpReplace, "archive", map[string]any{"name": "Other"}, false, `{"product":{"active":false}}`},
		{"unless that is archived", catalog.OpReplace, "archive", map[string]any{"name": "Other"}, true, ""},
		{"an archive", catalog.OpArchive, "archive", nil, false, `{"product":{"active":false}}`},
		{"a restore", catalog.OpRestore, "restore", nil, true, `{"product":{"active":true}}`},
		{
			"a restore brings up to date in one request", catalog.OpRestore, "restore",
			map[string]any{"upc_code": "036000291469"},
			true,
			`{"product":{"upc_code":"036000291469","active":true}}`,
		},
		{"an adoption of what is equal", catalog.OpAdopt, "adopt", nil, false, ""},
		{"an adoption of what differs", catalog.OpAdopt, "adopt", map[string]any{"description": "New"}, false, `{"product":{"description":"New"}}`},
		{"an adoption of what is archived", catalog.OpAdopt, "adopt", nil, true, `{"product":{"active":true}}`},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			have, want := payload(t, nil), payload(t, tt.edit)
			c := catalog.Change{
				Op: tt.op, Key: "KB-L", RemoteID: "fprod_1", OldActive: !tt.inactive,
				Have: have, Want: want, Fields: want.Diff(have),
			}
			step, err := d.Draft(c, tt.step, catalog.Made{})
			if tt.body == "" {
				if !errors.Is(err, connectors.ErrNothingToDo) {
					t.Fatalf("got %s, %v, want nothing to do", step.Body, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wanted := catalog.Step{
				Op: tt.op, Name: tt.step, Key: "KB-L", NaturalKey: "KB-L", RemoteID: "fprod_1",
				Method: http.MethodPatch, Path: "/v1/products/fprod_1", Body: []byte(tt.body), Repeatable: true,
			}
			if tt.step == "create" {
				wanted.RemoteID, wanted.Method, wanted.Path, wanted.Repeatable = "", http.MethodPost, "/v1/products", false
			}
			if diff := cmp.Diff(wanted, step); diff != "" {
				t.Errorf("step (-want +got):\n%s\nbody %s", diff, step.Body)
			}
		})
	}
}

func TestDraftRefuses(t *testing.T) {
	t.Parallel()
	d := open(t, "", nil)
	tests := []struct {
		what           string
		change         catalog.Change
		step, remoteID string
	}{
		{"a step that the operation does not have", catalog.Change{Op: catalog.OpUpdate, RemoteID: "a"}, "archive", ""},
		{"an operation that there is not", catalog.Change{Op: "paint", RemoteID: "a"}, "paint", ""},
		{"an update of nothing known", catalog.Change{Op: catalog.OpArchive}, "archive", ""},
		{"archiving what was just created", catalog.Change{Op: catalog.OpReplace, RemoteID: "a", OldActive: true}, "archive", "a"},
	}
	for _, tt := range tests {
		step, err := d.Draft(tt.change, tt.step, catalog.Made{RemoteID: tt.remoteID})
		if err == nil || errors.Is(err, connectors.ErrNothingToDo) {
			t.Errorf("%s: got %s, %v", tt.what, step.Body, err)
		}
	}
}

func TestDraftAddressesByPath(t *testing.T) {
	t.Parallel()
	step, err := open(t, "", nil).Draft(catalog.Change{Op: catalog.OpArchive, RemoteID: "a/b?c"}, "archive", catalog.Made{})
	if err != nil || step.Path != "/v1/products/a%2Fb%3Fc" {
		t.Errorf("got %q, %v", step.Path, err)
	}
}

// An update addresses a product that carries the key it was created with.
func TestDraftKeepsTheOldNaturalKey(t *testing.T) {
	t.Parallel()
	c := catalog.Change{
		Op: catalog.OpReplace, RemoteID: "fprod_1", OldActive: true,
		Have: payload(t, nil), Want: payload(t, map[string]any{"client_reference_id": "NEW"}),
	}
	d := open(t, "", nil)
	for step, want := range map[string]string{"create": "NEW", "archive": "KB-L"} {
		got, err := d.Draft(c, step, catalog.Made{})
		if err != nil || got.NaturalKey != want {
			t.Errorf("%s: got %q, %v, want %q", step, got.NaturalKey, err, want)
		}
	}
}
