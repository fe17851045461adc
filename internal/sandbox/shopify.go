package sandbox

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// ShopifyConfig sets up a Shopify sandbox. The zero value is a store in which any token
// that starts with shpat_, and any id and secret, is good.
type ShopifyConfig struct {
	FrontConfig

	// Shop is the store's own address, acme.myshopify.com if empty; Currency its
	// currency, USD if empty.
	Shop, Currency string
	// Tokens are the access tokens that are known; Clients the secrets by client id.
	Tokens  []string
	Clients map[string]string
	// TokenLife is how long a token by client credentials is good, a day if 0.
	TokenLife time.Duration
	// Versions are those of the API that live, the oldest first; any other is answered
	// by the first.
	Versions []string
	// Scopes are what the app may do; products and inventory if nil.
	Scopes []string
	// Products are held from the start; Generate makes so many more, of
	// GenerateVariants variants each.
	Products                   []ShopifyProduct
	Generate, GenerateVariants int
	// Points is how much queries may cost before they are throttled, and Restore how
	// much of it comes back in a second; 2,000 and 100 if 0.
	Points, Restore float64
	// Operations is how many bulk operations run at once, 5 if 0; Polls after how many
	// questions one is done.
	Operations, Polls int
	// Quirks are in force from the start.
	Quirks ShopifyQuirks
}

// ShopifyQuirks are ways in which the store misbehaves, besides faults.
type ShopifyQuirks struct {
	// Skew is how far the store's clock is ahead of ours.
	Skew time.Duration
	// SearchLag is how far what a search finds lags behind what is held.
	SearchLag time.Duration
	// Grouped puts children behind their parents in results; else they are scattered.
	Grouped bool
	// RepeatPage shows the first page of a listing again and again.
	RepeatPage bool
	// Fails lets the next operations end with these states or error codes, one each:
	// TIMEOUT, ACCESS_DENIED, CANCELED, EXPIRED …
	Fails []string
	// HalfResult cuts results in their middle, as if they were whole.
	HalfResult bool
	// Expired lets the next so many downloads of results answer 403.
	Expired int
	// Hidden leaves the last so many products out of results.
	Hidden int
	// Costly is what a single query may cost, 1,000 if 0.
	Costly int
	// DuringBulk is called when an operation has read the products, and DuringPages
	// after each page of a listing: the catalog changes while it is read.
	DuringBulk, DuringPages func()
}

// Shopify is a store and its GraphQL Admin API, as far as products are read by it:
//
//	POST /admin/oauth/access_token               a token by client credentials
//	POST /admin/api/{version}/graphql.json       queries, and bulkOperationRunQuery
//	GET  /results/{operation}?signature=         the result of an operation, on another host
//
// Queries are executed, field by field and with their costs, so that an answer holds what
// was asked for and nothing else. The reference of a request, which faults select by, is
// the name of its query.
type Shopify struct {
	*front
	api *shopAPI
}

// NewShopify makes a Shopify sandbox. An error means that a fault is invalid.
func NewShopify(cfg ShopifyConfig) (*Shopify, error) {
	if cfg.Shop == "" {
		cfg.Shop = "acme.myshopify.com"
	}
	if cfg.Currency == "" {
		cfg.Currency = "USD"
	}
	if cfg.TokenLife == 0 {
		cfg.TokenLife = 24 * time.Hour
	}
	if len(cfg.Versions) == 0 {
		cfg.Versions = []string{"2026-04", "2026-07", "2026-10"}
	}
	if cfg.Scopes == nil {
		cfg.Scopes = []string{"read_products", "read_inventory"}
	}
	if cfg.Points == 0 {
		cfg.Points, cfg.Restore = 2000, 100
	}
	if cfg.Operations == 0 {
		cfg.Operations = 5
	}
	api := &shopAPI{cfg: cfg}
	front, err := newFront(api, cfg.FrontConfig)
	if err != nil {
		return nil, err
	}
	api.front = front
	api.reset()
	return &Shopify{front, api}, nil
}

// shopAPI is the store.
type shopAPI struct {
	cfg   ShopifyConfig
	front *front

	mu         sync.Mutex
	quirks     ShopifyQuirks
	catalog    shopCatalog
	tokens     freightTokens
	operations []*shopOperation
	points     float64
	pointsAt   time.Time
	pages      int // that were shown again
}

// SetQuirks replaces the quirks in force.
func (s *Shopify) SetQuirks(q ShopifyQuirks) {
	s.api.mu.Lock()
	defer s.api.mu.Unlock()
	s.api.quirks = q
}

// RevokeTokens lets all tokens that were given be refused from now on.
func (s *Shopify) RevokeTokens() { s.api.tokens.revoke() }

// TokenRequests counts the tokens that were given.
func (s *Shopify) TokenRequests() int { return s.api.tokens.count() }

