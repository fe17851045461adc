package flexportal

import (
	"errors"
	"strings"

	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// Options are the options of a destination of type flexportal, besides the common
// ones.
type Options struct {
	APIKey       secret.Value `yaml:"api_key" jsonschema:"required" jsonschema_description:"The key of the Business Unit, from the dashboard."`
	TenantID     string       `yaml:"tenant_id" jsonschema:"required" jsonschema_description:"The id of the Business Unit, from the dashboard's general settings; sent as Tenant-ID with every request."`
	Region       Region       `yaml:"region" jsonschema:"enum=eu,enum=us,enum=qatar" jsonschema_description:"The region of the account. Data stays in its region. For any other address set base_url instead."`
	Currency     string       `yaml:"currency" jsonschema_description:"The currency that the Business Unit sells in, such as EUR: a product with a price in another one has a problem. Unless set, amounts are sent whatever their currency."`
	FirstLoad    FirstLoad    `yaml:"first_load" jsonschema:"enum=upsert,enum=csv" jsonschema_description:"How products are sent until each was accepted or rejected once: by one upsert each, or, if the CSV form can express everything, up to 500 in one CSV import."`
	OtherWriters Writers      `yaml:"other_writers" jsonschema:"enum=leave,enum=overwrite" jsonschema_description:"What happens to a product that FlexPortal's own shop connector writes too (_sync.source): it is reported and left alone, or taken over."`
}

// Region is one of the places where FlexPortal keeps data.
type Region string

// FirstLoad says how products are created at first.
type FirstLoad string

// The choices.
const (
	LoadByUpsert FirstLoad = "upsert"
	LoadByCSV    FirstLoad = "csv"
)

// Writers says what becomes of products that another system writes.
type Writers string

// The choices.
const (
	LeaveOthers     Writers = "leave"
	OverwriteOthers Writers = "overwrite"
)

// address is that of a region's host (overview).
func (r Region) address() (string, error) {
	switch r {
	case "eu", "us", "qatar":
		return "https://api-" + string(r) + ".flexportal.io", nil
	}
	return "", fault.At("region", "%q is none of eu, us and qatar", string(r)).Hinting("name any other address as base_url")
}

func defaults() Options { return Options{OtherWriters: LeaveOthers, FirstLoad: LoadByUpsert} }

// Validate reports everything that is wrong with the options, as fault.Fault. Keys
// have no prefix that could be relied on (business-units page).
func (o Options) Validate() error {
	const hint = "copy it from the dashboard"
	var errs []error
	token := func(path, value string) {
		switch {
		case value == "":
			errs = append(errs, fault.At(path, "missing").Hinting(hint))
		case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }):
			errs = append(errs, fault.At(path, "holds a blank or another sign that cannot be sent").Hinting(hint))
		}
	}
	token("api_key", o.APIKey.Reveal())
	token("tenant_id", o.TenantID)
	if c := strings.ToUpper(o.Currency); c != "" && (len(c) != 3 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		errs = append(errs, fault.At("currency", "%q is not a code of three letters", o.Currency).Hinting("write it as EUR or USD"))
	}
	if o.FirstLoad != LoadByUpsert && o.FirstLoad != LoadByCSV {
		errs = append(errs, fault.At("first_load", "%q is neither upsert nor csv", string(o.FirstLoad)))
	}
	if o.OtherWriters != LeaveOthers && o.OtherWriters != OverwriteOthers {
		errs = append(errs, fault.At("other_writers", "%q is neither leave nor overwrite", string(o.OtherWriters)))
	}
	return errors.Join(errs...)
}
