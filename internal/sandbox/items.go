package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// ItemsConfig sets up an Items sandbox.
type ItemsConfig struct {
	FrontConfig

	// Keys are the bearer tokens that are known; empty means any.
	Keys []string
	// Idempotent honours Idempotency-Key on POST.
	Idempotent bool
}

// Items is a plain JSON API of nobody's, for destinations that are described by
// their configuration:
//
//	POST   /items               {"item": {"sku": …, "name": …, …}}  201 {"item": {"id": …, …}}
//	GET    /items?sku=          {"data": [{"id": …, "active": …, …}]}, active or not
//	PATCH  /items/{id}          {"item": {…}}
//	DELETE /items/{id}          204; the item is inactive
//	POST   /items/{id}/restore  204; it is active again
//
// An item has any fields; name must be text of at most 200 characters, and sku text.
// Nothing about them is unique. Refusals are {"error": {"message", "field"}}.
type Items struct{ *front }

// NewItems makes an Items sandbox. An error means that a fault is invalid.
func NewItems(cfg ItemsConfig) (*Items, error) {
	api := &itemsAPI{cfg: cfg}
	api.reset()
	front, err := newFront(api, cfg.FrontConfig)
	if err != nil {
		return nil, err
	}
	return &Items{front}, nil
}

type itemsAPI struct {
	cfg ItemsConfig

	mu               sync.Mutex
	order            []*storedItem
	answers          map[string]answer // by idempotency key
	creates, updates int64
}

type storedItem struct {
	id     string
	active bool
	fields map[string]any
}

func (i *storedItem) wire() map[string]any {
	out := map[string]any{"id": i.id, "active": i.active}
	maps.Copy(out, i.fields)
	return out
}

func (i *storedItem) text(name string) string { s, _ := i.fields[name].(string); return s }

func (a *itemsAPI) serve(c *call) answer {
	key, ok := strings.CutPrefix(first(c.Header, "Authorization"), "Bearer ")
	if !ok || len(a.cfg.Keys) > 0 && !slices.Contains(a.cfg.Keys, key) {
		return a.refuse(http.StatusUnauthorized, "not authorized")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	id, rest, _ := strings.Cut(strings.TrimPrefix(c.URL.Path, "/items/"), "/")
	switch {
	case c.URL.Path == "/items" && c.Method == http.MethodGet:
		return a.list(c.URL.Query().Get("sku"))
	case c.URL.Path == "/items" && c.Method == http.MethodPost:
		return a.create(c)
	case !strings.HasPrefix(c.URL.Path, "/items/"):
		return a.refuse(http.StatusNotFound, "no such place")
	}
	item := a.byID(id)
	switch {
	case item == nil:
		return a.refuse(http.StatusNotFound, "no such item")
	case rest == "" && c.Method == http.MethodPatch:
		return a.update(c, item)
	case rest == "" && c.Method == http.MethodDelete:
		item.active = false
	case rest == "restore" && c.Method == http.MethodPost:
		item.active = true
	default:
		return a.refuse(http.StatusMethodNotAllowed, "no such method")
	}
	a.updates++
	return answer{status: http.StatusNoContent}
}

func (a *itemsAPI) byID(id string) *storedItem {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(a.order) || a.order[n-1].id != id {
		return nil
	}
	return a.order[n-1]
}

func (a *itemsAPI) list(sku string) answer {
	data := []any{}
	for _, i := range a.order {
		if i.text("sku") == sku {
			data = append(data, i.wire())
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"data": data})
}

// parseItem reads {"item": {…}} and judges it.
func (a *itemsAPI) parseItem(body []byte) (fields map[string]any, refused *answer) {
	var envelope struct {
		Item map[string]any `json:"item"`
	}
	if json.Unmarshal(body, &envelope) != nil || envelope.Item == nil {
		return nil, new(a.refuse(http.StatusBadRequest, "the body holds no item"))
	}
	for _, name := range []string{"name", "sku"} {
		v, there := envelope.Item[name]
		if s, ok := v.(string); there && (!ok || s == "" || len([]rune(s)) > 200) {
			return nil, new(a.refuseField(name, "is no text of 1 to 200 characters"))
		}
	}
	return envelope.Item, nil
}

func (a *itemsAPI) create(c *call) answer {
	if past, ok := a.answers[c.idempotencyKey]; ok && a.cfg.Idempotent && c.idempotencyKey != "" {
		return past
	}
	fields, refused := a.parseItem(c.body)
	if refused != nil {
		return *refused
	}
	i := &storedItem{id: strconv.Itoa(len(a.order) + 1), active: true, fields: fields}
	if i.text("sku") == "" || i.text("name") == "" {
		return a.refuse(http.StatusUnprocessableEntity, "sku and name are required")
	}
	a.order = append(a.order, i)
	a.creates++
	said := jsonAnswer(http.StatusCreated, map[string]any{"item": i.wire()})
	if c.idempotencyKey != "" {
		a.answers[c.idempotencyKey] = said
	}
	return said
}

func (a *itemsAPI) update(c *call, i *storedItem) answer {
	fields, refused := a.parseItem(c.body)
	if refused != nil {
		return *refused
	}
	maps.Copy(i.fields, fields)
	a.updates++
	return jsonAnswer(http.StatusOK, map[string]any{"item": i.wire()})
}

func (a *itemsAPI) refuse(status int, text string) answer {
	return jsonAnswer(status, map[string]any{"error": map[string]any{"message": text}})
}

func (a *itemsAPI) refuseField(field, text string) answer {
	return jsonAnswer(http.StatusUnprocessableEntity, map[string]any{"error": map[string]any{"message": field + " " + text, "field": field}})
}

// wrongMode leaves the body: the API has no modes.
func (a *itemsAPI) wrongMode(body []byte) []byte { return body }

// reference is the SKU of the item that a call is about.
func (a *itemsAPI) reference(c *call) string {
	if c.URL.Path == "/items" && c.Method == http.MethodGet {
		return c.URL.Query().Get("sku")
	}
	if fields, _ := a.parseItem(c.body); fields != nil {
		if sku, ok := fields["sku"].(string); ok {
			return sku
		}
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(c.URL.Path, "/items/"), "/")
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := a.byID(id); i != nil {
		return i.text("sku")
	}
	return ""
}

func (a *itemsAPI) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.order, a.answers, a.creates, a.updates = nil, map[string]answer{}, 0, 0
}

// products streams what is held.
func (a *itemsAPI) products(reference string, yield func(held) bool) {
	a.mu.Lock()
	var all []map[string]any
	for _, i := range a.order {
		if reference == "" || i.text("sku") == reference {
			all = append(all, i.wire())
		}
	}
	a.mu.Unlock()
	for _, item := range all {
		if !yield(held{Product: item}) {
			return
		}
	}
}

// describe counts what is held.
func (a *itemsAPI) describe(r *Report) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.CreatesApplied, r.UpdatesApplied = a.creates, a.updates
	seen, active := map[[2]string]bool{}, map[string]bool{}
	keys := map[string]bool{}
	for _, i := range a.order {
		sku := i.text("sku")
		keys[sku] = true
		if same := [2]string{sku, i.text("name")}; seen[same] {
			r.Duplicates++
		} else {
			seen[same] = true
		}
		if !i.active {
			r.ProductsArchived++
			continue
		}
		r.ProductsActive++
		if active[sku] {
			r.ActiveDuplicates++
		}
		active[sku] = true
	}
	r.ClientReferenceIDs = len(keys)
}
