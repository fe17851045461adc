package local

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/transport"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	connectortest.Transport(t, func(t *testing.T) connectortest.Elsewhere {
		dir := t.TempDir()
		at := time.Now().Add(-time.Hour)
		return connectortest.Elsewhere{
			Open: func(_ *testing.T, path string, pick transport.Pick, marker string) transport.Transport {
				return New(Config{Dir: dir, Path: path, Pick: pick, Marker: marker})
			},
			Put: func(t *testing.T, name string, content []byte) {
				t.Helper()
				path := filepath.Join(dir, filepath.FromSlash(name))
				at = at.Add(time.Second)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path+".new", content, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chtimes(path+".new", at, at); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(path+".new", path); err != nil {
					t.Fatal(err)
				}
			},
			Remove: func(t *testing.T, name string) {
				t.Helper()
				if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}
