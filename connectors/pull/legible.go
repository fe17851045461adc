package pull

import (
	"fmt"
	"unicode/utf8"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/httpclient"
)

// Legible refuses an answer that is not UTF-8, as JSON has to be: encoding/json would put a
// sign of its own in the place of each byte that is none, in names and in keys.
func Legible(resp *httpclient.Response) *connectors.DeliveryError {
	if utf8.Valid(resp.Body) {
		return nil
	}
	at := 0
	for {
		r, size := utf8.DecodeRune(resp.Body[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return &connectors.DeliveryError{
		Class: connectors.Rejected, Status: resp.Status,
		Err:    fmt.Errorf("the answer is not UTF-8: byte 0x%02X stands at %d", resp.Body[at], at+1),
		Remedy: "see what stands between this program and the API, and let it answer in UTF-8",
	}
}
