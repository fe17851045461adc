package transport

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/skubridge/skubridge/connectors"
)

// DefaultMaxSize is how many bytes one file may have, once unpacked, unless set.
const DefaultMaxSize = 16 << 30

// Unpacking says how packed files are read.
type Unpacking struct {
	// Entries is a pattern of the files of an archive that are read; "" takes the only
	// one there is.
	Entries string
	// MaxSize is the most bytes of a file and of all files of an archive together, once
	// unpacked; 0 is DefaultMaxSize. A file of some kilobytes can claim to hold petabytes.
	MaxSize int64
	// TempDir is where archives are put that cannot be read at any place; "" is the
	// system's.
	TempDir string
}

// Plain is the plain bytes of one file, or of one in an archive.
type Plain struct {
	io.Reader
	// Name is that of the file in its archive, "" of one that is in none.
	Name string
	// Packed says that the bytes are not those that are stored.
	Packed bool
}

// Of yields the plain bytes of a file, which are those of one file unless it is an archive. Each has to be read
// to its end before the next. How a file is packed is told by its first bytes, whatever it is called: gzip,
// zstd and zip; a workbook, which is a zip archive too, is left as it is. One whose name
// says that it is packed and that is not is an error. Errors, also those of the readers, are
// *connectors.IncompleteError for files that are cut, damaged, too large or hostile.
func (u Unpacking) Of(name string, f File) iter.Seq2[Plain, error] {
	if u.MaxSize <= 0 {
		u.MaxSize = DefaultMaxSize
	}
	return func(yield func(Plain, error) bool) {
		head := bufio.NewReaderSize(f, 4<<10)
		start, err := head.Peek(headSize)
		if err != nil && !errors.Is(err, io.EOF) {
			yield(Plain{}, err)
			return
		}
		if archived(name, start) {
			u.archive(name, f, head)(yield)
			return
		}
		plain, packed, closing, err := u.stream(name, head)
		defer closing()
		if err != nil {
			yield(Plain{}, err)
			return
		}
		yield(Plain{Reader: &bounded{plain, name, u.MaxSize, u.MaxSize}, Packed: packed}, nil)
	}
}

// headSize is how much of a file tells how it is packed: the head of a zip archive with
// the name of its first file.
const headSize = 512

// maxLayers is how often a file may be packed: a server may pack what is packed already.
const maxLayers = 2

// stream unpacks a file that is packed as a whole. closing frees what that takes.
func (u Unpacking) stream(name string, head *bufio.Reader) (r io.Reader, packed bool, closing func(), err error) {
	var closers []func()
	closing = func() {
		for _, c := range closers {
			c()
		}
	}
	for layer := range maxLayers {
		start, err := head.Peek(4)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, packed, closing, err
		}
		switch {
		case bytes.HasPrefix(start, []byte{0x1f, 0x8b}):
			z, err := gzip.NewReader(head)
			if err != nil {
				return nil, true, closing, packedFault(name, "gzip", err)
			}
			r = z
		case bytes.HasPrefix(start, []byte{0x28, 0xb5, 0x2f, 0xfd}):
			z, err := newZstd(head)
			if err != nil {
				return nil, true, closing, packedFault(name, "zstd", err)
			}
			closers = append(closers, z.Close)
			r = z
		default:
			if layer == 0 {
				err = misnamed(name, start)
			}
			return head, packed, closing, err
		}
		packed = true
		kind := map[byte]string{0x1f: "gzip", 0x28: "zstd"}[start[0]]
		head = bufio.NewReaderSize(&unpacked{r: r, name: name, kind: kind}, 64<<10)
	}
	return head, packed, closing, nil
}

// maxWindow is how much of what came before a zstd frame may speak of, in bytes; it is held
// in memory. The tool's own levels take up to 128 MiB, with --ultra and --long=27.
const maxWindow = 128 << 20

// newZstd reads zstd in one goroutine, in memory of the size of its window.
func newZstd(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
}

// misnamed says that a name promises what the content is not.
func misnamed(name string, start []byte) error {
	kind := map[string]string{".gz": "gzip", ".zst": "zstd", ".zip": "zip"}[strings.ToLower(path.Ext(name))]
	if kind == "" || len(start) == 0 {
		return nil
	}
	return &connectors.IncompleteError{
		Source: name, Reason: fmt.Sprintf("the name ends in %s and the content is not %s", path.Ext(name), kind),
		Remedy: "rename the file, or pack it again",
	}
}

// unpacked names the file in the errors of an unpacking reader, which checks length and
// sum: a cut file never ends in io.EOF.
type unpacked struct {
	r          io.Reader
	name, kind string
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = packedFault(u.name, u.kind, err)
	}
	return n, err
}

// packedFault says what is wrong with packed data. What the reader below says of the file
// itself goes first.
func packedFault(name, kind string, err error) error {
	if told, ok := errors.AsType[*connectors.IncompleteError](err); ok {
		return told
	}
	fault := &connectors.IncompleteError{
		Source: name, Reason: "the " + kind + " data is damaged",
		Remedy: "fetch the file again, or pack it again", Err: err,
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		fault.Reason, fault.Err = "the "+kind+" data ends before its end: the file is cut", nil
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		fault.Reason, fault.Err = fmt.Sprintf("the zstd data needs more than %d MiB of memory to unpack", maxWindow>>20), nil
		fault.Remedy = "pack it without --long, or with --long=27 at most"
	}
	return fault
}

// bounded ends a reading that goes past what a file may have.
type bounded struct {
	r         io.Reader
	name      string
	left, all int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, tooLarge(b.name, b.all)
	}
	return n, err
}

func tooLarge(name string, limit int64) error {
	return &connectors.IncompleteError{
		Source: name, Reason: fmt.Sprintf("the file has more than %d bytes, unpacked", limit),
		Remedy: "check whether it is what it should be; if it is right, raise max_size",
	}
}

// First gives the plain bytes of a file, or of the first one in an archive, for a look at
// it. Closing it closes f.
func (u Unpacking) First(name string, f File) (io.ReadCloser, error) {
	next, stop := iter.Pull2(u.Of(name, f))
	plain, err, ok := next()
	if !ok {
		err = io.ErrUnexpectedEOF // Of yields one at least, or an error
	}
	if err != nil {
		stop()
		f.Close()
		return nil, err
	}
	return &first{plain, stop, f}, nil
}

// first is an open file with what unpacks it.
type first struct {
	io.Reader
	stop func()
	file File
}

// Close implements io.Closer.
func (f *first) Close() error {
	f.stop()
	return f.file.Close()
}
