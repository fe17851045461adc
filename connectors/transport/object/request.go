package object

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

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
