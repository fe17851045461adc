package shopify

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// Limits of what is read.
const (
	// maxAnswer is the most bytes of one answer of the API.
	maxAnswer = 32 << 20
	// maxResult is the most bytes of the result of a bulk operation.
	maxResult = 32 << 30
	// maxLine is the most bytes of one line of it: one product, variant or image.
	maxLine = 16 << 20
	// maxProduct is the most bytes of one product with all that belongs to it.
	maxProduct = 64 << 20
	// maxRequests is the most requests of one read.
	maxRequests = 100_000
	// maxMetafields keeps queries below what Shopify lets them cost.
	maxMetafields = 40
	maxCountries  = 10

	requestTimeout = 60 * time.Second
)

// DefaultVersion is the version of the API that the queries were checked against.
const DefaultVersion = "2026-07"

// Options are the settings of a source of type shopify.
type Options struct {
	Shop          string        `yaml:"shop" jsonschema:"required" jsonschema_description:"The store's own address, such as acme.myshopify.com, not the domain that customers see."`
	Token         secret.Value  `yaml:"token" jsonschema_description:"The Admin API access token of a custom app, which does not expire. Either this, or client_id and client_secret."`
	ClientID      string        `yaml:"client_id" jsonschema_description:"The client id of an app that is installed in the store. It is used to request tokens, which last 24 hours and are stored."`
	ClientSecret  secret.Value  `yaml:"client_secret" jsonschema_description:"The client secret of the app."`
	APIVersion    string        `yaml:"api_version" jsonschema_description:"The version of the API, a quarter such as 2026-07."`
	BaseURL       string        `yaml:"base_url" jsonschema_description:"Another address of the API, for a sandbox; https:// and the shop unless set."`
	Metafields    []string      `yaml:"metafields" jsonschema_description:"Metafields that become attributes, as namespace.key of the product or variant.namespace.key."`
	Inventory     bool          `yaml:"inventory" jsonschema_description:"Whether HS codes, origin, cost and weight are read, which needs the scope read_inventory."`
	Country       string        `yaml:"country" jsonschema_description:"The two-letter country whose market's prices and currency count. Unless set, the shop's own."`
	Countries     []string      `yaml:"countries" jsonschema_description:"Countries whose prices become attributes of variants: price_DE and compare_at_price_DE, with their currency."`
	WebhookSecret secret.List   `yaml:"webhook_secret" jsonschema_description:"The secret that webhooks are signed with, or a list while you rotate it: the app's client secret, and client_secret unless set."`
	Overlap       time.Duration `yaml:"overlap" jsonschema_description:"How far before the last read changes are requested again, as Shopify's search lags behind its products."`
	BulkAbove     int           `yaml:"bulk_above" jsonschema:"minimum=1" jsonschema_description:"The number of changed products from which a bulk operation is used instead of pages. Shopify pages no further than 25,000."`
	BulkWait      time.Duration `yaml:"bulk_wait" jsonschema_description:"How long a bulk operation may take."`
	Timeout       time.Duration `yaml:"timeout" jsonschema_description:"How long a read may take, bulk operations included; 24 hours unless set."`
}

// Default are the options of a store of which nothing was said but its address.
func Default() Options {
	return Options{
		APIVersion: DefaultVersion, Inventory: true, Overlap: 10 * time.Minute,
		BulkAbove: 1000, BulkWait: 6 * time.Hour, Timeout: connectors.ReadTime,
	}
}

// pageCeiling is how many objects Shopify pages through ("Paginating results").
const pageCeiling = 25_000

