package flexport_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/destination/flexport"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/sync/mapping"
)

const testKey = "s3cret0fTheTests"

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]sandbox.FlexportConfig{
		"as it is read most carefully": {},
		"as it may well be":            {AnyCase: true, PatchArchived: true, MergeProperties: true, DuplicateStatus: 409},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg.Keys = []string{testKey}
			connectortest.Destination(t, connectortest.DestinationSetup{
				Serve: func(t *testing.T) string {
					t.Helper()
					_, base := serve(t, cfg)
					return base
				},
				Open: func(t *testing.T, common connectors.Common, credential string) connectors.Destination {
					t.Helper()
					return open(t, connectors.Env{Common: common}, func(o *flexport.Options) { o.APIKey = secret.New(credential) })
				},
				Credential: testKey, BadCredential: "unknown",
				Payload: payload,
				Update: map[string]any{
					"name": "Adapter, <black> & blue", "description": "Another adapter", "client_verified": true,
					"product_properties": []any{map[string]any{"type": "color", "value": "red"}},
					"classifications":    []any{map[string]any{"codes": []string{"0301.00", "6403.99.90"}, "region": "EU"}},
				},
				Edits: []map[string]any{
					{"suppliers": []any{map[string]any{"country_of_origin": "VN", "id": 7}}},
					{"product_category": "Fish", "country_of_origin": "Viet Nam"},
				},
				Faulty: map[string]any{
					"name": "Adapter\x00", "client_verified": "yes",
					"classifications":    []any{map[string]any{"codes": []string{"30100"}, "region": "US"}},
					"suppliers":          []any{map[string]any{"ref": "F", "country_of_origin": "China"}},
					"product_properties": "blue",
				},
			})
		})
	}
}

