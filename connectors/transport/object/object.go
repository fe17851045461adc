// Package object reads files from S3-compatible object storage: one by its key, or
// those that a pattern matches.
//
//	sources:
//	  pim:
//	    type: file
//	    path: "s3://acme-exports/pim/products_*.csv.gz"
//	    s3: { region: eu-central-1, access_key: "${AWS_ACCESS_KEY_ID}", secret_key: "${AWS_SECRET_ACCESS_KEY}" }
//
// With endpoint it is any service that speaks the protocol. A key is taken as it is; *, ? and [ make
// it a pattern, in which a star stands for any letters but a slash.
//
// Every request for bytes names the object's ETag (If-Match), so that no byte is ever of
// another object than the one that was listed; a connection that is lost is taken up
// where it was. Facts about the protocol are from Amazon's API reference (ListObjectsV2, GetObject,
// HeadObject, CopyObject, DeleteObject, and the list of error codes).
package object

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Config says which files are meant, and how to get them.
type Config struct {
	// URL is the address of a file, or a pattern.
	URL string
	// Pick, Marker and Note are those of a transport.Choice.
	Pick   transport.Pick
	Marker string
	Note   func(string)
	Options
	// Dir is the folder that a relative CAFile starts at.
	Dir       string
	UserAgent string
	Patience  transport.Patience
	// Now is the clock that requests are signed by; time.Now unless set.
	Now func() time.Time
}

// Files is a transport.Transport of files in a bucket. It is safe for concurrent use.
type Files struct {
	cfg    Config
	place  place
	base   string // the address of the bucket
	client *httpclient.Client
	signer *v4.Signer
	now    func() time.Time
}

// New makes a transport of the files that c means. It asks for nothing yet.
func New(c Config) (*Files, error) {
	c.Region = cmp.Or(c.Region, Default().Region)
	if err := c.Validate("path", c.URL); err != nil {
		return nil, err
	}
	at, err := parse("path", c.URL)
	if err != nil {
		return nil, err
	}
	pool, err := transport.Authorities("s3.ca_file", c.CAFile, c.Dir)
	if err != nil {
		return nil, err
	}
	f := &Files{
		cfg: c, place: at, base: c.base(at.bucket), signer: newSigner(), now: c.Now,
		client: httpclient.New(httpclient.Config{
			UserAgent: c.UserAgent, RootCAs: pool, Timeout: cmp.Or(c.Patience.Stall, time.Minute),
		}),
	}
	if f.now == nil {
		f.now = time.Now
	}
	return f, nil
}

// Name is the address of the files.
func (f *Files) Name() string { return f.place.name(f.place.key) }

// List names the files to read.
func (f *Files) List(ctx context.Context) ([]transport.Entry, error) {
	var found []transport.Found
	err := f.cfg.Patience.Asked().Do(ctx, func(ctx context.Context) (err error) {
		if found, err = f.find(ctx); err == nil && len(found) == 0 {
			err = f.noMatch(ctx)
		}
		return err
	})
	if err != nil {
		return nil, transport.GaveUp(ctx, f.Name(), "cannot be listed", err)
	}
	return transport.Choice{Path: f.Name(), Pick: f.cfg.Pick, Marker: f.cfg.Marker, Note: f.cfg.Note}.Of(found)
}

// Open opens a listed file.
func (f *Files) Open(ctx context.Context, e transport.Entry) (transport.File, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	key, err := f.key(e)
	if err != nil {
		return nil, err
	}
	return transport.Remote{
		Entry: e, Patience: f.cfg.Patience,
		OpenAt: func(ctx context.Context, offset int64) (io.ReadCloser, error) { return f.read(ctx, e, key, offset) },
		Same:   func(ctx context.Context) error { return f.same(ctx, e, key) },
	}.Open(ctx)
}

// key gives the key of a listed file.
func (f *Files) key(e transport.Entry) (string, error) {
	key, ok := strings.CutPrefix(e.Name, f.place.name(""))
	if !ok || key == "" {
		return "", &connectors.IncompleteError{Source: e.Name, Reason: "not a file of " + f.place.name("")}
	}
	return key, nil
}

