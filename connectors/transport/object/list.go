package object

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

const (
	// maxListed is how many files of one pattern are kept, and maxSeen how many are looked
	// at for it, at a thousand a page.
	maxListed = 100_000
	maxSeen   = 10_000_000
	// maxEmpty is how many pages in a row may hold no object.
	maxEmpty = 1000
)

// page is what ListObjectsV2 answers.
type page struct {
	XMLName  xml.Name `xml:"ListBucketResult"`
	More     bool     `xml:"IsTruncated"`
	Next     string   `xml:"NextContinuationToken"`
	Encoding string   `xml:"EncodingType"`
	Contents []struct {
		Key      string `xml:"Key"`
		Modified string `xml:"LastModified"`
		ETag     string `xml:"ETag"`
		Size     int64  `xml:"Size"`
	} `xml:"Contents"`
}

// find gives the files that the path means, in natural order of their names, which may be
// none.
func (f *Files) find(ctx context.Context) ([]transport.Found, error) {
	key := f.place.key
	if !transport.IsGlob(key) {
		return f.single(ctx, key)
	}
	choice := transport.Choice{Marker: f.cfg.Marker}
	var found []transport.Found
	marks := map[string]time.Time{}
	err := f.walk(ctx, transport.Prefix(key), 0, func(e transport.Entry, name string) error {
		if file, ok := strings.CutSuffix(name, f.cfg.Marker); ok && choice.IsMarker(name) {
			if transport.Match(key, file) {
				marks[e.Name] = e.ModTime
			}
			return nil
		}
		if !transport.Match(key, name) || strings.HasSuffix(name, "/") {
			return nil
		}
		if len(found) == maxListed {
			return &connectors.IncompleteError{
				Source: f.Name(), Reason: fmt.Sprintf("more than %d files match", maxListed),
				Remedy: "write a narrower pattern, or move away what was read",
			}
		}
		found = append(found, transport.Found{Entry: e})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i].Marked = marks[found[i].Name+f.cfg.Marker]
	}
	slices.SortFunc(found, func(a, b transport.Found) int { return transport.Natural(a.Name, b.Name) })
	// What is listed twice is one object all the same.
	return slices.CompactFunc(found, func(a, b transport.Found) bool { return a.Name == b.Name }), nil
}

// single looks at one key, and its marker.
func (f *Files) single(ctx context.Context, key string) ([]transport.Found, error) {
	e, err := f.head(ctx, key)
	if errors.Is(err, errNoKey) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	one := transport.Found{Entry: e}
	if f.cfg.Marker != "" {
		marker, err := f.head(ctx, key+f.cfg.Marker)
		if err != nil && !errors.Is(err, errNoKey) {
			return nil, err
		}
		one.Marked = marker.ModTime
	}
	return []transport.Found{one}, nil
}

// walk calls see for every object whose key begins with prefix, up to most of them; 0 is
// all.
func (f *Files) walk(ctx context.Context, prefix string, most int, see func(e transport.Entry, key string) error) error {
	var at pages
	for {
		query := url.Values{"list-type": {"2"}, "prefix": {prefix}, "encoding-type": {"url"}}
		if most > 0 {
			query.Set("max-keys", strconv.Itoa(most))
		}
		if at.token != "" {
			query.Set("continuation-token", at.token)
		}
		resp, err := f.do(ctx, http.MethodGet, "", query, nil)
		if err != nil {
			return err
		}
		var p page
		if err := xml.Unmarshal(resp.Body, &p); err != nil {
			return &connectors.IncompleteError{
				Source: f.Name(), Reason: "the answer is no list of objects", Err: err,
				Remedy: "check whether s3.endpoint is that of the service, and not of its console",
			}
		}
		for _, o := range p.Contents {
			key := o.Key
			if p.Encoding == "url" {
				if key, err = url.QueryUnescape(o.Key); err != nil {
					return fmt.Errorf("list %s: key %q: %w", f.Name(), o.Key, err)
				}
			}
			if o.Size < 0 {
				return &connectors.IncompleteError{
					Source: f.place.name(key), Reason: "the service gives it a length that no object has", Remedy: "see what is wrong with the service",
				}
			}
			modified, _ := time.Parse(time.RFC3339, o.Modified) // without a time it is the zero one
			e := transport.Entry{Name: f.place.name(key), Size: o.Size, ModTime: modified.UTC(), Version: unquoted(o.ETag)}
			if err := see(e, key); err != nil {
				return err
			}
		}
		if !p.More || most > 0 {
			return nil
		}
		if !at.on(p.Next, len(p.Contents)) {
			return &connectors.IncompleteError{
				Source: f.Name(), Reason: fmt.Sprintf("the list of objects does not end after %d", at.seen),
				Remedy: "write a longer beginning of the pattern, or move away what was read",
			}
		}
	}
}

// pages is how far the walk of a list is.
type pages struct {
	token       string // of the page that comes next
	seen, empty int    // objects, and pages in a row without any
	asked       int
	met         string // a token that was met before, another one each time twice as many were
}

// on goes on to the page of a token, after one of so many objects. It reports false where the
// list would not end: it comes round in a circle, however long, or brings nothing.
func (p *pages) on(token string, objects int) bool {
	p.seen += objects
	p.empty++
	if objects > 0 {
		p.empty = 0
	}
	if token == "" || token == p.token || token == p.met || p.seen > maxSeen || p.empty > maxEmpty {
		return false
	}
	if p.asked++; p.asked&(p.asked-1) == 0 {
		p.met = token
	}
	p.token = token
	return true
}

// noMatch says that there is no such file, and what is there.
func (f *Files) noMatch(ctx context.Context) error {
	const some = 100
	e := &connectors.IncompleteError{
		Source: f.Name(), Reason: "there is no such file", Err: errNoKey, Remedy: "check the path: bucket, folders and name",
	}
	if transport.IsGlob(f.place.key) {
		e.Reason = "no file matches"
	}
	folder, want := path.Split(transport.Prefix(f.place.key))
	var names []string
	err := f.walk(ctx, folder, some, func(_ transport.Entry, key string) error {
		if name := strings.TrimPrefix(key, folder); !strings.Contains(name, "/") && name != "" {
			names = append(names, name)
		}
		return nil
	})
	if told, ok := errors.AsType[*connectors.IncompleteError](err); ok && strings.Contains(told.Reason, "bucket") {
		return told
	}
	if err == nil {
		e.Remedy = transport.Nearby(want, names, e.Remedy)
	}
	return e
}
