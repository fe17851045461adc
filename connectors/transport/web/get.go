package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// maxRedirects is how many redirects are followed.
const maxRedirects = 5

// maxBytes is more than any file has; whoever unpacks it has the limit.
const maxBytes = 1 << 62

// errNotFound is the cause of the error of a file that is not there.
var errNotFound = errors.New("404 not found")

// get asks for an address below the host of the configuration, and follows redirects. An
// answer that refuses is an error: a *connectors.IncompleteError where asking again does
// not help.
func (f *File) get(ctx context.Context, at *url.URL, conditions http.Header) (*answer, error) {
	public := false // the configured host is on the public internet
	seen := map[string]bool{}
	for hop := 0; ; hop++ {
		seen[at.String()] = true
		home := sameOrigin(at, f.url)
		name := httpclient.RedactURL(at)
		stream, err := f.client.Stream(ctx, httpclient.Request{
			Method: http.MethodGet, URL: at.String(), Header: f.header(conditions, home), Raw: true, Led: !home, PublicOnly: public && !home,
			Secrets: f.secrets(),
		}, maxBytes)
		if errors.Is(err, httpclient.ErrPrivate) {
			return nil, f.astray(at, "leads to a private address, where no answer may lead")
		}
		if err != nil {
			return nil, transport.Unreached(name, "http.ca_file", err)
		}
		if hop == 0 {
			public = httpclient.Public(stream.Remote)
		}
		location := stream.Header.Get("Location")
		if !redirects(stream.Status) || location == "" {
			return f.judge(name, home, stream)
		}
		stream.Body.Close()
		next, err := at.Parse(location)
		if err != nil {
			return nil, f.astray(at, "leads to something that is no address")
		}
		next.User, next.Fragment = nil, ""
		switch {
		case next.Scheme != "http" && next.Scheme != "https" || next.Host == "":
			return nil, f.astray(next, "leads to an address that is not http or https")
		case at.Scheme == "https" && next.Scheme == "http":
			return nil, f.astray(next, "leads from https to http, where anyone could read and change the file")
		case seen[next.String()]:
			return nil, f.astray(next, "leads round in a circle")
		case hop == maxRedirects:
			return nil, f.astray(next, fmt.Sprintf("is the %dth", maxRedirects+1))
		}
		at = next
	}
}

// header is what a request says; credentials go home only.
func (f *File) header(conditions http.Header, home bool) http.Header {
	h := maps.Clone(conditions)
	if !home {
		return h
	}
	for name, value := range f.cfg.Headers {
		h.Set(name, value.Reveal())
	}
	switch {
	case !f.cfg.Token.IsZero():
		h.Set("Authorization", "Bearer "+f.cfg.Token.Reveal())
	case f.cfg.User != "":
		r := http.Request{Header: h}
		r.SetBasicAuth(f.cfg.User, f.cfg.Password.Reveal())
	}
	return h
}

// secrets are the values that errors must not hold.
func (f *File) secrets() []string {
	all := []string{f.cfg.Password.Reveal(), f.cfg.Token.Reveal()}
	for _, value := range f.cfg.Headers {
		all = append(all, value.Reveal())
	}
	return all
}

// judge makes an answer that refuses an error.
func (f *File) judge(name string, home bool, s *httpclient.Stream) (*answer, error) {
	switch {
	case s.Status >= 200 && s.Status <= 299, s.Status == http.StatusNotModified, s.Status == http.StatusRequestedRangeNotSatisfiable:
		now := time.Now()
		return &answer{Stream: s, asked: now, unnamed: now.Format(time.RFC3339Nano)}, nil
	}
	s.Body.Close()
	words := strings.ToLower(fmt.Sprintf("%d %s", s.Status, http.StatusText(s.Status)))
	e := &connectors.IncompleteError{Source: name, Reason: "the server answered " + words}
	switch s.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Remedy = "check http.user and http.password, http.token or http.headers"
		if !home {
			e.Remedy = "the address of the configuration redirects there, and credentials are not taken along; name the last address instead"
		}
	case http.StatusNotFound, http.StatusGone:
		e.Reason, e.Err, e.Remedy = "there is no such file", errNotFound, "correct the address, or check whether the export was put there"
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return nil, transport.Busy(e.Reason)
	default:
		e.Remedy = "check whether the address is one that can be opened by its name alone"
	}
	return nil, e
}

// astray says that a redirect is not followed.
func (f *File) astray(to *url.URL, why string) error {
	return &connectors.IncompleteError{
		Source: f.name, Reason: fmt.Sprintf("a redirect (to %s) %s", httpclient.RedactURL(to), why),
		Remedy: "name the last address instead, as a browser shows it",
	}
}

// sameOrigin reports whether two addresses have scheme, host and port in common.
func sameOrigin(a, b *url.URL) bool {
	port := func(u *url.URL) string {
		if p := u.Port(); p != "" {
			return p
		}
		return map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
