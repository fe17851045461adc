package catalog

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// everyField has a value in every field, with what JSON escapes in some of them.
func everyField() Fields {
	price := Money{Amount: NewDecimal(1999, 2), Currency: "USD"}
	return Fields{
		SKU: "KB-L", Parent: "brace", Name: `Knee "Brace" \ large`, Description: "<p>Hinged &\tsoft.\r\n</p>\u2028\u00e9\x01", Brand: "Müller",
		Category: "Braces", Categories: []string{"a", "b,c", `","`}, Tags: []string{"x]"}, Status: "active", URL: "https://shop.example/a?b=c&d",
		Images: []string{"https://cdn.example/1.jpg", "https://cdn.example/2.jpg"}, GTIN: "036000291452", Price: price,
		CompareAtPrice: Money{Amount: NewDecimal(5, 0)}, Cost: Money{Currency: "EUR"}, Options: []Option{{"Size", "L"}, {"Colour", ""}},
		Grade: "A", Condition: "new", Specification: "none", SubscriptionPrices: []SubscriptionFee{{Months: 3, Monthly: price}},
		Weight: Measure{NewDecimal(-125, 1), "g"}, Dimensions: Dimensions{Length: NewDecimal(1, 0), Unit: "cm"}, CountryOfOrigin: "IN",
		HSCodes: []string{"902110"}, Suppliers: []string{""}, Components: []string{"steel"}, ReferenceGTIN: "1", TaxCode: "t",
		UpdatedAt: time.Date(2026, 11, 22, 1, 2, 3, 4, time.UTC), Attributes: map[string]string{"b": "2", "a": `1"`, "": "\x00"},
	}
}

func TestFieldsAreWrittenAsTheyAreDeclared(t *testing.T) {
	t.Parallel()
	of := reflect.TypeFor[Fields]()
	if of.NumField() != len(fieldCodecs) {
		t.Fatalf("%d fields, and %d of them are written", of.NumField(), len(fieldCodecs))
	}
	every := everyField()
	for i, c := range fieldCodecs {
		f := of.Field(i)
		if name := f.Tag.Get("expr"); name != c.name {
			t.Errorf("field %s is written as %s", name, c.name)
		}
		var one Fields // this field alone
		if !c.zero(&one) {
			t.Errorf("%s of nothing is written", c.name)
		}
		reflect.ValueOf(&one).Elem().Field(i).Set(reflect.ValueOf(every).Field(i))
		b, err := AppendFields(nil, &one)
		if err != nil {
			t.Fatal(err)
		}
		var got Fields
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if d := cmp.Diff(one, got, cmp.AllowUnexported(Decimal{})); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestLoadFieldsIsTheFastWay(t *testing.T) {
	t.Parallel()
	every := everyField()
	b, err := AppendFields(nil, &every)
	if err != nil {
		t.Fatal(err)
	}
	r := jsonReader{s: string(b)}
	var got Fields
	if r.fields(&got); !r.ended() {
		t.Fatalf("stopped at %s", r.s[r.at:])
	}
	if d := cmp.Diff(every, got, cmp.AllowUnexported(Decimal{})); d != "" {
		t.Error(d)
	}
}

// FuzzLoadFields holds LoadFields against encoding/json, and AppendFields against
// what it was given.
func FuzzLoadFields(f *testing.F) {
	every := everyField()
	own, err := AppendFields(nil, &every)
	if err != nil {
		f.Fatal(err)
	}
	theirs, err := json.Marshal(every)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(own), string(theirs), `{}`, ` { } `, `null`, `{"name":null}`, `{"tags":[],"images":null}`, `{"name":"a","name":"b"}`,
		`{"name":"\ud83d\ude00 \ud800 \u00e9 \/ \x"}`, "{\"name\":\"\xff\"}", `{"price":{"amount":"1e3","currency":""}}`, `{"NAME":"a"}`,
		`{"price":{"amount":"007.50"}}`, `{"weight":{"unit":"g","amount":"1"}}`, `{"attributes":{"a":"1","a":"2"}}`, `{"x":[{"y":"}"}]}`,
		`{"name":"a"}x`, `{"name":"a",}`, `{"options":[{"name":"a"}]}`, `{"updated_at":"2026-01-01T00:00:00Z"}`, `{"dimensions":{"length":"-0"}}`,
		`{"name":"a\u00`, `{"name":"\uD800\uDC00"}`, `{"cost":{"amount":"-0.5","currency":"EUR"}}`, `{"cost":{"amount":"0","currency":"EUR"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var want Fields
		wantErr := json.Unmarshal(b, &want)
		var got Fields
		err := LoadFields(b, &got)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("error %v, encoding/json says %v", err, wantErr)
		}
		if d := cmp.Diff(want, got, cmp.AllowUnexported(Decimal{})); d != "" {
			t.Fatal(d)
		}
		if err != nil {
			return
		}
		written, err := AppendFields(nil, &got)
		if err != nil {
			return // a time that JSON has no word for
		}
		standard, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var fromOwn, fromTheirs Fields
		if err := json.Unmarshal(written, &fromOwn); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if err := json.Unmarshal(standard, &fromTheirs); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(fromTheirs, fromOwn, cmp.AllowUnexported(Decimal{})); d != "" {
			t.Fatal(d)
		}
	})
}

// BenchmarkLoadFields and BenchmarkAppendFields are what a record's fields cost on
// their way out of the state and into it.
func BenchmarkLoadFields(b *testing.B) {
	every := everyField()
	stored, err := AppendFields(nil, &every)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var f Fields
		if err := LoadFields(stored, &f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendFields(b *testing.B) {
	every := everyField()
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		var err error
		if buf, err = AppendFields(buf[:0], &every); err != nil {
			b.Fatal(err)
		}
	}
}
