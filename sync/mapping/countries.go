package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// countryForms are what country(…) can give.
var countryForms = []string{"alpha2", "alpha3", "numeric", "name"}

// countryOf is country(s) and country(s, form). No country gives "".
func countryOf(args ...any) (any, error) {
	s, err := textArg("country", args, 0)
	if err != nil || strings.TrimSpace(s) == "" {
		return "", err
	}
	form := countryForms[0]
	if len(args) > 1 {
		if form, err = textArg("country", args, 1); err != nil {
			return nil, err
		}
	}
	region, ok := regionOf(s)
	if !ok {
		return nil, &inputError{
			s, fmt.Sprintf("%q is no country that is known", short(s)),
			"write its name in English, or its code of two letters",
		}
	}
	switch form {
	case "alpha2":
		return region.String(), nil
	case "alpha3":
		return region.ISO3(), nil
	case "numeric":
		return fmt.Sprintf("%03d", region.M49()), nil
	case "name":
		return display.English.Regions().Name(region), nil
	}
	return nil, fmt.Errorf("country has the forms %s, not %q", strings.Join(countryForms, ", "), short(form))
}

// regionOf finds a country by a code of ISO 3166-1 or by a name.
func regionOf(s string) (language.Region, bool) {
	name := foldName(s)
	for _, before := range []string{"made in ", "product of ", "imported from "} {
		name = strings.TrimPrefix(name, before)
	}
	name = strings.TrimPrefix(name, "the ")
	if code, ok := otherNames[name]; ok {
		return isCountry(code)
	}
	switch n := len(name); {
	case n <= 3 && strings.Trim(name, "0123456789") == "":
		number, _ := strconv.Atoi(name)
		region, err := language.EncodeM49(number)
		if err != nil {
			return region, false
		}
		return isCountry(region.String())
	case n == 2 || n == 3:
		if region, ok := isCountry(name); ok {
			return region, true
		}
	}
	code, ok := countryNames()[name]
	if !ok {
		return language.Region{}, false
	}
	return isCountry(code)
}

// isCountry gives the country of a code of two or three letters.
func isCountry(code string) (language.Region, bool) {
	region, err := language.ParseRegion(code)
	if err != nil {
		return region, false
	}
	region = region.Canonicalize()
	return region, region.IsCountry() && region.ISO3() != "ZZZ" && region.M49() > 0 && !notCountries[region.String()]
}

// notCountries are codes that the library takes for countries and customs do not.
var notCountries = map[string]bool{"EU": true, "EZ": true, "UN": true, "QO": true, "XA": true, "XB": true, "ZZ": true}

// nameLanguages are those in which countries are known by name. A name that two
// of them give to different countries is the one of the first.
var nameLanguages = []language.Tag{
	language.English, language.German, language.French, language.Spanish, language.Italian, language.Dutch,
	language.Portuguese, language.Polish, language.Swedish, language.Danish, language.Norwegian, language.Finnish,
	language.Czech, language.Turkish, language.Vietnamese, language.Indonesian, language.Japanese, language.Chinese,
	language.TraditionalChinese, language.Korean,
}

// countryNames are the codes of countries by their folded names, from the data of
// the Unicode CLDR. It is made when the first name is looked up.
var countryNames = sync.OnceValue(func() map[string]string {
	names := make(map[string]string, 4000)
	for _, tag := range nameLanguages {
		namer := display.Regions(tag)
		if namer == nil {
			continue
		}
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				region, ok := isCountry(string([]rune{a, b}))
				if !ok || region.String() != string([]rune{a, b}) {
					continue // a code that is no longer used stands for another one
				}
				if name := foldName(namer.Name(region)); name != "" {
					if _, taken := names[name]; !taken {
						names[name] = region.String()
					}
				}
			}
		}
	}
	return names
})

// foldName makes spellings of a name equal: accents, case, points and signs go.
func foldName(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r), strings.ContainsRune(".'’ʼ`", r):
		case r == '&':
			b.WriteString(" and ")
		case r == 'ı':
			b.WriteByte('i')
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// otherNames are names and abbreviations that catalogs have and CLDR does not, by
// how foldName writes them.
var otherNames = map[string]string{
	"uk": "GB", "great britain": "GB", "britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
	"united kingdom of great britain and northern ireland": "GB",
	"united states of america":                             "US", "america": "US", "u s a": "US", "u s": "US", "usa united states": "US", "puerto rico usa": "PR",
	"prc": "CN", "p r china": "CN", "pr china": "CN", "peoples republic of china": "CN", "mainland china": "CN", "china mainland": "CN", "china prc": "CN",
	"hong kong": "HK", "hong kong sar": "HK", "hongkong": "HK", "macau": "MO", "macao": "MO",
	"taiwan province of china": "TW", "taiwan roc": "TW", "republic of china": "TW", "chinese taipei": "TW",
	"south korea": "KR", "korea south": "KR", "republic of korea": "KR", "korea republic of": "KR", "rok": "KR",
	"north korea": "KP", "korea north": "KP", "dprk": "KP", "korea democratic peoples republic of": "KP",
	"viet nam": "VN", "socialist republic of vietnam": "VN", "burma": "MM", "east timor": "TL",
	"russian federation": "RU", "ussr": "RU", "moldova republic of": "MD", "republic of moldova": "MD", "belorussia": "BY",
	"czech republic": "CZ", "slovak republic": "SK", "macedonia": "MK", "fyrom": "MK", "bosnia": "BA", "holland": "NL", "el": "GR",
	"turkey": "TR", "turkiye": "TR", "uae": "AE", "u a e": "AE", "emirates": "AE", "ksa": "SA", "iran islamic republic of": "IR",
	"syrian arab republic": "SY", "palestine": "PS", "state of palestine": "PS", "lao pdr": "LA", "lao peoples democratic republic": "LA",
	"brunei darussalam": "BN", "ivory coast": "CI", "elfenbeinkuste": "CI", "cape verde": "CV", "swaziland": "SZ", "zaire": "CD", "drc": "CD",
	"democratic republic of the congo": "CD", "congo the democratic republic of the": "CD", "republic of the congo": "CG",
	"tanzania united republic of": "TZ", "bolivia plurinational state of": "BO", "venezuela bolivarian republic of": "VE",
	"micronesia federated states of": "FM", "vatican": "VA", "holy see": "VA", "eire": "IE", "republic of ireland": "IE",
	"deutschland": "DE", "germany federal republic of": "DE", "federal republic of germany": "DE", "brd": "DE",
}
