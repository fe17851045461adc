package catalog

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustPayload(t testing.TB, values map[string]any) Payload {
	t.Helper()
	p, err := NewPayload(values)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sample(t testing.TB) Payload {
	return mustPayload(t, map[string]any{
		"name": "Knee Brace – <Large> & \"wide\"", "upc_code": "036000291452", "none": nil, "active": true,
		"description": "Hinged.\nFor runners \\ walkers \u2028 end", "price": NewDecimal(1999, 2),
		"image_urls": []string{"https://cdn.example.com/a,b:c.jpg", "}]{["},
		"metadata":   map[string]string{"sku": "KB-L", "a": `x"y`},
	})
}

func TestPayloadDependsOnNoOrder(t *testing.T) {
	t.Parallel()
	want := sample(t)
	for range 20 { // maps are walked in another order each time
		if got := sample(t); string(got.Bytes()) != string(want.Bytes()) || got.Hash() != want.Hash() {
			t.Fatalf("%s\n%s", got.Bytes(), want.Bytes())
		}
	}
	shuffled, err := ParsePayload([]byte(`{ "b" : 1.50, "a":{"z":[1,2],"y":null} }`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(shuffled.Bytes()), `{"a":{"y":null,"z":[1,2]},"b":1.50}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPayloadIsWhatTheStandardEncoderWrites(t *testing.T) {
	t.Parallel()
	b := sample(t).Bytes()
	var values map[string]any
	if err := json.Unmarshal(b, &values); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("Hinged.\nFor runners \\ walkers \u2028 end", values["description"]); d != "" {
		t.Error(d)
	}
	if _, ok := values["none"]; ok {
		t.Error("a nil value was encoded")
	}
}

func TestLoadPayloadIsTheSamePayload(t *testing.T) {
	t.Parallel()
	want := sample(t)
	got, err := LoadPayload(want.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want.Names(), got.Names()); d != "" {
		t.Error(d)
	}
	for _, name := range want.Names() {
		if string(got.Raw(name)) != string(want.Raw(name)) {
			t.Errorf("%s: got %s, want %s", name, got.Raw(name), want.Raw(name))
		}
	}
	if len(got.Diff(want)) > 0 || got.Hash() != want.Hash() {
		t.Error("it differs from what was stored")
	}
	empty := mustPayload(t, nil)
	if got, err := LoadPayload(empty.Bytes()); err != nil || !got.IsZero() {
		t.Errorf("the empty payload came back as %v, %v", got, err)
	}
}

func TestPayloadDiffAndWith(t *testing.T) {
	t.Parallel()
	old := mustPayload(t, map[string]any{"a": "1", "b": "2", "c": "3"})
	p := mustPayload(t, map[string]any{"a": "1", "b": "20", "d": "4"})
	want := []FieldChange{
		{Field: "b", Old: json.RawMessage(`"2"`), New: json.RawMessage(`"20"`)},
		{Field: "c", Old: json.RawMessage(`"3"`)},
		{Field: "d", New: json.RawMessage(`"4"`)},
	}
	if d := cmp.Diff(want, p.Diff(old)); d != "" {
		t.Error(d)
	}
	if got, want := string(old.With(p).Bytes()), `{"a":"1","b":"20","c":"3","d":"4"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzLoadPayload(f *testing.F) {
	f.Add([]byte(`{"a":1}`))
	f.Add(sample(f).Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePayload(b)
		if err != nil {
			_, _ = LoadPayload(b) // must not panic
			return
		}
		again, err := LoadPayload(p.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", p.Bytes(), err)
		}
		if len(again.Diff(p))+len(p.Diff(again)) > 0 {
			t.Fatalf("%s came back as %v", p.Bytes(), again.Names())
		}
	})
}

func BenchmarkLoadPayload(b *testing.B) {
	stored := sample(b).Bytes()
	for b.Loop() {
		if _, err := LoadPayload(stored); err != nil {
			b.Fatal(err)
		}
	}
}
