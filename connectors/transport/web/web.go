// Package web reads a file by http or https.
//
//	sources:
//	  feed:
//	    type: file
//	    path: https://erp.example.com/out/products.csv
//	    http: { user: skubridge, password: "${ERP_PASSWORD}" }
//
// What the server says of the file, its ETag and Last-Modified, is remembered with a
// copy of it: a file that did not change costs one request, answered 304, and is read
// from the copy. A connection that is lost is taken up where it was (Range, If-Range),
// where the server names something to tell the file by; else the read is incomplete. A
// file is proven whole by its length, or the last chunk, and by being the same when the
// server is asked once more (RFC 9110, sections 8.8, 13 and 14).
//
// Up to five redirects are followed. Credentials stay with the host and port that the
// configuration names, https does not become http, and an address on the public internet does not
// lead to a private one: the configuration may name any host, an answer may not.
package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Config says which file is meant, and how to get it.
type Config struct {
	// URL is that of the file.
	URL string
	// Marker is what the address of a marker file has behind that of its file; "" asks
	// for none.
	Marker string
	Options
	// Dir is the folder that a relative CAFile starts at.
	Dir string
	// CacheDir is where the copy is kept; "" keeps none.
	CacheDir  string
	UserAgent string
	Patience  transport.Patience
}

// File is a transport.Transport of one file behind an address. It is safe for concurrent
// use.
type File struct {
	cfg    Config
	url    *url.URL
	name   string // the address without secrets
	client *httpclient.Client
	copies copies

	mu      sync.Mutex
	pending *answer // of the last List, its body unread
	void    string  // the data of a copy that is another file than the server's
}

var (
	_ transport.Transport = (*File)(nil)
	_ transport.Browser   = (*File)(nil)
)

// New makes a transport of the file that c means. It asks for nothing yet.
func New(c Config) (*File, error) {
	if err := c.Validate("path", c.URL); err != nil {
		return nil, err
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, err // Validate has seen to it
	}
	u.Fragment = ""
	pool, err := transport.Authorities("http.ca_file", c.CAFile, c.Dir)
	if err != nil {
		return nil, err
	}
	f := &File{
		cfg: c, url: u, name: httpclient.RedactURL(u),
		client: httpclient.New(httpclient.Config{UserAgent: c.UserAgent, RootCAs: pool, Timeout: cmp.Or(c.Patience.Stall, time.Minute)}),
	}
	if c.Copy != CopyNone {
		f.copies = copies{dir: c.CacheDir, key: keyOf(u)}
	}
	return f, nil
}

// Name is the address without secrets.
func (f *File) Name() string { return f.name }

// List asks for the file, unless it is still the one of the copy.
func (f *File) List(ctx context.Context) ([]transport.Entry, error) {
	found, err := f.look(ctx)
	if err != nil {
		return nil, err
	}
	return transport.Choice{Path: f.name, Marker: f.cfg.Marker}.Of(found)
}

// Browse gives the file if it is there.
func (f *File) Browse(ctx context.Context) ([]transport.Found, error) {
	found, err := f.look(ctx)
	if errors.Is(err, errNotFound) {
		return nil, nil
	}
	return found, err
}

// look asks for the file and its marker, and keeps the answer for Open.
func (f *File) look(ctx context.Context) ([]transport.Found, error) {
	f.hold(nil)
	marked, err := f.marked(ctx)
	if err != nil {
		return nil, err
	}
	kept := f.copies.load()
	header := http.Header{}
	if kept != nil {
		kept.conditions(header)
	}
	var got *answer
	err = f.cfg.Patience.Asked().Do(ctx, func(ctx context.Context) (err error) {
		got, err = f.get(ctx, f.url, header)
		return err
	})
	if err != nil {
		return nil, transport.GaveUp(ctx, f.name, "cannot be fetched", err)
	}
	found := transport.Found{Marked: marked}
	if kept != nil && (got.Status == http.StatusNotModified || kept.is(got)) {
		got.Body.Close()
		found.Entry = kept.entry(f.name)
		return []transport.Found{found}, nil
	}
	if err := got.usable(f.name); err != nil {
		got.Body.Close()
		return nil, err
	}
	f.hold(got)
	f.avoid(kept)
	found.Entry = got.entry(f.name)
	return []transport.Found{found}, nil
}

