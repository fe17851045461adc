package discover

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// eastern gives the encoding of Japanese or Chinese text; "" for any other. Letters of European
// languages decode as such signs too, but never one beside the other.
func eastern(sample []byte) string {
	for _, encoding := range []string{"shift_jis", "gb18030"} {
		letters, signs, beside, wrong := 0, 0, 0, 0
		before := false
		for _, r := range decoded(sample, encoding) {
			is := unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) && (r < 0xFF00 || r > 0xFFEF) || r >= 0x3000 && r < 0x3040 || r == 'ー'
			switch {
			case r == utf8.RuneError:
				wrong++
			case is:
				signs++
				if before {
					beside++
				}
				letters++
			case r >= utf8.RuneSelf:
				letters++
			}
			before = is
		}
		if signs > 3 && wrong*50 <= signs && signs*10 >= letters*9 && beside*2 >= signs {
			return encoding
		}
	}
	return ""
}

// cyrillic reports whether text can hardly be anything but windows-1251: long words of letters
// beyond ASCII.
func cyrillic(sample []byte) bool {
	high, letters, words := 0, 0, 0
	before := byte(' ')
	for _, c := range sample {
		if c >= utf8.RuneSelf {
			high++
			if c >= 0xC0 {
				letters++
			}
			if before < utf8.RuneSelf {
				words++
			}
		}
		before = c
	}
	return high > 5 && high >= 3*words && letters*10 >= high*8
}

// central reports whether text has letters within words that are Polish, Czech or Hungarian in
// windows-1250, and signs such as ¹ and ³ in windows-1252.
func central(sample []byte) bool {
	n := 0
	for i, c := range sample {
		if i == 0 || i+1 == len(sample) || bytes.IndexByte([]byte{0xB9, 0xB3, 0x9F, 0x9D, 0x8D, 0xBF, 0xEC}, c) < 0 {
			continue
		}
		if letter(sample[i-1]) && letter(sample[i+1]) && sample[i+1] > '9' && sample[i-1] > '9' {
			n++
		}
	}
	return n > 1
}
