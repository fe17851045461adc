package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// Open opens the copy where the listed file is the one that was kept, and the file itself
// otherwise, of which a copy is then made.
func (f *File) Open(ctx context.Context, e transport.Entry) (transport.File, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if kept := f.copied(e); kept != nil {
		f.hold(nil)
		if file, err := kept.open(); err == nil {
			return file, nil
		}
	}
	o := &opening{file: f, entry: e, first: f.held(e)}
	r := transport.Remote{Entry: e, OpenAt: o.at, Same: o.same, Patience: f.cfg.Patience}
	file, err := r.Open(ctx)
	if err != nil {
		if o.first != nil {
			o.first.Body.Close()
		}
		return nil, err
	}
	if o.told != nil && telling(o.told) {
		return f.copies.copying(file, e, o.told.Header), nil
	}
	return file, nil
}

// opening is the reading of one listed file, over as many connections as it takes.
type opening struct {
	file  *File
	entry transport.Entry
	first *answer // of the listing, nil once it was used
	told  *answer // the answer whose bytes came first
	// untold says that the server's tags do not tell the file.
	untold bool
}

// at gives the bytes from offset on.
func (o *opening) at(ctx context.Context, offset int64) (io.ReadCloser, error) {
	if offset == 0 {
		return o.start(ctx)
	}
	got, err := o.ranged(ctx, offset)
	if err == nil && o.retagged(got) {
		got.Body.Close()
		if err = o.doubt(ctx, o.told.tag(), got); err == nil {
			got, err = o.ranged(ctx, offset)
		}
	}
	if err != nil {
		return nil, err
	}
	body, err := o.rest(got, offset)
	if err != nil {
		got.Body.Close()
		return nil, err
	}
	return body, nil
}

// ranged asks for the bytes from offset on, if the file is still the one that was begun.
func (o *opening) ranged(ctx context.Context, offset int64) (*answer, error) {
	validator := o.validator(o.told)
	if validator == "" {
		return nil, &connectors.IncompleteError{
			Source: o.file.name, Reason: fmt.Sprintf("the connection was lost after %d bytes", offset),
			Remedy: "it is read again from its start next time; had the server sent an ETag that stays the same, the rest could have been asked for",
		}
	}
	return o.file.get(ctx, o.file.url, http.Header{"Range": {fmt.Sprintf("bytes=%d-", offset)}, "If-Range": {validator}})
}

// start gives the file from its first byte: of the answer that the listing left, or a new
// one.
func (o *opening) start(ctx context.Context) (io.ReadCloser, error) {
	got := o.first
	o.first = nil
	if got == nil {
		var err error
		if got, err = o.file.get(ctx, o.file.url, http.Header{}); err != nil {
			return nil, err
		}
		if err := got.usable(o.file.name); err != nil {
			got.Body.Close()
			return nil, err
		}
		if err := o.listed(ctx, got); err != nil {
			got.Body.Close()
			return nil, err
		}
	}
	// What the listing asked for lives as long as its context; from here on this one counts.
	context.AfterFunc(ctx, func() { got.Body.Close() })
	head := bufio.NewReaderSize(got.Body, sniffed)
	_, err := head.Peek(1)
	start, _ := head.Peek(head.Buffered())
	if marked(start) { // what is no page need not be waited for
		start, err = head.Peek(sniffed)
	}
	if len(start) == 0 && err != nil && !errors.Is(err, io.EOF) {
		got.Body.Close()
		return nil, err
	}
	if title, ok := page(start); ok && !wantsPage(o.file.url.Path) {
		got.Body.Close()
		return nil, &connectors.IncompleteError{
			Source: o.file.name, Reason: "the server answered with a web page instead of a file" + title,
			Remedy: "it may be one for logging in: check http.user, http.password, http.token and the address",
		}
	}
	o.told = got
	return body{head, got.Body}, nil
}

// rest gives what an answer to a request for a range holds from offset on.
func (o *opening) rest(got *answer, offset int64) (io.ReadCloser, error) {
	if how := o.told.redated(got); how != "" {
		return nil, transport.Changed(o.file.name, how)
	}
	switch got.Status {
	case http.StatusPartialContent:
		from, size, ok := contentRange(got.Header.Get("Content-Range"))
		if !ok || from != offset {
			return nil, &connectors.IncompleteError{
				Source: o.file.name, Reason: fmt.Sprintf("the server was asked for the bytes from %d on, and sent others", offset),
				Remedy: "read it again; if it stays so, the server or a proxy before it handles ranges wrongly",
			}
		}
		if how := o.told.resized(size); how != "" {
			return nil, transport.Changed(o.file.name, how)
		}
		return got.Body, nil
	case http.StatusOK:
		// Either the file is another by now, or the server knows no ranges.
		if o.validator(got) == o.validator(o.told) && got.Length == o.told.Length {
			return &skipping{got.Body, offset}, nil
		}
	}
	return nil, transport.Changed(o.file.name, "was replaced")
}

// conditions ask for the file only if it is not the one of which told speaks.
func conditions(h, told http.Header) {
	if tag := told.Get("ETag"); tag != "" {
		h.Set("If-None-Match", tag)
	}
	if at := told.Get("Last-Modified"); at != "" {
		h.Set("If-Modified-Since", at)
	}
}

// contentRange reads the header of that name; size is -1 where it is not known.
func contentRange(h string) (from, size int64, ok bool) {
	var to int64
	if n, err := fmt.Sscanf(h, "bytes %d-%d/%d", &from, &to, &size); err == nil && n == 3 {
		return from, size, true
	}
	if n, err := fmt.Sscanf(h, "bytes %d-%d/*", &from, &to); err == nil && n == 2 {
		return from, -1, true
	}
	return 0, 0, false
}

// sniffed is how much of a file is looked at to tell a web page, in bytes.
const sniffed = 1 << 10

// marked reports whether a text may be the beginning of one with tags.
func marked(start []byte) bool {
	text := trimmed(start)
	return len(text) == 0 || text[0] == '<'
}

// trimmed is a text without what may stand before its first letter.
func trimmed(start []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), " \t\r\n")
}

// page reports whether a text is the beginning of an HTML document, with its title.
func page(start []byte) (title string, ok bool) {
	text := bytes.ToLower(trimmed(start))
	if !bytes.HasPrefix(text, []byte("<!doctype html")) && !bytes.HasPrefix(text, []byte("<html")) {
		return "", false
	}
	if i := bytes.Index(text, []byte("<title>")); i >= 0 {
		offset := len(start) - len(text) + i + len("<title>")
		if j := bytes.IndexByte(start[min(offset, len(start)):], '<'); j > 0 && offset < len(start) {
			return fmt.Sprintf(" (%q)", strings.ToValidUTF8(strings.TrimSpace(string(start[offset:offset+j])), "�")), true
		}
	}
	return "", true
}

// wantsPage reports whether a path names a page on purpose.
func wantsPage(path string) bool {
	path = strings.ToLower(path)
	return strings.HasSuffix(path, ".html") || strings.HasSuffix(path, ".htm") || strings.HasSuffix(path, ".xhtml")
}

// body reads through a buffer that holds the first bytes.
type body struct {
	io.Reader
	io.Closer
}

// skipping leaves out the first bytes, a piece at a time.
type skipping struct {
	io.ReadCloser
	left int64
}

// Read gives no bytes as long as there are some to leave out.
func (s *skipping) Read(p []byte) (int, error) {
	if s.left == 0 {
		return s.ReadCloser.Read(p)
	}
	n, err := s.ReadCloser.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	return 0, err
}
