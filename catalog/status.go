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

// statusWords are the words met in the exports and APIs of shops, PIMs and
// ERPs: Shopify (active, draft, archived, unlisted), WooCommerce (publish,
// private, pending, trash), Akeneo and Magento (1, 0, enabled, disabled).
var statusWords = map[string]Activity{
	"": Active, "active": Active, "enabled": Active, "enable": Active, "published": Active, "publish": Active,
	"true": Active, "yes": Active, "1": Active, "live": Active, "available": Active, "unlisted": Active,
	"draft": Inactive, "archived": Inactive, "archive": Inactive, "inactive": Inactive, "disabled": Inactive,
	"disable": Inactive, "unpublished": Inactive, "private": Inactive, "pending": Inactive, "trash": Inactive,
	"y": Active, "t": Active, "on": Active, "public": Active, "ja": Active, "oui": Active,
	"n": Inactive, "f": Inactive, "off": Inactive, "nein": Inactive, "non": Inactive,
	"deleted": Inactive, "discontinued": Inactive, "false": Inactive, "no": Inactive, "0": Inactive,
}

// StatusOf gives the meaning of a status word. A source that has no status
// column says nothing, and its products are active.
func StatusOf(word string) Activity { return statusWords[strings.ToLower(strings.TrimSpace(word))] }
