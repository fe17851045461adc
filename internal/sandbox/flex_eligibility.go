package sandbox

import (
	"hash/fnv"
	"strings"
)

// Verdict is how a product is judged: First in the answer to its create, Final
// once it is settled. Empty is null; equal values are decided at once. The values
// are an open set.
type Verdict struct{ First, Final string }

// The values on record in Flex's pages; the spelling of private_label is inferred.
const (
	autoSubstantiation = "auto_substantiation"
	letterOfNecessity  = "letter_of_medical_necessity"
	prescription       = "prescription"
	vision             = "vision"
	notEligible        = "not_eligible"
	privateLabel       = "private_label"
)

// verdictWords decides by what a product is called, the first word that fits.
var verdictWords = []struct{ word, verdict string }{
	{"contact lens", vision},
	{"glasses", vision},
	{"eyewear", vision},
	{"cpap", prescription},
	{"insulin", prescription},
	{"supplement", letterOfNecessity},
	{"vitamin", letterOfNecessity},
	{"massage", letterOfNecessity},
	{"orthopedic", letterOfNecessity},
	{"bandage", autoSubstantiation},
	{"brace", autoSubstantiation},
	{"first aid", autoSubstantiation},
	{"sunscreen", autoSubstantiation},
	{"thermometer", autoSubstantiation},
	{"heating pad", autoSubstantiation},
	{"blood pressure", autoSubstantiation},
	{"shirt", notEligible},
	{"mug", notEligible},
	{"candle", notEligible},
}

// verdictShares decides the rest by the hash of the UPC.
var verdictShares = []string{
	notEligible, autoSubstantiation, notEligible, letterOfNecessity, autoSubstantiation,
	notEligible, letterOfNecessity, autoSubstantiation, notEligible, vision,
}

// Verdicts is the sandbox's judgement, the same for the same product each time and
// of no meaning for the real one: by words in the name, else by the UPC. Of ten
// UPCs six are decided at once, three are null at first, and one is not_eligible
// at first, whatever it turns out to be.
func Verdicts(name, upcCode, referenceGTIN string) Verdict {
	h := fnv.New32a()
	h.Write([]byte(upcCode))
	sum := h.Sum32()
	final := verdictShares[sum/10%10]
	lowered := strings.ToLower(name)
	for _, w := range verdictWords {
		if strings.Contains(lowered, w.word) {
			final = w.verdict
			break
		}
	}
	if referenceGTIN != "" {
		final = privateLabel
	}
	switch n := sum % 10; {
	case n < 6:
		return Verdict{First: final, Final: final}
	case n < 9:
		return Verdict{Final: final}
	}
	return Verdict{First: notEligible, Final: final}
}
