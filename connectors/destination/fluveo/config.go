package fluveo

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// Options are the options of a destination of type fluveo, besides the common ones.
type Options struct {
	SecretKey     secret.Value `yaml:"secret_key" jsonschema:"required" jsonschema_description:"The account's secret key, sk_test_… for test mode or sk_live_… for live mode."`
	Level         Level        `yaml:"level" jsonschema:"enum=variant,enum=product" jsonschema_description:"What one Fluveo product stands for: a variant, or a product whose variants all have one price."`
	Currency      string       `yaml:"currency" jsonschema_description:"The account's currency, such as USD. Prices in another currency are problems; unless set, each price is sent in the currency of the catalog."`
	MetadataKey   string       `yaml:"metadata_key" jsonschema_description:"The key in a product's metadata that holds the SKU, by which it is found again."`
	APIVersion    string       `yaml:"api_version" jsonschema_description:"The API version to request, such as 2026-03-09; empty leaves it to the account."`
	VersionHeader string       `yaml:"version_header" jsonschema_description:"The header that names the version."`
	Encoding      Encoding     `yaml:"encoding" jsonschema:"enum=json,enum=form" jsonschema_description:"How request bodies are encoded: json, or form for the other generation of the API."`
}

// Level is what one Fluveo product stands for.
type Level string

// The levels.
const (
	PerVariant Level = "variant"
	PerProduct Level = "product"
)

// Encoding is how bodies are written.
type Encoding string

// The encodings.
const (
	JSON Encoding = "json"
	Form Encoding = "form"
)

// Version that the reference pages show.
const (
	defaultVersion       = "2026-03-09"
	defaultVersionHeader = "X-API-Version"
)

func defaults() Options {
	return Options{
		Level: PerVariant, MetadataKey: "sku", APIVersion: defaultVersion,
		VersionHeader: defaultVersionHeader, Encoding: JSON,
	}
}

var (
	versionDate  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	versionText  = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	headerName   = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	currencyCode = regexp.MustCompile(`^[A-Za-z]{3}$`)
)

// Validate reports everything that is wrong with the options, as fault.Fault.
func (o Options) Validate() error {
	var errs []error
	add := func(wrong bool, f fault.Fault) {
		if wrong {
			errs = append(errs, f)
		}
	}
	if _, err := keyMode(o.SecretKey.Reveal()); err != nil {
		errs = append(errs, err)
	}
	add(o.Level != PerVariant && o.Level != PerProduct, fault.At("level", "%q is neither variant nor product", string(o.Level)))
	add(o.Encoding != JSON && o.Encoding != Form, fault.At("encoding", "%q is neither json nor form", string(o.Encoding)))
	add(o.Currency != "" && !currencyCode.MatchString(o.Currency),
		fault.At("currency", "%q is not a currency code", o.Currency).Hinting("write its three letters, as USD"))
	add(!metadataKeyFits(o.MetadataKey),
		fault.At("metadata_key", "%q cannot be a key of metadata", o.MetadataKey).
			Hinting("1 to 40 characters, not beginning with fluveo_, which the API keeps for itself"))
	standard := http.CanonicalHeaderKey(o.VersionHeader) == http.CanonicalHeaderKey(defaultVersionHeader)
	pattern := versionText
	if standard {
		pattern = versionDate
	}
	add(o.APIVersion != "" && !pattern.MatchString(o.APIVersion),
		fault.At("api_version", "%q is not a version of this API", o.APIVersion).Hinting("versions are dates, as "+defaultVersion))
	add(!headerName.MatchString(o.VersionHeader),
		fault.At("version_header", "%q is not the name of a header", o.VersionHeader).Hinting("leave it out for "+defaultVersionHeader))
	return errors.Join(errs...)
}

// keyMode tells the mode from the prefix (guide: authentication).
func keyMode(key string) (catalog.Mode, error) {
	const hint = "copy the secret key from the dashboard: sk_test_… for test mode, sk_live_… for live mode"
	for prefix, mode := range map[string]catalog.Mode{"sk_test_": catalog.ModeTest, "sk_live_": catalog.ModeLive} {
		rest, ok := strings.CutPrefix(key, prefix)
		switch {
		case !ok:
		case rest == "":
			return "", fault.At("secret_key", "ends after its prefix").Hinting(hint)
		case strings.ContainsFunc(rest, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }):
			return "", fault.At("secret_key", "holds a blank or another sign that no key has").Hinting(hint)
		default:
			return mode, nil
		}
	}
	switch {
	case key == "":
		return "", fault.At("secret_key", "missing").Hinting(hint)
	case strings.HasPrefix(key, "pk_"):
		return "", fault.At("secret_key", "is a publishable key, which can neither read nor write products").Hinting(hint)
	}
	return "", fault.At("secret_key", "begins with neither sk_test_ nor sk_live_").Hinting(hint)
}

// metadataKeyFits keeps the limits of the published spec: 1 to 40 characters, and
// no prefix that the API keeps for itself.
func metadataKeyFits(key string) bool {
	n := utf8.RuneCountInString(key)
	return strings.TrimSpace(key) != "" && n <= maxMetadataKey && !reservedKey(key)
}

func reservedKey(key string) bool { return strings.HasPrefix(strings.ToLower(key), "fluveo_") }
