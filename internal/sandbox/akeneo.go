package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// AkeneoConfig sets up an Akeneo sandbox.
type AkeneoConfig struct {
	FrontConfig

	// ClientID, Secret, Username and Password are those of the one connection that is
	// known; an empty one means any that is not empty.
	ClientID, Secret, Username, Password string
	// TokenLife is how long an access token is good, an hour if 0.
	TokenLife time.Duration
	// Zone is the time zone of the server, in which it reads and writes times; UTC if nil.
	Zone *time.Location
	// Forbidden are the paths, by how they begin, that the role of the user may not ask for.
	Forbidden []string
	// Catalog is what the PIM holds at first; nil stands for AkeneoSample.
	Catalog *AkeneoCatalog
	// Bare lists variants with their own values only. The real PIM lists them with what
	// they inherit.
	Bare bool
	// Before7 has no products by UUID, as before version 7.
	Before7 bool
}

// Akeneo is a sandbox of the Akeneo PIM's REST API, as far as it is read. It is made
// after Akeneo's published Swagger description (akeneo/pim-api-docs), and holds a small
// catalog of its own: products, product models of one and two levels, families,
// attributes of every kind, options, channels, assets, records.
type Akeneo struct {
	*front
	api *akeneoAPI
}

// NewAkeneo makes an Akeneo sandbox. An error means that a fault is invalid.
func NewAkeneo(cfg AkeneoConfig) (*Akeneo, error) {
	if cfg.TokenLife <= 0 {
		cfg.TokenLife = time.Hour
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Catalog == nil {
		cfg.Catalog = AkeneoSample()
	}
	api := &akeneoAPI{cfg: cfg}
	api.reset()
	front, err := newFront(api, cfg.FrontConfig)
	if err != nil {
		return nil, err
	}
	return &Akeneo{front, api}, nil
}

// Edit changes what the PIM holds; it answers nobody meanwhile.
func (a *Akeneo) Edit(change func(c *AkeneoCatalog)) {
	a.api.mu.Lock()
	defer a.api.mu.Unlock()
	change(a.api.catalog)
	a.api.catalog.sort()
}

// Stamp is a moment as the PIM writes it.
func (a *Akeneo) Stamp(at time.Time) string { return at.In(a.api.cfg.Zone).Format(time.RFC3339) }

// RevokeTokens makes all tokens that were given invalid, refresh tokens only with all.
func (a *Akeneo) RevokeTokens(all bool) {
	a.api.mu.Lock()
	defer a.api.mu.Unlock()
	clear(a.api.access)
	if all {
		clear(a.api.refresh)
	}
}

type akeneoAPI struct {
	cfg AkeneoConfig

	mu      sync.Mutex
	catalog *AkeneoCatalog
	access  map[string]time.Time // tokens, and when each ends
	refresh map[string]bool
	skew    time.Duration // of the clock that answers show
	nulls   bool          // the answer at hand has null wherever that is allowed
}

func (a *akeneoAPI) serve(c *call) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.route(c)
}

func (a *akeneoAPI) route(c *call) answer {
	switch {
	case c.URL.Path == "/api/oauth/v1/token":
		return a.token(c)
	case !strings.HasPrefix(c.URL.Path, "/api/rest/v1"):
		return answer{status: http.StatusNotFound, body: []byte(page), header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}}
	case c.Method != http.MethodGet && (c.Method != http.MethodPatch || !a.patches(c)):
		return a.refuse(http.StatusMethodNotAllowed, "No route found for '"+c.Method+" "+c.URL.Path+"': Method Not Allowed (Allow: GET)")
	case c.URL.Path == "/api/rest/v1":
		return jsonAnswer(http.StatusOK, map[string]any{
			"host":           baseOf(c),
			"authentication": map[string]any{"fos_oauth_server_token": map[string]any{"route": "/api/oauth/v1/token", "methods": []string{"POST"}}},
			"routes":         map[string]any{"pim_api_product_list": map[string]any{"route": "/api/rest/v1/products", "methods": []string{"GET"}}},
		})
	case !a.authentic(c):
		return a.refuse(http.StatusUnauthorized, "The access token provided is invalid.")
	}
	for _, path := range a.cfg.Forbidden {
		if strings.HasPrefix(c.URL.Path, path) {
			return a.refuse(http.StatusForbidden, "Access forbidden. You are not allowed to list "+path[strings.LastIndexByte(path, '/')+1:]+".")
		}
	}
	switch {
	case c.Method == http.MethodPatch && strings.HasSuffix(c.URL.Path, "/products-uuid"):
		return a.patchProducts(c, "uuid")
	case c.Method == http.MethodPatch:
		return a.patchProducts(c, "identifier")
	}
	return a.read(c, strings.Split(strings.TrimPrefix(c.URL.Path, "/api/rest/v1/"), "/"))
}

