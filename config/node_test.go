package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// options is what a connector may look like, with every kind of field.
type options struct {
	account  `yaml:",inline"`
	BaseURL  string                `yaml:"base_url"`
	Level    string                `yaml:"level" jsonschema:"enum=product,enum=variant"`
	Pages    uint8                 `yaml:"pages"`
	Share    float64               `yaml:"share"`
	Strict   *bool                 `yaml:"strict"`
	Wait     time.Duration         `yaml:"wait"`
	Hooks    secret.List           `yaml:"webhook_secret"`
	Fields   map[string]string     `yaml:"fields"`
	Columns  []column              `yaml:"columns"`
	Format   func(into any) error  `yaml:"format"`
	Any      any                   `yaml:"any"`
	Internal string                `yaml:"-"`
	Rates    map[string]subOptions `yaml:"rates"`
}

type account struct {
	Key secret.Value `yaml:"api_key" jsonschema:"required"`
}

type column struct {
	Name  string `yaml:"name" jsonschema:"required"`
	Width int    `yaml:"width" jsonschema:"minimum=1"`
}

type subOptions struct {
	Limit int `yaml:"limit"`
}

// Validate refuses two things at once, one of them wrapped.
func (o options) Validate() error {
	var errs []error
	if o.Share > 1 {
		errs = append(errs, fault.At("share", "%v is more than everything", o.Share).Hinting("write 0.5 for a half"))
	}
	if len(o.Columns) > 1 && o.Columns[1].Name == "bad" {
		errs = append(errs, fmt.Errorf("columns: %w", fault.At("columns[1].name", "no such column")))
	}
	if o.Level == "product" && o.Pages == 1 {
		errs = append(errs, errors.New("level and pages do not go together"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("flex: %w", err)
	}
	return nil
}

// destination returns the options of the destination d, written on line 3.
func destination(t *testing.T, written string, env ...string) (config.Node, error) {
	t.Helper()
	cfg, err := config.Parse("c.yaml", []byte("destinations:\n  d:\n    "+written+"\n"), "/etc", env)
	if cfg == nil {
		t.Fatal(err)
	}
	return cfg.Destinations["d"].Options, err
}

func TestAConnectorReadsItsOptions(t *testing.T) {
	t.Parallel()
	node, err := destination(t, `{ type: flex, rate: 5/s, base_url: http://localhost:1, api_key: "${KEY}", level: variant, pages: 7,
      share: 1, strict: "${STRICT}", wait: 2m, webhook_secret: [a, "${KEY}"], fields: { sku: "${F}", "a.b": x }, columns: [{ name: n, width: 3 }],
      format: { type: csv, width: 9 }, any: { deep: ["${F}"] }, rates: { eu: { limit: "3" } } }`, "KEY=fsk_1", "F=MATNR", "STRICT=true")
	if err != nil {
		t.Fatal(err)
	}
	var got options
	err = node.Decode(&got)
	// A number in quotes is refused, also this deep.
	if want := "c.yaml:5:87: destinations.d.rates.eu.limit: want a whole number, have a text (write it without quotes)"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if got.Format == nil {
		t.Fatal("no way to decode the format")
	}
	format := struct {
		Type  string `yaml:"type"`
		Width int    `yaml:"width"`
	}{}
	if err := got.Format(&format); err != nil || format.Type != "csv" || format.Width != 9 {
		t.Errorf("format is %+v, %v", format, err)
	}
	var other struct {
		Type string `yaml:"tpye"`
	}
	want := "c.yaml:5:17: destinations.d.format.type: unknown key (did you mean \"tpye\"?)\n" +
		"c.yaml:5:28: destinations.d.format.width: unknown key (known: tpye)"
	if err := got.Format(&other); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	strict := true
	if diff := cmp.Diff(options{
		account: account{Key: secret.New("fsk_1")}, BaseURL: "http://localhost:1", Level: "variant", Pages: 7, Share: 1, Strict: &strict,
		Wait: 2 * time.Minute, Hooks: secret.List{secret.New("a"), secret.New("fsk_1")},
		Fields: map[string]string{"sku": "MATNR", "a.b": "x"}, Columns: []column{{Name: "n", Width: 3}},
		Any: map[string]any{"deep": []any{"MATNR"}},
	}, got, cmp.AllowUnexported(options{}), cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().String() == ".Format" || strings.HasPrefix(p.Last().String(), ".Rates")
	}, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
}

func TestOptionsKeepTheirDefaults(t *testing.T) {
	t.Parallel()
	node, err := destination(t, "{ type: flex, api_key: k, level: , columns: }")
	if err != nil {
		t.Fatal(err)
	}
	got := options{Level: "variant", Wait: time.Second, Columns: []column{{Name: "a", Width: 1}}}
	if err := node.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Level != "variant" || got.Wait != time.Second || len(got.Columns) != 1 {
		t.Errorf("got %+v", got)
	}
	if err := got.Format(&struct{}{}); err != nil {
		t.Errorf("an absent format cannot be decoded: %v", err)
	}
}

func TestWrongOptionsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		written string
		want    string // without the path of the destination
	}{
		"nothing required is there": {"{ type: flex }", "c.yaml:2:3: api_key: missing"},
		"it is there, but empty":    {"{ type: flex, api_key: '' }", "c.yaml:3:28: api_key: must not be empty"},
		"an unknown key":            {"{ type: flex, api_key: k, api_keyy: x }", `c.yaml:3:31: api_keyy: unknown key (did you mean "api_key"?)`},
		"an unknown key that is like one of all destinations": {
			"{ type: flex, api_key: k, concurency: 3 }", `c.yaml:3:31: concurency: unknown key (did you mean "concurrency"?)`,
		},
		"an unknown key in a list":     {"{ type: flex, api_key: k, columns: [{ name: a, width: 1 }, { nam: b, width: 1 }] }", "c.yaml:3:64: columns[1].name: missing\nc.yaml:3:66: columns[1].nam: unknown key (did you mean \"name\"?)"},
		"a word not among the ones":    {"{ type: flex, api_key: k, level: variants }", `c.yaml:3:38: level: must be product or variant (did you mean "variant"?)`},
		"a negative number":            {"{ type: flex, api_key: k, pages: -1 }", "c.yaml:3:38: pages: must not be negative"},
		"a number that is too large":   {"{ type: flex, api_key: k, pages: 256 }", "c.yaml:3:38: pages: the number is too large"},
		"a number beyond all":          {"{ type: flex, api_key: k, pages: 18446744073709551615 }", "c.yaml:3:38: pages: the number is too large"},
		"a number in a list of texts":  {"{ type: flex, api_key: k, webhook_secret: [a, 5] }", "c.yaml:3:31: webhook_secret: want a text or a list of texts"},
		"a number for a field":         {"{ type: flex, api_key: k, fields: { sku: 5 } }", "c.yaml:3:46: fields.sku: want a text, have a whole number (put it in quotes)"},
		"a text for the way to decode": {"{ type: flex, api_key: k, format: csv }", "c.yaml:3:39: format: want a mapping, have a text"},
		"a word for true":              {"{ type: flex, api_key: k, strict: yes }", "c.yaml:3:39: strict: want true or false, have a text (write it without quotes)"},
		"several that Validate refuses": {
			"{ type: flex, api_key: k, share: 2.5, level: product, pages: 1, columns: [{ name: a, width: 1 }, { name: bad, width: 1 }] }",
			"c.yaml:2:3: level and pages do not go together\n" +
				"c.yaml:3:38: share: 2.5 is more than everything (write 0.5 for a half)\n" +
				"c.yaml:3:110: columns[1].name: no such column",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node, err := destination(t, c.written)
			if err != nil {
				t.Fatal(err)
			}
			err = node.Decode(&options{})
			if err == nil {
				t.Fatal("no fault")
			}
			got := strings.NewReplacer("destinations.d.", "", "destinations.d: ", "").Replace(err.Error())
			if diff := cmp.Diff(strings.Split(c.want, "\n"), strings.Split(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// needy wants one of two keys; it would complain of a key that is there, but not resolved.
type needy struct {
	A string `yaml:"a"`
	B string `yaml:"b"`
}

func (n needy) Validate() error {
	if n.A == "" && n.B == "" {
		return errors.New("a or b is needed")
	}
	return nil
}

func TestNothingIsSaidTwiceOfAnUnresolvedReference(t *testing.T) {
	t.Parallel()
	node, err := destination(t, `{ type: x, a: "${NOT_SET}" }`)
	if want := "c.yaml:3:19: destinations.d.a: variable NOT_SET is not set (set it, or write the value here)"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if err := node.Decode(&needy{}); err != nil {
		t.Errorf("and again: %v", err)
	}
}

// careless repeats what it was told.
type careless struct {
	URL string `yaml:"url"`
}

func (c careless) Validate() error {
	return fault.At("url", "cannot use %q, see a page", c.URL)
}

func TestFaultsShowReferencesAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ written, value, want string }{
		"a whole value":          {"${PW}", "hunter22", `cannot use "${PW}", see a page`},
		"a part of one":          {"https://u:${PW}@h", "hunter22", `cannot use "https://u:${PW}@h", see a page`},
		"one that is escaped":    {"${PW}", `a"b\c` + "\n", `cannot use "${PW}", see a page`},
		"a short one, as a word": {"${PW}", "a", `cannot use "${PW}", see ${PW} page`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node, err := destination(t, `{ type: x, url: "`+c.written+`" }`, "PW="+c.value)
			if err != nil {
				t.Fatal(err)
			}
			err = node.Decode(&careless{})
			if want := "c.yaml:3:21: destinations.d.url: " + c.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestTheZeroNodeHasNoOptions(t *testing.T) {
	t.Parallel()
	var n config.Node
	if err := n.Decode(&subOptions{}); err != nil || n.Path() != "" {
		t.Errorf("got %v at %q", err, n.Path())
	}
	if err := n.Decode(&account{}); err == nil {
		t.Error("nothing is missing")
	}
}

func TestFaultsFoundLaterAreLocated(t *testing.T) {
	t.Parallel()
	node, err := destination(t, "{ type: x, format: { type: cvs } }")
	if err != nil {
		t.Fatal(err)
	}
	other := errors.New("disk on fire")
	err = node.Locate(fmt.Errorf("open: %w", errors.Join(other, fault.At("format.type", "not known"), node.Decode(&struct{}{}))))
	want := "disk on fire\n" +
		"c.yaml:3:16: destinations.d.format: unknown key (known: base_url, breaker, concurrency, lag, rate, timeout, type)\n" +
		"c.yaml:3:32: destinations.d.format.type: not known"
	if err == nil || err.Error() != want || !errors.Is(err, other) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := node.Locate(nil); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}
