package object

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/internal/httpclient"
	"github.com/skubridge/skubridge/internal/secret"
)

// refused is an answer that is no success, with what its error document says (Amazon S3 API
// reference, "Error responses").
type refused struct {
	Code    string `xml:"Code"`
	Message string `xml:"Message"`
	Region  string `xml:"Region"` // where the bucket is, when it is elsewhere

	status int
	// whole says that the error document could be read to its end, and has a code.
	whole bool
}

// cause is why a service refuses, and what to do about it. err is for callers that meet
// the refusal in another way than by telling it; else nil.
type cause struct {
	reason, remedy string
	err            error
}

var (
	errNoKey    = errors.New("the bucket has none")
	errReplaced = errors.New("PreconditionFailed")
)

// refusal makes an error of an answer that is no success: a *connectors.IncompleteError where
// asking again does not help, else that of transport.Busy.
func (f *Files) refusal(key string, status int, h http.Header, body []byte) error {
	r := f.readRefusal(status, h, body)
	// A code says more than a status, which many codes share.
	why, known := f.byCode(r)
	if !known {
		why, known = f.byRegion(r)
	}
	if !known && r.passing() {
		return transport.Busy(r.brief())
	}
	if !known {
		why = byStatus(r)
	}
	return &connectors.IncompleteError{Source: f.place.name(key), Reason: why.reason, Remedy: why.remedy, Err: why.err}
}

// readRefusal reads what the service says, made fit for people.
func (f *Files) readRefusal(status int, h http.Header, body []byte) refused {
	r := refused{status: status}
	r.whole = xml.Unmarshal(body, &r) == nil && r.Code != ""
	if r.Region == "" {
		r.Region = h.Get("X-Amz-Bucket-Region")
	}
	r.Code, r.Message, r.Region = f.shown(r.Code, 60), f.shown(r.Message, 300), f.shown(r.Region, 60)
	return r
}

// byCode knows the codes that say by themselves what is wrong.
func (f *Files) byCode(r refused) (c cause, known bool) {
	switch r.Code {
	case "NoSuchBucket":
		c.reason, c.remedy = "there is no bucket "+f.place.bucket, "correct the path, or s3.endpoint: it was looked for at "+hostOf(f.base)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "InvalidSecurity":
		c.reason, c.remedy = "the service does not accept the key ("+r.Code+")", "check s3.access_key, s3.secret_key and s3.session_token"
	case "RequestTimeTooSkewed":
		c.reason, c.remedy = "the clock of this machine is wrong, by the clock of the service", "correct it"
	case "InvalidObjectState":
		c.reason, c.remedy = "the object is archived", "have it restored, or written to another storage class"
	default:
		return cause{}, false
	}
	return c, true
}

// byRegion knows the answers for a bucket that is somewhere else. Some services give the region
// beside any refusal.
func (f *Files) byRegion(r refused) (c cause, known bool) {
	moved := r.status == http.StatusMovedPermanently || r.status == http.StatusTemporaryRedirect || r.Code == "PermanentRedirect"
	switch {
	case r.Region == "" && moved:
		return cause{reason: "the bucket is in another region or at another endpoint", remedy: "correct s3.region and s3.endpoint"}, true
	case r.Region != "" && (moved || r.Region != f.cfg.Region):
		return cause{reason: "the bucket is in region " + r.Region, remedy: "set s3.region: " + r.Region}, true
	}
	return cause{}, false
}

// byStatus tells by the status alone what is wrong.
func byStatus(r refused) cause {
	switch r.status {
	case http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
		return cause{reason: "the object was replaced", err: errReplaced}
	case http.StatusNotFound:
		return cause{reason: "there is no such file", remedy: "check the path: bucket, folders and name", err: errNoKey}
	case http.StatusUnauthorized, http.StatusForbidden:
		c := cause{reason: "the service does not allow it"}
		if r.whole {
			c.reason += " (" + r.Code + ")"
		}
		c.remedy = "give the key s3:ListBucket for the bucket and s3:GetObject for its objects; some services say so too when there is no such file"
		return c
	}
	c := cause{reason: r.brief(), remedy: "check whether s3.endpoint is that of the service, and not of its console"}
	if r.whole {
		c.remedy = r.Message
	}
	return c
}

// passing reports whether the same request may do later.
func (r refused) passing() bool {
	switch r.status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout:
		return true
	}
	return r.status >= 500 && r.status != http.StatusNotImplemented
}

// brief is the answer in a few words: its status, and its code where it has one.
func (r refused) brief() string {
	return strings.TrimSpace(fmt.Sprintf("the service answered %d %s", r.status, r.Code))
}

// shown is what the service says, fit for people, and without what it knows of us.
func (f *Files) shown(text string, most int) string {
	for _, secret := range []secret.Value{f.cfg.SessionToken, f.cfg.SecretKey} {
		if !secret.IsZero() {
			text = strings.ReplaceAll(text, secret.Reveal(), "<secret>")
		}
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