// patches reports whether a call is to a collection that takes PATCH.
func (a *akeneoAPI) patches(c *call) bool {
	return c.URL.Path == "/api/rest/v1/products-uuid" || c.URL.Path == "/api/rest/v1/products"
}

// authentic reports whether a call carries a token in force.
func (a *akeneoAPI) authentic(c *call) bool {
	token, ok := strings.CutPrefix(first(c.Header, "Authorization"), "Bearer ")
	ends, given := a.access[token]
	return ok && given && a.cfg.Now().Before(ends)
}

// token answers a token request, in either encoding. A refresh token is good once.
func (a *akeneoAPI) token(c *call) answer {
	ask, err := tokenRequest(c)
	if err != nil {
		return a.refuse(http.StatusBadRequest, "Invalid JSON message received")
	}
	id, secret, _ := c.BasicAuth()
	if !known(a.cfg.ClientID, id) || !known(a.cfg.Secret, secret) {
		return a.refuse(http.StatusUnprocessableEntity, `Parameter "client_id" is missing or does not match any client, or secret is invalid`)
	}
	switch ask.Get("grant_type") {
	case "password":
		if !known(a.cfg.Username, ask.Get("username")) || !known(a.cfg.Password, ask.Get("password")) {
			return a.refuse(http.StatusUnprocessableEntity, "No user found for the given username and password")
		}
	case "refresh_token":
		if !a.refresh[ask.Get("refresh_token")] {
			return a.refuse(http.StatusUnprocessableEntity, "Refresh token is invalid or has expired")
		}
		delete(a.refresh, ask.Get("refresh_token"))
	default:
		return a.refuse(http.StatusUnprocessableEntity, `Parameter "grant_type" is missing, empty or invalid`)
	}
	access, refresh := rand.Text(), rand.Text()
	a.access[access], a.refresh[refresh] = a.cfg.Now().Add(a.cfg.TokenLife), true
	return jsonAnswer(http.StatusOK, map[string]any{
		"access_token": access, "expires_in": int(a.cfg.TokenLife.Seconds()), "token_type": "bearer", "scope": nil, "refresh_token": refresh,
	})
}

// known reports whether said is what was set, or anything where nothing was.
func known(set, said string) bool { return said != "" && (set == "" || said == set) }

func (a *akeneoAPI) refuse(status int, text string) answer {
	return jsonAnswer(status, map[string]any{"code": status, "message": text})
}

// wrongMode leaves the body: the API has no modes.
func (a *akeneoAPI) wrongMode(body []byte) []byte { return body }

// reference is the code or the UUID at the end of the path.
func (a *akeneoAPI) reference(c *call) string {
	return c.URL.Path[strings.LastIndexByte(c.URL.Path, '/')+1:]
}

// decorate dates every answer by the server's clock.
func (a *akeneoAPI) decorate(_ *call, said answer) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := said.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Date", a.cfg.Now().Add(a.skew).UTC().Format(http.TimeFormat))
	said.header = h
	return said
}

func (a *akeneoAPI) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.catalog = a.cfg.Catalog.clone()
	a.access, a.refresh, a.skew = map[string]time.Time{}, map[string]bool{}, 0
}

// products streams what is held.
func (a *akeneoAPI) products(reference string, yield func(held) bool) {
	a.mu.Lock()
	var all []map[string]any
	for _, p := range a.catalog.Products {
		if reference == "" || textOf(p, "identifier") == reference {
			all = append(all, copied(p))
		}
	}
	a.mu.Unlock()
	for _, p := range all {
		if !yield(held{Product: p}) {
			return
		}
	}
}

// describe counts what is held.
func (a *akeneoAPI) describe(r *Report) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.catalog.Products {
		if enabled, _ := p["enabled"].(bool); enabled {
			r.ProductsActive++
		} else {
			r.ProductsArchived++
		}
	}
}

// textOf is a member that is a text, "" where it is none.
func textOf(object map[string]any, name string) string {
	s, _ := object[name].(string)
	return s
}

// copied is an item that shares nothing with the one held.
func copied[T any](object T) (out T) {
	b, _ := json.Marshal(object) // it came from JSON
	_ = json.Unmarshal(b, &out)
	return out
}
