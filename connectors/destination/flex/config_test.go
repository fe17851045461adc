package flex_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/internal/secret"
)

func TestIdentity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, base, key, wantBase string
		mode                      catalog.Mode
	}{
		{"a test key", "", "fsk_test_abc", flex.DefaultBaseURL, catalog.ModeTest},
		{"a live key", "", "fsk_abc", flex.DefaultBaseURL, catalog.ModeLive},
		{"a live key that says test further on", "", "fsk_live_test_abc", flex.DefaultBaseURL, catalog.ModeLive},
		{"the address as documented", "https://api.withflex.com/v1/", "fsk_abc", flex.DefaultBaseURL, catalog.ModeLive},
		{"capitals in the host", "https://API.withflex.com", "fsk_abc", flex.DefaultBaseURL, catalog.ModeLive},
		{"a sandbox", "http://127.0.0.1:8585/flex", "fsk_test_abc", "http://127.0.0.1:8585/flex", catalog.ModeTest},
	}
	for _, tt := range tests {
		d := open(t, tt.base, func(o *flex.Options) { o.APIKey = secret.New(tt.key) })
		want := catalog.Identity{Type: "flex", BaseURL: tt.wantBase, Mode: tt.mode}
		if diff := cmp.Diff(want, d.Spec().Identity); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	const good, bad = "fwhsec_c2lnbmluZyBrZXk=", "fwhsec_*not*base64*"
	tests := []struct {
		what, base string
		edit       func(*flex.Options)
		want       string // part of the error, "" for none
	}{
		{"what is set by default", "", nil, ""},
		{"no key", "", func(o *flex.Options) { o.APIKey = secret.Value{} }, "api_key: missing"},
		{"a key of something else", "", func(o *flex.Options) { o.APIKey = secret.New("sk_live_hidden") }, "api_key: does not begin with fsk_test_ or fsk_"},
		{"half a key", "", func(o *flex.Options) { o.APIKey = secret.New("fsk_test_") }, "api_key: ends after its prefix"},
		{"a line end in the key", "", func(o *flex.Options) { o.APIKey = secret.New("fsk_hidden\n") }, "api_key: holds a blank"},
		{"a signing secret", "", func(o *flex.Options) { o.WebhookSecret = secret.List{secret.New(good)} }, ""},
		{"the second of two secrets", "", func(o *flex.Options) { o.WebhookSecret = secret.List{secret.New(good), secret.New(bad)} }, "webhook_secret[1]: not a signing secret"},
		{"a secret that is none", "", func(o *flex.Options) { o.WebhookSecret = secret.List{secret.New("hidden")} }, "webhook_secret: not a signing secret"},
		{"an address of another kind", "", func(o *flex.Options) { o.URL = "both" }, `url: "both" is neither image nor page`},
		{"an address without a host", "localhost:8585", nil, "base_url: not an http"},
		{"a password in the address", "https://u:hidden@api.withflex.com", nil, "base_url: holds more"},
		{"several at once", "ftp://x", func(o *flex.Options) { o.APIKey = secret.New("hidden") }, "api_key"},
	}
	for _, tt := range tests {
		_, err := tryOpen(tt.base, tt.edit)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.what, err)
		case tt.want == "":
		case err == nil || !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s: got %v, want %q", tt.what, err, tt.want)
		case strings.Contains(err.Error(), "hidden"):
			t.Errorf("%s: the error shows a secret: %v", tt.what, err)
		}
	}
	if _, err := tryOpen("ftp://x", func(o *flex.Options) { o.APIKey = secret.Value{} }); !strings.Contains(err.Error(), "base_url") {
		t.Errorf("of two faults one is missing: %v", err)
	}
}
