package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"github.com/skubridge/skubridge/connectors/format"
)

// config reads the elements at path, with limits that tests can pass.
func config(tb testing.TB, path string) Config {
	tb.Helper()
	c := Config{MaxRow: 1 << 20, MaxDepth: 16, MaxCell: 1 << 16}
	if path != "" {
		p, err := ParsePath(path, false)
		if err != nil {
			tb.Fatal(err)
		}
		c.Records = p
	}
	return c
}

// show writes a record as its values.
func show(rec *Record) string {
	var b strings.Builder
	for i, n := range rec.Nodes {
		if rec.Leaf(i) && (i > 0 || n.Mixed || n.After == 1) {
			fmt.Fprintf(&b, "%s=%s ", n.Name, rec.Text(i))
		}
	}
	return strings.TrimSpace(b.String())
}

// read gives every record as its values, every fault as its words, and how it ended.
func read(in io.Reader, c Config) (all []string, end error) {
	r, err := New(in, c)
	if err != nil {
		return nil, err
	}
	for {
		rec, err := r.Next()
		switch fault, ok := errors.AsType[*format.RowError](err); {
		case ok:
			all = append(all, fault.Error())
		case err != nil:
			return all, err
		default:
			all = append(all, show(rec))
		}
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, path, in string
		want           []string
	}{
		{
			"names are local, declarations of namespaces are nothing", "rss/item",
			`<rss xmlns:g="x"><item g:id="7" xmlns="y" xsi:nil="1"><g:price>9 &lt; 10</g:price></item></rss>`,
			[]string{"@id=7 price=9 < 10"},
		},
		{
			"text is put together from its parts", "",
			"<a><b>1<!-- no -->2<![CDATA[<&]]>3<?pi?>\r\n&#x34;&#53;\r6</b></a>",
			[]string{"b=12<&3\n45\n6"},
		},
		{"blanks in attributes are blanks, references in them are not", "", "<a><b c='1\n\t2&#10;3'/></a>", []string{"@c=1  2\n3"}},
		{"text beside elements is read with theirs", "", "<a><b>x <i>y</i> z</b><c><i>1</i></c></a>", []string{"b=x y z i=y", "i=1"}},
		{"what stands elsewhere is no record", "a/b/c", "<a><c>1</c><b><d/><c>2</c></b><b><c>3</c></b></a>", []string{"c=2", "c=3"}},
		{"any name, and one of several", "*/b|c", "<a><b>1</b><c>2</c><d>3</d></a>", []string{"b=1", "c=2"}},
		{"a document type without entities", "", "<?xml version='1.0'?><!DOCTYPE a SYSTEM \"a.dtd\" [<!ELEMENT b (#PCDATA)><!-- don't > -->]>\n<a><b/></a>", []string{"b="}},
		{"a document type whose address begins a comment", "", "<!DOCTYPE a SYSTEM '[<!--'>\n<a><b/></a>", []string{"b="}},
		{"blanks before the declaration", "", "\n <?xml version='1.0' encoding='UTF-8'?><a><b>ö</b></a>", []string{"b=ö"}},
		{"no record is a whole document", "a/b/c", "<a><b><x/></b></a>", nil},
		{"a stray & spoils one record", "", "<a><b>1</b>\n<b>R&D</b><b>3</b></a>", []string{
			"b=1", `line 2, column 5, "b": & that starts no reference; write it as &amp;`, "b=3",
		}},
		{"an entity that is not declared", "", "<a><b c='&nbsp;'/><b>&#xD800;</b><b>&#0;</b></a>", []string{
			`line 1, column 10, "@c": &nbsp; is not declared; write the character itself, or its number as in &#160;`,
			`line 1, column 22, "b": a reference to no character; remove it at the source`,
			`line 1, column 37, "b": a reference to no character; remove it at the source`,
		}},
		{"a character that is none", "", "<a><b>\n1\x0b</b><b>]]></b><b>\uFFFE</b></a>", []string{
			`line 2, column 2 (row from line 1), "b": U+000B, which XML does not allow; remove it at the source`,
			`line 2, column 10, "b": ]]> in text; write > as &gt;`,
			`line 2, column 20, "b": U+FFFE, which XML does not allow; remove it at the source`,
		}},
		{"a byte that is not in the declared encoding", "", "<?xml version='1.0' encoding='utf-8'?><a><b>\xe4</b><b>ok</b></a>", []string{
			`line 1, column 45, "b": byte 0xE4 is not UTF-8; set encoding to the one that the file is in, such as windows-1252`, "b=ok",
		}},
		{"a record that is nested too deep", "", "<a>" + strings.Repeat("<b>", 20) + strings.Repeat("</b>", 20) + "<b>2</b></a>", []string{
			`line 1, column 49, "b": nested deeper than 16; raise max_depth, or leave the element out of the export`, "b=2",
		}},
		{"a gigantic value", "", "<a><b>" + strings.Repeat("x", 1<<16+1) + "</b><b c='" + strings.Repeat("x", 1<<16+1) + "'/><b>2</b></a>", []string{
			`line 1, column 65544, "b": longer than 65536 bytes; raise max_cell, or leave the element out of the export`,
			`line 1, column 65548, "@c": longer than 65536 bytes; raise max_cell, or leave the element out of the export`, "b=2",
		}},
		{"too many elements", "", "<a><b>" + strings.Repeat("<i/>", maxNodes) + "</b><b>2</b></a>", []string{
			`line 1, column 262147, "i": more than 65536 elements and attributes in a record; set records, or each, to an element further in`, "b=2",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got, end := read(strings.NewReader(tt.in), config(t, tt.path))
			if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(end, io.EOF) || errors.Is(end, format.ErrCut) {
				t.Errorf("ended with %v (-want +got):\n%s", end, diff)
			}
			if len(tt.in) > 10_000 {
				return
			}
			slow, end := read(iotest.OneByteReader(strings.NewReader(tt.in)), config(t, tt.path))
			if diff := cmp.Diff(got, slow); diff != "" {
				t.Errorf("byte by byte: %v (-in one go +byte by byte):\n%s", end, diff)
			}
		})
	}
}

