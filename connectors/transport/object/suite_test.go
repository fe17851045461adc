package object_test

import (
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/object"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/standin"
)

// quick tries again without a pause worth speaking of.
var quick = transport.Patience{Tries: 3, First: time.Millisecond}

func TestSuite(t *testing.T) {
	t.Parallel()
	connectortest.Transport(t, func(t *testing.T) connectortest.Elsewhere {
		server := standin.NewS3(t)
		proxy := standin.NewProxy(t, server.Listener.Addr().String())
		return connectortest.Elsewhere{
			Open: func(t *testing.T, path string, pick transport.Pick, marker string) transport.Transport {
				t.Helper()
				f, err := object.New(object.Config{
					URL: "s3://" + server.Bucket + "/" + path, Pick: pick, Marker: marker, Patience: quick,
					Options: object.Options{
						Endpoint: "http://" + proxy.Addr(), Region: server.Region,
						AccessKey: server.AccessKey, SecretKey: secret.New(server.SecretKey),
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				return f
			},
			Put:    func(_ *testing.T, name string, content []byte) { server.Put(name, content) },
			Remove: func(_ *testing.T, name string) { server.Remove(name) },
			Deny:   func(_ *testing.T, name string) { server.Deny(name) },
			Cut:    proxy.Cut, Break: proxy.Break,
		}
	})
}
