package pull_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
)

// What may happen to a transfer. Each answer but the last breaks off after 1,000 bytes.
func TestDownload(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789\n"), 1000)
	half := func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:1000])
	}
	whole := func(etag string) func(int, http.ResponseWriter, *http.Request) {
		return func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", etag)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		}
	}
	for _, test := range []struct {
		name     string
		say      func(n int, w http.ResponseWriter, r *http.Request)
		most     int64
		requests int
		class    connectors.Class
	}{
		{"at once", whole(`"1"`), 1 << 20, 1, ""},
		{"broken off and taken up again", func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				w.Header().Set("ETag", `"1"`)
				half(w)
				return
			}
			if r.Header.Get("Range") != "bytes=1000-" || r.Header.Get("If-Range") != `"1"` {
				t.Errorf("asked for %v", r.Header)
			}
			whole(`"1"`)(n, w, r)
		}, 1 << 20, 2, ""},
		{"changed meanwhile, so begun again", func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				w.Header().Set("ETag", `"0"`)
				half(w)
				return
			}
			whole(`"1"`)(n, w, r)
		}, 1 << 20, 2, ""},
		{"without a tag it begins again", func(n int, w http.ResponseWriter, r *http.Request) {
			if n < 3 {
				half(w)
				return
			}
			if r.Header.Get("Range") != "" {
				t.Error("asked for a part")
			}
			whole("")(n, w, r)
		}, 1 << 20, 3, ""},
		{"another part than was asked for", func(n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 1:
				w.Header().Set("ETag", `"1"`)
				half(w)
			case 2:
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 500-%d/%d", len(content)-1, len(content)))
				w.WriteHeader(http.StatusPartialContent)
			default:
				whole(`"1"`)(n, w, r)
			}
		}, 1 << 20, 3, ""},
		{"never whole", func(_ int, w http.ResponseWriter, _ *http.Request) { half(w) }, 1 << 20, 6, connectors.Retryable},
		{"too long", whole(`"1"`), 5000, 1, connectors.Rejected},
		{"gone", func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, 1 << 20, 1, connectors.Denied},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			base, requests := serve(t, test.say)
			f, err := os.Create(filepath.Join(t.TempDir(), "result"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			n, err := open(t, "http://shop.example", newClock()).Download(t.Context(), pull.Request{URL: base, Anonymous: true}, f, test.most)
			if e, _ := errors.AsType[*connectors.DeliveryError](err); (err == nil) != (test.class == "") || e != nil && e.Class != test.class {
				t.Errorf("got %v, want %q", err, test.class)
			}
			if *requests != test.requests {
				t.Errorf("%d requests, want %d", *requests, test.requests)
			}
			if test.class != "" {
				return
			}
			_, _ = f.Seek(0, io.SeekStart)
			if got, _ := io.ReadAll(f); !bytes.Equal(got, content) || n != int64(len(content)) {
				t.Errorf("%d bytes, said to be %d", len(got), n)
			}
		})
	}
}