func TestVerbatim(t *testing.T) {
	t.Parallel()
	c := config(t, "")
	c.Verbatim = []string{"d"}
	got, end := read(strings.NewReader("<a><b><d>x <i a='1'>y</i>&amp;</d><d>1 &amp; 2</d><d/></b></a>"), c)
	if diff := cmp.Diff([]string{"d=x <i a='1'>y</i>&amp; i=y @a=1 d=1 & 2 d="}, got); diff != "" || !errors.Is(end, io.EOF) {
		t.Errorf("%v (-want +got):\n%s", end, diff)
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what, path, in string
		context        []string
		want           []string
		end            string
	}{
		{
			"ahead of the records", "a/p", "<a v='2'><h><c> EUR </c></h><p>1</p><p>2</p></a>",
			[]string{"a/h/c", "a/@v", "a/no"},
			[]string{"1 EUR 2 -", "2 EUR 2 -"},
			"EOF",
		},
		{
			"around the records, and not beyond", "a/g/p", "<a><g n='x'><t>T</t><p>1</p></g><g><p>2</p></g></a>",
			[]string{"/a/g/@n", "a/g/t"},
			[]string{"1 x T", "2 - -"},
			"EOF",
		},
		{"twice", "a/p", "<a><c>1</c><c>2</c><p/></a>", []string{"a/c"}, nil, "line 1, column 12: /a/c stands twice; as context it has to be one value"},
		{"too late", "a/p", "<a><p>1</p><c>2</c></a>", []string{"a/c"}, []string{"1 -"}, "line 1, column 12: /a/c stands behind the first record; context has to be ahead of them"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			c := config(t, tt.path)
			for _, s := range tt.context {
				p, err := ParsePath(s, true)
				if err != nil {
					t.Fatal(err)
				}
				c.Context = append(c.Context, p)
			}
			r, err := New(strings.NewReader(tt.in), c)
			var got []string
			for err == nil {
				var rec *Record
				if rec, err = r.Next(); err != nil {
					break
				}
				s := string(rec.Text(0))
				for _, v := range rec.Context {
					if v == nil {
						v = []byte("-")
					}
					s += " " + string(v)
				}
				got = append(got, s)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || err.Error() != tt.end {
				t.Errorf("ended with %v, want %s (-want +got):\n%s", err, tt.end, diff)
			}
		})
	}
}

