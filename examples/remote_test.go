package examples_test

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/skubridge/skubridge/internal/standin"
)

// secretOfFiles lets in at every stand-in for a server of files.
const secretOfFiles = "open_" + mark

// turnToStandIns puts servers of an example's files in the place of those that it speaks of.
func turnToStandIns(t *testing.T, dir string) {
	t.Helper()
	path, files := filepath.Join(dir, "skubridge.yaml"), filepath.Join(dir, "files")
	cfg, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for theirs, serve := range map[string]func(t *testing.T, dir, files string) string{
		"127.0.0.1:8486": serveWeb, "127.0.0.1:2222": serveSFTP, "127.0.0.1:9000": serveBucket, "127.0.0.1:8487": serveAPI,
	} {
		if bytes.Contains(cfg, []byte(theirs)) {
			cfg = bytes.ReplaceAll(cfg, []byte(theirs), []byte(serve(t, dir, files)))
		}
	}
	write(t, path, cfg)
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func serveWeb(t *testing.T, _, files string) string {
	t.Helper()
	s := standin.NewWeb(t)
	s.Dir = files
	s.Allowed = func(r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		return user == "skubridge" && password == secretOfFiles
	}
	return s.Listener.Addr().String()
}

// serveAPI shows the answers of an example's API to who has its token.
func serveAPI(t *testing.T, dir, _ string) string {
	t.Helper()
	answers := http.FileServer(http.Dir(filepath.Join(dir, "api")))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+secretOfFiles {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answers.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func serveSFTP(t *testing.T, dir, files string) string {
	t.Helper()
	s := standin.NewSFTP(t)
	s.Dir = files
	write(t, filepath.Join(dir, "id_ed25519"), []byte(s.Key))
	write(t, filepath.Join(dir, "known_hosts"), []byte(knownhosts.Line([]string{s.Addr}, s.HostKey)+"\n"))
	return s.Addr
}

func serveBucket(t *testing.T, _, files string) string {
	t.Helper()
	s := standin.NewS3(t)
	s.Region, s.AccessKey, s.SecretKey = "eu-central-1", "AKIAEXAMPLE", secretOfFiles
	err := fs.WalkDir(os.DirFS(files), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(files, filepath.FromSlash(name)))
		s.Put(name, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.Listener.Addr().String()
}
