package akeneo

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// By says how products are known in the PIM.
type By string

// The ways. Products have UUIDs since version 7.
const (
	ByUUID       By = "uuid"
	ByIdentifier By = "identifier"
)

// Options are the settings of a source of type akeneo.
type Options struct {
	BaseURL      string       `yaml:"base_url" jsonschema:"required" jsonschema_description:"Address of the PIM, such as https://acme.cloud.akeneo.com."`
	ClientID     string       `yaml:"client_id" jsonschema:"required" jsonschema_description:"Client id of the connection (System > Connections)."`
	ClientSecret secret.Value `yaml:"client_secret" jsonschema:"required" jsonschema_description:"Secret of the connection."`
	Username     string       `yaml:"username" jsonschema:"required" jsonschema_description:"User name of the connection."`
	Password     secret.Value `yaml:"password" jsonschema:"required" jsonschema_description:"Password of the connection."`

	Locale   string   `yaml:"locale" jsonschema_description:"Language to read, such as en_US. Required if the channel has several."`
	Fallback []string `yaml:"fallback_locales" jsonschema_description:"Languages to use where a text is missing in the chosen one, best first."`
	Scope    string   `yaml:"scope" jsonschema_description:"Channel to read, such as ecommerce. Required if the PIM has several."`
	Currency string   `yaml:"currency" jsonschema_description:"Currency of prices, such as USD. Required if the channel has several."`

	Fields     map[string]mapped.Columns `yaml:"fields" jsonschema_description:"Attribute, or list of attributes, for each catalog field, where the usual codes do not fit; a text that starts with = is a constant. product.name and variant.name say whose field it is. Other attributes stay attributes."`
	Labels     bool                      `yaml:"labels" jsonschema_description:"Whether options, records and categories are read by their labels in the chosen language rather than by their codes."`
	ImageBase  string                    `yaml:"image_base" jsonschema_description:"Put before the codes of media files, such as https://cdn.example.com/pim; the PIM itself serves them only with a token."`
	WeightUnit string                    `yaml:"weight_unit" jsonschema_description:"Unit of a weight that is a plain number."`
	LengthUnit string                    `yaml:"length_unit" jsonschema_description:"Unit of dimensions that are plain numbers."`

	By       By            `yaml:"by" jsonschema:"enum=uuid,enum=identifier" jsonschema_description:"How products are listed: by uuid, or by identifier if the PIM is older than version 7."`
	Timezone string        `yaml:"timezone" jsonschema_description:"Time zone of the PIM server, such as Europe/Paris, in which it interprets dates; UTC in the cloud. Unless set, it is taken from the times that the PIM shows, with a margin."`
	Overlap  time.Duration `yaml:"overlap" jsonschema_description:"How far a read of changes reaches back before the previous one."`
	PageSize int           `yaml:"page_size" jsonschema:"minimum=1,maximum=100" jsonschema_description:"Products requested at a time. Fewer take less memory on both sides."`
	Timeout  time.Duration `yaml:"timeout" jsonschema_description:"How long a read may take; 24 hours unless set."`
}

// Default are the options of which nothing was said.
func Default() Options {
	return Options{Labels: true, By: ByUUID, Overlap: 10 * time.Minute, PageSize: 100, Timeout: connectors.ReadTime}
}

// Validate reports everything that is wrong with the options, as fault.Fault.
func (o Options) Validate() error {
	var faults []error
	if o.BaseURL == "" {
		faults = append(faults, fault.At("base_url", "missing").Hinting("write it as https://acme.cloud.akeneo.com"))
	} else if _, err := o.address(); err != nil {
		faults = append(faults, err)
	}
	for _, c := range []struct {
		path, hint string
		missing    bool
	}{
		{"client_id", "copy it from the connection in the PIM", o.ClientID == ""},
		{"client_secret", "copy it from the connection in the PIM", o.ClientSecret.IsZero()},
		{"username", "copy it from the connection in the PIM", o.Username == ""},
		{"password", "make a new one for the connection in the PIM: it is shown once", o.Password.IsZero()},
	} {
		if c.missing {
			faults = append(faults, fault.At(c.path, "missing").Hinting(c.hint))
		}
	}
	if o.Currency != "" && (len(o.Currency) != 3 || strings.Trim(o.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		faults = append(faults, fault.At("currency", "not a code of three capitals").Hinting("write it as USD"))
	}
	if len(o.Fallback) > 0 && o.Locale == "" {
		faults = append(faults, fault.At("fallback_locales", "stand in for a locale, and there is none").Hinting("set locale"))
	}
	if o.ImageBase != "" && !isAddress(o.ImageBase) {
		faults = append(faults, fault.At("image_base", "does not begin with https:// or http://").Hinting("write it as https://cdn.example.com/pim"))
	}
	return errors.Join(append(faults, o.validateReading()...)...)
}

// validateReading judges the settings of how the PIM is asked.
func (o Options) validateReading() []error {
	var faults []error
	if o.By != ByUUID && o.By != ByIdentifier {
		faults = append(faults, fault.At("by", "%q is neither uuid nor identifier", string(o.By)))
	}
	if _, err := o.zone(); err != nil {
		faults = append(faults, err)
	}
	if o.Overlap < 0 || o.Overlap > 24*time.Hour {
		faults = append(faults, fault.At("overlap", "not between 0s and 24h"))
	}
	if o.Timeout < time.Second {
		faults = append(faults, fault.At("timeout", "less than a second").Hinting("write it as 24h"))
	}
	if o.PageSize < 1 || o.PageSize > mostPage {
		faults = append(faults, fault.At("page_size", "not between 1 and %d", mostPage).Hinting("leave it out"))
	}
	if _, err := o.rules(); err != nil {
		faults = append(faults, err)
	}
	return faults
}

// address is the one form of the PIM's address.
func (o Options) address() (string, error) {
	return connectors.Address(o.BaseURL, "write it as https://acme.cloud.akeneo.com, without what stands behind the host in a browser", "client_id, client_secret, username and password")
}

// zone is the PIM's time zone; nil where nothing is said.
func (o Options) zone() (*time.Location, error) {
	if o.Timezone == "" {
		return nil, nil
	}
	zone, err := time.LoadLocation(o.Timezone)
	if err != nil || o.Timezone == "Local" {
		return nil, fault.At("timezone", "%q is not a time zone", o.Timezone).Hinting("write it as Europe/Paris, or UTC")
	}
	return zone, nil
}

// fingerprint is of all options that decide what is read.
func (o Options) fingerprint() string {
	var fields []any
	for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
		fields = append(fields, name, strings.Join(o.Fields[name], "\n"))
	}
	return pull.Fingerprint(append(fields, o.Locale, strings.Join(o.Fallback, ","), o.Scope, o.Currency,
		o.Labels, o.ImageBase, o.WeightUnit, o.LengthUnit, o.By)...)
}
