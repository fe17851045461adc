package httpclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

// Misdirected reports whether a redirect shows that the base address is wrong. That
// is no product's fault and will hit each of them, so a destination stops as it does
// for bad credentials. 301, 307 and 308 say that the request was not acted upon here,
// and they are not followed. After a write, 302 and 303 may as well mean that it was:
// they stay unclear, and the look-up, a read, then meets this rule.
func Misdirected(kind Kind, status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	case http.StatusFound, http.StatusSeeOther:
		return kind == Read
	}
	return false
}

// Describe says what came where the API's words were expected.
func Describe(resp *Response, err error) error {
	if err != nil {
		return err
	}
	if text := http.StatusText(resp.Status); text != "" {
		return errors.New(strings.ToLower(text))
	}
	return errors.New("an answer without words")
}

// insteadMost is how much is shown of what an answer says instead, in characters.
const insteadMost = 200

// Instead is the error of a success that is not what was asked for, with what it says
// instead: words are the API's own, from where it puts them; an answer without any is
// shown as it is, if it is short.
func (r *Response) Instead(err error, words string) error {
	if words == "" && len(r.Body) <= insteadMost && json.Valid(r.Body) {
		words = string(r.Body)
	}
	if words != "" {
		err = fmt.Errorf("%w: %s", err, connectors.Short(r.Redact(words), insteadMost))
	}
	return r.RedactError(err)
}

// Pause is how long an account must wait when an answer says, by the common names of
// headers, that its allowance is used up; 0 while some is left or nothing is said.
func Pause(h http.Header, now time.Time) time.Duration {
	if hint, ok := Rate(h, now); ok && hint.Remaining == 0 {
		return hint.Reset
	}
	return 0
}
