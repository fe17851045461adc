package sandbox

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"
)

// product is a stored product. Its slices and maps are replaced, never changed,
// so a copy of the struct can be read without the lock of its space.
type product struct {
	id, name, description, upc, gtin, referenceGTIN, url, ref string

	imageURLs, categories, components []string
	metadata                          map[string]string

	active           bool
	created, updated time.Time

	verdict Verdict
	reads   int
	settled bool
	// place is the product's index in the order of its space.
	place int
}

func (p *product) eligibility() string {
	if p.settled {
		return p.verdict.Final
	}
	return p.verdict.First
}

// spaceKey names an environment of an account; products never cross it.
type spaceKey struct {
	account string
	test    bool
}

func (k spaceKey) mode() string {
	if k.test {
		return "test"
	}
	return "live"
}

// space holds the products of one environment, oldest first.
type space struct {
	key  spaceKey
	seed maphash.Seed

	mu    sync.Mutex
	order []*product
	byID  map[string]*product
	byRef map[string][]*product
	// answers are the accepted ones, by idempotency key.
	answers map[string]pastAnswer

	creates, updates, replays int64
}

type pastAnswer struct {
	fingerprint uint64
	answer      answer
}

func newSpace(key spaceKey) *space {
	return &space{
		key: key, seed: maphash.MakeSeed(),
		byID: map[string]*product{}, byRef: map[string][]*product{}, answers: map[string]pastAnswer{},
	}
}

func (s *space) add(p *product) {
	p.place = len(s.order)
	s.order = append(s.order, p)
	s.byID[p.id] = p
	if p.ref != "" {
		s.byRef[p.ref] = append(s.byRef[p.ref], p)
	}
}

// page gives the products that q asks for, newest first, and whether its cursors
// are known. A page before a cursor holds the products next to it.
func (s *space) page(q listQuery) (page []*product, ok bool) {
	from := s.order
	if q.byReference {
		from = s.byRef[q.reference]
	}
	newest, oldest := len(s.order), -1
	if q.after != "" {
		p := s.byID[q.after]
		if p == nil {
			return nil, false
		}
		newest = p.place
	}
	if q.before != "" {
		p := s.byID[q.before]
		if p == nil {
			return nil, false
		}
		oldest = p.place
	}
	high, _ := slices.BinarySearchFunc(from, newest, byPlace)
	low, _ := slices.BinarySearchFunc(from, oldest+1, byPlace)
	low = min(low, high)
	if q.before != "" && q.after == "" {
		return nearest(q, from[low:high]), true
	}
	skip := q.offset
	for i := high - 1; i >= low && len(page) < q.limit; i-- {
		if p := from[i]; q.matches(p) {
			if skip > 0 {
				skip--
				continue
			}
			page = append(page, p)
		}
	}
	return page, true
}

// nearest gives the oldest products of from that match, newest first.
func nearest(q listQuery, from []*product) (page []*product) {
	skip := q.offset
	for _, p := range from {
		if len(page) == q.limit {
			break
		}
		if !q.matches(p) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		page = append(page, p)
	}
	slices.Reverse(page)
	return page
}

func byPlace(p *product, place int) int { return p.place - place }

// sorted gives the spaces in a fixed order.
func (a *flexAPI) sorted() []*space {
	a.mu.RLock()
	defer a.mu.RUnlock()
	out := make([]*space, 0, len(a.spaces))
	for _, s := range a.spaces {
		out = append(out, s)
	}
	slices.SortFunc(out, func(x, y *space) int {
		return cmp.Or(strings.Compare(x.key.account, y.key.account), strings.Compare(x.key.mode(), y.key.mode()))
	})
	return out
}

// chunk is how many products are copied at a time under the lock.
const chunk = 500

// products streams what is held in the order of creation; what is created
// meanwhile may be in it or not.
func (a *flexAPI) products(reference string, yield func(held) bool) {
	for _, s := range a.sorted() {
		for at := 0; ; at += chunk {
			part := s.copyOf(reference, at)
			for i := range part {
				if !yield(held{Account: masked(s.key.account), Mode: s.key.mode(), Product: part[i].wire(s.key.test)}) {
					return
				}
			}
			if len(part) < chunk {
				break
			}
		}
	}
}

// copyOf copies up to chunk products from place at on.
func (s *space) copyOf(reference string, at int) []product {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.order
	if reference != "" {
		from = s.byRef[reference]
	}
	if at >= len(from) {
		return nil
	}
	from = from[at:min(at+chunk, len(from))]
	out := make([]product, len(from))
	for i, p := range from {
		out[i] = *p
	}
	return out
}

// masked shows enough of a key to tell accounts apart: it may be a real one that
// somebody tried.
func masked(key string) string {
	if len(key) <= 4 {
		return key
	}
	return "…" + key[len(key)-4:]
}

// describe counts what is held.
func (a *flexAPI) describe(r *Report) {
	for _, s := range a.sorted() {
		s.describe(r)
	}
}

func (s *space) describe(r *Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.CreatesApplied += s.creates
	r.UpdatesApplied += s.updates
	r.IdempotentReplays += s.replays
	r.ClientReferenceIDs += len(s.byRef)
	for _, p := range s.order {
		if p.active {
			r.ProductsActive++
		} else {
			r.ProductsArchived++
		}
	}
	for _, same := range s.byRef {
		if len(same) < 2 {
			continue
		}
		active, names := 0, map[string]bool{}
		for _, p := range same {
			if p.active {
				active++
			}
			if names[p.name] {
				r.Duplicates++
			}
			names[p.name] = true
		}
		r.ActiveDuplicates += max(active-1, 0)
	}
}
