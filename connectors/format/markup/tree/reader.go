package tree

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
)

// A Reader reads the records of one document. It is not for concurrent use.
type Reader struct {
	scan     scanner
	config   Config
	decoded  bool
	declared bool
	resumed  bool // the root's end is not ours to see
	err      error

	tag        tag
	elements   names
	attributes names
	open       []string // local names of the elements that are open; "" where it is not known
	tags       []byte   // their names as they are written, one behind the other
	tagEnds    []int
	begun      bool // something was there
	typed      bool // the document type was
	rooted     bool // the root was
	found      bool // a record was
	seen       seen
	context    *context
	build      builder
	scratch    []byte
}

// New starts to read a document. The error is format.ErrEmpty for a file of no bytes, or
// says why its encoding is not known.
func New(r io.Reader, c Config) (*Reader, error) {
	in, err := open(r, c.Encoding)
	if err != nil {
		return nil, err
	}
	if c.Records.steps == nil {
		c.Records = Path{steps: []step{nil, nil}}
	}
	reader := &Reader{
		scan: scanner{max: c.MaxRow, size: bufferSize}, config: c,
		decoded: in.decoded, declared: in.declared, context: newContext(c),
	}
	reader.scan.reset(in, in.skipped, 1)
	return reader, nil
}

// Resumer gives a reader of records that were read before, which has nothing to read until
// Reset; nil where a record cannot be read by itself: the file is not UTF-8, or elements
// around it have values beside it.
func (r *Reader) Resumer() *Reader {
	if r.decoded || r.context.varies() {
		return nil
	}
	return &Reader{
		scan: scanner{max: r.config.MaxRow, size: resumeSize}, config: r.config,
		declared: r.declared, resumed: true, context: r.context, err: io.EOF,
	}
}

// Reset goes on with in, which starts at the record that has that line and offset.
func (r *Reader) Reset(in io.Reader, line int, offset int64) {
	r.scan.reset(in, offset, line)
	r.err, r.begun, r.rooted, r.found = nil, true, true, true
	r.open, r.tags, r.tagEnds = r.open[:0], r.tags[:0], r.tagEnds[:0]
	for range len(r.config.Records.steps) - 1 {
		r.open, r.tagEnds = append(r.open, ""), append(r.tagEnds, 0)
	}
}

// Next gives the next record. The error is io.EOF when the document was read to its end;
// a *format.RowError when the record is spoilt and reading goes on; any other ends the
// reading, and is given again by every later call.
func (r *Reader) Next() (*Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	rec, err := r.next()
	if _, ok := errors.AsType[*format.RowError](err); err != nil && !ok {
		r.err = err
	}
	return rec, err
}

// next reads up to the end of the next record.
func (r *Reader) next() (*Record, error) {
	for {
		k, raw, err := r.scan.next()
		if errors.Is(err, io.EOF) && !errors.Is(err, format.ErrCut) {
			return nil, r.finish()
		}
		if err != nil {
			return nil, err
		}
		if k == startToken {
			at, err := r.start(raw)
			if err != nil {
				return nil, r.scan.at.wrap(at, raw, err)
			}
			if r.config.Records.fits(r.open) {
				r.found = true
				return r.record(raw)
			}
			if at, err = r.outside(); err != nil {
				return nil, r.scan.at.wrap(at, raw, err)
			}
			continue
		}
		if at, err := r.between(k, raw); errors.Is(err, io.EOF) {
			return nil, io.EOF
		} else if err != nil {
			return nil, r.scan.at.wrap(at, raw, err)
		}
	}
}

// start opens an element.
func (r *Reader) start(raw []byte) (at int, err error) {
	if at, err = r.tag.parse(raw); err != nil {
		return at, err
	}
	if len(r.open) == 0 {
		if r.rooted {
			return 0, errors.New("a second root: the document has ended before")
		}
		r.rooted = true
	}
	r.open = append(r.open, r.elements.keep("", local(r.tag.name)))
	r.tags = append(r.tags, r.tag.name...)
	r.tagEnds = append(r.tagEnds, len(r.tags))
	return 0, nil
}

// close closes the innermost element, whose end tag is raw; nil for one that has none.
func (r *Reader) close(raw []byte) error {
	last := len(r.open) - 1
	if last < 0 {
		return errors.New("an end tag without its start")
	}
	from := 0
	if last > 0 {
		from = r.tagEnds[last-1]
	}
	if raw != nil {
		name := raw[2 : len(raw)-1]
		for len(name) > 0 && isBlank(name[len(name)-1]) {
			name = name[:len(name)-1]
		}
		if want := r.tags[from:r.tagEnds[last]]; string(name) != string(want) && r.open[last] != "" {
			return fmt.Errorf("</%s> where </%s> has to be", shorten(name), shorten(want))
		}
	}
	r.open, r.tags, r.tagEnds = r.open[:last], r.tags[:from], r.tagEnds[:last]
	return nil
}

