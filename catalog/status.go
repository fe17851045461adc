package catalog

import "strings"

// Activity is what a source's status word means.
type Activity int

// The activities. Unknown is a problem, never "inactive".
const (
	ActivityUnknown Activity = iota
	Active
	Inactive
)

// truths are words for yes and no, in the languages of exports. -1 is how Access and Visual
// Basic write yes.
var truths = map[string]Activity{
	"true": Active, "yes": Active, "1": Active, "-1": Active, "y": Active, "t": Active, "on": Active, "ja": Active, "oui": Active,
	"sí": Active, "sì": Active, "si": Active, "sim": Active, "tak": Active, "ano": Active, "да": Active, "はい": Active, "是": Active,
	"wahr": Active, "vrai": Active, "verdadero": Active, "verdadeiro": Active, "vero": Active, "waar": Active, "prawda": Active,
	"false": Inactive, "no": Inactive, "0": Inactive, "n": Inactive, "f": Inactive, "off": Inactive, "nein": Inactive, "non": Inactive,
	"não": Inactive, "nao": Inactive, "nee": Inactive, "nej": Inactive, "nei": Inactive, "nie": Inactive, "ne": Inactive,
	"нет": Inactive, "いいえ": Inactive, "否": Inactive,
	"falsch": Inactive, "faux": Inactive, "falso": Inactive, "onwaar": Inactive, "fałsz": Inactive,
}

// statusWords are the other words met in the exports and APIs of shops, PIMs and ERPs:
// Shopify (active, draft, archived, unlisted), WooCommerce (publish, private, pending,
// trash), Akeneo and Magento (enabled, disabled), and what several languages call these.
var statusWords = map[string]Activity{
	"": Active, "active": Active, "enabled": Active, "enable": Active, "published": Active, "publish": Active,
	"live": Active, "available": Active, "unlisted": Active, "public": Active, "online": Active, "visible": Active,
	"aktiv": Active, "actif": Active, "activo": Active, "activa": Active, "attivo": Active, "ativo": Active, "actief": Active, "aktywny": Active,
	"公開": Active, "有効": Active, "上架": Active, "启用": Active, "активен": Active,
	"draft": Inactive, "archived": Inactive, "archive": Inactive, "inactive": Inactive, "disabled": Inactive,
	"disable": Inactive, "unpublished": Inactive, "private": Inactive, "pending": Inactive, "trash": Inactive,
	"deleted": Inactive, "discontinued": Inactive, "offline": Inactive, "hidden": Inactive, "blocked": Inactive, "obsolete": Inactive,
	"inaktiv": Inactive, "inactif": Inactive, "inactivo": Inactive, "inactiva": Inactive, "inattivo": Inactive, "inativo": Inactive, "inactief": Inactive,
	"nieaktywny": Inactive, "gesperrt": Inactive, "archiviert": Inactive, "entwurf": Inactive, "brouillon": Inactive, "archivé": Inactive, "borrador": Inactive,
	"bozza": Inactive, "descatalogado": Inactive,
	"非公開": Inactive, "無効": Inactive, "下架": Inactive, "禁用": Inactive, "неактивен": Inactive,
}

// StatusOf gives the meaning of a status word. A source that has no status
// column says nothing, and its products are active.
func StatusOf(word string) Activity {
	word = strings.ToLower(strings.TrimSpace(word))
	if a, ok := truths[word]; ok {
		return a
	}
	return statusWords[word]
}

// OppositeOf gives the status that a word stands for in a column that says who is not active,
// such as blocked; "" for a word that is no yes or no. An X is how ERPs tick a box.
func OppositeOf(word string) string {
	word = strings.ToLower(strings.TrimSpace(word))
	switch a := truths[word]; {
	case a == Active || word == "x":
		return "inactive"
	case a == Inactive:
		return "active"
	}
	return ""
}

// Opposites are the words that OppositeOf knows, and what it gives for them.
func Opposites() map[string]string {
	all := map[string]string{"x": OppositeOf("x")}
	for word := range truths {
		all[word] = OppositeOf(word)
	}
	return all
}
