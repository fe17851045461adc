package pull

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/secret"
)

// An Authority gives what requests are authorized with.
type Authority interface {
	// Token gives the token in force. refused is one that the API does not take any
	// more, "" for none. Its error is a *connectors.DeliveryError where it is about the
	// credentials or the API.
	Token(ctx context.Context, refused string) (string, error)
	// Serves says that the API took a token: one that it refuses afterwards has run out,
	// however young it is.
	Serves(token string)
	// Renewable says whether there is a point in asking for another token after a 401.
	Renewable() bool
}

// Fixed is a token that does not expire.
type Fixed struct{ secret.Value }

// Token implements Authority.
func (f Fixed) Token(context.Context, string) (string, error) { return f.Reveal(), nil }

// Serves implements Authority.
func (Fixed) Serves(string) {}

// Renewable implements Authority.
func (Fixed) Renewable() bool { return false }

// Grant is what an API gives for credentials. Neither token may hold a line break.
type Grant struct {
	Access string
	// Refresh is what the next access token is asked for with; empty for none.
	Refresh string
	// Life is how long Access is good; 0 stands for Tokens' Life.
	Life time.Duration
}

// String never shows the tokens.
func (Grant) String() string { return "<tokens>" }

// GoString never shows the tokens.
func (Grant) GoString() string { return "<tokens>" }

// TokenConfig is what Tokens have to know.
type TokenConfig struct {
	// Name tells the tokens of one account and one set of credentials from others: the
	// id of the client and the address, never a secret.
	Name string
	// Kept keeps them over restarts; nil keeps none.
	Kept connectors.Tokens
	// Ask asks the API for a token, with the refresh token of the last one, "" where there
	// is none or it was not taken. It is called by one at a time. An error of class
	// Denied with a refresh token is followed by another call without.
	Ask func(ctx context.Context, refresh string) (Grant, error)
	// Life is how long a token is good of which the API does not say it.
	Life time.Duration
	// Now is the clock, time.Now if nil.
	Now func() time.Time
}

// How tokens are renewed.
const (
	// tokenMargin is how long before its end a token is renewed, at most a tenth of its life.
	tokenMargin = 5 * time.Minute
	// tokenGap is the least time between a token that never served and the next one: one
	// that is refused sooner is no matter of its age.
	tokenGap = 10 * time.Second
	// mostToken is how many bytes tokens may have, mostLife how long one may be good.
	mostToken = 32 << 10
	mostLife  = 30 * 24 * time.Hour
)

// Life is how long a token is good for which an answer says so many seconds: 0 where that
// is no time, and no longer than tokens are good anywhere.
func Life(seconds float64) time.Duration {
	if !(seconds > 0) { // no number is no time either
		return 0
	}
	return time.Duration(min(seconds, mostLife.Seconds()) * float64(time.Second))
}

// Tokens is an Authority whose tokens expire: the one at hand, the one that was kept, or
// a new one. Of many who find it expired or refused, in this process or another that
// shares Kept, one asks for a new one.
type Tokens struct {
	cfg  TokenConfig
	turn chan struct{} // holds one entry while nobody looks at held
	held connectors.Token
	// untried is the last token that was given to us, as a text, until it has served.
	untried atomic.Value
}

// NewTokens makes an Authority of credentials. Nothing is asked yet.
func NewTokens(cfg TokenConfig) *Tokens {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	t := &Tokens{cfg: cfg, turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

// Serves implements Authority.
func (t *Tokens) Serves(token string) { t.untried.CompareAndSwap(token, "") }

// Renewable implements Authority.
func (t *Tokens) Renewable() bool { return true }

// Token implements Authority.
func (t *Tokens) Token(ctx context.Context, refused string) (string, error) {
	select {
	case <-t.turn:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	defer func() { t.turn <- struct{}{} }()
	if t.usable(t.held, refused) {
		return access(t.held), nil
	}
	use := func(kept connectors.Token) (connectors.Token, error) {
		if t.usable(kept, refused) {
			return kept, nil
		}
		return t.renew(ctx, kept, refused)
	}
	var err error
	if t.cfg.Kept == nil {
		t.held, err = use(t.held)
	} else {
		t.held, err = t.cfg.Kept.Use(ctx, t.cfg.Name, use)
	}
	if err != nil {
		return "", err
	}
	return access(t.held), nil
}

// usable reports whether a token is in force, and not the one that was refused.
func (t *Tokens) usable(token connectors.Token, refused string) bool {
	a := access(token)
	return a != "" && a != refused && t.cfg.Now().Before(token.Expires)
}

// renew asks for a token. One that was given to us a moment ago, never served and is
// refused stays refused.
func (t *Tokens) renew(ctx context.Context, kept connectors.Token, refused string) (connectors.Token, error) {
	now := t.cfg.Now()
	if n := len(kept.Asked); n > 0 && refused != "" && refused == access(kept) && t.untried.Load() == refused && now.Sub(kept.Asked[n-1]) < tokenGap {
		return kept, &connectors.DeliveryError{
			Class:  connectors.Denied,
			Err:    errors.New("an access token is refused that was given a moment ago"),
			Remedy: "see in the settings of the other side what these credentials may do",
		}
	}
	_, refresh, _ := strings.Cut(kept.Value, "\n")
	grant, err := t.cfg.Ask(ctx, refresh)
	if e, ok := errors.AsType[*connectors.DeliveryError](err); ok && refresh != "" && e.Class == connectors.Denied {
		grant, err = t.cfg.Ask(ctx, "")
	}
	if err != nil {
		return connectors.Token{Asked: kept.Asked}, err
	}
	if grant.Access == "" || strings.Contains(grant.Access+grant.Refresh, "\n") {
		return connectors.Token{}, &connectors.DeliveryError{
			Class: connectors.Retryable, Err: errors.New("the answer to the request for an access token holds none"),
		}
	}
	if len(grant.Access)+len(grant.Refresh) > mostToken {
		return connectors.Token{}, &connectors.DeliveryError{
			Class: connectors.Rejected, Err: fmt.Errorf("an access token of more than %d bytes came, which no header takes", mostToken),
		}
	}
	life := grant.Life
	if life <= 0 {
		life = t.cfg.Life
	}
	token := connectors.Token{Value: grant.Access, Expires: now.Add(life - min(tokenMargin, life/10)), Asked: []time.Time{now}}
	t.untried.Store(grant.Access)
	if grant.Refresh != "" {
		token.Value += "\n" + grant.Refresh
	}
	return token, nil
}

// access is the access token of what is kept.
func access(t connectors.Token) string {
	a, _, _ := strings.Cut(t.Value, "\n")
	return a
}

// tokenFailure tells a failure of the credentials, which may pass, from one that keeps
// the request from being sent.
func tokenFailure(ctx context.Context, err error) (*connectors.DeliveryError, error) {
	if e, ok := errors.AsType[*connectors.DeliveryError](err); ok {
		return e, nil
	}
	if ctx.Err() != nil {
		return nil, connectors.Ended(ctx, err)
	}
	return nil, &connectors.DeliveryError{Class: connectors.Unknown, Err: err}
}
