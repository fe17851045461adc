package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// create makes a product, always a new one: nothing about it is unique.
func (a *flexAPI) create(s *space, c *call) answer {
	now := a.now()
	p := product{active: true, created: now, updated: now}
	fields, problems := productFields(c.body)
	if problems == nil {
		problems = createFields.apply(&p, fields)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if again, ok := a.replay(s, c); ok {
		return again
	}
	if problems != nil {
		return a.invalid(problems)
	}
	p.id = a.ids.next(now)
	p.verdict = a.cfg.Judge(p.name, p.upc, p.referenceGTIN)
	s.add(&p)
	s.creates++
	return a.remember(s, c, jsonAnswer(a.cfg.CreateStatus, p.envelope(s.key.test)))
}

// update changes what may be changed. Eligibility is never judged again.
func (a *flexAPI) update(s *space, c *call, id string) answer {
	fields, problems := productFields(c.body)
	if problems == nil && len(fields) == 0 {
		problems = []problem{{Loc: []any{"body", "product"}, Msg: "at least one field is required", Type: "value_error"}}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if again, ok := a.replay(s, c); ok {
		return again
	}
	p := s.byID[id]
	if p == nil {
		return a.refuse(http.StatusNotFound, "Not found")
	}
	next := *p
	if problems == nil {
		problems = updateFields.apply(&next, fields)
	}
	if problems != nil {
		return a.invalid(problems)
	}
	next.updated = a.now()
	*p = next
	s.updates++
	return a.remember(s, c, jsonAnswer(http.StatusOK, p.envelope(s.key.test)))
}

// get reads one product, of this environment only.
func (a *flexAPI) get(s *space, id string) answer {
	s.mu.Lock()
	p := s.byID[id]
	if p == nil {
		s.mu.Unlock()
		return a.refuse(http.StatusNotFound, "Not found")
	}
	p.read(a.cfg.Pending, a.now())
	seen := *p
	s.mu.Unlock()
	return jsonAnswer(http.StatusOK, seen.envelope(s.key.test))
}

// replay gives the answer that the call's key already got, where keys are honoured.
func (a *flexAPI) replay(s *space, c *call) (answer, bool) {
	if !a.cfg.Idempotent || c.idempotencyKey == "" {
		return answer{}, false
	}
	past, known := s.answers[c.idempotencyKey]
	switch {
	case !known:
		return answer{}, false
	case past.fingerprint != c.fingerprint(s.seed):
		return a.refuse(a.cfg.KeyConflict, "Idempotency-Key was used for another request"), true
	}
	s.replays++
	return past.answer, true
}

// remember keeps an accepted answer for the call's key and passes it on.
func (a *flexAPI) remember(s *space, c *call, accepted answer) answer {
	if a.cfg.Idempotent && c.idempotencyKey != "" {
		s.answers[c.idempotencyKey] = pastAnswer{c.fingerprint(s.seed), accepted}
	}
	return accepted
}

const (
	defaultLimit = 10
	maxLimit     = 100
)

// listQuery is a list's query, checked.
type listQuery struct {
	limit, offset int
	after, before string
	active        bool
	byReference   bool
	reference     string
	metadata      map[string]string
}

func parseListQuery(values url.Values) (q listQuery, problems []problem) {
	q = listQuery{limit: defaultLimit, active: true, metadata: map[string]string{}}
	number := func(name string, into *int, low, high int) {
		if !values.Has(name) {
			return
		}
		n, err := strconv.Atoi(values.Get(name))
		if err != nil || n < low || n > high {
			problems = append(problems, problem{Loc: []any{"query", name}, Msg: "value is not a number in range", Type: "value_error.number"})
			return
		}
		*into = n
	}
	number("limit", &q.limit, 1, maxLimit)
	number("offset", &q.offset, 0, 1<<31-1)
	if values.Has("active") {
		active, err := strconv.ParseBool(values.Get("active"))
		if err != nil {
			problems = append(problems, problem{Loc: []any{"query", "active"}, Msg: "value could not be parsed to a boolean", Type: "type_error.bool"})
		}
		q.active = active
	}
	q.after, q.before = values.Get("starting_after"), values.Get("ending_before")
	q.reference, q.byReference = values.Get("client_reference_id"), values.Has("client_reference_id")
	if q.byReference && q.reference == "" {
		problems = append(problems, problem{Loc: []any{"query", "client_reference_id"}, Msg: "value is empty", Type: "value_error"})
	}
	for name, v := range values {
		if key, ok := strings.CutPrefix(name, "metadata["); ok && strings.HasSuffix(key, "]") {
			q.metadata[strings.TrimSuffix(key, "]")] = v[0]
		}
	}
	return q, problems
}

func (q *listQuery) matches(p *product) bool {
	if p.active != q.active || q.byReference && p.ref != q.reference {
		return false
	}
	for key, want := range q.metadata {
		if got, ok := p.metadata[key]; !ok || got != want {
			return false
		}
	}
	return true
}

// list answers one page, newest first. Only active products are in it unless
// active=false asks for the archived ones.
func (a *flexAPI) list(s *space, c *call) answer {
	q, problems := parseListQuery(c.URL.Query())
	if problems != nil {
		return a.invalid(problems)
	}
	now := a.now()
	s.mu.Lock()
	page, ok := s.page(q)
	seen := make([]product, len(page))
	for i, p := range page {
		p.read(a.cfg.Pending, now)
		seen[i] = *p
	}
	s.mu.Unlock()
	if !ok {
		return a.refuse(http.StatusBadRequest, "No such product in starting_after or ending_before")
	}
	out := productList{Products: make([]wireProduct, len(seen))}
	for i := range seen {
		out.Products[i] = seen[i].wire(s.key.test)
	}
	return jsonAnswer(http.StatusOK, out)
}

// read counts a look at p and settles its verdict when the time has come.
func (p *product) read(pending Pending, now time.Time) {
	if p.settled || p.verdict.First == p.verdict.Final {
		return
	}
	p.reads++
	byReads := pending.Reads > 0 && p.reads >= pending.Reads
	byTime := pending.Delay > 0 && now.Sub(p.created) >= pending.Delay
	if byReads || byTime {
		p.settled, p.updated = true, now
	}
}