// read streams an object from offset on.
func (f *Files) read(ctx context.Context, e transport.Entry, key string, offset int64) (io.ReadCloser, error) {
	header := http.Header{}
	if e.Version != "" {
		header.Set("If-Match", quoted(e.Version))
	} else {
		header.Set("If-Unmodified-Since", e.ModTime.Format(http.TimeFormat))
	}
	if offset > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	s, err := f.stream(ctx, key, header)
	if errors.Is(err, errReplaced) {
		return nil, transport.Changed(e.Name, "was replaced")
	}
	if err != nil {
		return nil, err
	}
	switch tag := unquoted(s.Header.Get("ETag")); {
	case e.Version != "" && tag != "" && tag != e.Version:
		err = transport.Changed(e.Name, retagged(e.Version, tag))
	case offset > 0 && !strings.HasPrefix(s.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", offset)):
		err = &connectors.IncompleteError{
			Source: e.Name, Reason: fmt.Sprintf("the service was asked for the bytes from %d on, and sent others", offset),
			Remedy: "read it again; if it stays so, the service or a proxy before it handles ranges wrongly",
		}
	case s.Length >= 0 && s.Length != e.Size-offset:
		err = transport.Changed(e.Name, fmt.Sprintf("went from %d to %d bytes", e.Size, s.Length+offset))
	}
	if err != nil {
		s.Body.Close()
		return nil, err
	}
	return s.Body, nil
}

// same asks once more whether the object is still the one that was listed.
func (f *Files) same(ctx context.Context, e transport.Entry, key string) error {
	now, err := f.head(ctx, key)
	if err != nil {
		return err
	}
	switch {
	case now.Size != e.Size:
		return transport.Changed(e.Name, fmt.Sprintf("went from %d to %d bytes", e.Size, now.Size))
	case now.Version != e.Version:
		return transport.Changed(e.Name, retagged(e.Version, now.Version))
	case e.Version == "" && !now.ModTime.Equal(e.ModTime.Truncate(time.Second)):
		return transport.Changed(e.Name, "was written to")
	}
	return nil
}

// retagged says that an object is another one by its ETag, and shows both: there are services
// whose tags in lists are not those of their objects.
func retagged(was, is string) string {
	return fmt.Sprintf("was replaced (its ETag was %q and is %q)", was, is)
}

// head looks at one object.
func (f *Files) head(ctx context.Context, key string) (transport.Entry, error) {
	resp, err := f.do(ctx, http.MethodHead, key, nil, nil)
	if told, ok := errors.AsType[*connectors.IncompleteError](err); ok && !errors.Is(told.Err, errNoKey) {
		// A refusal of this request has no words; that of its first byte says the same with some.
		if _, worded := f.do(ctx, http.MethodGet, key, nil, http.Header{"Range": {"bytes=0-0"}}); worded != nil {
			err = worded
		}
	}
	if err != nil {
		return transport.Entry{}, err
	}
	size, err := strconv.ParseInt(resp.Header.Get("Content-Length"), 10, 64)
	if err != nil || size < 0 {
		return transport.Entry{}, &connectors.IncompleteError{
			Source: f.place.name(key), Reason: "the service does not say how long the object is", Remedy: "check whether s3.endpoint is that of the service",
		}
	}
	modified, err := http.ParseTime(resp.Header.Get("Last-Modified"))
	if err != nil {
		modified = time.Time{}
	}
	return transport.Entry{
		Name: f.place.name(key), Size: size, ModTime: modified.UTC(), Version: unquoted(resp.Header.Get("ETag")),
	}, nil
}

// quoted is an entity tag as headers have it.
func quoted(tag string) string { return `"` + tag + `"` }

// unquoted is an entity tag as entries have it: services differ in their quotes.
func unquoted(tag string) string { return strings.Trim(strings.TrimPrefix(tag, "W/"), `"`) }
