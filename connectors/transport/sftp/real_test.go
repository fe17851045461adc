package sftp_test

import (
	"net/url"
	"os"
	"path"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/sftp"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/standin"
)

// TestSuiteOpenSSH takes the suite to a real server, of which .ci/servers tells: its address
// with a folder of this machine, a key, and the server's own.
func TestSuiteOpenSSH(t *testing.T) {
	t.Parallel()
	at, err := url.Parse(os.Getenv("SKUBRIDGE_TEST_SFTP"))
	if err != nil || at.Host == "" {
		t.Skip("there is no OpenSSH server: SKUBRIDGE_TEST_SFTP is not set, see .ci/servers")
	}
	known, err := os.ReadFile(os.Getenv("SKUBRIDGE_TEST_SFTP_KNOWN_HOSTS"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, hostKey, _, _, err := ssh.ParseKnownHosts(known)
	if err != nil {
		t.Fatal(err)
	}
	connectortest.Transport(t, func(t *testing.T) connectortest.Elsewhere {
		dir, err := os.MkdirTemp(at.Path, "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		standin.Give(t, at.Path, dir)
		folder := &standin.Folder{Dir: dir}
		proxy := standin.NewProxy(t, at.Host)
		return connectortest.Elsewhere{
			Open: func(t *testing.T, p string, pick transport.Pick, marker string) transport.Transport {
				t.Helper()
				f, err := sftp.New(sftp.Config{
					URL:  "sftp://" + at.User.Username() + "@" + proxy.Addr() + path.Join(dir, p),
					Pick: pick, Marker: marker, Patience: quick,
					Options: sftp.Options{
						Key:        secret.New(os.Getenv("SKUBRIDGE_TEST_SFTP_KEY")),
						KnownHosts: strings.TrimSpace(knownhosts.Line([]string{proxy.Addr()}, hostKey)),
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
