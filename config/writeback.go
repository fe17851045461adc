package config

import (
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// WriteBack brings the verdicts of a destination to another system: into files, to a webhook, or into a field of a
// source's own system.
type WriteBack struct {
	From   string            `yaml:"from" jsonschema:"required" jsonschema_description:"Name of the destination whose settled verdicts are written back."`
	File   string            `yaml:"file" jsonschema_description:"Files to write, with {time} in the name: out/eligibility_{time}.csv, or .json, or .jsonl. Relative paths start at the configuration file."`
	URL    string            `yaml:"url" jsonschema_description:"Address that webhooks are sent to, signed according to Standard Webhooks."`
	Secret secret.List       `yaml:"secret" jsonschema_description:"With url, the signing secret, whsec_ and base64 of 24 to 64 bytes; a list while you rotate it."`
	Source string            `yaml:"source" jsonschema_description:"Name of the source whose system the verdicts are written to."`
	Field  string            `yaml:"field" jsonschema_description:"With source, the field: namespace.key of a Shopify metafield, or the code of an Akeneo attribute."`
	Values map[string]string `yaml:"values" jsonschema_description:"Words to write instead of the API's, such as not_eligible: no."`
	Test   bool              `yaml:"test" jsonschema_description:"Whether verdicts of test mode are written back too. They prove nothing about live ones."`
	Every  time.Duration     `yaml:"every" jsonschema_description:"The shortest time between two files or messages, such as 15m: changes in between are gathered."`
}

func (v *validator) writeBack(path string, w WriteBack) {
	if _, known := v.Destinations[w.From]; w.From != "" && !known {
		v.report(join(path, "from"), fmt.Sprintf("no destination %q", w.From), fault.Suggest(w.From, keys(v.Destinations)))
	}
	if _, known := v.Sources[w.Source]; w.Source != "" && !known {
		v.report(join(path, "source"), fmt.Sprintf("no source %q", w.Source), fault.Suggest(w.Source, keys(v.Sources)))
	}
	targets := 0
	for _, to := range []string{w.File, w.URL, w.Source} {
		if to != "" {
			targets++
		}
	}
	if targets != 1 {
		v.report(path, "wants exactly one of file, url and source", "write one entry for each place that verdicts go to")
	}
	switch {
	case w.URL != "" && len(w.Secret) == 0:
		v.report(join(path, "secret"), "missing", "without it nobody can tell the webhook from a forged one")
	case w.URL == "" && len(w.Secret) > 0:
		v.report(join(path, "secret"), "says nothing without url", "")
	case w.Source != "" && w.Field == "":
		v.report(join(path, "field"), "missing", "name the metafield or the attribute")
	case w.Source == "" && w.Field != "":
		v.report(join(path, "field"), "says nothing without source", "")
	}
	if w.URL != "" && !safeAddress(w.URL) {
		v.report(join(path, "url"), "not an https address", "write it as https://host/path; http is for this machine only")
	}
	if w.Every < 0 {
		v.report(join(path, "every"), "must not be negative", "")
	}
}

// safeAddress reports whether what is sent there cannot be read on the way: https, or this machine.
func safeAddress(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}
