package sftp

import (
	"errors"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/connectors"
)

// mostWords is how many characters of what a server says are shown.
const mostWords = 300

// plain makes the words of an error fit to be shown: a server may say as much as it likes in
// them, and repeat the password.
func (f *Files) plain(err error) error {
	if _, told := errors.AsType[*connectors.IncompleteError](err); err == nil || told {
		return err
	}
	text := err.Error()
	for _, secret := range []string{f.cfg.Password.Reveal(), f.cfg.KeyPassphrase.Reveal()} {
		if secret != "" {
			quoted := strconv.Quote(secret) // as the library writes words of the server
			text = strings.NewReplacer(secret, "<redacted>", quoted[1:len(quoted)-1], "<redacted>").Replace(text)
		}
	}
	if text = connectors.Short(text, mostWords); text == err.Error() {
		return err
	}
	return spoken{text, err}
}

// spoken is an error in other words.
type spoken struct {
	text string
	err  error
}

// Error gives the words.
func (s spoken) Error() string { return s.text }

// Unwrap gives the error.
func (s spoken) Unwrap() error { return s.err }
