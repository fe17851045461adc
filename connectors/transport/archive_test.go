package transport

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/skubridge/skubridge/connectors"
)

// zipped makes an archive of names and texts, in turn.
func zipped(tb testing.TB, parts ...string) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		f, err := w.Create(parts[i])
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(f, parts[i+1]); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func zstded(tb testing.TB, text string) []byte {
	tb.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll([]byte(text), nil)
}

func TestUnpacking(t *testing.T) {
	t.Parallel()
	const text = "sku,name\nA-1,Brace\n"
	long := strings.Repeat(text, 5000)
	encrypted := zipped(t, "a.csv", text)
	for _, header := range []string{"PK\x03\x04", "PK\x01\x02"} { // a bit of the local and of the central header
		at := bytes.Index(encrypted, []byte(header)) + map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8}[header]
		binary.LittleEndian.PutUint16(encrypted[at:], binary.LittleEndian.Uint16(encrypted[at:])|1)
	}
	damaged := zipped(t, "a.csv", long)
	damaged[60] ^= 0xff
	workbook := zipped(t, "[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<workbook/>")
	tests := []struct {
		what, name string
		in         []byte
		with       Unpacking
		want       []string // name and text of each
		fault      string
	}{
		{"zstd", "a.csv.zst", zstded(t, text), Unpacking{}, []string{text}, ""},
		{"zstd is known by its bytes", "a.csv", zstded(t, text), Unpacking{}, []string{text}, ""},
		{"two zstd files one behind the other", "a.zst", append(zstded(t, text), zstded(t, text)...), Unpacking{}, []string{text + text}, ""},
		{"zstd that is cut", "a.zst", zstded(t, long)[:40], Unpacking{}, nil, "cut"},
		{"a name that lies of zstd", "a.csv.zst", []byte(text), Unpacking{}, nil, "not zstd"},
		{"packed twice, as by a server", "a.csv.gz", pack(t, string(pack(t, text))), Unpacking{}, []string{text}, ""},
		{"an archive of one file", "a.zip", zipped(t, "a.csv", text), Unpacking{}, []string{"a.csv" + text}, ""},
		{"an archive is known by its bytes", "export", zipped(t, "a.csv", text), Unpacking{}, []string{"a.csv" + text}, ""},
		{"what a system adds does not count", "a.zip", zipped(t, "a.csv", text, "__MACOSX/._a.csv", "x", "sub/.DS_Store", "x", "empty/", ""), Unpacking{}, []string{"a.csv" + text}, ""},
		{
			"several files in the order of their numbers", "a.zip", zipped(t, "p_10.csv", "10", "out/p_2.csv", "2", "readme.txt", "x"),
			Unpacking{Entries: "*.csv"},
			[]string{"out/p_2.csv2", "p_10.csv10"},
			"",
		},
		{"a pattern with a folder", "a.zip", zipped(t, "p_10.csv", "10", "out/p_2.csv", "2"), Unpacking{Entries: "out/*.csv"}, []string{"out/p_2.csv2"}, ""},
		{"several files and no word of which", "a.zip", zipped(t, "a.csv", text, "b.csv", text), Unpacking{}, nil, "holds 2 files: a.csv, b.csv"},
		{"none that is meant", "a.zip", zipped(t, "a.txt", text), Unpacking{Entries: "*.csv"}, nil, "no file of the archive matches"},
		{"an archive of nothing", "a.zip", zipped(t), Unpacking{}, nil, "holds no file"},
		{"a file that leads out of it", "a.zip", zipped(t, "../../etc/passwd", "x", "a.csv", text), Unpacking{Entries: "*.csv"}, nil, "leads out of it"},
		{"a file that begins at the root", "a.zip", zipped(t, "/etc/passwd", "x"), Unpacking{}, nil, "leads out of it"},
		{"a file that leads out of it on Windows", "a.zip", zipped(t, `..\..\a.csv`, "x"), Unpacking{}, nil, "leads out of it"},
		{"a file of a drive", "a.zip", zipped(t, `C:\a.csv`, "x"), Unpacking{}, nil, "leads out of it"},
		{"two files of one name", "a.zip", zipped(t, "a.csv", "1", "a.csv", "2"), Unpacking{Entries: "*.csv"}, nil, `two files "a.csv"`},
		{"an encrypted file", "a.zip", encrypted, Unpacking{}, nil, "encrypted"},
		{"an archive that is cut", "a.zip", zipped(t, "a.csv", long)[:100], Unpacking{}, nil, "cut"},
		{"a file in it that is damaged", "a.zip", damaged, Unpacking{}, nil, "zip data"},
		{"a name that lies of an archive", "a.zip", []byte(text), Unpacking{}, nil, "not zip"},
		{"a workbook is no archive", "a.xlsx", workbook, Unpacking{}, []string{string(workbook)}, ""},
		{"more than a plain file may have", "a.csv", []byte(long), Unpacking{MaxSize: 1000}, nil, "more than 1000 bytes"},
		{"a bomb of gzip", "a.gz", pack(t, strings.Repeat("0", 1<<20)), Unpacking{MaxSize: 100_000}, nil, "more than 100000 bytes"},
		{"a bomb of zstd", "a.zst", zstded(t, strings.Repeat("0", 1<<20)), Unpacking{MaxSize: 100_000}, nil, "more than 100000 bytes"},
		{"a bomb of zip", "a.zip", zipped(t, "a.csv", strings.Repeat("0", 1<<20)), Unpacking{MaxSize: 100_000}, nil, "more than 100000 bytes"},
		{
			"files of an archive that are too much together", "a.zip", zipped(t, "1.csv", strings.Repeat("0", 60_000), "2.csv", strings.Repeat("0", 60_000)),
			Unpacking{MaxSize: 100_000, Entries: "*"},
			nil, "more than 100000 bytes",
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			tt.with.TempDir = t.TempDir()
			got, err := plainOf(tt.with, tt.name, tt.in)
			var fault *connectors.IncompleteError
			switch {
			case tt.fault == "" && (err != nil || cmp.Diff(tt.want, got) != ""):
				t.Errorf("got %q, %v", got, err)
			case tt.fault != "" && (!errors.As(err, &fault) || !strings.Contains(fault.Error(), tt.fault) || fault.Remedy == ""):
				t.Errorf("got %v (%+v), want %q", err, fault, tt.fault)
			}
			if left, _ := os.ReadDir(tt.with.TempDir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A zstd file may ask for as much memory as it likes.
func TestZstdWindowIsBounded(t *testing.T) {
	t.Parallel()
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 1, 0, 0} // a window of 2 GiB (RFC 8878, 3.1.1.1.2)
	_, err := plainOf(Unpacking{}, "a.zst", frame)
	if err == nil || !strings.Contains(err.Error(), "128 MiB of memory") {
		t.Errorf("got %v", err)
	}
}

// A file that can be read at any place is not put aside.
func TestArchiveInPlace(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/a.zip"
	if err := os.WriteFile(path, zipped(t, "a.csv", "sku\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Unpacking{TempDir: "/nowhere"}.First("a.zip", onDisk{f})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "sku\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := f.Read(make([]byte, 1)); err == nil {
		t.Error("it is still open")
	}
}

type onDisk struct{ *os.File }

func (onDisk) Proof() error { return nil }

// Whatever is put before it, unpacking ends, within its limit, and tells a fault as one.
func FuzzUnpacking(f *testing.F) {
	const text = "sku,name\nA-1,Brace\n"
	f.Add("a.csv", []byte(text))
	f.Add("a.csv.gz", pack(f, text))
	f.Add("a.zst", zstded(f, text))
	f.Add("a.zip", zipped(f, "a.csv", text, "b/c.csv", text))
	f.Add("a.zip", zipped(f, "../a.csv", text))
	f.Add("a", append(pack(f, text), 0x28))
	temp := f.TempDir()
	f.Fuzz(func(t *testing.T, name string, in []byte) {
		const limit = 1 << 20
		all, err := plainOf(Unpacking{Entries: "*", MaxSize: limit, TempDir: temp}, name, in)
		total := 0
		for _, one := range all {
			total += len(one)
		}
		if total > limit+len(in) {
			t.Errorf("%d bytes came out", total)
		}
		var fault *connectors.IncompleteError
		if err != nil && !errors.As(err, &fault) {
			t.Errorf("%T: %v", err, err)
		}
		if r, zerr := gzip.NewReader(bytes.NewReader(in)); zerr == nil {
			if want, zerr := io.ReadAll(io.LimitReader(r, limit)); zerr == nil && err == nil && len(all) == 1 &&
				len(want) < limit && !bytes.HasPrefix(want, []byte{0x1f, 0x8b}) && !bytes.HasPrefix(want, []byte{0x28, 0xb5, 0x2f, 0xfd}) && all[0] != string(want) {
				t.Errorf("got %q, the standard library %q", all[0], want)
			}
		}
	})
}