var (
	shopName    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\.myshopify\.com$`)
	versionName = regexp.MustCompile(`^(20[0-9]{2}-(01|04|07|10)|unstable)$`)
	countryCode = regexp.MustCompile(`^[A-Z]{2}$`)
	namespace   = regexp.MustCompile(`^[$A-Za-z0-9_:-]{2,255}$`)
	fieldKey    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// Validate gives all that is wrong with the options.
func (o Options) Validate() error {
	var faults []error
	wrong := func(path, hint, format string, args ...any) {
		faults = append(faults, fault.At(path, format, args...).Hinting(hint))
	}
	const name = "write it as acme.myshopify.com; it stands in the address of the admin"
	switch {
	case o.Shop == "":
		wrong("shop", name, "missing")
	case !shopName.MatchString(strings.ToLower(o.Shop)):
		wrong("shop", name, "%q is not the address of a store", o.Shop)
	}
	o.validateCredentials(wrong)
	if !versionName.MatchString(o.APIVersion) {
		wrong("api_version", "write a quarter, such as "+DefaultVersion, "%q is not a version of the API", o.APIVersion)
	}
	if o.BaseURL != "" {
		if _, err := connectors.Address(o.BaseURL, "leave it out for https:// and the shop", "token, or client_id and client_secret"); err != nil {
			faults = append(faults, err)
		}
	}
	if len(o.Metafields) > maxMetafields {
		wrong("metafields", "name those that a mapping uses", "there are %d, more than %d", len(o.Metafields), maxMetafields)
	}
	for i, m := range o.Metafields {
		if _, err := parseMetafield(m); err != nil {
			wrong(fmt.Sprintf("metafields[%d]", i), "write it as custom.intended_use, or variant.custom.material", "%v", err)
		}
	}
	if len(o.Countries) > maxCountries {
		wrong("countries", "name those that a mapping uses", "there are %d, more than %d", len(o.Countries), maxCountries)
	}
	for i, c := range o.Countries {
		if !countryCode.MatchString(c) {
			wrong(fmt.Sprintf("countries[%d]", i), "write it as DE", "%q is not a country of two capital letters", c)
		}
	}
	if o.Country != "" && !countryCode.MatchString(o.Country) {
		wrong("country", "write it as DE", "%q is not a country of two capital letters", o.Country)
	}
	o.validateTimes(wrong)
	return errors.Join(faults...)
}

func (o Options) validateTimes(wrong func(path, hint, format string, args ...any)) {
	if o.Overlap < 0 || o.Overlap > 24*time.Hour {
		wrong("overlap", "write it as 10m", "is not between 0s and 24h")
	}
	if o.BulkAbove < 1 || o.BulkAbove > pageCeiling {
		wrong("bulk_above", "leave it out for 1000", "is not between 1 and %d", pageCeiling)
	}
	if o.BulkWait < time.Second {
		wrong("bulk_wait", "write it as 6h", "is less than a second")
	}
	if o.Timeout < time.Second {
		wrong("timeout", "write it as 24h", "is less than a second")
	}
}

func (o Options) validateCredentials(wrong func(path, hint, format string, args ...any)) {
	const hint = "set token, or client_id and client_secret, from the app's settings"
	switch pair := o.ClientID != "" || !o.ClientSecret.IsZero(); {
	case o.Token.IsZero() && !pair:
		wrong("token", hint, "missing")
	case !o.Token.IsZero() && pair:
		wrong("token", "leave one of them out", "there are a token and client credentials")
	case pair && o.ClientID == "":
		wrong("client_id", hint, "missing beside client_secret")
	case pair && o.ClientSecret.IsZero():
		wrong("client_secret", hint, "missing beside client_id")
	}
	for _, c := range []struct{ path, value string }{
		{"token", o.Token.Reveal()}, {"client_id", o.ClientID}, {"client_secret", o.ClientSecret.Reveal()},
	} {
		if strings.ContainsFunc(c.value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			wrong(c.path, hint, "holds a blank or another sign that none has")
		}
	}
}

// base is the address that requests go to.
func (o Options) base() string {
	if o.BaseURL != "" {
		base, _ := connectors.Address(o.BaseURL, "", "") // Validate has judged it
		return base
	}
	return (&url.URL{Scheme: "https", Host: strings.ToLower(o.Shop)}).String()
}

// secrets are what webhooks may be signed with. An empty one is none: anybody could sign with it.
func (o Options) secrets() secret.List {
	all := o.WebhookSecret
	if len(all) == 0 {
		all = secret.List{o.ClientSecret}
	}
	return slices.DeleteFunc(slices.Clone(all), secret.Value.IsZero)
}

// metafield is one that becomes an attribute.
type metafield struct {
	variant        bool
	namespace, key string
}

// attribute is its name: namespace.key.
func (m metafield) attribute() string { return m.namespace + "." + m.key }

func parseMetafield(s string) (metafield, error) {
	parts := strings.Split(s, ".")
	m := metafield{}
	if len(parts) == 3 && slices.Contains([]string{"product", "variant"}, parts[0]) {
		m.variant = parts[0] == "variant"
		parts = parts[1:]
	}
	if len(parts) != 2 || !namespace.MatchString(parts[0]) || !fieldKey.MatchString(parts[1]) {
		return m, fmt.Errorf("%q does not name a metafield", s)
	}
	m.namespace, m.key = parts[0], parts[1]
	return m, nil
}