// Operations counts the bulk operations that were begun.
func (s *Shopify) Operations() int {
	s.api.mu.Lock()
	defer s.api.mu.Unlock()
	return len(s.api.operations)
}

// now is the store's clock.
func (a *shopAPI) now() time.Time { return a.front.now().Add(a.quirks.Skew).UTC() }

func (a *shopAPI) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.quirks = a.cfg.Quirks
	a.operations = nil
	a.points, a.pointsAt = a.cfg.Points, a.front.now()
	a.tokens.reset()
	a.catalog = newShopCatalog(a.cfg, a.now())
}

// decorate adds what the store says with each answer.
func (a *shopAPI) decorate(c *call, said answer) answer {
	h := http.Header{}
	maps.Copy(h, said.header)
	a.mu.Lock()
	h["Date"] = []string{a.now().Format(http.TimeFormat)}
	a.mu.Unlock()
	if version, ok := a.version(c); ok {
		h["X-Shopify-Api-Version"] = []string{version}
	}
	said.header = h
	return said
}

// version is the version that answers a call.
func (a *shopAPI) version(c *call) (string, bool) {
	rest, ok := strings.CutPrefix(c.URL.Path, "/admin/api/")
	asked, rest, _ := strings.Cut(rest, "/")
	if !ok || rest != "graphql.json" {
		return "", false
	}
	if slices.Contains(a.cfg.Versions, asked) {
		return asked, true
	}
	return a.cfg.Versions[0], true // a retired one is answered by the oldest that lives
}

func (a *shopAPI) serve(c *call) answer {
	_, graphql := a.version(c)
	switch {
	case c.Method == http.MethodPost && c.URL.Path == "/admin/oauth/access_token":
		return a.issue(c)
	case c.Method == http.MethodGet && strings.HasPrefix(c.URL.Path, "/results/"):
		return a.result(c)
	case !graphql || c.Method != http.MethodPost:
		return a.refuse(http.StatusNotFound, "Not Found")
	case !a.authentic(c):
		return a.refuse(http.StatusUnauthorized, "[API] Invalid API key or access token (unrecognized login or wrong password)")
	}
	return a.execute(c)
}

func (a *shopAPI) authentic(c *call) bool {
	token := first(c.Header, "X-Shopify-Access-Token")
	a.tokens.mu.Lock()
	ends, given := a.tokens.given[token]
	a.tokens.mu.Unlock()
	if given {
		return a.front.now().Before(ends)
	}
	if len(a.cfg.Tokens) > 0 {
		return slices.Contains(a.cfg.Tokens, token)
	}
	return strings.HasPrefix(token, "shpat_") && !strings.HasPrefix(token, "shpat_given_")
}

// issue gives a token by client credentials.
func (a *shopAPI) issue(c *call) answer {
	ask, err := tokenRequest(c)
	if err != nil || ask.Get("grant_type") != "client_credentials" {
		return jsonAnswer(http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"})
	}
	id, secret := ask.Get("client_id"), ask.Get("client_secret")
	if known, ok := a.cfg.Clients[id]; len(a.cfg.Clients) > 0 && (!ok || known != secret) || id == "" || secret == "" {
		return jsonAnswer(http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
	}
	a.tokens.mu.Lock()
	defer a.tokens.mu.Unlock()
	a.tokens.total++
	token := "shpat_given_" + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s-%d", id, a.tokens.total))
	a.tokens.given[token] = a.front.now().Add(a.cfg.TokenLife)
	return jsonAnswer(http.StatusOK, map[string]any{
		"access_token": token, "scope": strings.Join(a.cfg.Scopes, ","), "expires_in": int(a.cfg.TokenLife.Seconds()),
	})
}

func (a *shopAPI) refuse(status int, text string) answer {
	return jsonAnswer(status, map[string]any{"errors": text})
}

// wrongMode leaves the body: a store has no modes.
func (a *shopAPI) wrongMode(body []byte) []byte { return body }

// reference is the name of the query that a call sends.
func (a *shopAPI) reference(c *call) string {
	_, rest, _ := strings.Cut(string(c.body), `"query":"`)
	words := strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == '(' || r == '{' })
	if len(words) < 2 || words[0] != "query" && words[0] != "mutation" {
		return ""
	}
	return words[1]
}

// products streams what is held.
func (a *shopAPI) products(reference string, yield func(held) bool) {
	a.mu.Lock()
	all := slices.Clone(a.catalog.order)
	a.mu.Unlock()
	for _, p := range all {
		if (reference == "" || reference == p.Handle) && !yield(held{Account: a.cfg.Shop, Product: p}) {
			return
		}
	}
}

func (a *shopAPI) describe(r *Report) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.catalog.order {
		r.ClientReferenceIDs += len(p.Variants)
		if p.Status == "ACTIVE" {
			r.ProductsActive++
		} else {
			r.ProductsArchived++
		}
	}
}
