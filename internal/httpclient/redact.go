package httpclient

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	redacted = "<redacted>"
	// minSecret is the length below which a value is too short to be cut out of a
	// text without ruining it, and to be a credential.
	minSecret = 4
)

// RedactURL gives u for people to read: without user and password, and with the
// names but not the values of its query.
func RedactURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	var b strings.Builder
	if u.Scheme != "" {
		b.WriteString(u.Scheme + "://")
	}
	b.WriteString(u.Host)
	b.WriteString(u.EscapedPath())
	sep := "?"
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if pair == "" {
			continue
		}
		name, _, hasValue := strings.Cut(pair, "=")
		b.WriteString(sep + name)
		if hasValue {
			b.WriteString("=…")
		}
		sep = "&"
	}
	return b.String()
}

// redactor cuts the credentials of one request out of texts. It is made on the
// way of failure only, and never for what is parsed: a name in the answer may hold
// the letters of a short credential.
type redactor struct{ secrets []string }

// redactorFor collects what r and the request made from it hold in secrets.
func redactorFor(r Request, req *http.Request) redactor {
	var d redactor
	for _, s := range r.Secrets {
		d.add(s)
	}
	if u, err := url.Parse(r.URL); err == nil {
		if u.User != nil {
			d.add(u.User.Username())
			password, _ := u.User.Password()
			d.add(password)
		}
		for name, values := range u.Query() {
			if secretName(name) {
				d.addAll(values)
			}
		}
	}
	for name, values := range req.Header {
		if secretName(name) {
			d.addAll(values)
		}
	}
	if user, password, ok := req.BasicAuth(); ok {
		d.add(user)
		d.add(password)
	}
	// Longer ones first: a secret may be part of another.
	slices.SortFunc(d.secrets, func(a, b string) int { return len(b) - len(a) })
	return d
}

// addAll adds values and, as of "Bearer abc", what stands behind their first word, and the last.
func (d *redactor) addAll(values []string) {
	for _, v := range values {
		d.add(v)
		if _, rest, several := strings.Cut(v, " "); several {
			d.add(rest)
			d.add(v[strings.LastIndexByte(v, ' ')+1:])
		}
	}
}

func (d *redactor) add(secret string) {
	if len(secret) < minSecret {
		return
	}
	d.secrets = append(d.secrets, secret)
	quoted, _ := json.Marshal(secret) // a text always encodes
	inJSON := string(quoted[1 : len(quoted)-1])
	for _, escaped := range []string{url.QueryEscape(secret), inJSON, strings.ReplaceAll(inJSON, "/", `\/`)} {
		if escaped != secret {
			d.secrets = append(d.secrets, escaped)
		}
	}
}

func (d redactor) text(s string) string {
	for _, secret := range d.secrets {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}

// maxExcerpt is how much of an answer is kept for people to read, in bytes.
const maxExcerpt = 2 << 10

// Excerpt is the start of the body for people to read and for the state to keep: valid
// UTF-8, without the request's credentials. They are cut out first, so that no part
// of one is left at the end.
func (r *Response) Excerpt() string {
	text := r.Redact(string(r.Body))
	return strings.ToValidUTF8(text[:min(len(text), maxExcerpt)], "�")
}

// Redact gives a text from the answer without the request's credentials. Whatever is
// shown or kept of an answer goes through it, before it is cut short.
func (r *Response) Redact(text string) string { return r.redactor().text(text) }

// RedactError gives err, of which the text may quote the answer, without the request's
// credentials. nil stays nil.
func (r *Response) RedactError(err error) error {
	if err == nil {
		return nil
	}
	return r.redactor().error(err)
}

func (r *Response) redactor() redactor {
	if r.sent == nil {
		return redactor{}
	}
	return redactorFor(r.asked, r.sent)
}

// error gives err with a redacted text; errors.Is and errors.As see through it
// only where the text needed no redaction.
func (d redactor) error(err error) error {
	text := err.Error()
	if clean := d.text(text); clean != text {
		return redactedError(clean)
	}
	return err
}

type redactedError string

func (e redactedError) Error() string { return string(e) }

// secretName reports whether a header or query parameter of that name holds a
// credential. An idempotency key is none.
func secretName(name string) bool {
	name = lower(name)
	if strings.HasSuffix(name, "idempotency-key") {
		return false
	}
	for _, word := range []string{"auth", "token", "key", "secret", "cookie", "passw", "credential", "signature"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return name == "sig" || name == "code"
}

func lower(s string) string { return strings.ToLower(s) }
