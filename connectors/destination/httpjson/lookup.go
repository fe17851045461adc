package httpjson

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// pagesMost is how many pages of an answer to a look-up are read.
const pagesMost = 20

// find looks a product up. A search may answer with what is like the key as well: only what
// has it exactly is a hit. All pages are read, as what is on the last one is no less there.
func (d *Destination) find(ctx context.Context, naturalKey string) (hits []catalog.Remote, err error) {
	asked, err := catalog.NewPayload(map[string]any{d.opts.NaturalKey: naturalKey})
	var path string
	if err == nil {
		path, err = fill(d.opts.Find.Path, "", asked)
	}
	if err != nil {
		return nil, &connectors.DeliveryError{Class: connectors.Unknown, Err: fmt.Errorf("look up a product: %w", err)}
	}
	seen := map[string]bool{}
	for address := d.base + path; address != ""; {
		if seen[address] || len(seen) == pagesMost {
			return nil, &connectors.DeliveryError{
				Class:   connectors.Retryable,
				Message: fmt.Sprintf("the answer to the look-up does not end after %d pages; find.path should ask for less", len(seen)),
			}
		}
		seen[address] = true
		found, next, err := d.findPage(ctx, address, naturalKey, len(seen) == 1)
		if err != nil {
			return nil, err
		}
		hits, address = append(hits, found...), next
	}
	return hits, nil
}

// findPage reads one page of a look-up, and gives the address of the next one.
func (d *Destination) findPage(ctx context.Context, address, naturalKey string, first bool) (hits []catalog.Remote, next string, err error) {
	resp, failure := d.send(ctx, httpclient.Read, httpclient.Request{Method: http.MethodGet, URL: address}, "")
	switch {
	case failure != nil && failure.Class == connectors.Gone && first && d.opts.Find.NotFound:
		return nil, "", nil
	case failure != nil && failure.Class == connectors.Gone && first:
		failure.Class, failure.Message = connectors.Denied, ""
		failure.Err = fmt.Errorf("find.path does not lead to a look-up: HTTP %d; if that says that no product has the key, set find.not_found: true", resp.Status)
		return nil, "", failure
	case failure != nil:
		return nil, "", failure
	}
	v, err := decode(resp.Body)
	list, ok := at(v, d.opts.Find.Items).([]any)
	if err == nil && !ok {
		err = errors.New("the answer holds no list of products")
	}
	for _, entry := range list {
		p, _ := entry.(map[string]any)
		r, tellErr := d.tell(p)
		if tellErr == nil && r.Key == "" && !d.keyless(p) {
			tellErr = fmt.Errorf("product %s in the answer does not show its %s", r.ID, d.opts.NaturalKey)
		}
		err = errors.Join(err, tellErr)
		if r.Key == naturalKey {
			hits = append(hits, r)
		}
	}
	if err == nil {
		next, err = d.next(address, v)
	}
	if err != nil {
		return nil, "", &connectors.DeliveryError{Class: connectors.Retryable, Status: resp.Status, Body: resp.Excerpt(), Err: resp.RedactError(err)}
	}
	return hits, next, nil
}

// keyless reports whether a product says that it has no natural key: its place is there, and
// nothing in it. One without the place may have a key that the configuration does not find.
func (d *Destination) keyless(p map[string]any) bool {
	place := cmp.Or(d.opts.Answer.Key, d.opts.NaturalKey)
	if inner := strings.LastIndexByte(place, '.'); inner >= 0 {
		p, _ = at(p, place[:inner]).(map[string]any)
		place = place[inner+1:]
	}
	v, named := p[place]
	return named && (v == nil || v == "")
}

// next is the address of the page that follows an answer, "" for the last one. An answer
// may not lead elsewhere: the credentials would go there.
func (d *Destination) next(address string, answer any) (string, error) {
	if d.opts.Find.Next == "" {
		return "", nil
	}
	switch v := at(answer, d.opts.Find.Next).(type) {
	case nil:
		return "", nil
	case string:
		if v == "" {
			return "", nil
		}
		here, err := url.Parse(address)
		if err != nil {
			return "", errors.New("the page has no address")
		}
		there, err := here.Parse(v)
		if err != nil {
			return "", fmt.Errorf("find.next: %q is no address", connectors.Short(v, maxMessage))
		}
		if there.Scheme != here.Scheme || there.Host != here.Host || !below(there.EscapedPath(), d.base) {
			return "", fmt.Errorf("find.next: %q leads out of base_url", connectors.Short(v, maxMessage))
		}
		there.User, there.Fragment = here.User, ""
		return there.String(), nil
	default:
		return "", fmt.Errorf("find.next: what is at %q is no address", d.opts.Find.Next)
	}
}

// below reports whether a path is in the place that base leads to, by any reading of it.
func below(path, base string) bool {
	root, err := url.Parse(base)
	if err != nil || strings.Contains(path, "..") || strings.Contains(strings.ToLower(path), "%2e") {
		return false
	}
	return strings.HasPrefix(path, strings.TrimSuffix(root.EscapedPath(), "/")+"/")
}
