package sftp_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pkgsftp "github.com/pkg/sftp"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/sftp"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/standin"
)

// told is a file as a server tells of it.
type told struct {
	fs.FileInfo
	name string
	size int64
}

func (f told) Name() string { return f.name }
func (f told) Size() int64  { return f.size }
func (f told) Sys() any     { return nil }

// files are what a server lists: these, over and over where endless.
type files struct {
	all     []os.FileInfo
	endless bool
}

// ListAt implements pkgsftp.ListerAt.
func (l files) ListAt(into []os.FileInfo, offset int64) (n int, err error) {
	for n = range into {
		if at := int(offset) + n; at < len(l.all) || l.endless {
			into[n] = l.all[at%len(l.all)]
			continue
		}
		return n, io.EOF
	}
	return len(into), nil
}

// A server that does not answer as it should ends a read with a clear word, and soon.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, path string
		list       func(t *testing.T, method string, file told) (pkgsftp.ListerAt, error)
		want       string
	}{
		{"one that is silent when it is asked for a list", "/out/*.csv", func(t *testing.T, method string, _ told) (pkgsftp.ListerAt, error) {
			if method == "List" {
				<-t.Context().Done()
			}
			return nil, nil
		}, "cannot be listed: the server did not answer"},
		{"one that is silent when it is asked for a file", "/out/a.csv", func(t *testing.T, _ string, _ told) (pkgsftp.ListerAt, error) {
			<-t.Context().Done()
			return nil, nil
		}, "cannot be listed: the server did not answer"},
		{"a list without an end", "/out/*.csv", func(_ *testing.T, method string, file told) (pkgsftp.ListerAt, error) {
			if method != "List" {
				return nil, nil
			}
			return files{[]os.FileInfo{file}, true}, nil
		}, "/out: the list of the folder does not end after 100000 bytes"},
		{"a length below nothing", "/out/a.csv", func(_ *testing.T, _ string, file told) (pkgsftp.ListerAt, error) {
			file.size = -5
			return files{[]os.FileInfo{file}, false}, nil
		}, "a length that no file has"},
		{"a file that is shorter than it says", "/out/a.csv", func(_ *testing.T, _ string, file told) (pkgsftp.ListerAt, error) {
			file.size += 100
			return files{[]os.FileInfo{file}, false}, nil
		}, "it ends after 6 bytes, each time, and has 106 by what the server says"},
		{"a file that is longer than it says", "/out/a.csv", func(_ *testing.T, _ string, file told) (pkgsftp.ListerAt, error) {
			file.size -= 2
			return files{[]os.FileInfo{file}, false}, nil
		}, "grew beyond its 4 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			server, c := serving(t)
			info, err := os.Stat(filepath.Join(server.Dir, "out/a.csv"))
			if err != nil {
				t.Fatal(err)
			}
			server.List = func(r *pkgsftp.Request) (pkgsftp.ListerAt, error) {
				return tt.list(t, r.Method, told{info, "a.csv", info.Size()})
			}
			c.URL = "sftp://" + server.Addr + tt.path
			c.ListMost = 100_000
			c.Patience = transport.Patience{Tries: 2, First: time.Millisecond}
			if strings.Contains(tt.want, "did not answer") {
				c.Patience.Stall = 20 * time.Millisecond
			}
			_, err = fetch(t, c)
			var fault *connectors.IncompleteError
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.want) || fault.Remedy == "" {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// What a server says is shown in a line, without the password, and no more of it than people
// read.
func TestWordsOfAServer(t *testing.T) {
	t.Parallel()
	server, c := serving(t)
	server.Password = `correct "horse"`
	c.Password = secret.New(server.Password)
	said := errors.New("no\n" + server.Password + "\x1b[2J " + strings.Repeat("x", 100_000))
	judge := func(what string, err error) {
		t.Helper()
		e, ok := errors.AsType[*connectors.IncompleteError](err)
		if !ok || !strings.Contains(e.Error(), `no\n<redacted>`) || len(e.Error()) > 1000 || e.Remedy == "" {
			t.Errorf("%s: %T %.1000q", what, err, err)
		}
	}
	c.URL, c.Patience = "sftp://"+server.Addr+"/out/*.csv", transport.Patience{Tries: 2, First: time.Millisecond}
	server.List = func(*pkgsftp.Request) (pkgsftp.ListerAt, error) { return nil, said }
	_, err := fetch(t, c)
	judge("of a folder", err)
	server.List, server.Read = nil, failing{said}
	_, err = fetch(t, c)
	judge("of a file", err)
}

// failing is a file that cannot be read.
type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// A file that may be opened and not read is asked for once: another try does not help.
func TestAFileThatMayBeOpenedAndNotRead(t *testing.T) {
	t.Parallel()
	server, c := serving(t)
	server.Read = failing{pkgsftp.ErrSSHFxPermissionDenied}
	_, err := fetch(t, c)
	if e, ok := errors.AsType[*connectors.IncompleteError](err); !ok || e.Reason != "may not be read" || !strings.Contains(e.Remedy, "let user erp read it") {
		t.Errorf("%v", err)
	}
}

// A pattern that means something, but no file, says so.
func TestWhatMatchesIsNoFile(t *testing.T) {
	t.Parallel()
	server, c := serving(t)
	if err := os.Mkdir(filepath.Join(server.Dir, "out", "b.dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	c.URL = "sftp://" + server.Addr + "/out/*.dir"
	if _, err := fetch(t, c); err == nil || !strings.HasSuffix(err.Error(), "/out/*.dir: what matches is no file: b.dir") {
		t.Errorf("%v", err)
	}
}

// A link that leads nowhere is a file that a set lacks; among files that are read once each
// it is none yet.
func TestALinkThatLeadsNowhere(t *testing.T) {
	t.Parallel()
	server, c := serving(t)
	if err := os.Symlink("nowhere.csv", filepath.Join(server.Dir, "out", "b.csv")); err != nil {
		t.Skipf("links cannot be made here: %v", err)
	}
	c.URL, c.Pick = "sftp://"+server.Addr+"/out/*.csv", transport.PickAll
	if _, err := fetch(t, c); err == nil || !strings.Contains(err.Error(), "/out/b.csv: a link to what is not there") {
		t.Errorf("of a set: %v", err)
	}
	f, err := sftp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	found, err := f.Browse(t.Context())
	if err != nil || len(found) != 1 || !strings.HasSuffix(found[0].Name, "/out/a.csv") {
		t.Errorf("read once: %v, %v", found, err)
	}
}

// A connection may be lost at any moment: that is never taken for a refusal, nor its bytes for
// the file.
func TestConnectionsThatAreLostAnywhere(t *testing.T) {
	t.Parallel()
	server, c := serving(t)
	proxy := standin.NewProxy(t, server.Addr)
	c.URL = "sftp://" + proxy.Addr() + "/out/*.csv"
	c.KnownHosts = knownhosts.Line([]string{proxy.Addr()}, server.HostKey)
	c.Patience = transport.Patience{Tries: 1}
	for cut := 100; cut < 4000; cut += 130 {
		proxy.Cut(cut)
		got, err := fetch(t, c)
		if err == nil && got != "sku\nA\n" || err != nil && !strings.Contains(err.Error(), ": cannot be ") {
			t.Errorf("lost after %d bytes: %q, %v", cut, got, err)
		}
	}
	server.Refuses.Store(true)
	proxy.Cut(0)
	if _, err := fetch(t, c); err == nil || !strings.Contains(err.Error(), "lets the user log in, and not use SFTP") {
		t.Errorf("refused: %v", err)
	}
}
