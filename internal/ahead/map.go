package ahead

import (
	"iter"
	"sync"
)

// Map gives f of what seq yields, in its order. Up to workers values are worked out side by
// side, in goroutines of their own, while seq goes on in another; about as many more wait to be
// taken. The first error, of seq or of f, is the last that is given.
//
// All goroutines are gone once the loop over the result ends. A loop that is left early waits for
// what is being worked out.
func Map[A, B any](seq iter.Seq2[A, error], workers int, f func(A) (B, error)) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		m := mapping[A, B]{jobs: make(chan job[A, B]), order: make(chan (chan pair[B]), workers), enough: make(chan struct{})}
		var group sync.WaitGroup
		defer group.Wait()
		defer close(m.enough)
		group.Go(func() { m.give(seq) })
		for range workers {
			group.Go(func() { m.work(f) })
		}
		for made := range m.order {
			p := <-made
			if !yield(p.value, p.err) || p.err != nil {
				return
			}
		}
	}
}

// mapping is a Map that runs. Each value travels with the place where its result is awaited,
// and the places are kept in the order of the values.
type mapping[A, B any] struct {
	jobs   chan job[A, B]
	order  chan (chan pair[B])
	enough chan struct{}
}

type job[A, B any] struct {
	value A
	made  chan pair[B]
}

// give hands the values out, until there are enough.
func (m *mapping[A, B]) give(seq iter.Seq2[A, error]) {
	defer close(m.order)
	defer close(m.jobs)
	for v, err := range seq {
		made := make(chan pair[B], 1)
		select {
		case m.order <- made:
		case <-m.enough:
			return
		}
		if err != nil {
			made <- pair[B]{err: err}
			return
		}
		select {
		case m.jobs <- job[A, B]{v, made}:
		case <-m.enough:
			return
		}
	}
}

func (m *mapping[A, B]) work(f func(A) (B, error)) {
	for j := range m.jobs {
		v, err := f(j.value)
		j.made <- pair[B]{v, err}
	}
}
