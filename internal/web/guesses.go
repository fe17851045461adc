package web

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"
)

const (
	// wrongMost is how many wrong tokens an address may send at once, and wrongEvery
	// how often one more.
	wrongMost  = 10
	wrongEvery = 10 * time.Second
	// addressesMost bounds how many addresses are remembered.
	addressesMost = 1024
)

// Guesses keeps an address that sends wrong tokens from sending many: it is not
// listened to for a while, and is logged once.
type Guesses struct {
	log zerolog.Logger
	now func() time.Time

	mu    sync.Mutex
	wrong map[netip.Prefix]*rate.Limiter
}

// NewGuesses begins without any.
func NewGuesses(log zerolog.Logger, now func() time.Time) *Guesses {
	return &Guesses{log: log, now: now, wrong: map[netip.Prefix]*rate.Limiter{}}
}

// TooMany reports whether whoever sent a request is not to be listened to now.
func (g *Guesses) TooMany(r *http.Request) bool {
	from := addressOf(r)
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.wrong[from]
	return l != nil && l.TokensAt(g.now()) < 1
}

// Note takes a wrong token into account.
func (g *Guesses) Note(r *http.Request) {
	from := addressOf(r)
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if g.wrong[from] == nil {
		g.forget(now)
		g.wrong[from] = rate.NewLimiter(rate.Every(wrongEvery), wrongMost)
		g.log.Warn().Str("from", from.Addr().String()).Msg("wrong token: further ones from this address are not logged")
	}
	g.wrong[from].AllowN(now, 1)
}

// forget makes room: first for those who have been quiet for long.
func (g *Guesses) forget(now time.Time) {
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
