package transport

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"strings"

	"github.com/skubridge/skubridge/connectors"
)

// Decompressed gives the plain bytes of a file and whether they had been packed. A
// file is packed when its first bytes say so, whatever it is called; one that is
// called .gz and is not packed is an error. Its reader returns a
// *connectors.IncompleteError for a packed file that is cut or damaged.
func Decompressed(name string, r io.Reader) (io.Reader, bool, error) {
	head := bufio.NewReader(r)
	magic, err := head.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		if strings.HasSuffix(strings.ToLower(name), ".gz") && len(magic) > 0 {
			return nil, false, &connectors.IncompleteError{
				Source: name, Reason: "the name ends in .gz and the content is not gzip",
				Remedy: "rename the file, or pack it again",
			}
		}
		return head, false, nil
	}
	unpacked, err := gzip.NewReader(head)
	if err != nil {
		return nil, true, packedFault(name, err)
	}
	return &gunzip{name: name, r: unpacked}, true, nil
}

// gunzip names the file in the errors of a gzip reader, which checks length and
// checksum at the end: a cut file never ends in io.EOF.
type gunzip struct {
	name string
	r    *gzip.Reader
}

func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = packedFault(g.name, err)
	}
	return n, err
}

func packedFault(name string, err error) error {
	fault := &connectors.IncompleteError{
		Source: name, Reason: "the gzip data is damaged",
		Remedy: "fetch the file again, or pack it again", Err: err,
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		fault.Reason, fault.Err = "the gzip data ends before its end: the file is cut", nil
	}
	return fault
}
