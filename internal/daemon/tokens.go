package daemon

import (
	"context"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/state"
)

// tokens are the tokens of one connector, kept in the state: connectors and state
// do not know each other.
type tokens struct{ kept state.Tokens }

// Use is that of connectors.Tokens.
func (t tokens) Use(ctx context.Context, name string, use func(connectors.Token) (connectors.Token, error)) (connectors.Token, error) {
	got, err := t.kept.Use(ctx, name, func(kept state.Token) (state.Token, error) {
		token, err := use(connectors.Token(kept))
		return state.Token(token), err
	})
	return connectors.Token(got), err
}
