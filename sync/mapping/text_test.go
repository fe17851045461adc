package mapping

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTextOf(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, in, want string }{
		{"nothing", "", ""},
		{"a plain text", "Soft soap", "Soft soap"},
		{"only the ends of a plain text are trimmed", "  two  blanks\n\n\nand lines \n", "two  blanks\n\n\nand lines"},
		{"a less-than sign", "a < b", "a < b"},
		{"less-than signs without blanks", "1<2 and x<y", "1<2 and x<y"},
		{"a heart", "I <3 it", "I <3 it"},
		{"an arrow", "left <- right -> left", "left <- right -> left"},
		{"a placeholder in a plain text", "Dear <yours>, hello", "Dear <yours>, hello"},
		{"a less-than sign among tags", "<p>pH < 7 and > 4</p>", "pH < 7 and > 4"},
		{"a tag that is never closed is text", "<p>5 <b and more", "5 <b and more"},
		{"nor is it a tag in a plain text", "5 <b and more", "5 <b and more"},
		{"an entity in a plain text", "Salt &amp; Pepper", "Salt & Pepper"},
		{"an ampersand that is none", "AT&T & co", "AT&T & co"},
		{"an address in a plain text", "https://x.example/?a=1&copy=2", "https://x.example/?a=1&copy=2"},
		{"an entity is decoded once", "<p>&amp;lt;</p>", "&lt;"},
		{"numbers as entities", "<p>&#169; &#xA9;</p>", "© ©"},
		{"a line break", "one<br>two<br/>three", "one\ntwo\nthree"},
		{"two line breaks leave one empty line", "one<br><br><br><br>two", "one\n\ntwo"},
		{"paragraphs", "<p>one</p>\n\n<p>two</p>", "one\ntwo"},
		{"a list", "<ul>\n <li>one</li>\n <li>two</li>\n</ul>end", "one\ntwo\nend"},
		{"a table", "<table><tr><td>Weight</td><td>30 g</td></tr><tr><td>Size</td><td>M</td></tr></table>", "Weight 30 g\nSize M"},
		{"tags inside a word", "<p>un<b>believ</b>able</p>", "unbelievable"},
		{"a blank beside a tag", "<p>soft <b>soap</b>, warm</p>", "soft soap, warm"},
		{"blanks are folded", "<p>a \n\t  b</p>", "a b"},
		{"unbreakable blanks", "<p>30&nbsp;&nbsp;ml\u00a0</p>", "30 ml"},
		{"an unbreakable blank in a plain text", "30\u00a0ml", "30 ml"},
		{"a script", "<p>a</p><script>if (a < b) { document.write('<p>x</p>') }</script><p>b</p>", "a\nb"},
		{"a style", "<style>p > a { color: red }</style>text", "text"},
		{"a comment", "a<!-- hidden <b>x</b> -->b", "ab"},
		{"an attribute with a tag in it", `<img alt="a > b" src="x"><p title="<b>">text</p>`, "text"},
		{"a word processor's tags", "<o:p>text</o:p><p>more</p>", "text\nmore"},
		{"control and null characters", "a\x00b\x07c<br>d\x1fe", "abc\nde"},
		{"control characters in a plain text", "a\x00b\r\nc\ufeff", "ab\nc"},
		{"bytes that are no text", "a\xffb", "a\ufffdb"},
		{"letters outside ASCII", "<p>Crème brûlée 🍮</p>", "Crème brûlée 🍮"},
		{"capitals", "<P>one</P><BR><SCRIPT>x</SCRIPT>two", "one\n\ntwo"},
		{"only tags", "<p><br></p><div></div>", ""},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			if got := textOf(tt.in); got != tt.want {
				t.Errorf("textOf(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzTextOf(f *testing.F) {
	for _, seed := range []string{
		"", "a < b", "<p>x</p>", "<script>", "<!--", "<![CDATA[x]]>", "</", "<a href='<b>'>y</a>", "&#0;&#x80;&nbsp;", "<?xml?>",
		"<textarea><p>x</textarea>", "<plaintext>rest</p>", "\x00<p\x00>", "<br><br>", "<title>a<b></title>", "<style/>x", "\xff<p>\xfe",
		"<p>a &amp; b</p><ul><li>1</li><LI>2<br/>3</br></p/></ul>", "<td>a<td>b<h1 >c", "&ampamp;<i>&#13;&lt;b&gt;</i>", "<o:p>x</o:p>\r\ny",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := textOf(s)
		escaped, _ := escapeText(strings.ToValidUTF8(s, "\uFFFD"))
		if simple, ok := renderSimple(escaped); ok && simple != render(escaped) {
			t.Fatalf("%q without a tokenizer, %q with one", simple, render(escaped))
		}
		if !utf8.ValidString(got) {
			t.Fatalf("not UTF-8: %q", got)
		}
		if got != strings.TrimSpace(got) {
			t.Fatalf("not trimmed: %q", got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
			t.Fatalf("a control character at %d: %q", i, got)
		}
		untouched := utf8.ValidString(s) && !strings.ContainsAny(s, "<&") && !strings.ContainsFunc(s, isOdd)
		if untouched && got != strings.TrimSpace(s) {
			t.Fatalf("a plain text was touched: %q", got)
		}
	})
}
