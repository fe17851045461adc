package object

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// emptyHash is that of no body.
var emptyHash = func() string {
	sum := sha256.Sum256(nil)
	return hex.EncodeToString(sum[:])
}()

// request makes a signed request for an object of the bucket, or for the bucket itself where
// key is empty.
func (f *Files) request(ctx context.Context, method, key string, query url.Values, header http.Header) (httpclient.Request, error) {
	address := f.base + "/" + escaped(key)
	if key == "" {
		address = f.base
	}
	if len(query) > 0 {
		address += "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
	}
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return httpclient.Request{}, fmt.Errorf("address of %s: %w", f.place.name(key), err)
	}
	req.Header = header
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if f.cfg.AccessKey != "" {
		// The sum of the body is a header of its own with this service, and is signed.
		req.Header.Set("X-Amz-Content-Sha256", emptyHash)
		who := aws.Credentials{
			AccessKeyID: f.cfg.AccessKey, SecretAccessKey: f.cfg.SecretKey.Reveal(), SessionToken: f.cfg.SessionToken.Reveal(),
		}
		if err := f.signer.SignHTTP(ctx, who, req, emptyHash, "s3", f.cfg.Region, f.now().UTC()); err != nil {
			return httpclient.Request{}, fmt.Errorf("sign a request for %s: %w", f.place.name(key), err)
		}
	}
	return httpclient.Request{
		Method: method, URL: address, Header: req.Header,
		Secrets: []string{f.cfg.SecretKey.Reveal(), f.cfg.SessionToken.Reveal()},
	}, nil
}

// newSigner makes signatures as this service wants them: paths are escaped once.
func newSigner() *v4.Signer {
	return v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
}

// escaped writes a key as a path: all but letters, digits and -._~/ are escaped, which is the
// form that is signed.
func escaped(key string) string {
	var b strings.Builder
	for _, c := range []byte(key) {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// do sends a request whose answer is short, and judges it.
func (f *Files) do(ctx context.Context, method, key string, query url.Values, header http.Header) (*httpclient.Response, error) {
	r, err := f.request(ctx, method, key, query, header)
	if err != nil {
		return nil, err
	}
	resp, err := f.client.Do(ctx, r)
	if err != nil && resp == nil {
		return nil, transport.Unreached(f.place.name(key), "s3.ca_file", err)
	}
	if resp.Status < 200 || resp.Status > 299 {
		return nil, f.refusal(key, resp.Status, resp.Header, resp.Body)
	}
	return resp, err
}

// stream sends a request for the bytes of an object, and judges the answer.
func (f *Files) stream(ctx context.Context, key string, header http.Header) (*httpclient.Stream, error) {
	r, err := f.request(ctx, http.MethodGet, key, nil, header)
	if err != nil {
		return nil, err
	}
	r.Raw = true // an object may say of itself that it is packed
	s, err := f.client.Stream(ctx, r, maxBytes)
	if err != nil {
		return nil, transport.Unreached(f.place.name(key), "s3.ca_file", err)
	}
	if s.Status != http.StatusOK && s.Status != http.StatusPartialContent {
		defer s.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(s.Body, maxWords)) // what came tells enough
		return nil, f.refusal(key, s.Status, s.Header, body)
	}
	return s, nil
}

const (
	// maxBytes is more than any object has; whoever unpacks it has the limit.
	maxBytes = 1 << 62
	// maxWords is how much of a refusal is read, in bytes.
	maxWords = 64 << 10
)

// words are what the service says of a refusal.
type words struct {
	Code    string `xml:"Code"`
	Message string `xml:"Message"`
	Region  string `xml:"Region"`
}

// The causes of refusals that are met in other ways than by telling them.
var (
	errNoKey    = errors.New("the bucket has none")
	errReplaced = errors.New("PreconditionFailed")
)

// refusal makes an answer that refuses an error: a *connectors.IncompleteError where asking
// again does not help.
func (f *Files) refusal(key string, status int, h http.Header, body []byte) error {
	var said words
	spoken := xml.Unmarshal(body, &said) == nil && said.Code != ""
	said.Code, said.Region, said.Message = f.shown(said.Code, 60), f.shown(said.Region, 60), f.shown(said.Message, 300)
	e := &connectors.IncompleteError{Source: f.place.name(key)}
	if said.Region == "" {
		said.Region = f.shown(h.Get("X-Amz-Bucket-Region"), 60)
	}
	switch code := said.Code; {
	case code == "NoSuchBucket":
		e.Reason, e.Remedy = "there is no bucket "+f.place.bucket, "correct the path, or s3.endpoint: it was looked for at "+hostOf(f.base)
	case code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" || code == "InvalidToken" || code == "ExpiredToken" || code == "InvalidSecurity":
		e.Reason, e.Remedy = "the service does not accept the key ("+code+")", "check s3.access_key, s3.secret_key and s3.session_token"
	case code == "RequestTimeTooSkewed":
		e.Reason, e.Remedy = "the clock of this machine is wrong, by the clock of the service", "correct it"
	case code == "InvalidObjectState":
		e.Reason, e.Remedy = "the object is archived", "have it restored, or written to another storage class"
	case said.Region != "" && said.Region != f.cfg.Region || status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect || code == "PermanentRedirect":
		e.Reason, e.Remedy = "the bucket is in another region or at another endpoint", "correct s3.region and s3.endpoint"
		if said.Region != "" {
			e.Reason, e.Remedy = "the bucket is in region "+said.Region, "set s3.region: "+said.Region
		}
	case status == http.StatusPreconditionFailed || status == http.StatusRequestedRangeNotSatisfiable:
		e.Reason, e.Err = "the object was replaced", errReplaced
	case status == http.StatusNotFound:
		e.Reason, e.Err, e.Remedy = "there is no such file", errNoKey, "check the path: bucket, folders and name"
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		e.Reason = "the service does not allow it"
		if spoken {
			e.Reason += " (" + code + ")"
		}
		e.Remedy = "give the key s3:ListBucket for the bucket and s3:GetObject for its objects; some services say so too when there is no such file"
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500 && status != http.StatusNotImplemented:
		return transport.Busy(strings.TrimSpace(fmt.Sprintf("the service answered %d %s", status, code)))
	default:
		e.Reason = strings.TrimSpace(fmt.Sprintf("the service answered %d %s", status, code))
		e.Remedy = "see whether s3.endpoint is that of the service, and not of its console"
		if spoken {
			e.Remedy = said.Message
		}
	}
	return e
}

// shown is what the service says, fit for people, and without the token that it was sent.
func (f *Files) shown(text string, most int) string {
	if token := f.cfg.SessionToken.Reveal(); token != "" {
		text = strings.ReplaceAll(text, token, "<secret>")
	}
	return mapped.Shown([]byte(text), most)
}

// hostOf gives an address for people.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	return httpclient.RedactURL(&url.URL{Scheme: u.Scheme, Host: u.Host})
}
