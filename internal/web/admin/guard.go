package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/web"
)

const (
	// wrongMost is how many wrong tokens an address may send at once, and wrongEvery
	// how often one more.
	wrongMost  = 10
	wrongEvery = 10 * time.Second
	// addressesMost bounds how many addresses are remembered.
	addressesMost = 1024
)

// guard looks at tokens. It compares them in constant time; an address that keeps
// sending wrong ones is not listened to for a while, and is logged once.
type guard struct {
	admin, shop *[sha256.Size]byte // of the tokens; nil where there is none
	log         zerolog.Logger
	now         func() time.Time

	mu    sync.Mutex
	wrong map[netip.Prefix]*rate.Limiter
}

func newGuard(s config.Server, log zerolog.Logger, now func() time.Time) *guard {
	return &guard{admin: digest(s.AdminToken), shop: digest(s.StorefrontToken), log: log, now: now, wrong: map[netip.Prefix]*rate.Limiter{}}
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
	from := addressOf(r)
	if g.tooMany(from) {
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
	g.note(from)
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

// addressOf is who asks: the address of the connection, or the network that one
// household has of IPv6.
func addressOf(r *http.Request) netip.Prefix {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

func (g *guard) tooMany(from netip.Prefix) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.wrong[from]
	return l != nil && l.TokensAt(g.now()) < 1
}

// note takes a wrong token of an address into account.
func (g *guard) note(from netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if g.wrong[from] == nil {
		g.forget(now)
		g.wrong[from] = rate.NewLimiter(rate.Every(wrongEvery), wrongMost)
		g.log.Warn().Str("from", from.Addr().String()).Msg("wrong token for the API: further ones of this address are not logged")
	}
	g.wrong[from].AllowN(now, 1)
}

// forget makes room: first for those who have been quiet for long.
func (g *guard) forget(now time.Time) {
	if len(g.wrong) < addressesMost {
		return
	}
	for from, l := range g.wrong {
		if l.TokensAt(now) >= wrongMost {
			delete(g.wrong, from)
		}
	}
	for from := range g.wrong {
		if len(g.wrong) < addressesMost {
			return
		}
		delete(g.wrong, from)
	}
}
