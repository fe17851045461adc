package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/skubridge/skubridge/internal/fault"
)

func TestFaultReadsAsOneLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault fault.Fault
		want  string
	}{
		"a path, a message and a hint": {
			fault.At("shop", "%q is not a domain", "acme").Hinting("write it as name.myshopify.com"),
			`shop: "acme" is not a domain (write it as name.myshopify.com)`,
		},
		"no hint":                {fault.At("shop", "missing"), "shop: missing"},
		"all options, no path":   {fault.At("", "token or client_id is needed"), "token or client_id is needed"},
		"a percent sign as text": {fault.Fault{Path: "a", Message: "100% wrong"}, "a: 100% wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.fault.Error(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestFaultIsFoundInsideOtherErrors(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("open: %w", errors.Join(errors.New("other"), fault.At("token", "missing")))
	var f fault.Fault
	if !errors.As(err, &f) || f.Path != "token" {
		t.Errorf("got %+v", f)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"api_key", "base_url", "rate", "timeout", "concurrency", "shop-to-flex"}
	for name, c := range map[string]struct{ word, want string }{
		"a letter too many":              {"api_keyy", "api_key"},
		"a letter missing":               {"concurency", "concurrency"},
		"two letters swapped":            {"tiemout", "timeout"},
		"another case":                   {"API_KEY", "api_key"},
		"a dash for an underscore":       {"base-url", "base_url"},
		"an underscore for a dash":       {"shop_to_flex", "shop-to-flex"},
		"a short word, one letter off":   {"rat", "rate"},
		"a short word, two letters off":  {"rxxe", ""},
		"nothing alike":                  {"colour", ""},
		"nothing at all":                 {"", ""},
		"letters outside ASCII, one off": {"timeöut", "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fault.Nearest(c.word, known); got != c.want {
				t.Errorf("Nearest(%q) = %q, want %q", c.word, got, c.want)
			}
		})
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		known []string
		want  string
	}{
		"one is near":             {[]string{"zeta", "flex"}, `did you mean "flex"?`},
		"none is near, few known": {[]string{"zeta", "alpha"}, "known: alpha, zeta"},
		"none known":              {nil, ""},
		"none is near, many":      {[]string{"11", "22", "33", "44", "55", "66", "77", "88", "99", "1010", "1212", "1313", "1414"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fault.Suggest("flxe", c.known); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
