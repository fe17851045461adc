package pull

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// An address that an answer names is nobody's choice. From a public host it does not lead to
// this machine or its network, whatever name it goes by.
func TestADownloadDoesNotLeadInside(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inside.Close()
	for what, address := range map[string]string{
		"by its number": inside.URL, "by a name": strings.Replace(inside.URL, "127.0.0.1", "localhost", 1),
		"mapped into IPv6": strings.Replace(inside.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1),
	} {
		client := New(Config{Base: "http://shop.example"})
		client.public.Store(true) // as after an answer from a public address
		_, err := client.Download(t.Context(), Request{URL: address, Anonymous: true}, scratch(t), 1<<20)
		if e, ok := errors.AsType[*connectors.DeliveryError](err); !ok || e.Class != connectors.Rejected || !errors.Is(err, httpclient.ErrPrivate) {
			t.Errorf("%s: %v", what, err)
		}
		client.Close()
	}
	if n := asked.Load(); n != 0 {
		t.Fatalf("%d requests came inside", n)
	}
	client := New(Config{Base: inside.URL}) // one that is inside itself may
	defer client.Close()
	if _, err := client.Do(t.Context(), Request{URL: "/"}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Download(t.Context(), Request{URL: strings.Replace(inside.URL, "127.0.0.1", "localhost", 1), Anonymous: true}, scratch(t), 1<<20); err != nil {
		t.Errorf("between two addresses inside: %v", err)
	}
}

func TestADownloadDoesNotLeaveHTTPS(t *testing.T) {
	t.Parallel()
	client := New(Config{Base: "https://shop.example"})
	defer client.Close()
	for _, address := range []string{"http://storage.example/result.jsonl", "ftp://storage.example/x", "file:///etc/passwd", "javascript:x", "http://%zz"} {
		if _, err := client.Download(t.Context(), Request{URL: address, Anonymous: true}, scratch(t), 1<<20); !refused(err) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func scratch(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "result"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func refused(err error) bool {
	e, ok := errors.AsType[*connectors.DeliveryError](err)
	return ok && e.Class == connectors.Rejected
}
