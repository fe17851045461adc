package tree

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
)

// headSize is how far into a file its declaration has to end, in bytes.
const headSize = 1 << 10

// input is a document as UTF-8 text.
type input struct {
	io.Reader
	skipped  int64 // bytes of a mark before the text
	decoded  bool  // the file is not UTF-8
	declared bool  // the encoding was named by the file or by the configuration
}

// open finds out which encoding a file is in: the one that override names, or else the one
// that the file declares. Marks and declaration have to agree.
func open(r io.Reader, override string) (input, error) {
	in := bufio.NewReaderSize(r, headSize)
	head, err := in.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return input{}, err
	}
	if len(head) == 0 {
		return input{}, format.ErrEmpty
	}
	name, err := encoding(head, override)
	if err != nil {
		return input{}, err
	}
	if !charset.IsUTF8(name) {
		var raw io.Reader = in
		if strings.HasPrefix(fold(name), "utf-16") {
			raw = &pairs{r: in}
		}
		return input{Reader: charset.Decode(raw, name), decoded: true, declared: true}, nil
	}
	if text := bytes.TrimLeft(bytes.TrimPrefix(head, charset.Mark), " \t\r\n"); len(text) > 0 && text[0] != '<' {
		return input{}, fmt.Errorf("the file starts with %q, not with a tag: it is no XML", text[0])
	}
	text := input{Reader: in, declared: name != ""}
	if bytes.HasPrefix(head, charset.Mark) {
		text.skipped, text.declared = int64(len(charset.Mark)), true
		_, err = in.Discard(len(charset.Mark))
	}
	return text, err
}

// pairs reads bytes two by two: half of one at the end is no character but a cut.
type pairs struct {
	r   io.Reader
	odd bool
}

func (p *pairs) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.odd = p.odd != (n%2 == 1)
	if errors.Is(err, io.EOF) && p.odd {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// encoding is the encoding of a file that starts with head; "" when nothing says.
func encoding(head []byte, override string) (string, error) {
	if override != "" {
		_, err := charset.Lookup(override)
		return override, err
	}
	wide := wideness(head)
	switch {
	case bytes.HasPrefix(head, []byte("\x00\x00\xFE\xFF")), bytes.HasPrefix(head, []byte("\xFF\xFE\x00\x00")),
		bytes.HasPrefix(head, []byte("\x00\x00\x00<")), bytes.HasPrefix(head, []byte("<\x00\x00\x00")):
		return "", errors.New("the file is UTF-32; export it as UTF-8")
	case bytes.HasPrefix(head, []byte("\x4C\x6F\xA7\x94")):
		return "", errors.New("the file is EBCDIC; set encoding to its code page, such as ibm037")
	case wide != "":
		text, err := io.ReadAll(charset.Decode(bytes.NewReader(head), wide))
		if err != nil {
			return "", err
		}
		name, err := declaration(bytes.TrimPrefix(text, charset.Mark))
		if err == nil && name != "" && !strings.HasPrefix(fold(name), "utf-16") {
			err = fmt.Errorf("the file is UTF-16, and declares %s; set encoding: utf-16", name)
		}
		return wide, err
	}
	name, err := declaration(bytes.TrimPrefix(head, charset.Mark))
	switch {
	case err != nil || charset.IsUTF8(name):
		return name, err
	case bytes.HasPrefix(head, charset.Mark):
		return "", fmt.Errorf("the file starts with a UTF-8 byte order mark, and declares %s; set encoding to the one that it is in", name)
	}
	if _, err := charset.Lookup(name); err != nil {
		return "", fmt.Errorf("line 1: the encoding %w; set encoding to the one that the file is in", err)
	}
	// Names such as unicode stand for encodings in which this declaration could not be read.
	if text, err := io.ReadAll(charset.Decode(bytes.NewReader(head), name)); err != nil || !isDeclaration(bytes.TrimLeft(text, " \t\r\n")) {
		return "", fmt.Errorf("the file declares %s, and is not; set encoding to the one that it is in", name)
	}
	return name, nil
}

// wideness names the kind of UTF-16 that head starts with; "" for none.
func wideness(head []byte) string {
	switch {
	case charset.IsWide(head):
		return "utf-16"
	case bytes.HasPrefix(head, []byte("<\x00")):
		return "utf-16le"
	case bytes.HasPrefix(head, []byte("\x00<")):
		return "utf-16be"
	}
	return ""
}

func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

var declarationStart = []byte("<?xml")

// declaration gives the encoding that the XML declaration at the start of text names; ""
// when there is none.
func declaration(text []byte) (string, error) {
	text = bytes.TrimLeft(text, " \t\r\n")
	if !isDeclaration(text) {
		return "", nil
	}
	end := bytes.Index(text, []byte("?>"))
	if end < 0 {
		if len(text) < headSize/2-len(charset.Mark) {
			return "", nil // it is cut, which is told when it is read
		}
		return "", errors.New("line 1: the XML declaration has no end")
	}
	var t tag
	if _, err := t.parseAttributes(text[:end], len(declarationStart)); err != nil {
		return "", fmt.Errorf("line 1: the XML declaration: %w", err)
	}
	name := ""
	for i, a := range t.attributes {
		switch string(a.name) {
		case "version":
			if i > 0 || !bytes.HasPrefix(a.value, []byte("1.")) {
				return "", fmt.Errorf("line 1: XML of version %q, want 1.0", a.value)
			}
		case "encoding":
			name = string(a.value)
		case "standalone":
		default:
			return "", fmt.Errorf("line 1: the XML declaration has an unknown %q", a.name)
		}
	}
	return name, nil
}

func isDeclaration(b []byte) bool {
	return bytes.HasPrefix(b, declarationStart) && len(b) > len(declarationStart) &&
		(isBlank(b[len(declarationStart)]) || b[len(declarationStart)] == '?')
}

// ownParameter declares a parameter entity whose text stands beside it.
var ownParameter = regexp.MustCompile(`^<!ENTITY\s+%\s+[\pL_][-.\pL\pN_]*\s+("[^"%&]*"|'[^'%&]*')\s*>`)

// checkType refuses what a document type may do besides naming the root. A parameter entity
// with its text beside it may be declared, as BMEcat does for extensions of its own: it is
// for the rules of the document alone, which are not read. To use one is refused.
func checkType(raw []byte) error {
	open := bytes.IndexByte(raw, '[')
	for i := open; open >= 0 && i < len(raw); i++ {
		switch rest := raw[i:]; {
		case bytes.HasPrefix(rest, []byte("<!--")):
			i += max(0, bytes.Index(rest, []byte("-->"))) // without an end it is part of a quoted text
		case ownParameter.Match(rest):
			i += len(ownParameter.Find(rest)) - 1
		case bytes.HasPrefix(rest, []byte("<!ENTITY")), rest[0] == '%':
			return errors.New("the document type declares entities, which are not expanded; write out what they stand for")
		}
	}
	return nil
}
