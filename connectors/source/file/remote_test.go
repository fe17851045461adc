package file_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/standin"
)

// far is a place of files that is not this machine, and how a configuration gets there.
type far struct {
	path, options string
	put           func(name, text string)
	names         func() string
}

func farSFTP(t *testing.T) far {
	t.Helper()
	s := standin.NewSFTP(t)
	folder := &standin.Folder{Dir: s.Dir}
	return far{
		path: "sftp://" + s.Addr, put: func(name, text string) { folder.Put(t, name, []byte(text)) },
		options: fmt.Sprintf("    sftp: { user: %s, password: %q, known_hosts: %q }\n", s.User, s.Password, knownhosts.Line([]string{s.Addr}, s.HostKey)),
		names: func() string {
			var all []string
			filepath.WalkDir(s.Dir, func(path string, d os.DirEntry, _ error) error {
				if !d.IsDir() {
					all = append(all, strings.TrimPrefix(path, s.Dir+"/"))
				}
				return nil
			})
			return strings.Join(all, " ")
		},
	}
}

func farS3(t *testing.T) far {
	t.Helper()
	s := standin.NewS3(t)
	return far{
		path: "s3://" + s.Bucket, put: func(name, text string) { s.Put(name, []byte(text)) },
		options: fmt.Sprintf("    s3: { endpoint: %q, region: %s, access_key: %s, secret_key: %q }\n", s.URL, s.Region, s.AccessKey, s.SecretKey),
		names:   func() string { return strings.Join(s.Keys(), " ") },
	}
}

func farWeb(t *testing.T) far {
	t.Helper()
	s := standin.NewWeb(t)
	folder := &standin.Folder{Dir: s.Dir}
	return far{path: s.URL, put: func(name, text string) { folder.Put(t, name, []byte(text)) }}
}

// keysOf reads a source to its end.
func keysOf(t *testing.T, src connectors.Source, since connectors.Cursor) (keys []string, end error) {
	t.Helper()
	for rec, err := range src.Read(t.Context(), since) {
		switch {
		case errors.Is(err, connectors.ErrRestart):
			keys = nil
		case err != nil:
			return keys, err
		default:
			keys = append(keys, string(rec.Key))
		}
	}
	return keys, nil
}

func TestFilesElsewhere(t *testing.T) {
	t.Parallel()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for i, name := range []string{"p_10.csv", "p_2.csv", "readme.txt"} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(f, "sku,name\nZ-%d,Brace\n", i)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, begin := range map[string]func(*testing.T) far{"sftp": farSFTP, "s3": farS3, "http": farWeb} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place := begin(t)
			place.put("out/a.csv", "sku,name\nA-1,Brace\nA-2,Sling\n")
			place.put("out/all.zip", archive.String())
			for options, want := range map[string][]string{
				"path: " + place.path + "/out/a.csv":                         {"A-1", "A-2"},
				"path: " + place.path + "/out/all.zip\n    entries: p_*.csv": {"Z-1", "Z-0"},
			} {
				src, err := configured(t, t.TempDir(), "    "+options+"\n"+place.options)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					got, err := keysOf(t, src, "")
					if diff := cmp.Diff(want, got); err != nil || diff != "" {
						t.Errorf("%s: %v\n%s", options, err, diff)
					}
				}
			}
			src, err := configured(t, t.TempDir(), "    path: "+place.path+"/out/a.csv\n    max_size: 10\n"+place.options)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := keysOf(t, src, ""); err == nil || !strings.Contains(err.Error(), "more than 10 bytes") {
				t.Errorf("past the limit: %v", err)
			}
			src, err = configured(t, t.TempDir(), "    path: "+place.path+"/out/b.csv\n"+place.options)
			if err != nil {
				t.Fatal(err)
			}
			var fault *connectors.IncompleteError
			if _, err := keysOf(t, src, ""); !errors.As(err, &fault) || fault.Remedy == "" {
				t.Errorf("no such file: %v", err)
			}
		})
	}
}

// Files of changes are read once each, and put away where they are.
func TestDropsElsewhere(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*testing.T) far{"sftp": farSFTP, "s3": farS3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place := begin(t)
			place.put("out/d_1.csv", "sku,name\nA-1,Brace\n")
			place.put("out/d_1.csv.done", "")
			place.put("out/d_2.csv", "sku,name\nA-2,Sling\n")
			src, err := configured(t, t.TempDir(), "    path: "+place.path+"/out/d_*.csv\n    mode: delta\n    after: move\n    ready: { marker: .done }\n"+place.options)
			if err != nil {
				t.Fatal(err)
			}
			since := connectors.Cursor("")
			for n, want := range []struct {
				keys []string
				left string
			}{
				{[]string{"A-1"}, "out/d_2.csv out/done/d_1.csv out/done/d_1.csv.done"},
				{[]string{"A-2"}, "out/done/d_1.csv out/done/d_1.csv.done out/done/d_2.csv out/done/d_2.csv.done"},
				{nil, "out/done/d_1.csv out/done/d_1.csv.done out/done/d_2.csv out/done/d_2.csv.done"},
			} {
				if n == 1 {
					place.put("out/d_2.csv.done", "")
				}
				got, err := keysOf(t, src, since)
				if diff := cmp.Diff(want.keys, got); err != nil || diff != "" {
					t.Fatalf("read %d: %v\n%s", n, err, diff)
				}
				since = src.(connectors.Incremental).Cursor()
				if err := src.(connectors.Finisher).Finish(t.Context()); err != nil {
					t.Errorf("put away: %v", err)
				}
				if left := place.names(); left != want.left {
					t.Errorf("read %d left %s", n, left)
				}
			}
		})
	}
}

// A server may say of a packed file that it is packed, pack it once more, or keep it to itself.
func TestPackedByAServer(t *testing.T) {
	t.Parallel()
	packed := func(text []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	plain := []byte("sku,name\nA-1,Brace\n")
	for what, answer := range map[string]struct {
		path, encoding string
		body           []byte
	}{
		"a packed file":                     {"/a.csv.gz", "", packed(plain)},
		"one that is said to be packed":     {"/a.csv.gz", "gzip", packed(plain)},
		"one that is packed once more":      {"/a.csv.gz", "gzip", packed(packed(plain))},
		"a plain one that the server packs": {"/a.csv", "x-gzip", packed(plain)},
		"no ending at all":                  {"/export?format=gz", "", packed(plain)},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if answer.encoding != "" {
				w.Header().Set("Content-Encoding", answer.encoding)
			}
			w.Write(answer.body)
		}))
		src, err := configured(t, t.TempDir(), "    path: "+server.URL+answer.path+"\n")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := keysOf(t, src, ""); err != nil || cmp.Diff([]string{"A-1"}, got) != "" {
			t.Errorf("%s: %v, %v", what, got, err)
		}
		server.Close()
	}
}

// An address is told as it was written, also where the configuration is named by a
// relative path.
func TestAnAddressIsToldWhole(t *testing.T) {
	t.Parallel()
	place := farWeb(t)
	place.put("out/a.csv", "sku,name\nA-1,\"Brace\n")
	src, err := configured(t, ".", "    path: "+place.path+"/out/a.csv\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keysOf(t, src, ""); err == nil || !strings.Contains(err.Error(), place.path+"/out/a.csv") {
		t.Errorf("%v names no %s/out/a.csv", err, place.path)
	}
}
