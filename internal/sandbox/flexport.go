package sandbox

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// FlexportConfig sets up a Flexport sandbox. The zero value is a well-behaved API.
type FlexportConfig struct {
	FrontConfig

	// Keys are the API keys that are known; empty means any.
	Keys []string
	// Clients are the API credentials that are known, secrets by id; empty means any.
	Clients map[string]string
	// TokensPerDay is how many tokens a client gets in 24 hours, 10 unless set, and
	// TokenLife how long each lasts, 24 hours unless set.
	TokensPerDay int
	TokenLife    time.Duration
	// Unseen is how many lists filtered by SKU do not show a new product yet: how
	// soon it is visible is not documented.
	Unseen int
	// AnyCase lets the filter by SKU ignore the case of letters, which is not
	// documented either.
	AnyCase bool
	// PatchArchived lets archived products be updated; otherwise that is refused.
	PatchArchived bool
	// MergeProperties keeps product properties that an update does not name.
	MergeProperties bool
	// DuplicateStatus refuses a second active product of a SKU, 400 unless set.
	DuplicateStatus int
	// KnownCode says whether customs knows an HS code, as digits, for a region. If
	// nil, all but chapters 00 and 77 are known, which no one uses.
	KnownCode func(digits, region string) bool
	// MaxText is the longest name, SKU, category or country, in characters, 255
	// unless set: there is such a limit, and it is not documented.
	MaxText int
}

// Flexport is the product API of the Flexport freight and customs API
// (api.flexport.com), as its contract has it: POST and GET on /products, GET and
// PATCH on /products/{id}, and POST on /oauth/token. It is safe for concurrent use.
//
// What is not documented is the stricter or the more dangerous reading, where the
// configuration does not say otherwise: an archived product cannot be updated, HS
// codes come back in the other spelling, suppliers do not come back at all.
type Flexport struct {
	*front
	api *freightAPI
}

// NewFlexport makes a Flexport sandbox. An error means that a fault is invalid.
func NewFlexport(cfg FlexportConfig) (*Flexport, error) {
	if cfg.TokensPerDay == 0 {
		cfg.TokensPerDay = 10
	}
	if cfg.TokenLife == 0 {
		cfg.TokenLife = 24 * time.Hour
	}
	if cfg.DuplicateStatus == 0 {
		cfg.DuplicateStatus = http.StatusBadRequest
	}
	if cfg.KnownCode == nil {
		cfg.KnownCode = func(digits, _ string) bool {
			return !strings.HasPrefix(digits, "00") && !strings.HasPrefix(digits, "77")
		}
	}
	if cfg.MaxText == 0 {
		cfg.MaxText = 255
	}
	api := &freightAPI{cfg: cfg, now: cfg.Now}
	if api.now == nil {
		api.now = time.Now
	}
	api.reset()
	front, err := newFront(api, cfg.FrontConfig)
	if err != nil {
		return nil, err
	}
	return &Flexport{front: front, api: api}, nil
}

// Archive archives the active product of a SKU, as people do on Flexport's pages;
// the API has no call for it. It reports whether there was one.
func (f *Flexport) Archive(sku string) bool { return f.api.archive(sku) }

// TokenRequests counts the token requests that were answered with a token.
func (f *Flexport) TokenRequests() int { return f.api.tokens.count() }

// RevokeTokens makes every token given so far invalid.
func (f *Flexport) RevokeTokens() { f.api.tokens.revoke() }

// freightAPI is the behaviour of Flexport.
type freightAPI struct {
	cfg    FlexportConfig
	now    func() time.Time
	tokens freightTokens

	mu      sync.Mutex
	order   []*freightProduct
	byID    map[string]*freightProduct
	bySKU   map[string][]*freightProduct
	lastID  int64
	creates int64
	updates int64
}

// serve authenticates and routes.
func (a *freightAPI) serve(c *call) answer {
	if c.URL.Path == "/oauth/token" {
		if c.Method != http.MethodPost {
			return a.refuse(http.StatusMethodNotAllowed, "Method not allowed")
		}
		return a.issue(c)
	}
	if !a.authentic(c) {
		return a.refuse(http.StatusUnauthorized, "Not authorized")
	}
	id, ok := freightPath(c.URL.Path)
	switch {
	case !ok:
		return a.refuse(http.StatusNotFound, "Not found")
	case id == "" && c.Method == http.MethodPost:
		return a.create(c)
	case id == "" && c.Method == http.MethodGet:
		return a.list(c)
	case id != "" && c.Method == http.MethodGet:
		return a.get(c, id)
	case id != "" && c.Method == http.MethodPatch:
		return a.update(c, id)
	}
	return a.refuse(http.StatusMethodNotAllowed, "Method not allowed")
}

// freightPath splits /products and /products/{id}.
func freightPath(path string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/products")
	if !ok || rest == "" {
		return "", ok
	}
	id, ok = strings.CutPrefix(rest, "/")
	return id, ok && id != "" && !strings.Contains(id, "/")
}

// reference is the SKU of the product that a call is about.
func (a *freightAPI) reference(c *call) string {
	id, ok := freightPath(c.URL.Path)
	switch {
	case !ok:
		return ""
	case id == "" && c.Method == http.MethodGet:
		return c.URL.Query().Get("f.sku")
	case id == "":
		return freightSKU(c.body)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.byID[id]; p != nil {
		return p.SKU
	}
	return ""
}

// refuse is {_object, version, error: {status, code, message}}.
func (a *freightAPI) refuse(status int, text string) answer {
	return a.refuseAs(status, "undocumented", text)
}

func (a *freightAPI) refuseAs(status int, code, text string) answer {
	return jsonAnswer(status, map[string]any{
		"_object": "/api/response", "version": 2,
		"error": map[string]any{"_object": "/api/error", "status": status, "code": code, "message": text},
	})
}

// wrongMode leaves the body: the API has no modes.
func (a *freightAPI) wrongMode(body []byte) []byte { return body }

func (a *freightAPI) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.order, a.byID, a.bySKU = nil, map[string]*freightProduct{}, map[string][]*freightProduct{}
	a.creates, a.updates, a.lastID = 0, 0, 84290
	a.tokens.reset()
}
