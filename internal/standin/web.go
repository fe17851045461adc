package standin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// Web serves the files of a folder over HTTP.
type Web struct {
	*httptest.Server
	// Dir is the folder.
	Dir string
	// Tags says that files have entity tags; Weak that those are weak.
	Tags, Weak bool
	// Ranges says that parts of files can be asked for.
	Ranges bool
	// Allowed, if set, judges requests before they are answered.
	Allowed func(r *http.Request) bool
	// Whole counts the answers with a body, and Asked all requests.
	Whole, Asked atomic.Int64
}

// NewWeb starts a server of a new folder, which ends with the test.
func NewWeb(tb testing.TB) *Web {
	tb.Helper()
	w := &Web{Dir: tb.TempDir(), Tags: true, Ranges: true}
	w.Server = httptest.NewServer(w)
	tb.Cleanup(w.Close)
	return w
}

// ServeHTTP implements http.Handler.
func (w *Web) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.Asked.Add(1)
	if w.Allowed != nil && !w.Allowed(r) {
		rw.Header().Set("WWW-Authenticate", "Basic")
		http.Error(rw, "who are you?", http.StatusUnauthorized)
		return
	}
	root, err := os.OpenRoot(w.Dir)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(r.URL.Path[1:]))
	if err != nil {
		http.NotFound(rw, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	if info.Mode().Perm() == 0 { // root may read it all the same
		http.Error(rw, "no", http.StatusForbidden)
		return
	}
	if w.Tags {
		tag := fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size())
		if w.Weak {
			tag = "W/" + tag
		}
		rw.Header().Set("ETag", tag)
	}
	if !w.Ranges {
		r.Header.Del("Range")
	}
	rw.Header().Set("Content-Type", "application/octet-stream")
	counted := &countingWriter{ResponseWriter: rw}
	http.ServeContent(counted, r, "", info.ModTime(), f)
	if counted.status == 0 || counted.status == http.StatusOK || counted.status == http.StatusPartialContent {
		w.Whole.Add(1)
	}
}

// countingWriter remembers the status.
type countingWriter struct {
	http.ResponseWriter
	status int
}

func (c *countingWriter) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}
