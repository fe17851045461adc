package transport_test

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/local"
	"github.com/skubridge/skubridge/connectors/transport/object"
	"github.com/skubridge/skubridge/connectors/transport/sftp"
	"github.com/skubridge/skubridge/connectors/transport/web"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/standin"
)

var large = flag.Int64("large", 48<<20, "how many bytes the file of TestLargeFile has")

// growth is how much more memory a file may take than one of a sixteenth of its size: what
// the servers in this process, the buffers of connections and the collector differ by.
const growth = 12 << 20

var quick = transport.Patience{First: time.Millisecond}

// TestLargeFile reads a file by each transport, over connections that are lost at each tenth
// of it, and wants no more memory than for a small one. For 2 GB it is
//
//	go test ./connectors/transport -run TestLargeFile -v -large 2000000000 -timeout 30m
func TestLargeFile(t *testing.T) {
	size := *large
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		size = min(size, 8<<20)
	}
	for _, way := range []struct {
		name string
		open func(t *testing.T, path string, cut int) transport.Transport
	}{{"local", openLocal}, {"http", openWeb(false)}, {"http with a copy", openWeb(true)}, {"sftp", openSFTP}, {"s3", openObject}} {
		t.Run(way.name, func(t *testing.T) {
			small, sum := written(t, size/16)
			least := readWhole(t, way.open(t, small, 0), sum)
			path, sum := written(t, size)
			start := time.Now()
			most := readWhole(t, way.open(t, path, int(size/10)), sum)
			t.Logf("%d bytes in %s, at most %d KiB of heap, %d KiB for a sixteenth", size, time.Since(start).Round(time.Millisecond), most>>10, least>>10)
			if most > least+growth {
				t.Errorf("it took %d KiB of heap, and %d KiB for a sixteenth of the size", most>>10, least>>10)
			}
		})
	}
}

// written makes a file of numbered lines, and gives its sum.
func written(t *testing.T, size int64) (path string, sum [sha256.Size]byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "large.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(f, h), 1<<20)
	line := make([]byte, 0, 80)
	for n, left := int64(0), size; left > 0; n++ {
		line = append(strconv.AppendInt(append(line[:0], "SKU-"...), n, 10), ",a product of some words and no price\n"...)
		line = line[:min(left, int64(len(line)))]
		w.Write(line)
		left -= int64(len(line))
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path, [sha256.Size]byte(h.Sum(nil))
}

// readWhole reads a file to its proof, and gives the most heap that was in use meanwhile.
func readWhole(t *testing.T, tr transport.Transport, want [sha256.Size]byte) (most uint64) {
	t.Helper()
	runtime.GC()
	entries, err := tr.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f, err := tr.Open(t.Context(), entries[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	var m runtime.MemStats
	for {
		n, err := io.CopyN(h, f, 1<<20)
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || n == 0 {
			t.Fatal(err)
		}
	}
	if err := f.Proof(); err != nil {
		t.Fatal(err)
	}
	if [sha256.Size]byte(h.Sum(nil)) != want {
		t.Error("something else was read")
	}
	return most
}

func openLocal(_ *testing.T, path string, _ int) transport.Transport {
	return local.New(local.Config{Path: path})
}

// linked puts a file into a folder.
func linked(t *testing.T, path, dir string) {
	t.Helper()
	if err := os.Link(path, filepath.Join(dir, "large.csv")); err != nil {
		t.Fatal(err)
	}
}

func openWeb(copies bool) func(t *testing.T, path string, cut int) transport.Transport {
	return func(t *testing.T, path string, cut int) transport.Transport {
		t.Helper()
		server := standin.NewWeb(t)
		linked(t, path, server.Dir)
		proxy := standin.NewProxy(t, server.Listener.Addr().String())
		proxy.Cut(cut)
		c := web.Config{URL: "http://" + proxy.Addr() + "/large.csv", Patience: quick}
		if copies {
			c.CacheDir = t.TempDir()
		}
		f, err := web.New(c)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
}

func openSFTP(t *testing.T, path string, cut int) transport.Transport {
	t.Helper()
	server := standin.NewSFTP(t)
	linked(t, path, server.Dir)
	proxy := standin.NewProxy(t, server.Addr)
	proxy.Cut(cut)
	f, err := sftp.New(sftp.Config{
		URL: "sftp://" + server.User + "@" + proxy.Addr() + "/large.csv", Patience: quick,
		Options: sftp.Options{Password: secret.New(server.Password), KnownHosts: knownhosts.Line([]string{proxy.Addr()}, server.HostKey)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func openObject(t *testing.T, path string, cut int) transport.Transport {
	t.Helper()
	server := standin.NewS3(t)
	server.PutFile("large.csv", path)
	proxy := standin.NewProxy(t, server.Listener.Addr().String())
	proxy.Cut(cut)
	f, err := object.New(object.Config{URL: "s3://" + server.Bucket + "/large.csv", Patience: quick, Options: object.Options{
		Endpoint: "http://" + proxy.Addr(), Region: server.Region, AccessKey: server.AccessKey, SecretKey: secret.New(server.SecretKey),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
