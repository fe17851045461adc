package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// copies keeps one copy of a file in a folder of its own: its bytes, and in copy.json
// what the server said of it. Both are replaced by renaming, so that several processes
// may use the folder. The zero value keeps nothing.
type copies struct {
	dir string
	key string // of the address
}

// kept is a copy that is there.
type kept struct {
	Key   string `json:"key"`
	ETag  string `json:"etag,omitempty"`
	Stamp string `json:"last_modified,omitempty"` // in the server's words
	// Version is that of the file as it was listed.
	Version string    `json:"version,omitempty"`
	Size    int64     `json:"size"`   // as it was listed, -1 when it was not known
	Length  int64     `json:"length"` // of the copy
	Data    string    `json:"data"`   // the name of its file
	At      time.Time `json:"at"`
	dir     string
}

const (
	noteName = "copy.json"
	dataName = "*.data"
)

// keyOf is what a copy is known by: an address may hold secrets.
func keyOf(u *url.URL) string {
	sum := sha256.Sum256([]byte(u.String()))
	return hex.EncodeToString(sum[:16])
}

// load gives the copy, nil when there is none that can be used.
func (c copies) load() *kept {
	if c.dir == "" {
		return nil
	}
	note, err := os.ReadFile(filepath.Join(c.dir, noteName))
	if err != nil {
		return nil
	}
	k := kept{dir: c.dir}
	if json.Unmarshal(note, &k) != nil || k.Key != c.key || k.Data != filepath.Base(k.Data) {
		return nil
	}
	info, err := os.Stat(filepath.Join(c.dir, k.Data))
	if err != nil || !info.Mode().IsRegular() || info.Size() != k.Length {
		return nil
	}
	return &k
}

// told is what the server said of the copy.
func (k *kept) told() http.Header {
	h := http.Header{}
	if k.ETag != "" {
		h.Set("ETag", k.ETag)
	}
	if k.Stamp != "" {
		h.Set("Last-Modified", k.Stamp)
	}
	return h
}

func (k *kept) conditions(h http.Header) { conditions(h, k.told()) }

// is reports whether an answer has the very file of the copy, of a server that sends it
// although it was asked not to.
func (k *kept) is(a *answer) bool {
	return a.Status == http.StatusOK && a.Length == k.Size && a.tag() == k.ETag && a.Header.Get("Last-Modified") == k.Stamp && telling(a)
}

// entry is how the file was listed when the copy was made.
func (k *kept) entry(name string) transport.Entry {
	e := transport.Entry{Name: name, Size: k.Size, Version: k.Version}
	if t, err := http.ParseTime(k.Stamp); err == nil {
		e.ModTime = t.UTC()
	}
	return e
}

// open opens the copy. The server has just said that it is the file.
func (k *kept) open() (transport.File, error) {
	f, err := os.Open(filepath.Join(k.dir, k.Data))
	if err != nil {
		return nil, err
	}
	return keptFile{f}, nil
}

// keptFile is an open copy.
type keptFile struct{ *os.File }

// Proof has nothing to compare: nobody writes to a copy.
func (keptFile) Proof() error { return nil }

// copying gives a file that is copied while it is read. Where no copy can be made to begin
// with, as for a user who may not write there, there is none.
func (c copies) copying(file transport.File, e transport.Entry, told http.Header) transport.File {
	if c.dir == "" || os.MkdirAll(c.dir, 0o700) != nil {
		return file
	}
	data, err := os.CreateTemp(c.dir, dataName)
	if err != nil {
		return file
	}
	f := &copyFile{File: file, copies: c, data: data, note: kept{
		Key: c.key, ETag: told.Get("ETag"), Stamp: told.Get("Last-Modified"), Version: e.Version, Size: e.Size, Data: filepath.Base(data.Name()),
	}}
	if before := c.load(); before != nil {
		f.before = before.Data
	}
	return f
}

// fault says that a copy cannot be made.
func (c copies) fault(name string, err error) error {
	if cause, ok := errors.AsType[*os.PathError](err); ok {
		err = cause.Err
	}
	return &connectors.IncompleteError{
		Source: name, Reason: "no copy can be kept in " + c.dir, Err: err,
		Remedy: "make room there and let it be written to, or set http.copy: none",
	}
}

// copyFile is a file of which a copy is made. What was read can be read again at any
// place.
type copyFile struct {
	transport.File
	copies copies
	data   *os.File
	note   kept
	before string // the file of the copy that this one is to replace
	done   bool
}

// Read implements io.Reader.
func (f *copyFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	if n > 0 {
		if _, err := f.data.Write(p[:n]); err != nil {
			return 0, f.copies.fault(f.copies.dir, err)
		}
		f.note.Length += int64(n)
	}
	return n, err
}

// ReadAt implements io.ReaderAt.
func (f *copyFile) ReadAt(p []byte, off int64) (int, error) { return f.data.ReadAt(p, off) }

// Proof keeps the copy once the file is proven.
func (f *copyFile) Proof() error {
	// What was not asked for has to be copied too: a reader may stop before the end.
	if _, err := io.Copy(io.Discard, f); err != nil {
		return err
	}
	if err := f.File.Proof(); err != nil || f.done {
		return err
	}
	if err := f.keep(); err != nil {
		return f.copies.fault(f.copies.dir, err)
	}
	f.done = true
	return nil
}

// keep makes the copy the one that counts, and removes others.
func (f *copyFile) keep() error {
	if err := f.data.Sync(); err != nil {
		return err
	}
	f.note.At = time.Now().UTC()
	text, err := json.MarshalIndent(f.note, "", "  ")
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	note := f.data.Name() + ".json"
	if err := os.WriteFile(note, text, 0o600); err != nil {
		return err
	}
	if err := os.Rename(note, filepath.Join(f.copies.dir, noteName)); err != nil {
		return err
	}
	// Whoever has the last copy open goes on reading it.
	others, _ := filepath.Glob(filepath.Join(f.copies.dir, dataName+"*")) // the pattern is right
	for _, path := range others {
		if name := filepath.Base(path); name == f.before || name != f.note.Data && old(path) {
			os.Remove(path) //nolint:errcheck // another process may have it open, and the next copy removes it
		}
	}
	return nil
}

// old reports whether nobody can be writing a file any more: another process may be
// making a copy at the same time.
func old(path string) bool {
	info, err := os.Stat(path)
	return err == nil && time.Since(info.ModTime()) > time.Hour
}

// Close implements io.Closer. A copy that was not proven is removed.
func (f *copyFile) Close() error {
	f.data.Close()
	if !f.done {
		os.Remove(f.data.Name()) //nolint:errcheck // the next copy removes it
	}
	return f.File.Close()
}
