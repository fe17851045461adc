package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/web"
)

// guard looks at tokens. It compares them in constant time; an address that keeps
// sending wrong ones is not listened to for a while, and is logged once.
type guard struct {
	admin, shop *[sha256.Size]byte // of the tokens; nil where there is none
	guesses     *web.Guesses
}

func newGuard(s config.Server, log zerolog.Logger, now func() time.Time) *guard {
	return &guard{admin: digest(s.AdminToken), shop: digest(s.StorefrontToken), guesses: web.NewGuesses(log, now)}
}

func digest(v secret.Value) *[sha256.Size]byte {
	if v.IsZero() {
		return nil
	}
	sum := sha256.Sum256([]byte(v.Reveal()))
	return &sum
}

// check says why a request may not do what needs a right; nil lets it.
func (g *guard) check(r *http.Request, needs right) *web.Problem {
	if needs == anyone {
		return nil
	}
	if g.admin == nil && (needs == admin || g.shop == nil) {
		return &web.Problem{Status: http.StatusForbidden, Detail: "the API is closed: the configuration has no token for it", Hint: "set server.admin_token"}
	}
	if g.guesses.TooMany(r) {
		return &web.Problem{Status: http.StatusTooManyRequests, Detail: "too many wrong tokens came from this address", Hint: "wait ten seconds, then use the right one"}
	}
	given, ok := bearer(r)
	if !ok {
		return &web.Problem{Status: http.StatusUnauthorized, Detail: "this needs a token", Hint: "send `Authorization: Bearer TOKEN` with server.admin_token"}
	}
	sum := sha256.Sum256([]byte(given))
	isAdmin, isShop := same(&sum, g.admin), same(&sum, g.shop)
	switch {
	case isAdmin, isShop && needs == storefront:
		return nil
	case isShop:
		return &web.Problem{Status: http.StatusForbidden, Detail: "this token may read eligibility only", Hint: "use server.admin_token"}
	}
	g.guesses.Note(r)
	return &web.Problem{Status: http.StatusUnauthorized, Detail: "this is not the token", Hint: "send `Authorization: Bearer TOKEN` with server.admin_token"}
}

// same compares in a time that does not tell how much is right.
func same(a, b *[sha256.Size]byte) bool {
	return b != nil && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

func bearer(r *http.Request) (string, bool) {
	kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(kind, "Bearer")
}
