package akeneo

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"sync"

	"github.com/skubridge/skubridge/connectors"
)

// mostHeld is how much of one kind of thing is held in memory, in bytes of its JSON.
const mostHeld = 4 << 20

// directory looks things up by their codes: those seen before, those listed to the
// spool, and others at the PIM, one by one. It is safe for concurrent use.
type directory[T any] struct {
	// one gives the path of a thing.
	one func(code string) string
	api *api

	mu     sync.Mutex
	held   map[string]*T // nil of what is known not to be there
	size   int
	listed *spool // nil where nothing was listed
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
	d.mu.Lock()
	defer d.mu.Unlock()
	if t, known := d.held[code]; known {
		return t, nil
	}
	if d.listed != nil {
		raw, err := d.listed.get(code)
		if err != nil {
			return nil, err
		}
		if raw != nil {
			return d.keep(code, raw)
		}
	}
	d.mu.Unlock()
	var raw json.RawMessage
	err := d.api.get(ctx, d.one(code), nil, &raw)
	d.mu.Lock()
	if isGone(err) {
		raw, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	return d.keep(code, raw)
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

// listAll lists all things below a path to a spool of the directory's own.
func (d *directory[T]) listAll(ctx context.Context, path string, query url.Values, dir string) error {
	s, err := newSpool(dir)
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.listed.close()
	d.listed = s
	d.mu.Unlock()
	for p, err := range d.api.pages(ctx, rest+"/"+path, query) {
		if err != nil {
			return err
		}
		for _, e := range p.Items {
			if err := s.put(e.id, e.raw); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *directory[T]) close() {
	if d != nil {
		d.listed.close()
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
