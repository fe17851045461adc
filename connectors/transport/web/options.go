package web

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// Options are the settings of files that are fetched by http or https.
type Options struct {
	User     string                  `yaml:"user" jsonschema_description:"The user for Basic authentication."`
	Password secret.Value            `yaml:"password" jsonschema_description:"The password for Basic authentication."`
	Token    secret.Value            `yaml:"token" jsonschema_description:"A bearer token."`
	Headers  map[string]secret.Value `yaml:"headers" jsonschema_description:"Further headers; their values are kept secret. Like all credentials they are sent only to the host of path, not to where it redirects."`
	CAFile   string                  `yaml:"ca_file" jsonschema_description:"Certificate authorities to trust instead of the system's, as PEM. Relative paths start at the configuration file."`
	Copy     Copy                    `yaml:"copy" jsonschema:"enum=keep,enum=none" jsonschema_description:"Whether a copy of the file is kept beside the state, so that an unchanged file is not fetched again."`
}

// Copy says whether a copy of the file is kept.
type Copy string

// The choices of Copy.
const (
	CopyKeep Copy = "keep"
	CopyNone Copy = "none"
)

// Default are the options of which nothing was said.
func Default() Options { return Options{Copy: CopyKeep} }

// IsZero reports whether nothing was set.
func (o Options) IsZero() bool {
	return o.User == "" && o.Password.IsZero() && o.Token.IsZero() && len(o.Headers) == 0 && o.CAFile == "" &&
		(o.Copy == CopyKeep || o.Copy == "")
}

// Validate gives all that is wrong with the options, and with the address, which stands
// under the key option.
func (o Options) Validate(option, address string) error {
	var faults []error
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		faults = append(faults, fault.At(option, "not an address").Hinting("write it as https://erp.example.com/out/products.csv"))
	case u.User != nil:
		faults = append(faults, fault.At(option, "holds a user or a password").
			Hinting("name them in http.user and http.password, where the password is kept secret"))
	}
	if !o.Token.IsZero() && (o.User != "" || !o.Password.IsZero()) {
		faults = append(faults, fault.At("http.token", "a user and password are set too").Hinting("leave one of them out"))
	}
	if o.User == "" && !o.Password.IsZero() {
		faults = append(faults, fault.At("http.user", "missing beside the password"))
	}
	for name, value := range o.Headers {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value.Reveal()) {
			faults = append(faults, fault.At("http.headers."+name, "not a header").Hinting("names are of letters, digits and dashes, values of one line"))
		}
		if slices.Contains(ours, strings.ToLower(name)) {
			faults = append(faults, fault.At("http.headers."+name, "is set by skubridge itself").Hinting("leave it out"))
		}
	}
	return errors.Join(faults...)
}

// ours are headers that would change what an answer means.
var ours = []string{
	"range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
	"accept-encoding", "host", "connection", "content-length", "transfer-encoding",
}
