package sandbox

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FluveoConfig sets up a Fluveo sandbox. The zero value is the API of the reference
// pages, read most carefully where they say nothing.
type FluveoConfig struct {
	FrontConfig

	// Keys are the secret keys that are known; empty means any that starts with
	// sk_test_ or sk_live_.
	Keys []string
	// CreateStatus answers a first create, 200 unless set; 201 is as likely.
	CreateStatus int
	// MergeMetadata has an update lay its metadata over what is there, and take out
	// what it sends empty. Otherwise it takes the place of all that was there.
	MergeMetadata bool
	// HidePrice leaves default_price out of the answer to a create.
	HidePrice bool
	// ForgetErrors keeps no error under an idempotency key.
	ForgetErrors bool
	// PerMinute is the allowance of requests a minute, 0 for none: the headers then
	// show the documented 1500, unused.
	PerMinute int
	// Version is the version that answers say when a request names none.
	Version string
}

// Fluveo is the product API of Fluveo, as its contract has it: products and prices
// below /v1. It is safe for concurrent use.
//
// What the pages do not say is the stricter or the more dangerous reading: nothing
// is unique, metadata is replaced whole by an update, a server error that was
// answered once is answered again for as long as its key is known although the
// request took effect, and the default price of a product cannot be archived.
type Fluveo struct {
	*front
}

// NewFluveo makes a Fluveo sandbox. An error means that a fault is invalid.
func NewFluveo(cfg FluveoConfig) (*Fluveo, error) {
	if cfg.CreateStatus == 0 {
		cfg.CreateStatus = http.StatusOK
	}
	if cfg.Version == "" {
		cfg.Version = "2026-03-09"
	}
	api := &fluveoAPI{cfg: cfg, now: cfg.Now, ids: newIDs()}
	if api.now == nil {
		api.now = time.Now
	}
	api.reset()
	front, err := newFront(api, cfg.FrontConfig)
	if err != nil {
		return nil, err
	}
	return &Fluveo{front}, nil
}

// fluveoAPI is the behaviour of Fluveo.
type fluveoAPI struct {
	cfg FluveoConfig
	now func() time.Time
	ids *ids

	mu     sync.Mutex // guards all that follows
	spaces map[bool]*fluveoSpace
	window time.Time // when the minute that is counted began
	used   int
}

// serve authenticates and routes.
func (a *fluveoAPI) serve(c *call) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if wait, over := a.overAllowance(); over {
		refusal := fluveoError(http.StatusTooManyRequests, "rate_limit_error", "rate_limit_exceeded", "Too many requests.", "")
		refusal.header = http.Header{"Retry-After": {strconv.Itoa(wait)}}
		return refusal
	}
	s := a.authenticate(c)
	if s == nil {
		return a.refuse(http.StatusUnauthorized, "The API key is missing or invalid.")
	}
	if v := first(c.Header, "X-Api-Version"); v != "" && !fluveoVersion.MatchString(v) {
		return fluveoInvalid("X-API-Version", "The version is not a date.")
	}
	if c.Method == http.MethodPost {
		return a.once(s, c)
	}
	return a.route(s, c)
}

var fluveoVersion = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// overAllowance counts a request, and says for how many seconds it came too early.
func (a *fluveoAPI) overAllowance() (wait int, over bool) {
	now := a.now()
	if now.Sub(a.window) >= time.Minute {
		a.window, a.used = now, 0
	}
	a.used++
	if a.cfg.PerMinute == 0 || a.used <= a.cfg.PerMinute {
		return 0, false
	}
	return int((time.Minute-now.Sub(a.window))/time.Second) + 1, true
}

// route answers a request that nothing stands in the way of.
func (a *fluveoAPI) route(s *fluveoSpace, c *call) answer {
	what, id, _ := strings.Cut(strings.TrimPrefix(c.URL.Path, "/v1/"), "/")
	switch c.Method + " " + what + " " + strconv.FormatBool(id != "") {
	case "POST products false":
		return a.createProduct(s, c)
	case "POST products true":
		return a.updateProduct(s, c, id)
	case "GET products true":
		return s.getProduct(id)
	case "GET products false":
		return s.listProducts(c)
	case "POST prices false":
		return a.createPrice(s, c)
	case "POST prices true":
		return s.updatePrice(c, id)
	case "GET prices true":
		return s.getPrice(id)
	case "GET prices false":
		return s.listPrices(c)
	}
	return a.refuse(http.StatusNotFound, "Unrecognized request URL.")
}

// fluveoKeyLife is how long a key and its answer are kept.
const fluveoKeyLife = 24 * time.Hour

// once answers a POST: again as before where its key is known. A success is then
// told as 200, an error as it was.
func (a *fluveoAPI) once(s *fluveoSpace, c *call) answer {
	key := c.idempotencyKey
	if key == "" || len(key) > 255 {
		return fluveoInvalid("Idempotency-Key", "A key of 1 to 255 characters is required.")
	}
	now := a.now()
	past, known := s.answers[key]
	switch {
	case !known || now.Sub(past.at) >= fluveoKeyLife:
	case past.fingerprint != c.fingerprint(s.seed):
		return fluveoError(http.StatusUnprocessableEntity, "invalid_request_error", "idempotency_key_reused",
			"This key was used with different parameters.", "")
	default:
		s.replays++
		again := past.answer
		if again.status < http.StatusMultipleChoices {
			again.status = http.StatusOK
		}
		return again
	}
	said := a.route(s, c)
	if said.status < http.StatusBadRequest || !a.cfg.ForgetErrors {
		s.answers[key] = fluveoPast{fingerprint: c.fingerprint(s.seed), answer: said, at: now}
	}
	return said
}

