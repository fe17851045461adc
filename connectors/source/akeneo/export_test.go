package akeneo

import (
	"context"
	"time"

	"github.com/skubridge/skubridge/connectors"
)

// NewAt makes a source with clocks of a test.
func NewAt(env connectors.Env, o Options, now func() time.Time, wait func(context.Context, time.Duration) error) (*Source, error) {
	s, err := New(env, o)
	if err != nil {
		return nil, err
	}
	return s, s.connect(env, clocks{now, wait})
}
