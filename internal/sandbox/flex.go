package sandbox

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// FlexConfig sets up a Flex sandbox. The zero value is a well-behaved API that
// ignores idempotency keys, which is what Flex's contract makes a client expect.
type FlexConfig struct {
	FrontConfig

	// Keys are the API keys that are known; empty means any that starts with fsk_.
	// A key with fsk_test_ opens the test environment, any other the live one.
	Keys []string
	// SeparateAccounts gives each key products of its own. Otherwise all keys of
	// an environment belong to one account.
	SeparateAccounts bool
	// Idempotent honours Idempotency-Key on POST and PATCH: the first accepted
	// answer is given again. A key with another request is answered KeyConflict,
	// 409 unless set (409 and 422 are the statuses that the contract leaves open).
	Idempotent  bool
	KeyConflict int
	// CreateStatus answers a create, 200 unless set; 201 is as likely.
	CreateStatus int
	// ErrorShape is how invalid requests are answered, in turn unless set.
	ErrorShape ErrorShape
	// Pending says when a product that was not decided at once is.
	Pending Pending
	// Judge decides eligibility, Verdicts if nil.
	Judge func(name, upcCode, referenceGTIN string) Verdict
}

// Pending is when an open verdict is settled: with the n-th read of the product,
// in a list or by id, or at the first read after a delay, whichever comes first.
// The zero value means the second read.
type Pending struct {
	Reads int
	Delay time.Duration
}

// Flex is the product API of Flex (withflex.com), as its contract has it: POST and
// GET on /v1/products, GET and PATCH on /v1/products/{id}. It is safe for
// concurrent use.
//
// What Flex does not document is the stricter or the more dangerous reading:
// client_reference_id is not unique, a second POST makes a second product, and
// metadata is replaced whole by an update.
type Flex struct {
	*front
}

// NewFlex makes a Flex sandbox. An error means that a fault is invalid.
func NewFlex(cfg FlexConfig) (*Flex, error) {
	if cfg.Judge == nil {
		cfg.Judge = Verdicts
	}
	if cfg.KeyConflict == 0 {
		cfg.KeyConflict = http.StatusConflict
	}
	if cfg.CreateStatus == 0 {
		cfg.CreateStatus = http.StatusOK
	}
	if cfg.Pending == (Pending{}) {
		cfg.Pending.Reads = 2
	}
	api := &flexAPI{cfg: cfg, now: cfg.Now, ids: newIDs()}
	if api.now == nil {
		api.now = time.Now
	}
	api.reset()
	front, err := newFront(api, cfg.FrontConfig)
	if err != nil {
		return nil, err
	}
	return &Flex{front}, nil
}

// flexAPI is the behaviour of Flex.
type flexAPI struct {
	cfg   FlexConfig
	now   func() time.Time
	ids   *ids
	shape turn

	mu     sync.RWMutex // guards the map, not the spaces
	spaces map[spaceKey]*space
}

// serve authenticates and routes.
func (a *flexAPI) serve(c *call) answer {
	s := a.authenticate(c)
	if s == nil {
		return a.refuse(http.StatusUnauthorized, "Unauthorized")
	}
	id, ok := productPath(c.URL.Path)
	switch {
	case !ok:
		return a.refuse(http.StatusNotFound, "Not Found")
	case id == "" && c.Method == http.MethodPost:
		return a.create(s, c)
	case id == "" && c.Method == http.MethodGet:
		return a.list(s, c)
	case id != "" && c.Method == http.MethodGet:
		return a.get(s, id)
	case id != "" && c.Method == http.MethodPatch:
		return a.update(s, c, id)
	}
	return a.refuse(http.StatusMethodNotAllowed, "Method Not Allowed")
}

// productPath splits /v1/products and /v1/products/{id}.
func productPath(path string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/v1/products")
	if !ok || rest == "" {
		return "", ok
	}
	id, ok = strings.CutPrefix(rest, "/")
	return id, ok && id != "" && !strings.Contains(id, "/")
}

const (
	keyPrefix     = "fsk_"
	testKeyPrefix = "fsk_test_"
)

// authenticate gives the space that the call's key opens, nil for a bad key.
func (a *flexAPI) authenticate(c *call) *space {
	key, ok := strings.CutPrefix(first(c.Header, "Authorization"), "Bearer ")
	if !ok || !a.knows(key) {
		return nil
	}
	// Test keys start with the prefix of the live ones too.
	return a.space(spaceKey{account: a.account(key), test: strings.HasPrefix(key, testKeyPrefix)})
}

func (a *flexAPI) knows(key string) bool {
	if len(a.cfg.Keys) == 0 {
		return strings.HasPrefix(key, keyPrefix) && len(key) > len(keyPrefix)
	}
	return slices.Contains(a.cfg.Keys, key)
}

func (a *flexAPI) account(key string) string {
	if a.cfg.SeparateAccounts {
		return key
	}
	return ""
}

func (a *flexAPI) space(key spaceKey) *space {
	a.mu.RLock()
	s := a.spaces[key]
	a.mu.RUnlock()
	if s != nil {
		return s
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if s = a.spaces[key]; s == nil {
		s = newSpace(key)
		a.spaces[key] = s
	}
	return s
}

func (a *flexAPI) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spaces = map[spaceKey]*space{}
}

// reference is the client_reference_id of the product that a call is about.
func (a *flexAPI) reference(c *call) string {
	id, ok := productPath(c.URL.Path)
	switch {
	case !ok:
		return ""
	case id == "" && c.Method == http.MethodGet:
		return c.URL.Query().Get("client_reference_id")
	case id == "":
		var p product
		if fields, problems := productFields(c.body); len(problems) == 0 {
			_ = createFields.apply(&p, fields) // an invalid product may still name its reference
		}
		return p.ref
	}
	s := a.authenticate(c)
	if s == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.byID[id]; p != nil {
		return p.ref
	}
	return ""
}

// wrongMode flips test_mode. A field's value cannot contain the searched text:
// its quotes would be escaped.
func (a *flexAPI) wrongMode(body []byte) []byte {
	const test, live = `"test_mode":true`, `"test_mode":false`
	if bytes.Contains(body, []byte(test)) {
		return bytes.ReplaceAll(body, []byte(test), []byte(live))
	}
	return bytes.ReplaceAll(body, []byte(live), []byte(test))
}
