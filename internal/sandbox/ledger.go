package sandbox

import (
	"hash/maphash"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Report counts what a sandbox API has seen and done.
type Report struct {
	// Requests counts by method and by status; "none" is a request that got no answer.
	Requests map[string]map[string]int64 `json:"requests"`
	// CreatesApplied and UpdatesApplied count writes that took effect, whether or
	// not their callers learnt it.
	CreatesApplied int64 `json:"creates_applied"`
	UpdatesApplied int64 `json:"updates_applied"`
	// ProductsActive and ProductsArchived count what is held now.
	ProductsActive   int `json:"products_active"`
	ProductsArchived int `json:"products_archived"`
	// ClientReferenceIDs counts the distinct ones among the products.
	ClientReferenceIDs int `json:"client_reference_ids"`
	// Duplicates counts products, archived ones too, beyond the first with the same
	// client_reference_id and name; ActiveDuplicates counts active ones beyond the
	// first with the same client_reference_id, whatever their names.
	Duplicates       int `json:"duplicates"`
	ActiveDuplicates int `json:"active_duplicates"`
	// ExtraPrices counts active prices beyond the first of a product, where products
	// have prices of their own.
	ExtraPrices int `json:"extra_prices,omitempty"`
	// IdempotentReplays counts answers given again for a key; KeysWithTwoBodies
	// counts keys that came with two different requests, honoured or not.
	IdempotentReplays int64 `json:"idempotent_replays"`
	KeysWithTwoBodies int64 `json:"keys_with_two_bodies"`
	// ContractViolations counts what a validator reported; Violations are the
	// first of them.
	ContractViolations int64    `json:"contract_violations"`
	Violations         []string `json:"violations"`
	// Faults counts the faults that fired, by kind.
	Faults map[FaultKind]int64 `json:"faults"`
}

// maxViolations is how many violations a report spells out.
const maxViolations = 20

// ledger counts requests and remembers what each idempotency key came with.
type ledger struct {
	mu         sync.Mutex
	seed       maphash.Seed
	answers    map[outcome]int64
	keys       map[scopedKey]keyUse
	twoBodies  int64
	violations int64
	texts      []string
}

type outcome struct {
	method string
	status int
}

// scopedKey is an idempotency key of one account.
type scopedKey struct{ authorization, key string }

type keyUse struct {
	fingerprint uint64
	twice       bool
}

func (l *ledger) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seed = maphash.MakeSeed()
	l.answers, l.keys = map[outcome]int64{}, map[scopedKey]keyUse{}
	l.twoBodies, l.violations, l.texts = 0, 0, []string{}
}

// saw notes what the call's idempotency key came with, whatever becomes of it: a
// key that names two requests is a fault of the client even where it is ignored.
func (l *ledger) saw(c *call) {
	if c.idempotencyKey == "" {
		return
	}
	key := scopedKey{first(c.Header, "Authorization"), c.idempotencyKey}
	l.mu.Lock()
	defer l.mu.Unlock()
	fingerprint := c.fingerprint(l.seed)
	use, known := l.keys[key]
	switch {
	case !known:
		l.keys[key] = keyUse{fingerprint: fingerprint}
	case use.fingerprint != fingerprint && !use.twice:
		use.twice = true
		l.keys[key] = use
		l.twoBodies++
	}
}

// fingerprint hashes what makes a request the same request.
func (c *call) fingerprint(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(c.Method)
	h.WriteByte(0)
	h.WriteString(c.URL.Path)
	h.WriteByte(0)
	h.Write(c.body)
	return h.Sum64()
}

// answered counts an answer; status 0 means that there was none.
func (l *ledger) answered(method string, status int) {
	l.mu.Lock()
	l.answers[outcome{method, status}]++
	l.mu.Unlock()
}

func (l *ledger) violated(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.violations++
	if len(l.texts) < maxViolations {
		l.texts = append(l.texts, text)
	}
}

func (l *ledger) report() Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := Report{
		Requests:           map[string]map[string]int64{},
		KeysWithTwoBodies:  l.twoBodies,
		ContractViolations: l.violations,
		Violations:         append([]string{}, l.texts...),
	}
	for o, n := range l.answers {
		if r.Requests[o.method] == nil {
			r.Requests[o.method] = map[string]int64{}
		}
		status := "none"
		if o.status != 0 {
			status = strconv.Itoa(o.status)
		}
		r.Requests[o.method][status] = n
	}
	return r
}

// Request is a request that a sandbox API received.
type Request struct {
	At     time.Time
	Method string
	// Path and Query are as sent, the path below the API's base URL.
	Path, Query string
	Header      http.Header
	Body        []byte
}

// ring remembers the last requests.
type ring struct {
	mu   sync.Mutex
	size int
	next int // where the oldest is, once the ring is full
	buf  []Request
}

func (g *ring) add(now time.Time, r *http.Request, body []byte) {
	if g.size <= 0 {
		return
	}
	// The header is the server's and is not used again; a shallow copy keeps it
	// from handlers that would change it.
	kept := Request{
		At: now, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Header: maps.Clone(r.Header), Body: body,
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.buf) < g.size {
		g.buf = append(g.buf, kept)
		return
	}
	g.buf[g.next] = kept
	g.next = (g.next + 1) % g.size
}

func (g *ring) all() []Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append(append([]Request{}, g.buf[g.next:]...), g.buf[:g.next]...)
}

func (g *ring) clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.buf, g.next = nil, 0
}
