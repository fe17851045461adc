package connectors

import (
	"net/url"
	"strings"

	"github.com/skubridge/skubridge/internal/fault"
)

// Address brings the configured address of an API to one form, so that one account
// has one identity: http or https, its host in lower case, no slash at its end. hint
// says what to do about one that is no address, credentials where those belong that do
// not belong into it. Its error is a fault.Fault at base_url.
func Address(configured, hint, credentials string) (string, error) {
	u, err := url.Parse(configured)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return "", fault.At("base_url", "not an http or https address").Hinting(hint)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", fault.At("base_url", "holds more than host and path").Hinting("credentials belong to " + credentials)
	}
	u.Host = strings.ToLower(u.Host)
	return strings.TrimRight(u.String(), "/"), nil
}
