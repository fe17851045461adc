package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/web"
	"github.com/skubridge/skubridge/internal/standin"
)

// quick tries again without a pause worth speaking of.
var quick = transport.Patience{Tries: 3, First: time.Millisecond}

func elsewhere(copies bool, set func(*standin.Web)) func(t *testing.T) connectortest.Elsewhere {
	return func(t *testing.T) connectortest.Elsewhere {
		server := standin.NewWeb(t)
		set(server)
		proxy := standin.NewProxy(t, server.Listener.Addr().String())
		folder := &standin.Folder{Dir: server.Dir}
		return connectortest.Elsewhere{
			Open: func(t *testing.T, path string, _ transport.Pick, marker string) transport.Transport {
				t.Helper()
				c := web.Config{URL: "http://" + proxy.Addr() + "/" + path, Marker: marker, Options: web.Default(), Patience: quick}
				if copies {
					c.CacheDir = t.TempDir()
				}
				f, err := web.New(c)
				if err != nil {
					t.Fatal(err)
				}
				return f
			},
			Put:    func(t *testing.T, name string, content []byte) { folder.Put(t, name, content) },
			Remove: func(t *testing.T, name string) { folder.Remove(t, name) },
			Deny:   func(t *testing.T, name string) { folder.Deny(t, name) },
			Cut:    proxy.Cut, Break: proxy.Break, Single: true, Whole: !server.Ranges,
		}
	}
}

func TestSuite(t *testing.T) {
	t.Parallel()
	for what, begin := range map[string]func(t *testing.T) connectortest.Elsewhere{
		"with a copy":                   elsewhere(true, func(*standin.Web) {}),
		"without a copy":                elsewhere(false, func(*standin.Web) {}),
		"a server without ranges":       elsewhere(false, func(w *standin.Web) { w.Ranges = false }),
		"a server without entity tags":  elsewhere(false, func(w *standin.Web) { w.Tags = false }),
		"no entity tags, but with copy": elsewhere(true, func(w *standin.Web) { w.Tags = false }),
	} {
		t.Run(strings.ReplaceAll(what, " ", "_"), func(t *testing.T) {
			t.Parallel()
			connectortest.Transport(t, begin)
		})
	}
}
