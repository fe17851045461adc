package sftp_test

import (
	"testing"
	"time"

	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/sftp"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/standin"
)

// quick tries again without a pause worth speaking of.
var quick = transport.Patience{Tries: 3, First: time.Millisecond}

func TestSuite(t *testing.T) {
	t.Parallel()
	connectortest.Transport(t, func(t *testing.T) connectortest.Elsewhere {
		server := standin.NewSFTP(t)
		proxy := standin.NewProxy(t, server.Addr)
		folder := &standin.Folder{Dir: server.Dir}
		return connectortest.Elsewhere{
			Open: func(t *testing.T, path string, pick transport.Pick, marker string) transport.Transport {
				t.Helper()
				f, err := sftp.New(sftp.Config{
					URL: "sftp://" + server.User + "@" + proxy.Addr() + "/" + path, Pick: pick, Marker: marker, Patience: quick,
					Options: sftp.Options{
						Key:        secret.New(server.Key),
						KnownHosts: knownhosts.Line([]string{proxy.Addr()}, server.HostKey),
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				return f
			},
			Put:    func(t *testing.T, name string, content []byte) { folder.Put(t, name, content) },
			Remove: func(t *testing.T, name string) { folder.Remove(t, name) },
			Deny:   func(t *testing.T, name string) { folder.Deny(t, name) },
			Cut:    proxy.Cut, Break: proxy.Break,
		}
	})
}