// serve starts a sandbox behind its contract.
func serve(t *testing.T, cfg sandbox.FlexportConfig) (*sandbox.Flexport, string) {
	t.Helper()
	cfg.KeepRequests = 1000
	api, err := sandbox.NewFlexport(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(contract.Validate(contract.Flexport, api, func(v contract.Violation) { api.Violated(v.String()) }))
	t.Cleanup(func() {
		srv.Close()
		if r := api.Report(); r.ContractViolations > 0 {
			t.Errorf("requests broke the contract:\n%s", strings.Join(r.Violations, "\n"))
		}
	})
	return api, srv.URL
}

func open(t *testing.T, env connectors.Env, edit func(*flexport.Options)) *flexport.Destination {
	t.Helper()
	d, err := tryOpen(env, edit)
	if err != nil {
		t.Fatal(err)
	}
	return d.(*flexport.Destination)
}

func tryOpen(env connectors.Env, edit func(*flexport.Options)) (connectors.Destination, error) {
	if env.Common.Timeout == 0 {
		env.Common.Timeout = 10 * time.Second
	}
	env.Common.Concurrency = max(env.Common.Concurrency, 4)
	return flexport.Type().Open(env, func(into any) error { edit(into.(*flexport.Options)); return nil })
}

func withKey(o *flexport.Options) { o.APIKey = secret.New(testKey) }

func payload(t *testing.T, n int) catalog.Payload {
	t.Helper()
	p, err := catalog.NewPayload(map[string]any{
		"name": fmt.Sprintf("AC Adapter %d", n), "sku": fmt.Sprintf("WDV/%d & é", n), "description": "12 volt adapter",
		"product_category": "Electronics", "country_of_origin": "China", "client_verified": false,
		"product_properties": []any{map[string]any{"type": "color", "value": "blue"}},
		"classifications":    []any{map[string]any{"codes": []string{"0301.00"}, "region": "US"}},
		"suppliers":          []any{map[string]any{"country_of_origin": "CN", "ref": "FACTORY-123"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What a catalog without a mapping of its own becomes.
func TestDefaults(t *testing.T) {
	t.Parallel()
	product := catalog.Fields{
		Name: "Adapter", Description: "<p>12 volt &amp; light</p>", Category: "Electronics", CountryOfOrigin: "cn",
		HSCodes: []string{"0301 00", "6403:99:90.10"}, Suppliers: []string{"F-2", "F-1"},
	}
	variant := catalog.Fields{SKU: "A-1", Name: "Blue", Options: []catalog.Option{{Name: "Size", Value: "M"}, {Name: "Color", Value: "blue"}, {Name: "Cut"}}}
	tests := []struct {
		what   string
		region string
		edit   func(*catalog.Fields)
		want   string
	}{
		{
			"everything, told for a region", "US", nil,
			`{"classifications":[{"codes":["0301.00","6403.99.90.10"],"region":"US"}],"country_of_origin":"cn","description":"12 volt & light",` +
				`"name":"Adapter - Blue","product_category":"Electronics","product_properties":[{"type":"Color","value":"blue"},{"type":"Size","value":"M"}],` +
				`"sku":"A-1","suppliers":[{"country_of_origin":"CN","ref":"F-1"},{"country_of_origin":"CN","ref":"F-2"}]}`,
		},
		{
			"codes for the European Union, which suppliers are not in", "EU",
			func(f *catalog.Fields) { f.CountryOfOrigin = "eu" },
			`{"classifications":[{"codes":["0301.00","6403.99.90.10"],"region":"EU"}],"country_of_origin":"eu","description":"12 volt & light",` +
				`"name":"Adapter - Blue","product_category":"Electronics","product_properties":[{"type":"Color","value":"blue"},{"type":"Size","value":"M"}],` +
				`"sku":"A-1"}`,
		},
		{
			"no region: codes are not told; a country that is no code: suppliers neither", "",
			func(f *catalog.Fields) { f.CountryOfOrigin = "China" },
			`{"country_of_origin":"China","description":"12 volt & light","name":"Adapter - Blue","product_category":"Electronics",` +
				`"product_properties":[{"type":"Color","value":"blue"},{"type":"Size","value":"M"}],"sku":"A-1"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			d := open(t, connectors.Env{}, func(o *flexport.Options) { withKey(o); o.Region = tt.region })
			var schema mapping.Schema
			for _, f := range d.Spec().Fields {
				schema = append(schema, mapping.Field{Name: f.Name, Kind: string(f.Kind), Default: f.Default, Required: f.Required})
			}
			program, err := mapping.Compile(schema, mapping.Config{Level: d.Spec().Level})
			if err != nil {
				t.Fatal(err)
			}
			fields := product
			if tt.edit != nil {
				tt.edit(&fields)
			}
			out := program.Map(catalog.Product{Key: "A", Fields: fields, Variants: []catalog.Variant{{SKU: "A-1", Fields: variant}}})[0]
			formed := d.Form(out.Payload)
			if diff := cmp.Diff(tt.want, string(formed.Bytes())); diff != "" {
				t.Errorf("%+v; payload (-want +got):\n%s", out.Faults, diff)
			}
			if faults := d.Check(formed); len(faults) > 0 {
				t.Errorf("faults %+v", faults)
			}
			if again := d.Form(formed); string(again.Bytes()) != string(formed.Bytes()) {
				t.Errorf("formed again: %s", again.Bytes())
			}
		})
	}
}

// The same set has one form, however it is written, and so has what answers show.
func TestForm(t *testing.T) {
	t.Parallel()
	d := open(t, connectors.Env{}, withKey)
	tests := []struct{ what, in, want string }{
		{"digits alone", `{"classifications":[{"codes":["030100"],"region":"us"}]}`, `{"classifications":[{"codes":["0301.00"],"region":"US"}]}`},
		{"as answers print them", `{"classifications":[{"_object":"x","codes":["0301:00"],"region":"US"}]}`, `{"classifications":[{"codes":["0301.00"],"region":"US"}]}`},
		{"a region twice, codes in disorder and again", `{"classifications":[{"codes":["640399"],"region":"US"},{"codes":["0301.00","6403.99"],"region":"US"}]}`, `{"classifications":[{"codes":["0301.00","6403.99"],"region":"US"}]}`},
		{"fees are kept apart", `{"classifications":[{"codes":["0301.00"],"fees":[{"fee_type":"cotton"}],"region":"US"},{"codes":["0301.00"],"region":"US"}]}`, `{"classifications":[{"codes":["0301.00"],"fees":[{"fee_type":"cotton"}],"region":"US"},{"codes":["0301.00"],"region":"US"}]}`},
		{"no code at all is left for Check", `{"classifications":[{"codes":["fish"],"region":"us"}]}`, `{"classifications":[{"codes":["fish"],"region":"us"}]}`},
		{"an empty set is none", `{"classifications":[],"suppliers":[]}`, `{}`},
		{"suppliers", `{"suppliers":[{"ref":" B ","country_of_origin":"cn"},{"id":7,"country_of_origin":"US"},{"ref":"B","country_of_origin":"CN"}]}`, `{"suppliers":[{"country_of_origin":"CN","ref":"B"},{"country_of_origin":"US","id":7}]}`},
		{"something else is left for Check", `{"product_properties":"x","suppliers":[{"name":"A"}]}`, `{"product_properties":"x","suppliers":[{"name":"A"}]}`},
	}
	for _, tt := range tests {
		p, err := catalog.ParsePayload([]byte(tt.in))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(d.Form(p).Bytes()); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.what, got, tt.want)
		}
	}
}

func FuzzForm(f *testing.F) {
	f.Add(`{"classifications":[{"codes":["0301:00"],"region":"us"}],"suppliers":[{"id":"7"}],"product_properties":[{}]}`)
	f.Fuzz(func(t *testing.T, in string) {
		d, err := tryOpen(connectors.Env{}, withKey)
		if err != nil {
			t.Fatal(err)
		}
		p, err := catalog.ParsePayload([]byte(in))
		if err != nil {
			return
		}
		once := connectors.Formed(d, p)
		if twice := connectors.Formed(d, once); string(twice.Bytes()) != string(once.Bytes()) {
			t.Errorf("%s becomes %s, and that %s", in, once.Bytes(), twice.Bytes())
		}
		_ = d.Check(once)
	})
}

// The faults that Flexport's own documents name.
func TestCheckSaysWhatToDo(t *testing.T) {
	t.Parallel()
	d := open(t, connectors.Env{}, withKey)
	for in, remedy := range map[string]string{
		`{"classifications":[{"codes":["30100"],"region":"US"}]}`:    "leading zero",
		`{"classifications":[{"codes":["0301.00"],"region":"USA"}]}`: "option region",
		`{"classifications":[{"codes":[],"region":"US"}]}`:           "leave the classification out",
		`{"suppliers":[{"country_of_origin":"CN"}]}`:                 "your own name for it",
		`{"suppliers":[{"ref":"a","country_of_origin":"China"}]}`:    "CN or US",
		`{"suppliers":[{"ref":"a","country_of_origin":"EU"}]}`:       "the country within the Union",
		`{"suppliers":[{"ref":"a","country_of_origin":"UK"}]}`:       "as GB",
		`{"suppliers":[{"ref":"a","country_of_origin":"EL"}]}`:       "as GR",
		`{"suppliers":[{"ref":"a","country_of_origin":"ZZ"}]}`:       "CN or US",
		`{"classifications":[{"codes":["0301.00"],"region":"UK"}]}`:  "as GB",
		`{"suppliers":["a"]}`:                                                      "correct the mapping of suppliers",
		`{"product_properties":[{"type":"","value":"x"}]}`:                         "leave it out",
		`{"client_verified":1}`:                                                    "correct the mapping of client_verified",
		`{"description":7}`:                                                        "correct the mapping of description",
		`{"suppliers":[{"id":"x1","country_of_origin":"CN","ref":"a"}]}`:           "correct the mapping of suppliers",
		`{"suppliers":[{"id":1.5,"country_of_origin":"CN","ref":"a"}]}`:            "map its id as a number",
		`{"classifications":[{"codes":["0301.00"],"region":"US","duty":1}]}`:       "correct the mapping of classifications",
		`{"classifications":[{"codes":["0301.00.00.00.00.00.00"],"region":"US"}]}`: "correct the code",
	} {
		p, err := catalog.ParsePayload([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range d.Check(payload(t, 1).With(p)) {
			found = found || strings.Contains(f.Remedy, remedy)
		}
		if !found {
			t.Errorf("%s: no fault says %q: %+v", in, remedy, d.Check(payload(t, 1).With(p)))
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	future := time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	for want, edit := range map[string]func(*flexport.Options){
		"api_key: missing":                  func(*flexport.Options) {},
		"an API key and API credentials":    func(o *flexport.Options) { withKey(o); o.ClientID = "a" },
		"client_secret: missing":            func(o *flexport.Options) { o.ClientID = "a" },
		"client_id: missing":                func(o *flexport.Options) { o.ClientSecret = secret.New("a") },
		"version: not a version":            func(o *flexport.Options) { withKey(o); o.Version = "v2" },
		"version: not a version of the API": func(o *flexport.Options) { withKey(o); o.Version = future },
		"do not work with version 1":        func(o *flexport.Options) { o.ClientID, o.ClientSecret, o.Version = "a", secret.New("b"), "1" },
		"region: not a country":             func(o *flexport.Options) { withKey(o); o.Region = "USA" },
		"United Kingdom as GB":              func(o *flexport.Options) { withKey(o); o.Region = "UK" },
		"api_key: holds a blank":            func(o *flexport.Options) { o.APIKey = secret.New("a b") },
	} {
		if _, err := tryOpen(connectors.Env{}, edit); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for base, want := range map[string]string{
		"https://logistics-api.flexport.com": "Logistics API", "ftp://x": "not an http", "https://a:b@c": "more than host",
	} {
		if _, err := tryOpen(connectors.Env{Common: connectors.Common{BaseURL: base}}, withKey); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", base, err, want)
		}
	}
}

// step is the first step of a change.
func step(t *testing.T, d *flexport.Destination, c catalog.Change) catalog.Step {
	t.Helper()
	s, err := d.Draft(c, d.Spec().Steps[c.Op][0], catalog.Made{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func creation(t *testing.T, d *flexport.Destination, n int) catalog.Step {
	t.Helper()
	return step(t, d, catalog.Change{Op: catalog.OpCreate, Key: "k", Want: payload(t, n)})
}

// A product that was archived at Flexport is gone for us, whether or not it takes
// a PATCH; its SKU is free again.
func TestArchivedIsGone(t *testing.T) {
	t.Parallel()
	for _, patch := range []bool{false, true} {
		api, base := serve(t, sandbox.FlexportConfig{PatchArchived: patch})
		d := open(t, connectors.Env{Common: connectors.Common{BaseURL: base}}, withKey)
		made, err := d.Deliver(t.Context(), creation(t, d, 1))
		if err != nil {
			t.Fatal(err)
		}
		api.Archive(payload(t, 1).Text("sku"))
		have := payload(t, 1)
		want := have.With(payload(t, 2).Only(func(n string) bool { return n == "name" }))
		_, err = d.Deliver(t.Context(), step(t, d, catalog.Change{Op: catalog.OpUpdate, RemoteID: made.Remote.ID, Have: have, Want: want, Fields: want.Diff(have)}))
		if e := connectors.AsDelivery(err); e == nil || e.Class != connectors.Gone {
			t.Errorf("update: %v", err)
		}
		again, err := d.Deliver(t.Context(), creation(t, d, 1))
		if err != nil || again.Remote.ID == made.Remote.ID {
			t.Errorf("created anew: %+v, %v", again, err)
		}
		if hits, err := d.Find(t.Context(), payload(t, 1).Text("sku")); err != nil || len(hits) != 1 || hits[0].ID != again.Remote.ID {
			t.Errorf("found %+v, %v", hits, err)
		}
	}
}

// A filter that ignores the case of letters shows another product: nobody's to pick.
func TestFindReportsAnotherSpelling(t *testing.T) {
	t.Parallel()
	_, base := serve(t, sandbox.FlexportConfig{AnyCase: true})
	d := open(t, connectors.Env{Common: connectors.Common{BaseURL: base}}, withKey)
	if _, err := d.Deliver(t.Context(), creation(t, d, 1)); err != nil {
		t.Fatal(err)
	}
	_, err := d.Find(t.Context(), strings.ToLower(payload(t, 1).Text("sku")))
	e := connectors.AsDelivery(err)
	if e == nil || e.Class != connectors.Rejected || !strings.Contains(e.Remedy, "give both the same sku") {
		t.Errorf("got %v", err)
	}
}

// The refusals of the sandbox are told in its words, with the field they name.
func TestRefusalsNameTheirField(t *testing.T) {
	t.Parallel()
	_, base := serve(t, sandbox.FlexportConfig{})
	d := open(t, connectors.Env{Common: connectors.Common{BaseURL: base}}, withKey)
	for field, edit := range map[string]map[string]any{
		"classifications": {"classifications": []any{map[string]any{"codes": []string{"7701.00"}, "region": "US"}}},
		"name":            {"name": strings.Repeat("x", 300)},
	} {
		p, err := catalog.NewPayload(edit)
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Deliver(t.Context(), step(t, d, catalog.Change{Op: catalog.OpCreate, Want: payload(t, 1).With(p)}))
		if e := connectors.AsDelivery(err); e == nil || e.Class != connectors.Rejected || e.Field != field {
			t.Errorf("%s: %+v", field, e)
		}
	}
}

// A create that is answered with an archived product cannot be put on sale by a call, and
// would be archived each time: the look-up or a person decides.
func TestANewProductThatIsArchivedIsRefused(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"data":{"id":7,"sku":"SKU-1","archived_at":"2026-01-01T00:00:00Z"}}`)
	}))
	defer api.Close()
	d := open(t, connectors.Env{Common: connectors.Common{BaseURL: api.URL}}, withKey)
	s := creation(t, d, 1)
	s.NaturalKey = "SKU-1"
	_, err := d.Deliver(t.Context(), s)
	if e := connectors.AsDelivery(err); e == nil || e.Class != connectors.Rejected || e.RemoteID != "7" || e.Remedy == "" {
		t.Errorf("%+v, want a refusal that names the product", e)
	}
}

// The next page is asked for on the same host only: the credentials go with it.
func TestPagesStayOnTheHost(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) }))
	defer elsewhere.Close()
	for _, next := range []string{elsewhere.URL + "/products?page=2", "//evil.example/products", "file:///etc/passwd", "http://user@127.0.0.1/"} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"data":{"next":%q,"data":[]}}`, next)
		}))
		defer api.Close()
		d := open(t, connectors.Env{Common: connectors.Common{BaseURL: api.URL}}, withKey)
		if _, _, err := d.List(t.Context(), ""); err == nil || connectors.AsDelivery(err).Class != connectors.Denied {
			t.Errorf("%s: %v", next, err)
		}
	}
}

// A key of a single letter is no reason to misread an answer.
func TestShortKey(t *testing.T) {
	t.Parallel()
	_, base := serve(t, sandbox.FlexportConfig{Keys: []string{"k"}})
	d := open(t, connectors.Env{Common: connectors.Common{BaseURL: base}}, func(o *flexport.Options) { o.APIKey = secret.New("k") })
	made, err := d.Deliver(t.Context(), creation(t, d, 1))
	if err != nil {
		t.Fatal(err)
	}
	found, err := d.Find(t.Context(), made.Remote.Key)
	if err != nil || len(found) != 1 || found[0].ID != made.Remote.ID {
		t.Errorf("found %+v, %v", found, err)
	}
}