// avoid remembers that a copy is not what the server has, though it may look like it by time
// and length.
func (f *File) avoid(k *kept) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if k != nil {
		f.void = k.Data
	}
}

// copied gives the copy of a listed file, nil where there is none.
func (f *File) copied(e transport.Entry) *kept {
	k := f.copies.load()
	f.mu.Lock()
	defer f.mu.Unlock()
	if k == nil || k.Data == f.void || k.entry(f.name) != e {
		return nil
	}
	return k
}

// holdFor is how long the answer of a listing waits to be opened.
const holdFor = 30 * time.Second

// hold keeps an answer for Open, in the place of the one before.
func (f *File) hold(got *answer) {
	f.mu.Lock()
	old := f.pending
	f.pending = got
	f.mu.Unlock()
	if old != nil {
		old.Body.Close()
	}
	if got != nil { // it may be that nobody opens it, and the server would wait
		time.AfterFunc(holdFor, func() {
			if got := f.held(got.entry(f.name)); got != nil {
				got.Body.Close()
			}
		})
	}
}

// held takes the answer that List left for this entry.
func (f *File) held(e transport.Entry) *answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	got := f.pending
	if got == nil || got.entry(f.name) != e {
		return nil
	}
	f.pending = nil
	return got
}

// marked tells when the marker was written, the zero time when it is not there.
func (f *File) marked(ctx context.Context) (time.Time, error) {
	if f.cfg.Marker == "" {
		return time.Time{}, nil
	}
	at := *f.url
	at.Path, at.RawPath = at.Path+f.cfg.Marker, ""
	var when time.Time
	err := f.cfg.Patience.Asked().Do(ctx, func(ctx context.Context) error {
		got, err := f.get(ctx, &at, http.Header{})
		if errors.Is(err, errNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		defer got.Body.Close()
		if when = got.modified(); when.IsZero() {
			when = got.date()
		}
		return nil
	})
	return when, transport.GaveUp(ctx, httpclient.RedactURL(&at), "cannot be fetched", err)
}

// answer is what a server said of the file, with its body unread.
type answer struct {
	*httpclient.Stream
	asked time.Time
	// unnamed tells this answer from others where the server does not.
	unnamed string
}

// entry is what the answer says of the file. A time that tells the file goes before an ETag,
// since there are servers that make another one for each answer, or have one on each of
// several machines. Without either no two answers are known to be the same file.
func (a *answer) entry(name string) transport.Entry {
	e := transport.Entry{Name: name, Size: a.Length, ModTime: a.modified()}
	switch tag := a.tag(); {
	case a.dated():
	case tag == "" && e.ModTime.IsZero():
		e.Version = a.unnamed
	default:
		e.Version = tag
	}
	return e
}

func (a *answer) tag() string { return a.Header.Get("ETag") }

func (a *answer) modified() time.Time {
	t, err := http.ParseTime(a.Header.Get("Last-Modified"))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// date is the server's time, ours where it does not say.
func (a *answer) date() time.Time {
	t, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		return a.asked
	}
	return t.UTC()
}

// named reports whether the server says something by which the file can be told.
func (a *answer) named() bool { return a.tag() != "" || !a.modified().IsZero() }

// usable says why the body of an answer cannot be read as a file.
func (a *answer) usable(name string) error {
	switch encoding := a.Header.Get("Content-Encoding"); encoding {
	case "", "identity", "gzip", "x-gzip": // packed bytes are known by their head
	default:
		return &connectors.IncompleteError{
			Source: name, Reason: "the server packs the file as " + strconv.Quote(encoding) + ", though it was asked not to",
			Remedy: "have the server send it as it is, or packed by gzip",
		}
	}
	if a.Status != http.StatusOK {
		return &connectors.IncompleteError{
			Source: name, Reason: fmt.Sprintf("the server answered %d, and not with the file", a.Status), Remedy: "correct the address",
		}
	}
	return nil
}
