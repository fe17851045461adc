package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// FlexPortalConfig sets up a FlexPortal sandbox. The zero value is a well-behaved
// API.
type FlexPortalConfig struct {
	FrontConfig

	// Keys are the API keys that are known, Tenants the ids of the Business Units;
	// empty means any.
	Keys, Tenants []string
	// ListsWhole shows variants and _sync in the list of products, which the pages
	// leave open.
	ListsWhole bool
	// ExactFilter lets productSku select the variants of that product alone;
	// otherwise of each whose SKU begins with it.
	ExactFilter bool
	// Older answers in the names of the older edition: sku, color, a map of prices,
	// and data for a list of products.
	Older bool
	// Skips says which variants an upsert leaves out without a word.
	Skips func(variantSKU string) bool
	// Summary answers an import in the shape of the prose, with the SKU in each row
	// error; otherwise in that of the schema, with the row alone.
	Summary bool
	// FirstRow is the number of an import's first row of data, 2 where the header is a
	// row and rows count from 1; that is what 0 stands for.
	FirstRow int
	// Swallows says which variants an import leaves out without a word.
	Swallows func(variantSKU string) bool
	// InUse says which variants have active orders.
	InUse func(variantSKU string) bool
	// Shortened leaves variantIds out of products, as an older edition did.
	Shortened bool
}

// FlexPortal is the product API of FlexPortal (flexportal.io), as its contract has
// it. It is safe for concurrent use.
//
// What FlexPortal does not document is the stricter or the more dangerous reading:
// an upsert brings neither a discontinued product nor an inactive variant back,
// fields that it leaves out stay, the list of products shows neither variants nor
// _sync, and the filter by productSku is not exact. The statuses of refusals take
// turns where the pages disagree. An import skips rows and says success: true; it names
// a new variant after its colour, or else its product.
type FlexPortal struct {
	*front
	api *portalAPI
}

// NewFlexPortal makes a FlexPortal sandbox. An error means that a fault is invalid.
func NewFlexPortal(cfg FlexPortalConfig) (*FlexPortal, error) {
	api := &portalAPI{cfg: cfg, now: cfg.Now, ids: newIDs()}
	if api.now == nil {
		api.now = time.Now
	}
	api.reset()
	front, err := newFront(api, cfg.FrontConfig)
	if err != nil {
		return nil, err
	}
	return &FlexPortal{front, api}, nil
}

// SetWriter has a product's _sync name another writer, as when FlexPortal's own
// connector to a shop took it over. It reports whether there is such a product.
func (f *FlexPortal) SetWriter(productSKU, source string) bool {
	f.api.mu.Lock()
	defer f.api.mu.Unlock()
	found := false
	for _, s := range f.api.spaces {
		if p := s.bySKU[productSKU]; p != nil {
			p.writer, found = source, true
		}
	}
	return found
}

// Remove deletes a product for good, as support may. It reports whether there is
// such a product.
func (f *FlexPortal) Remove(productSKU string) bool {
	f.api.mu.Lock()
	defer f.api.mu.Unlock()
	found := false
	for _, s := range f.api.spaces {
		if p := s.bySKU[productSKU]; p != nil {
			s.remove(p)
			found = true
		}
	}
	return found
}

// portalAPI is the behaviour of FlexPortal.
type portalAPI struct {
	cfg  FlexPortalConfig
	now  func() time.Time
	ids  *ids
	turn int // of the statuses that the pages disagree about

	mu     sync.Mutex
	spaces map[string]*portalSpace // by tenant
}

func (a *portalAPI) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spaces = map[string]*portalSpace{}
}

