package catalog

import "strings"

// minorDigits are the currencies of ISO 4217 whose minor unit is not a hundredth.
var minorDigits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
	"UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// MinorDigits is how many decimals the amounts of a currency have, by ISO 4217; 2 for a
// code that it does not know. The case of the code does not matter.
func MinorDigits(currency string) int {
	if n, ok := minorDigits[strings.ToUpper(currency)]; ok {
		return n
	}
	return 2
}
