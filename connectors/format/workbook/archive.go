package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/internal/tempfile"
	"github.com/skubridge/skubridge/internal/ziplist"
)

// maxParts bounds the parts of a workbook: sheets, pictures, notes.
const maxParts = 100_000

// freely is how many bytes of a part may be unpacked whatever they were packed to.
const freely = 16 << 20

// archive is the file put aside, and the parts in it.
type archive struct {
	config   Config
	file     *os.File
	parts    map[string]*zip.File // by name in lower case: names of parts do not tell case apart
	unpacked int64
}

// openArchive puts r aside and finds its parts.
func openArchive(r io.Reader, c Config) (*archive, error) {
	f, err := tempfile.New(c.temp)
	if err != nil {
		return nil, fmt.Errorf("put the workbook aside: %w", err)
	}
	a := &archive{config: c, file: f, parts: map[string]*zip.File{}}
	if err := a.fill(r); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// close removes what was put aside.
func (a *archive) close() {
	tempfile.Discard(a.file)
}

// fill copies r and reads the table of parts, which stands at the end.
func (a *archive) fill(r io.Reader) error {
	size, err := io.Copy(a.file, format.Steady(io.LimitReader(r, a.config.MaxUnpacked+1)))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: %w", format.ErrCut, err)
	case err != nil:
		return err
	case size == 0:
		return format.ErrEmpty
	case size > a.config.MaxUnpacked:
		return fmt.Errorf("%w: the file has more than %d bytes; raise max_unpacked", format.ErrLimit, a.config.MaxUnpacked)
	}
	head := make([]byte, min(size, 512))
	if _, err := a.file.ReadAt(head, 0); err != nil {
		return fmt.Errorf("read the workbook put aside: %w", err)
	}
	if err := noWorkbook(head); err != nil {
		return err
	}
	return a.list(a.file, size)
}

// list finds the parts of an archive.
func (a *archive) list(file io.ReaderAt, size int64) error {
	z, err := ziplist.Open(file, size)
	switch {
	case errors.Is(err, ziplist.ErrLong):
		return fmt.Errorf("%w: %w", format.ErrLimit, err)
	case err != nil:
		return fmt.Errorf("%w: the table of its parts, which ends a workbook, cannot be read: %w", format.ErrCut, err)
	}
	if len(z.File) > maxParts {
		return fmt.Errorf("%w: the file has more than %d parts", format.ErrLimit, maxParts)
	}
	z.RegisterDecompressor(zip.Deflate, flate.NewReader) // half again as fast as the standard library's
	for _, p := range z.File {
		a.parts[strings.ToLower(strings.TrimPrefix(path.Clean("/"+p.Name), "/"))] = p
	}
	return nil
}

// noWorkbook tells by its first bytes what a file is that is no packed workbook.
func noWorkbook(head []byte) error {
	text := strings.ToLower(string(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")))))
	zipped := []byte("PK\x03\x04")
	switch {
	case bytes.HasPrefix(head, zipped[:min(len(head), len(zipped))]):
		return nil
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return errors.New("the file is an .xls or a protected workbook; save it as .xlsx without a password")
	case strings.Contains(text, "urn:schemas-microsoft-com:office:spreadsheet"):
		return errors.New("the file is an XML spreadsheet of 2003, whatever it is called; save it as .xlsx, or read it as markup")
	case strings.HasPrefix(text, "<"):
		return errors.New("the file is a page of HTML or XML, whatever it is called; save it as .xlsx")
	}
	return errors.New("the file is no workbook; if it is a text with delimiters, set type: delimited")
}

// read opens a part. Its reader ends with an error where the part is not what the
// table of parts says, and where it is over the limits.
func (a *archive) read(name string) (io.ReadCloser, error) {
	p, ok := a.parts[strings.ToLower(strings.TrimPrefix(path.Clean("/"+name), "/"))]
	if !ok {
		return nil, fmt.Errorf("the workbook has no part %s", name)
	}
	if p.Flags&1 != 0 {
		return nil, errors.New("the workbook is encrypted; save it without a password")
	}
	r, err := p.Open()
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", name, err)
	}
	return &unpacking{archive: a, name: name, ReadCloser: r, packed: int64(p.CompressedSize64)}, nil
}

// has reports whether there is a part of that name.
func (a *archive) has(name string) bool { return a.parts[strings.ToLower(name)] != nil }

// unpacking is a part as it is unpacked, under the limits.
type unpacking struct {
	io.ReadCloser
	archive *archive
	name    string
	packed  int64
	read    int64
}

// Read implements io.Reader.
func (u *unpacking) Read(b []byte) (int, error) {
	n, err := u.ReadCloser.Read(b)
	u.read += int64(n)
	u.archive.unpacked += int64(n)
	c := u.archive.config
	switch {
	case u.archive.unpacked > c.MaxUnpacked:
		return 0, fmt.Errorf("%w: more than %d bytes are packed in the file; raise max_unpacked if that is right", format.ErrLimit, c.MaxUnpacked)
	case u.read > freely && u.read/int64(c.MaxRatio) > u.packed:
		return 0, fmt.Errorf("%w: %s is more than %d times as large as it was packed; raise max_ratio if that is right", format.ErrLimit, u.name, c.MaxRatio)
	case err != nil && !errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return n, fmt.Errorf("%w: unpack %s: %w", format.ErrCut, u.name, err)
	}
	return n, err
}