// shorten bounds a name for a message.
func shorten(name []byte) string {
	return strings.ToValidUTF8(string(name[:min(len(name), shownName)]), "")
}

// outside takes a start tag that starts no record.
func (r *Reader) outside() (at int, err error) {
	if len(r.open) > r.config.MaxDepth {
		return 0, fmt.Errorf("%w: elements nested deeper than %d", format.ErrLimit, r.config.MaxDepth)
	}
	if !r.found {
		r.seen.add(r.open, r.config.Records)
	}
	if err := r.context.start(r); err != nil {
		return 0, err
	}
	for _, a := range r.tag.attributes {
		if _, bad := unescape(nil, a.value, true, r.decoded); bad != nil {
			return a.at + bad.at, r.refuse(bad)
		}
	}
	if r.tag.closed {
		return 0, r.shut(nil)
	}
	return 0, nil
}

// shut closes an element outside of records.
func (r *Reader) shut(raw []byte) error {
	if r.resumed && len(r.open) == 0 {
		return io.EOF
	}
	r.context.end(len(r.open))
	return r.close(raw)
}

// between takes what stands outside of records.
func (r *Reader) between(k kind, raw []byte) (at int, err error) {
	begun := r.begun
	r.begun = r.begun || k != textToken
	switch k {
	case endToken:
		return 0, r.shut(raw)
	case skippedToken:
		if isDeclaration(raw) && (begun || r.rooted) {
			return 0, errNested
		}
	case docToken:
		if r.rooted || r.typed {
			return 0, errors.New("a document type behind the start of the document")
		}
		r.typed = true
		return 0, checkType(raw)
	case textToken, cdataToken:
		return r.textBetween(k, raw)
	case startToken:
	}
	return 0, nil
}

// textBetween takes text outside of records, which counts where it is context.
func (r *Reader) textBetween(k kind, raw []byte) (at int, err error) {
	if len(r.open) == 0 {
		if n := blanks(raw); n < len(raw) || k == cdataToken {
			if r.rooted {
				return n, errors.New("something stands behind the end of the document")
			}
			return n, errors.New("the file does not start with a tag: it is no XML")
		}
		return 0, nil
	}
	if k == textToken && r.scan.spent() {
		return 0, nil // the document is cut here, which is told next
	}
	dst, bad := r.unescape(r.scratch[:0], k, raw)
	r.scratch = dst
	if bad != nil {
		return bad.at, r.refuse(bad)
	}
	return 0, r.context.text(dst, r.config.MaxCell)
}

// unescape appends what text or CDATA means.
func (r *Reader) unescape(dst []byte, k kind, raw []byte) ([]byte, *flaw) {
	if k == cdataToken {
		const head, tail = len("<![CDATA["), len("]]>")
		dst, bad := literal(dst, raw[head:len(raw)-tail], r.decoded)
		if bad != nil {
			bad.at += head
		}
		return dst, bad
	}
	return unescape(dst, raw, false, r.decoded)
}

// finish judges the end of the text.
func (r *Reader) finish() error {
	switch {
	case r.resumed:
		return io.EOF
	case !r.rooted && r.scan.at.offset+int64(r.scan.end) == 0:
		return format.ErrEmpty
	case !r.rooted && !r.begun:
		return fmt.Errorf("%w but for blanks", format.ErrEmpty)
	case !r.rooted:
		return fmt.Errorf("line %d: %w: there is no element", r.scan.line, format.ErrCut)
	case len(r.open) > 0:
		return fmt.Errorf("line %d: %w: <%s> has no end", r.scan.line, format.ErrCut, r.open[len(r.open)-1])
	case !r.found:
		return r.seen.end(r.config.Records)
	}
	return io.EOF
}

// errUndeclared ends the reading of a file that is in some encoding that it does not name.
var errUndeclared = errors.New("the file declares no encoding, and is not UTF-8; set encoding to the one that it is in, such as windows-1252")

// refuse makes an error of a flaw that is about more than one record.
func (r *Reader) refuse(f *flaw) error {
	if f.foreign && !r.declared {
		return errUndeclared
	}
	return fmt.Errorf("%s; %s", f.reason, f.remedy)
}