// serve authenticates and routes.
func (a *portalAPI) serve(c *call) answer {
	key, ok := strings.CutPrefix(first(c.Header, "Authorization"), "Bearer ")
	switch {
	case !ok || key == "":
		return portalError(http.StatusUnauthorized, "AUTH_REQUIRED", "Missing Authorization header")
	case len(a.cfg.Keys) > 0 && !slices.Contains(a.cfg.Keys, key):
		return portalError(http.StatusUnauthorized, "INVALID_TOKEN", "API key is invalid or expired")
	}
	tenant := c.Header.Get("Tenant-ID")
	if tenant == "" || len(a.cfg.Tenants) > 0 && !slices.Contains(a.cfg.Tenants, tenant) {
		return portalError(http.StatusForbidden, "NO_TENANT_ACCESS", "Missing or invalid Tenant-ID header")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.spaces[tenant]
	if s == nil {
		s = newPortalSpace(tenant)
		a.spaces[tenant] = s
	}
	return a.route(s, c)
}

func (a *portalAPI) route(s *portalSpace, c *call) answer {
	path, ok := strings.CutPrefix(c.URL.Path, "/v1/products")
	id := strings.TrimPrefix(path, "/")
	variant, ofVariant := strings.CutPrefix(id, "variants/")
	variant, setsStatus := strings.CutSuffix(variant, "/status")
	switch {
	case !ok || path != "" && !strings.HasPrefix(path, "/"):
		return portalNotFound("Route")
	case id == "" && c.Method == http.MethodPost:
		return a.upsert(s, nil, c.body)
	case id == "" && c.Method == http.MethodGet:
		return a.list(s, c.URL.Query())
	case id == "csv" && c.Method == http.MethodPost:
		return a.importFile(s, c)
	case id == "variants" && c.Method == http.MethodGet:
		return a.listVariants(s, c.URL.Query())
	case ofVariant && setsStatus && c.Method == http.MethodPatch:
		return a.setStatus(s, variant, c.body)
	case id == "" || id == "variants" || strings.Contains(id, "/"):
		return a.refuse(http.StatusMethodNotAllowed, "Method not allowed")
	}
	p := s.byID[id]
	switch {
	case p == nil:
		return portalNotFound("Product")
	case c.Method == http.MethodGet:
		return jsonAnswer(http.StatusOK, p.wire(a.cfg, true))
	case c.Method == http.MethodPut:
		return a.upsert(s, p, c.body)
	case c.Method == http.MethodDelete:
		return a.discontinue(s, p)
	}
	return a.refuse(http.StatusMethodNotAllowed, "Method not allowed")
}

// portalDetail is one entry of a refusal's details.
type portalDetail struct {
	Path    string `json:"path"`
	Message string `json:"message"`
	Code    string `json:"code"`
}

func portalError(status int, code, message string, details ...portalDetail) answer {
	body := map[string]any{"code": code, "message": message}
	if len(details) > 0 {
		body["details"] = details
	}
	return jsonAnswer(status, map[string]any{"error": body})
}

func portalNotFound(what string) answer {
	return portalError(http.StatusNotFound, "NOT_FOUND", what+" not found")
}

// refuse is a refusal without a code of its own in the pages, but for a few.
func (a *portalAPI) refuse(status int, text string) answer {
	code := map[int]string{
		http.StatusUnauthorized: "INVALID_TOKEN", http.StatusForbidden: "INSUFFICIENT_PERMISSIONS",
		http.StatusTooManyRequests: "RATE_LIMITED", http.StatusNotFound: "NOT_FOUND",
		http.StatusBadRequest: "VALIDATION_ERROR", http.StatusUnprocessableEntity: "VALIDATION_ERROR",
		http.StatusInternalServerError: "INTERNAL_ERROR",
	}[status]
	if code == "" {
		code = strings.ToUpper(strings.ReplaceAll(http.StatusText(status), " ", "_"))
	}
	return portalError(status, code, text)
}

// inTurn gives the statuses one after the other.
func (a *portalAPI) inTurn(statuses ...int) int {
	a.turn++
	return statuses[a.turn%len(statuses)]
}

// wrongMode changes nothing: FlexPortal knows no modes.
func (a *portalAPI) wrongMode(body []byte) []byte { return body }
