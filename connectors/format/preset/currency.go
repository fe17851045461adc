package preset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/catalog"
)

func money(at func(*catalog.Fields) *catalog.Money) target {
	return target{level: VariantLevel, set: func(f *catalog.Fields, in input) error {
		price, err := in.money(0)
		*at(f) = price
		return err
	}}
}

// money reads cell n as the price of one unit, with its currency.
func (in input) money(n int) (catalog.Money, error) {
	in, inside := in.price(n)
	amount, err := in.decimal(n)
	if err != nil {
		return catalog.Money{}, err
	}
	currency, err := in.currency(n, inside)
	if err != nil {
		return catalog.Money{}, err
	}
	if amount, err = in.ofOne(n, amount); err != nil {
		return catalog.Money{}, err
	}
	return catalog.Money{Amount: amount, Currency: currency}, nil
}

// ofOne gives the price of one unit where the row says for how many it is.
func (in input) ofOne(n int, amount catalog.Decimal) (catalog.Decimal, error) {
	said := in.beside(n, in.rule.per, "")
	if said == "" {
		return amount, nil
	}
	per, err := catalog.ParseDecimal(said, in.conv.Numbers)
	if err != nil || per.Sign() <= 0 {
		return amount, &valueError{n, fmt.Sprintf("the price is for %q units, which is no quantity", shorten(said)), "correct it at the source"}
	}
	one, exact := amount.Div(per)
	if !exact {
		return amount, &valueError{n, fmt.Sprintf("%s for %s units is no exact price of one", amount, per), "export the price of one unit"}
	}
	return one, nil
}

// codes are the currencies of ISO 4217 in which something can be priced.
const codes = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK " +
	"DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW " +
	"KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR " +
	"RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF " +
	"XCD XCG XOF XPF YER ZAR ZMW ZWG"

// currencies are names and signs that exports write instead of codes, where they leave no
// doubt.
var currencies = map[string]string{
	"us dollar": "USD", "usa": "USD", "us$": "USD", "euro": "EUR", "€": "EUR", "british pound": "GBP", "pound sterling": "GBP", "£": "GBP",
	"canadian dollar": "CAD", "ca$": "CAD", "c$": "CAD", "australian dollar": "AUD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "hk$": "HKD", "r$": "BRL",
	"swiss franc": "CHF", "japanese yen": "JPY", "zł": "PLN", "kč": "CZK", "₹": "INR", "₺": "TRY", "₩": "KRW", "₪": "ILS",
}

// signs are those of several currencies. They agree with a currency that is known, and
// tell none.
var signs = map[string][]string{
	"$":  strings.Fields("USD CAD AUD NZD HKD SGD TWD MXN CLP COP ARS UYU BMD BSD BBD BZD BND FJD GYD JMD KYD LRD NAD SBD SRD TTD XCD"),
	"¥":  {"JPY", "CNY"},
	"kr": {"SEK", "NOK", "DKK", "ISK"},
}

// meant gives the currencies that a word or sign may stand for; none where it is no
// currency.
func meant(word string) []string {
	word = strings.ToLower(word)
	if code := strings.ToUpper(word); len(code) == 3 && slices.Contains(strings.Fields(codes), code) {
		return []string{code}
	}
	if code, ok := currencies[word]; ok {
		return []string{code}
	}
	return signs[word]
}

// A stated currency is what a price has in front of its number, or behind.
type stated struct {
	words string
	codes []string // that it may be; none where it says nothing
}

// price gives the input without the currency that cell n, a price, holds ("15.00 USD",
// "€ 15,00"), and that currency. What it does not understand it leaves where it is, so
// that no number is read from it.
func (in input) price(n int) (input, stated) {
	cell := in.cells[n]
	first, last := strings.IndexAny(cell, "0123456789"), strings.LastIndexAny(cell, "0123456789")
	if first < 0 {
		return in, stated{}
	}
	for first > 0 && strings.IndexByte("+-.,", cell[first-1]) >= 0 { // of the number
		first--
	}
	var said stated
	for _, word := range []string{cell[:first], cell[last+1:]} {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		codes := meant(word)
		if said.words != "" {
			codes = slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return !slices.Contains(said.codes, c) })
		}
		if len(codes) == 0 {
			return in, stated{}
		}
		said = stated{words: strings.TrimSpace(said.words + " " + word), codes: codes}
	}
	if said.words != "" {
		in.cells = slices.Clone(in.cells)
		in.cells[n] = cell[first : last+1]
	}
	return in, said
}

// Priced takes a price apart: its number, and the currencies that the sign or the code beside
// it may stand for, none where there is none.
func Priced(cell string) (number string, codes []string) {
	in, said := input{cells: []string{cell}}.price(0)
	return in.cells[0], said.codes
}

// currency gives the code of a price's currency: what is said beside the price, or in it;
// that of the configuration where the file does not say. All have to agree.
func (in input) currency(n int, inside stated) (string, error) {
	known, where := in.conv.Currency, "the source has currency"
	if said := in.beside(n, in.rule.currency, currencyCapture); said != "" {
		code, ok := currencies[strings.ToLower(said)]
		if !ok {
			code = strings.ToUpper(said)
		}
		if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return "", &valueError{n, fmt.Sprintf("its currency %q is not a code such as USD", shorten(said)), "export the code of the currency"}
		}
		known, where = code, "its column says"
	}
	switch {
	case inside.words == "" && known == "" && in.rule.priced:
		return "", &valueError{n, "the row does not say which currency its price is in", "fill the column that currency_from names; currency: is that of rows which leave it blank"}
	case inside.words == "" || slices.Contains(inside.codes, known):
		return known, nil
	case known != "":
		return "", &valueError{n, fmt.Sprintf("the price is in %s, and %s %s", inside.words, where, known), "correct the one that is wrong; a source with prices in several currencies leaves currency out"}
	case len(inside.codes) > 1:
		return "", &valueError{n, fmt.Sprintf("%s stands for several currencies", inside.words), "set currency: " + inside.codes[0] + ", or export the code of the currency"}
	}
	return inside.codes[0], nil
}
