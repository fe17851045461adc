package flex

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// Options are the options of a destination of type flex, besides the common ones.
type Options struct {
	APIKey        secret.Value `yaml:"api_key" jsonschema:"required" jsonschema_description:"The account's key, fsk_test_… for test mode or fsk_… for live mode."`
	WebhookSecret secret.List  `yaml:"webhook_secret" jsonschema_description:"The signing secret of the webhook, fwhsec_…; a list while you rotate it."`
	URL           URLChoice    `yaml:"url" jsonschema:"enum=image,enum=page" jsonschema_description:"The address that is sent to Flex as url: the main image, or the page of the product. Images are always sent as image_urls too."`
}

// URLChoice says which address is sent as url. The walkthrough calls it the image's,
// the vendor's own shop plugin sends the page's.
type URLChoice string

// The choices.
const (
	ImageURL URLChoice = "image"
	PageURL  URLChoice = "page"
)

func defaults() Options { return Options{URL: ImageURL} }

// Validate reports everything that is wrong with the options, as fault.Fault.
func (o Options) Validate() error {
	var errs []error
	if _, err := keyMode(o.APIKey.Reveal()); err != nil {
		errs = append(errs, err)
	}
	for i, s := range o.WebhookSecret {
		path := "webhook_secret"
		if len(o.WebhookSecret) > 1 {
			path = fmt.Sprintf("%s[%d]", path, i)
		}
		if !validWebhookSecret(s.Reveal()) {
			errs = append(errs, fault.At(path, "not a signing secret of Flex").
				Hinting("copy it from the webhook's page in the dashboard: fwhsec_ and base64 text"))
		}
	}
	if o.URL != ImageURL && o.URL != PageURL {
		errs = append(errs, fault.At("url", "%q is neither image nor page", string(o.URL)))
	}
	return errors.Join(errs...)
}

// keyMode tells the mode from the prefix. Test keys begin like live ones, so their
// longer prefix is looked for first (walkthrough).
func keyMode(key string) (catalog.Mode, error) {
	const hint = "copy it from the dashboard: fsk_test_… for test mode, fsk_… for live mode"
	if key == "" {
		return "", fault.At("api_key", "missing").Hinting(hint)
	}
	mode := catalog.ModeTest
	rest, ok := strings.CutPrefix(key, "fsk_test_")
	if !ok {
		mode = catalog.ModeLive
		rest, ok = strings.CutPrefix(key, "fsk_")
	}
	switch {
	case !ok:
		return "", fault.At("api_key", "does not begin with fsk_test_ or fsk_").Hinting(hint)
	case rest == "":
		return "", fault.At("api_key", "ends after its prefix").Hinting(hint)
	case strings.ContainsFunc(rest, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", fault.At("api_key", "holds a blank or another sign that no key has").Hinting(hint)
	}
	return mode, nil
}

// validWebhookSecret reports whether standard base64 stands after the first
// underscore, which is where the signing key is (verifying-webhooks page).
func validWebhookSecret(s string) bool {
	prefix, encoded, ok := strings.Cut(s, "_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	return ok && prefix != "" && err == nil && len(key) > 0
}