func wide(s string) []byte {
	b := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	const body = "<a><b>Kn\xf6del</b></a>"
	ebcdic, err := charmap.CodePage037.NewEncoder().String("<a><b>Knödel</b></a>")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ what, encoding, in, want string }{
		{"declared", "", "<?xml version='1.0' encoding=\"ISO-8859-1\"?>" + body, "b=Knödel"},
		{"declared by the names of the IANA", "", "<?xml version='1.0' encoding='IBM850'?><a><b>Kn\x94del</b></a>", "b=Knödel"},
		{"configured", "windows-1252", body, "b=Knödel"},
		{"configured against what is declared", "windows-1252", "<?xml version='1.0' encoding='UTF-8'?>" + body, "b=Knödel"},
		{"a mainframe's, configured", "ibm037", ebcdic, "b=Knödel"},
		{"UTF-16 with its mark", "", string(wide("<?xml version='1.0' encoding='UTF-16'?><a><b>Knödel</b></a>")), "b=Knödel"},
		{"UTF-16 without one", "", string(wide("<?xml version='1.0' encoding='utf-16'?><a><b>Knödel</b></a>")[2:]), "b=Knödel"},
		{"UTF-8 with its mark", "", "\ufeff<a><b>Knödel</b></a>", "b=Knödel"},
		{"a byte that the declared encoding has not", "", "<?xml version='1.0' encoding='windows-1253'?><a><b>\xd2</b></a>", `line 1, column 52, "b": bytes that the encoding does not know; set encoding to the one that the file is in`},
		{"not declared, and not UTF-8", "", body, "line 1, column 9: the file declares no encoding, and is not UTF-8; set encoding to the one that it is in, such as windows-1252"},
		{"declared UTF-16, and is not", "", "<?xml version='1.0' encoding='UTF-16'?><a/>", "the file declares UTF-16, and is not; set encoding to the one that it is in"},
		{"declared by a name of UTF-16, and is not", "", "<?xml version='1.0' encoding='unicode'?><a/>", "the file declares unicode, and is not; set encoding to the one that it is in"},
		{"declared EBCDIC, and is not", "", "<?xml version='1.0' encoding='ibm037'?><a/>", "the file declares ibm037, and is not; set encoding to the one that it is in"},
		{"is UTF-16, and declares UTF-8", "", string(wide("<?xml version='1.0' encoding='utf-8'?><a/>")), "the file is UTF-16, and declares utf-8; set encoding: utf-16"},
		{"a mark against the declaration", "", "\ufeff<?xml version='1.0' encoding='latin1'?><a/>", "the file starts with a UTF-8 byte order mark, and declares latin1; set encoding to the one that it is in"},
		{"an encoding that is none", "", "<?xml version='1.0' encoding='klingon'?><a/>", `line 1: the encoding "klingon" is not known, want a name such as utf-8, utf-16 or windows-1252; set encoding to the one that the file is in`},
		{"EBCDIC that is not configured", "", "\x4C\x6F\xA7\x94\x93", "the file is EBCDIC; set encoding to its code page, such as ibm037"},
		{"UTF-32", "", "<\x00\x00\x00a\x00\x00\x00", "the file is UTF-32; export it as UTF-8"},
		{"XML 2", "", "<?xml version='2.0'?><a/>", `line 1: XML of version "2.0", want 1.0`},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			c := config(t, "")
			c.Encoding = tt.encoding
			got, end := read(strings.NewReader(tt.in), c)
			if !errors.Is(end, io.EOF) {
				got = append(got, end.Error())
			}
			if diff := cmp.Diff([]string{tt.want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// endless gives one text for ever.
type endless struct {
	again string
	at    int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.again[e.at:])
	e.at = (e.at + n) % len(e.again)
	return n, nil
}

func from(start, again string) io.Reader {
	return io.MultiReader(strings.NewReader(start), &endless{again: strings.Repeat(again, 1000)})
}

func TestHostile(t *testing.T) {
	t.Parallel()
	laughs := `<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;">]><a><b>&m;</b></a>`
	const entities = "line 1, column 1: the document type declares entities, which are not expanded; write out what they stand for"
	tests := []struct {
		what string
		in   io.Reader
		want string
	}{
		{"elements without end in a record", from("<r>", "<a>"), "line 1, column 1048579: row is too long: more than 1048576 bytes"},
		{"a billion laughs", strings.NewReader(laughs), entities},
		{"an entity from outside", strings.NewReader(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`), entities},
		{"an entity from outside for the document type", strings.NewReader(`<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd">]><a/>`), entities},
		{"one that makes another", strings.NewReader(`<!DOCTYPE a [<!ENTITY % x "<!ENTITY &#37; y 'z'>"> %x;]><a/>`), entities},
		{"one that is used", strings.NewReader(`<!DOCTYPE a [<!ENTITY % x "(b)"> %x;]><a/>`), entities},
		{"an entity of the document type itself", strings.NewReader(`<!DOCTYPE a [<!ELEMENT a ANY> %x; ]><a/>`), entities},
		{"an entity behind what begins a comment", strings.NewReader(`<!DOCTYPE a SYSTEM "<!--" [<!ENTITY x "y">]><a/>`), entities},
		{"an entity behind what begins a comment in brackets", strings.NewReader(`<!DOCTYPE a SYSTEM "[<!--" [<!ENTITY x "y">]><a/>`), entities},
		{"an endless document type", from("<!DOCTYPE a [", "<!-- x -->"), "line 1, column 1: row is too long: more than 1048576 bytes"},
		{"an attribute without end", from("<r><a b='", "x"), "line 1, column 4: row is too long: more than 1048576 bytes"},
		{"a name without end", from("<", "x"), "line 1, column 1: row is too long: more than 1048576 bytes"},
		{"text without end", from("<r><a>", "x"), "line 1, column 7: row is too long: more than 1048576 bytes"},
		{"text without end outside of records", from("<r>", "x"), "line 1, column 4: row is too long: more than 1048576 bytes"},
		{"a comment without end", from("<!--", "x"), "line 1, column 1: row is too long: more than 1048576 bytes"},
		{"blanks without end", from("", " "), "line 1, column 1: row is too long: more than 1048576 bytes"},
		{"too many attributes", from("<r ", "a='' "), "line 1, column 1: row is too long: more than 1048576 bytes"},
		{"more attributes than may be", strings.NewReader("<r" + attributes(300) + "/>"), "line 1, column 1942: more than 256 attributes"},
		{"tags that do not fit", strings.NewReader("<a>\n<b></c></a>"), "line 2, column 4: </c> where </b> has to be"},
		{"tags that do not fit outside of records", strings.NewReader("<a><b/></c>"), "line 1, column 8: </c> where </a> has to be"},
		{"an end tag without its start", strings.NewReader("<a/></a>"), "line 1, column 5: an end tag without its start"},
		{"an attribute that stands twice", strings.NewReader("<a><b c='1' c='2'/></a>"), "line 1, column 13: the attribute c stands twice"},
		{"an attribute without quotes", strings.NewReader("<a b=1/>"), `line 1, column 6: an attribute without a quoted value, as in name="value"`},
		{"attributes that no blank sets apart", strings.NewReader("<a b='1'c='2'/>"), "line 1, column 9: attributes that no blank sets apart"},
		{"a quote that is missing", strings.NewReader("<a><b c='1>x</b><b d='2'/></a>"), "line 1, column 4: < in the value of an attribute: a quote is missing; or write it as &lt;"},
		{"< in text", strings.NewReader("<a><b>1 < 2</b></a>"), "line 1, column 9: < within a tag: a > or a quote is missing before it"},
		{"a tag without a name", strings.NewReader("<a><1/></a>"), "line 1, column 4: a tag without a proper name; write < in text as &lt;"},
		{"two roots", strings.NewReader("<a/>\n<a/>"), "line 2, column 1: a second root: the document has ended before"},
		{"something behind the root", strings.NewReader("<a/>\n x"), "line 2, column 2: something stands behind the end of the document"},
		{"two documents", strings.NewReader("<a/><?xml version='1.0'?><a/>"), "line 1, column 5: an XML declaration in the middle: two documents in one file"},
		{"a document in a record", strings.NewReader("<a><b><?xml version='1.0'?></b></a>"), "line 1, column 7: an XML declaration in the middle: two documents in one file"},
		{"a document type in the middle", strings.NewReader("<a><!DOCTYPE a></a>"), "line 1, column 4: a document type behind the start of the document"},
		{"a declaration that is none", strings.NewReader("<a><!ELEMENT a></a>"), "line 1, column 4: <! that starts neither a comment nor CDATA nor a document type"},
		{"something else", strings.NewReader("sku,name\n"), "the file starts with 's', not with a tag: it is no XML"},
		{"nothing", strings.NewReader(""), "file is empty"},
		{"blanks", strings.NewReader(" \n"), "file is empty but for blanks"},
		{"a stray & outside of records", strings.NewReader("<a>&x;<b/></a>"), "line 1, column 4: &x; is not declared; write the character itself, or its number as in &#160;"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			_, end := read(tt.in, config(t, ""))
			if end.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", end, tt.want)
			}
		})
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d=''", i)
	}
	return b.String()
}

func TestElementsWithoutEnd(t *testing.T) {
	t.Parallel()
	_, end := read(from("", "<a>"), config(t, "r/b"))
	if want := "line 1, column 49: over the limit: elements nested deeper than 16"; end.Error() != want || !errors.Is(end, format.ErrLimit) {
		t.Errorf("got %v, want %s", end, want)
	}
}

func TestNoRecords(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, path, in, want string }{
		{"another root", "shop/item", "<rss><channel><item/></channel></rss>", "the file has no shop/item; set records to the path of the element that repeats; there are rss, rss/channel, rss/channel/item"},
		{"another name that repeats", "rss/product", "<rss><item/><item/></rss>", "the file has no rss/product; set records to the path of the element that repeats; there are rss, rss/item"},
	}
	for _, tt := range tests {
		if _, end := read(strings.NewReader(tt.in), config(t, tt.path)); end.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.what, end, tt.want)
		}
	}
}