// keep stores a server error under the request's key, also in the place of the
// success that it hid. An error that is there already stays.
func (a *fluveoAPI) keep(c *call, said answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.authenticate(c)
	if s == nil || c.Method != http.MethodPost || c.idempotencyKey == "" || a.cfg.ForgetErrors {
		return
	}
	past, known := s.answers[c.idempotencyKey]
	if known && (past.answer.status >= http.StatusBadRequest || past.fingerprint != c.fingerprint(s.seed)) {
		return
	}
	said.header = nil
	s.answers[c.idempotencyKey] = fluveoPast{fingerprint: c.fingerprint(s.seed), answer: said, at: a.now()}
}

// decorate adds the headers that every answer has.
func (a *fluveoAPI) decorate(c *call, said answer) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	limit, left := 1500, 1499
	if a.cfg.PerMinute > 0 {
		limit, left = a.cfg.PerMinute, max(a.cfg.PerMinute-a.used, 0)
	}
	h := http.Header{}
	for name, values := range said.header {
		if name != "X-Ratelimit-Reset" { // this API has no such header
			h[name] = values
		}
	}
	h["X-Ratelimit-Limit"] = []string{strconv.Itoa(limit)}
	h["X-Ratelimit-Remaining"] = []string{strconv.Itoa(left)}
	h["X-Api-Version"] = []string{a.cfg.Version}
	if v := first(c.Header, "X-Api-Version"); v != "" {
		h["X-Api-Version"] = []string{v}
	}
	said.header = h
	return said
}

// authenticate gives the space that the call's key opens, nil for a bad key.
func (a *fluveoAPI) authenticate(c *call) *fluveoSpace {
	key, password, ok := c.BasicAuth()
	test := strings.HasPrefix(key, "sk_test_")
	switch {
	case !ok || password != "":
		return nil
	case len(a.cfg.Keys) > 0 && !slices.Contains(a.cfg.Keys, key):
		return nil
	case !test && !strings.HasPrefix(key, "sk_live_"), len(key) <= len("sk_test_"):
		return nil
	}
	return a.spaces[!test]
}

func (a *fluveoAPI) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spaces = map[bool]*fluveoSpace{false: newFluveoSpace(false), true: newFluveoSpace(true)}
	a.window, a.used = time.Time{}, 0
}

// reference is metadata.sku of the product that a call is about.
func (a *fluveoAPI) reference(c *call) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.authenticate(c)
	id, named := strings.CutPrefix(c.URL.Path, "/v1/products/")
	switch {
	case s == nil:
	case named && s.products[id] != nil:
		return s.products[id].metadata["sku"]
	case c.Method == http.MethodPost:
		fields, _ := fluveoFields(c)
		var metadata map[string]string
		var product string
		if decodes(fields["product"], &product) && s.products[product] != nil {
			return s.products[product].metadata["sku"]
		}
		if decodes(fields["metadata"], &metadata) {
			return metadata["sku"]
		}
	}
	return ""
}

// wrongMode flips livemode.
func (a *fluveoAPI) wrongMode(body []byte) []byte {
	const test, live = `"livemode":false`, `"livemode":true`
	if bytes.Contains(body, []byte(test)) {
		return bytes.ReplaceAll(body, []byte(test), []byte(live))
	}
	return bytes.ReplaceAll(body, []byte(live), []byte(test))
}

// fluveoFailure is the body of an error.
type fluveoFailure struct {
	Error struct {
		Type    string  `json:"type"`
		Code    string  `json:"code"`
		Message string  `json:"message"`
		Param   *string `json:"param"`
		DocURL  string  `json:"doc_url"`
	} `json:"error"`
}

func fluveoError(status int, kind, code, message, param string) answer {
	var body fluveoFailure
	body.Error.Type, body.Error.Code, body.Error.Message = kind, code, message
	body.Error.Param = orNull(param)
	body.Error.DocURL = "https://docs.example.com/errors/" + code
	return jsonAnswer(status, body)
}

func fluveoInvalid(param, format string, args ...any) answer {
	return fluveoError(http.StatusBadRequest, "invalid_request_error", "parameter_invalid", fmt.Sprintf(format, args...), param)
}

func fluveoMissing(what string) answer {
	return fluveoError(http.StatusNotFound, "invalid_request_error", "resource_missing", "No "+what+" with this id.", "id")
}

// refuse answers everything else.
func (a *fluveoAPI) refuse(status int, text string) answer {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fluveoError(status, "authentication_error", "api_key_invalid", text, "")
	case status == http.StatusTooManyRequests:
		return fluveoError(status, "rate_limit_error", "rate_limit_exceeded", text, "")
	case status == http.StatusNotFound:
		return fluveoError(status, "invalid_request_error", "resource_missing", text, "")
	case status >= http.StatusInternalServerError || status == http.StatusConflict:
		return fluveoError(status, "api_error", "unexpected", text, "")
	}
	return fluveoError(status, "invalid_request_error", "parameter_invalid", text, "")
}
