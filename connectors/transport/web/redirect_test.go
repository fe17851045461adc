package web_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport/web"
	"github.com/skubridge/skubridge/internal/secret"
)

func TestRedirects(t *testing.T) {
	t.Parallel()
	var elsewhere *httptest.Server
	mux := http.NewServeMux()
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "s3cret" || r.Header.Get("X-Tenant") != "acme-9" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		io.WriteString(w, "sku\nA\n")
	})
	hop := func(path, to string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		})
	}
	hop("/here", "/file")
	hop("/circle", "/round")
	hop("/round", "/circle")
	hop("/self", "/self")
	hop("/ftp", "ftp://127.0.0.1/a.csv")
	hop("/bad", "http://[::1")
	for n := range 10 {
		hop(fmt.Sprintf("/long%d", n), fmt.Sprintf("/long%d", n+1))
	}
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/open?token=q-67890", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/guarded", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/guarded", http.StatusMovedPermanently)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	elsewhere = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("X-Tenant") != "" {
			t.Errorf("credentials went along: %v", r.Header)
		}
		if r.URL.Path == "/guarded" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, "sku\nA\n")
	}))
	defer elsewhere.Close()
	for path, want := range map[string]string{
		"/here": "", "/away": "",
		"/circle": "round in a circle", "/self": "round in a circle", "/long0": "is the 6th",
		"/ftp": "not http or https", "/bad": "no address", "/guarded": "401",
	} {
		f := open(t, server.URL+path, func(c *web.Config) {
			c.User, c.Password = "me", secret.New("s3cret")
			c.Headers = map[string]secret.Value{"X-Tenant": secret.New("acme-9")}
		})
		got, _, err := fetch(t, f)
		var fault *connectors.IncompleteError
		switch {
		case want == "" && (err != nil || got != "sku\nA\n"):
			t.Errorf("%s: %q, %v", path, got, err)
		case want != "" && (!errors.As(err, &fault) || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", path, err, want)
		case want != "" && strings.Contains(err.Error()+fault.Remedy, "67890"):
			t.Errorf("%s tells a secret: %v", path, err)
		}
		if path == "/guarded" && fault != nil && !strings.Contains(fault.Remedy, "not taken along") {
			t.Errorf("%s: %q", path, fault.Remedy)
		}
	}
}

func TestRedirectsFromHTTPS(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	server := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer server.Close()
	f := open(t, server.URL, func(c *web.Config) { trust(t, c, server) })
	if _, _, err := fetch(t, f); err == nil || !strings.Contains(err.Error(), "from https to http") {
		t.Errorf("got %v", err)
	}
}
