package flex

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
)

func TestTell(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 15, 9, 31, 0, 0, time.UTC)
	d := &Destination{spec: newSpec(catalog.Identity{Mode: catalog.ModeTest}, ImageURL), mode: catalog.ModeTest}
	undecided := func() *catalog.Verdict {
		return &catalog.Verdict{Source: catalog.FromPoll, Mode: catalog.ModeTest, At: now}
	}
	decided := func(value string, final bool) *catalog.Verdict {
		v := undecided()
		v.Value, v.Final = value, final
		return v
	}
	asOf := func(v *catalog.Verdict, at time.Time) *catalog.Verdict {
		v.AsOf = at
		return v
	}
	tests := []struct {
		what, body string // the product
		want       catalog.Remote
		payload    string
	}{
		{"the least that there is", `{"product_id":"a"}`, catalog.Remote{ID: "a", Mode: catalog.ModeTest}, `{}`},
		{
			"everything", `{"product_id":"a","name":"N","upc_code":"036000291452","client_reference_id":"K","active":true,"test_mode":true,
				"hsa_fsa_eligibility":"vision","created_at":"2026-01-15T09:30:00.123456Z","updated_at":"2026-01-15T10:30:00+01:00",
				"metadata":{"b":"2","a":"1"},"categories":["C"],"a_new_field":{"x":[1]}}`,
			catalog.Remote{
				ID: "a", Key: "K", Active: true, Mode: catalog.ModeTest,
				Verdict:   asOf(decided("vision", true), time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC)),
				CreatedAt: time.Date(2026, 1, 15, 9, 30, 0, 123456000, time.UTC), UpdatedAt: time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC),
			},
			`{"categories":["C"],"client_reference_id":"K","metadata":{"a":"1","b":"2"},"name":"N","upc_code":"036000291452"}`,
		},
		{
			"nothing in its place is nothing", `{"product_id":"a","gtin":null,"description":"","image_urls":[],"metadata":{},"test_mode":null,"active":null}`,
			catalog.Remote{ID: "a", Mode: catalog.ModeTest, Blank: []string{"description", "gtin", "metadata", "image_urls"}},
			`{}`,
		},
		{"the other mode", `{"product_id":"a","test_mode":false}`, catalog.Remote{ID: "a", Mode: catalog.ModeLive}, `{}`},
		{"null is no verdict yet", `{"product_id":"a","hsa_fsa_eligibility":null}`, catalog.Remote{ID: "a", Mode: catalog.ModeTest, Verdict: undecided()}, `{}`},
		{
			"nor is not_eligible by itself", `{"product_id":"a","hsa_fsa_eligibility":"not_eligible"}`,
			catalog.Remote{ID: "a", Mode: catalog.ModeTest, Verdict: decided("not_eligible", false)},
			`{}`,
		},
		{
			"a verdict that nobody foresaw", `{"product_id":"a","hsa_fsa_eligibility":"service"}`,
			catalog.Remote{ID: "a", Mode: catalog.ModeTest, Verdict: decided("service", true)},
			`{}`,
		},
		{"a verdict of another type does not spoil the rest", `{"product_id":"a","hsa_fsa_eligibility":{}}`, catalog.Remote{ID: "a", Mode: catalog.ModeTest}, `{}`},
		{"nor does a time", `{"product_id":"a","created_at":5}`, catalog.Remote{ID: "a", Mode: catalog.ModeTest}, `{}`},
		{"a number keeps its digits", `{"product_id":"a","metadata":{"n":1.50}}`, catalog.Remote{ID: "a", Mode: catalog.ModeTest}, `{"metadata":{"n":1.50}}`},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			p, err := parseProduct([]byte(`{"product":` + tt.body + `}`))
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.tell(p, catalog.FromPoll, now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.payload, string(got.Payload.Bytes())); diff != "" {
				t.Errorf("payload (-want +got):\n%s", diff)
			}
			got.Payload = catalog.Payload{}
			if diff := cmp.Diff(tt.want, got.Remote, cmp.Comparer(func(a, b catalog.Payload) bool { return a.Hash() == b.Hash() })); diff != "" {
				t.Errorf("remote (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTellRefusesWhatItCannotTrust(t *testing.T) {
	t.Parallel()
	d := &Destination{spec: newSpec(catalog.Identity{}, ImageURL)}
	for what, body := range map[string]string{
		"no id":                  `{"name":"N"}`,
		"an empty id":            `{"product_id":""}`,
		"an id of another type":  `{"product_id":5}`,
		"a key of another type":  `{"product_id":"a","client_reference_id":["K"]}`,
		"activity as a text":     `{"product_id":"a","active":"yes"}`,
		"a mode of another type": `{"product_id":"a","test_mode":"true"}`,
	} {
		p, err := parseProduct([]byte(`{"product":` + body + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := d.tell(p, catalog.FromPoll, time.Now()); err == nil {
			t.Errorf("%s: got %+v", what, got)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"product":{"product_id":"a","active":true,"test_mode":true,"hsa_fsa_eligibility":null,"metadata":{"a":1.50}}}`))
	f.Add([]byte(`{"products":[{"product_id":"a"}],"has_more":true}`))
	id := catalog.Identity{Type: "flex", Mode: catalog.ModeTest}
	f.Fuzz(func(t *testing.T, body []byte) {
		d := &Destination{spec: newSpec(id, ImageURL), mode: id.Mode}
		if p, err := parseProduct(body); err == nil {
			if got, err := d.tell(p, catalog.FromPoll, time.Now()); err == nil && got.ID == "" {
				t.Errorf("%q was taken for a product without an id", body)
			}
		}
		if page, err := parsePage(body, 1); err == nil && page.products == nil {
			t.Errorf("%q was taken for a page", body)
		}
	})
}
