package writeback

import (
	"time"

	"github.com/skubridge/skubridge/state"
)

// row is one verdict as files and webhooks hold it.
type row struct {
	Destination string `json:"destination"`
	SKU         string `json:"sku"`
	// Parent is the key of the product that the SKU is a variant of, "" for none.
	Parent      string `json:"parent,omitempty"`
	RemoteID    string `json:"remote_id"`
	Eligibility string `json:"eligibility"`
	Mode        string `json:"mode"`
	Source      string `json:"source"`
	At          string `json:"at"`
}

// words are what verdicts are called on the other side; one without an entry keeps
// the API's word.
type words map[string]string

func (w words) of(verdict string) string {
	if word, ok := w[verdict]; ok {
		return word
	}
	return verdict
}

func rows(destination string, w words, items []state.WriteItem) []row {
	out := make([]row, len(items))
	for i, item := range items {
		v := item.Verdict
		out[i] = row{
			Destination: destination, SKU: item.Key, Parent: item.Parent, RemoteID: item.RemoteID,
			Eligibility: w.of(v.Value), Mode: string(v.Mode), Source: string(v.Source), At: v.At.UTC().Format(time.RFC3339),
		}
	}
	return out
}
