package flexport

import (
	"errors"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// DefaultVersion is the version that the reference page describes.
const DefaultVersion = "2"

// Options are the options of a destination of type flexport, besides the common
// ones: an API key, or the id and the secret of API credentials.
type Options struct {
	APIKey       secret.Value `yaml:"api_key" jsonschema_description:"The account's API key, which does not expire. Either this, or client_id and client_secret."`
	ClientID     string       `yaml:"client_id" jsonschema_description:"The id of API credentials with access to products."`
	ClientSecret secret.Value `yaml:"client_secret" jsonschema_description:"The secret of the API credentials."`
	Version      string       `yaml:"version" jsonschema_description:"The Flexport-Version header: 2 (as on the reference page), 3 (as in the tutorial), or a date such as 2023-07-01."`
	Region       string       `yaml:"region" jsonschema_description:"The region for which hs_codes are sent as classifications: a two-letter country, or EU. Unless set, they are sent only if mapped; agree with Flexport on the codes first."`
}

func defaults() Options { return Options{Version: DefaultVersion} }

// europe is the region that is no country. Suppliers are in countries.
const europe = "EU"

// isRegion says whether HS codes can be told for a region.
func isRegion(code string) bool { return code == europe || catalog.IsCountry(code) }

// Validate reports everything that is wrong with the options, as fault.Fault.
func (o Options) Validate() error {
	const hint = "set api_key, or client_id and client_secret, from the account's settings"
	var errs []error
	wrong := func(path, message, hint string) { errs = append(errs, fault.At(path, "%s", message).Hinting(hint)) }
	switch pair := o.ClientID != "" || !o.ClientSecret.IsZero(); {
	case o.APIKey.IsZero() && !pair:
		wrong("api_key", "missing", hint)
	case !o.APIKey.IsZero() && pair:
		wrong("api_key", "there are an API key and API credentials", "leave one of them out")
	case pair && o.ClientID == "":
		wrong("client_id", "missing beside client_secret", hint)
	case pair && o.ClientSecret.IsZero():
		wrong("client_secret", "missing beside client_id", hint)
	case pair && o.Version == "1":
		wrong("version", "API credentials do not work with version 1", "set 2 or 3, or use an API key")
	}
	for path, v := range map[string]string{"api_key": o.APIKey.Reveal(), "client_id": o.ClientID, "client_secret": o.ClientSecret.Reveal()} {
		if strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }) {
			wrong(path, "holds a blank or another sign that none has", hint)
		}
	}
	if !knownVersion(o.Version) {
		wrong("version", "not a version of the API", `set "2", "3", or a date that is not in the future, as "2023-07-01"`)
	}
	if o.Region != "" && !isRegion(o.Region) {
		wrong("region", "not a country code of two capital letters", countryHint(o.Region, "write it as US, or EU for the European Union"))
	}
	return errors.Join(errs...)
}

// knownVersion reports whether a version is one of the documented forms.
func knownVersion(v string) bool {
	if v == "1" || v == "2" || v == "3" {
		return true
	}
	day, err := time.Parse(time.DateOnly, v)
	return err == nil && day.Before(time.Now())
}
