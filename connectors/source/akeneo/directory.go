package akeneo

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/mapped"
)

// mostHeld is how much of one kind of thing is held in memory, in bytes of its JSON.
const mostHeld = 4 << 20

// mostSingles is how many things of a kind are asked for one by one; when more are
// needed, listing all of them takes fewer requests.
const mostSingles = 200

// directory looks things up by their codes: those seen before, those listed to the
// spool, and others at the PIM, one by one. It is safe for concurrent use.
type directory[T any] struct {
	api *api
	// one gives the path of a thing.
	one func(code string) string
	// all is how everything of the kind is listed; nil where that does not pay.
	all *listing

	mu      sync.Mutex
	held    map[string]*T // nil of what is known not to be there
	size    int
	singles int

	turn   sync.Mutex // of the one who lists
	listed *spool     // nil where nothing was listed
}

// listing says how everything of a kind is listed, and where it is put.
type listing struct {
	path  string
	query url.Values
	temp  string
	// after is how many are asked for one by one before.
	after int
}

func newDirectory[T any](a *api, one func(code string) string) *directory[T] {
	return &directory[T]{one: one, api: a, held: map[string]*T{}}
}

// under gives the paths of things below one path.
func under(path string) func(code string) string {
	return func(code string) string { return rest + "/" + path + "/" + url.PathEscape(code) }
}

// get gives a thing, nil where there is none or none that may be seen.
func (d *directory[T]) get(ctx context.Context, code string) (*T, error) {
	if t, known := d.seen(code); known {
		return t, nil
	}
	if err := d.list(ctx, 1); err != nil {
		return nil, err
	}
	raw, err := d.spooled(code)
	if err != nil {
		return nil, err
	}
	if raw == nil { // where all were listed, it came later
		err = d.api.get(ctx, d.one(code), nil, &raw)
		if isGone(err) {
			raw, err = nil, nil
		}
		if err == nil && raw != nil {
			err = named(raw, code)
		}
		if err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.keep(code, raw)
}

// named wants an answer about a thing to be about that one: it would be read as one that is
// there and says nothing. A code of several parts ends in the thing's own; the PIM does not mind case.
func named(raw json.RawMessage, code string) error {
	if strings.EqualFold(idOf(raw), code[strings.LastIndexByte(code, '/')+1:]) {
		return nil
	}
	return &connectors.DeliveryError{Class: connectors.Unknown, Err: errors.New("the PIM's answer about " + mapped.Shown([]byte(code), 100) + " is about something else")}
}

func (d *directory[T]) seen(code string) (t *T, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, known = d.held[code]
	return t, known
}

func (d *directory[T]) spooled(code string) (json.RawMessage, error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	if d.listed == nil {
		d.singles++
		return nil, nil
	}
	return d.listed.get(code)
}

// list lists everything where n more single requests would be too many.
func (d *directory[T]) list(ctx context.Context, n int) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	if d.all == nil || d.listed != nil || d.singles+n <= d.all.after {
		return nil
	}
	s, err := newSpool(d.all.temp)
	if err != nil {
		return err
	}
	for p, err := range d.api.pages(ctx, rest+"/"+d.all.path, d.all.query) {
		for _, e := range p.Items {
			if err == nil {
				err = s.put(e.id, e.raw)
			}
		}
		if err != nil {
			s.close()
			return err
		}
	}
	d.listed = s
	return nil
}

// keep takes in a thing as the PIM gave it; nil is known not to be there.
func (d *directory[T]) keep(code string, raw []byte) (*T, error) {
	var t *T
	if raw != nil {
		t = new(T)
		if err := json.Unmarshal(raw, t); err != nil {
			return nil, &connectors.DeliveryError{Class: connectors.Unknown, Err: errors.New("the PIM's answer about " + code + " is not what was expected")}
		}
	}
	if d.size > mostHeld { // what is asked for again is looked up again
		clear(d.held)
		d.size = 0
	}
	d.held[code], d.size = t, d.size+len(raw)+len(code)
	return t, nil
}

// put takes in a thing that was listed.
func (d *directory[T]) put(code string, raw []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.keep(code, raw)
	return err
}

// unknown gives those of codes that have to be asked for, each once, sorted.
func (d *directory[T]) unknown(codes []string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, c := range slices.Sorted(slices.Values(codes)) {
		if _, known := d.held[c]; !known && c != "" {
			out = append(out, c)
		}
	}
	return slices.Compact(out)
}

// prefetch asks for things together, as many at once as the PIM allows.
func (d *directory[T]) prefetch(ctx context.Context, codes []string) error {
	codes = d.unknown(codes)
	if err := d.list(ctx, len(codes)); err != nil {
		return err
	}
	errs := make([]error, len(codes))
	var wg sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for i, code := range codes {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			_, errs[i] = d.get(ctx, code)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (d *directory[T]) close() {
	if d != nil {
		d.listed.close() // nobody asks any more
	}
}

// batch is how many codes one search names, so that its address stays short.
const batch = 50

// search takes in those of codes that are not known yet, many by one request. Those that
// the PIM does not show are known not to be there.
func (d *directory[T]) search(ctx context.Context, path string, codes []string) error {
	for some := range slices.Chunk(d.unknown(codes), batch) {
		query := codeIn(some)
		query.Set("limit", "100")
		missing := slices.Clone(some)
		for p, err := range d.api.pages(ctx, rest+"/"+path, query) {
			if err != nil {
				return err
			}
			for _, e := range p.Items {
				if err := d.put(e.id, e.raw); err != nil {
					return err
				}
				missing = slices.DeleteFunc(missing, func(c string) bool { return c == e.id })
			}
		}
		for _, c := range missing {
			if err := d.put(c, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
