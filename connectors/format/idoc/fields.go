package idoc

import (
	"bytes"
)

// The segments that are read for what they mean.
const (
	segControl   = "EDI_DC40"
	segMaterial  = "E1MARAM"
	segText      = "E1MAKTM"
	segPlant     = "E1MARCM"
	segUnit      = "E1MARMM"
	segSales     = "E1MVKEM"
	segValuation = "E1MBEWM"
	segLong      = "E1MTXHM"
	segLine      = "E1MTXLM"
)

// deleted is the MSGFN of a segment that is to go.
const deleted = "003"

// set makes a set of words.
func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

var (
	// numbers are fields whose sign may stand behind.
	numbers = set("BRGEW", "NTGEW", "VOLUM", "LAENG", "BREIT", "HOEHE", "UMREZ", "UMREN", "STPRS", "VERPR", "PEINH",
		"ZPLPR", "ZPLP1", "ZPLP2", "ZPLP3", "ZKPRS", "BWPRS", "BWPRH", "BWPH1", "BWPS1", "VMVPR", "VMSTP", "VMPEI",
		"VJVPR", "VJSTP", "VJPEI", "VPLPR", "LPLPR", "BWPEI", "ERGEW", "ERVOL", "GEWTO", "VOLTO", "FUELG", "STFAK",
		"WESCH", "MHDRZ", "MHDHB", "MHDLP", "AUMNG", "LFMNG", "EFMNG", "SCMNG", "PLIFZ", "BSTMI", "BSTMA", "BSTRF")
	// dates are fields that are days.
	dates = set("CREDAT", "ERSDA", "LAEDA", "MSTDE", "MSTDV", "MMSTD", "VMSTD", "AUSDT", "VRBDT", "PREND", "PRENG",
		"ZKDAT", "ZPLD1", "ZPLD2", "ZPLD3", "DATAB")
	// origin are fields of a plant that must not be taken from the wrong one.
	origin = set("HERKL", "HERKR", "STAWN")
	// ofUnit are fields of the material that speak of its base unit.
	ofUnit = set("EAN11", "NUMTP", "BRGEW", "NTGEW", "GEWEI", "VOLUM", "VOLEH", "LAENG", "BREIT", "HOEHE", "MEABM")
	// controls are the fields of the control record that are cells.
	controls = set("DOCNUM", "IDOCTYP", "CIMTYP", "MESTYP", "MANDT", "SNDPRN", "SERIAL", "CREDAT", "CRETIM")
)

// languages are the ISO codes of SAP's own one-letter ones, where a segment has no other.
var languages = map[string]string{
	"E": "EN", "D": "DE", "F": "FR", "S": "ES", "I": "IT", "N": "NL", "P": "PT", "K": "DA", "V": "SV", "O": "NO",
	"U": "FI", "L": "PL", "C": "CS", "H": "HU", "R": "RU", "T": "TR", "G": "EL", "4": "RO", "W": "BG", "Q": "SK",
	"5": "SL", "6": "HR", "J": "JA", "1": "ZH", "M": "ZF", "3": "KO", "A": "AR", "B": "HE", "2": "TH", "8": "UK",
}

// noData is what a field holds that is to be left alone.
var noData = []byte("/")

// isNoData reports whether a field says that there is no data for it.
func isNoData(value []byte) bool { return bytes.Equal(value, noData) }

// convert gives the value of a field as a cell.
func convert(field string, value []byte) []byte {
	switch last := len(value) - 1; {
	case numbers[field] && last > 0 && value[last] == '-' && value[0] != '-':
		return append([]byte{'-'}, bytes.TrimSpace(value[:last])...)
	case dates[field] && isDigits(value) && len(value) == len("20261130"):
		if len(bytes.Trim(value, "0")) == 0 {
			return []byte{}
		}
		return bytes.Join([][]byte{value[:4], value[4:6], value[6:]}, []byte{'-'})
	case field == "CRETIM" && isDigits(value) && len(value) == len("143000"):
		return bytes.Join([][]byte{value[:2], value[2:4], value[4:]}, []byte{':'})
	}
	return value
}

// unpadded gives a material number without the zeros that SAP puts before one that is
// nothing but digits.
func unpadded(number []byte) []byte {
	if !isDigits(number) {
		return number
	}
	if cut := bytes.TrimLeft(number, "0"); len(cut) > 0 {
		return cut
	}
	return number[len(number)-1:]
}

func isDigits(b []byte) bool {
	return len(b) > 0 && len(bytes.Trim(b, "0123456789")) == 0
}
