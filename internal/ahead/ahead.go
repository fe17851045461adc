// Package ahead reads ahead: while the consumer of a sequence is busy with one value, its
// producer makes the next ones.
package ahead

import "iter"

// Of gives what seq yields, in its order, running seq in a goroutine of its own. One
// value waits to be taken while the next one is made, so that whoever makes them is at
// most two ahead: values should be batches, and their memory may be used again for the
// third value after them.
//
// The goroutine is gone once the loop over the result ends. A loop that is left early
// waits for the value that is being made; seq is not resumed after that. Being
// interrupted is the sequence's own affair, and whatever it yields of it arrives.
func Of[T any](seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		made, enough := make(chan pair[T], 1), make(chan struct{})
		go func() {
			defer close(made)
			for v, err := range seq {
				select {
				case made <- pair[T]{v, err}:
				case <-enough:
					return
				}
			}
		}()
		defer func() {
			close(enough)
			for range made { // it ends with the goroutine
			}
		}()
		for p := range made {
			if !yield(p.value, p.err) {
				return
			}
		}
	}
}

type pair[T any] struct {
	value T
	err   error
}