// small has something of everything in it.
const small = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE a SYSTEM \"x\">\n<!-- ö --><a x='1'><h/>\n" +
	"<b c='é'>t&amp;<![CDATA[<]]></b>\n<b><i>ü</i></b></a>\n<!-- end -->\n"

func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	end := strings.Index(small, "</a>") + len("</a>")
	for _, file := range [][]byte{[]byte(small[:end]), wide(small[strings.Index(small, "<a"):end])} {
		for n := 1; n < len(file); n++ {
			_, err := read(bytes.NewReader(file[:n]), config(t, ""))
			if n > 2 && !errors.Is(err, format.ErrCut) {
				t.Errorf("cut behind %d bytes, %q: %v", n, file[:n], err)
			}
			if errors.Is(err, io.EOF) && !errors.Is(err, format.ErrEmpty) && !errors.Is(err, format.ErrCut) {
				t.Errorf("cut behind %d bytes, %q: passes for whole", n, file[:n])
			}
		}
	}
}

func TestResumer(t *testing.T) {
	t.Parallel()
	var doc bytes.Buffer
	doc.WriteString("\ufeff<a>\n")
	for i := range 300 {
		fmt.Fprintf(&doc, " <g><b n='%d'>\n%s</b>\n<!-- x --></g>", i, strings.Repeat("x", i*i%900))
	}
	doc.WriteString("</a>")
	text := doc.Bytes()
	r, err := New(bytes.NewReader(text), config(t, "a/*/b"))
	if err != nil {
		t.Fatal(err)
	}
	again := r.Resumer()
	if _, err := again.Next(); !errors.Is(err, io.EOF) {
		t.Fatalf("a resumer that was not set gave %v", err)
	}
	for n := range 300 {
		rec, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if want := 1 + bytes.Count(text[:rec.Offset], []byte{'\n'}); rec.Line != want || !bytes.HasPrefix(text[rec.Offset:], []byte("<b")) {
			t.Fatalf("record %d is placed on line %d, is on %d", n, rec.Line, want)
		}
		again.Reset(bytes.NewReader(text[rec.Offset:]), rec.Line, rec.Offset)
		for k := n; k < min(n+3, 300); k++ {
			same, err := again.Next()
			if err != nil || string(same.Text(1)) != fmt.Sprint(k) {
				t.Fatalf("record %d read from %d: %v", k, n, err)
			}
			if k == n && (same.Line != rec.Line || same.Offset != rec.Offset || same.Length != rec.Length) {
				t.Fatalf("record %d was at %d, %d, %d, is at %d, %d, %d", n, rec.Line, rec.Offset, rec.Length, same.Line, same.Offset, same.Length)
			}
		}
	}
	latin, err := New(strings.NewReader("<?xml version='1.0' encoding='latin1'?><a/>"), config(t, ""))
	if err != nil || latin.Resumer() != nil {
		t.Errorf("a file in another encoding has no offsets: %v", err)
	}
	around := config(t, "a/g/p")
	group, err := ParsePath("a/g/@n", true)
	if err != nil {
		t.Fatal(err)
	}
	around.Context = []Path{group}
	if r, err := New(strings.NewReader("<a/>"), around); err != nil || r.Resumer() != nil {
		t.Errorf("a record is not read by itself when its group has values beside it: %v", err)
	}
}

func TestParsePath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/a/*/b|c/@d": "a/*/b|c/@d", "a": "a", "*|a": "*",
	} {
		if p, err := ParsePath(in, true); err != nil || p.String() != want {
			t.Errorf("%q: got %s, %v", in, p, err)
		}
	}
	for _, in := range []string{"", "a//b", "@d", "a/@d/b", "g:a", "a b", "a[1]", "a|"} {
		if p, err := ParsePath(in, true); err == nil {
			t.Errorf("%q was taken: %s", in, p)
		}
	}
	if _, err := ParsePath("a/@b", false); err == nil {
		t.Error("an attribute was taken for an element")
	}
}
