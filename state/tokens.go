package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// Token is an access token with what rations its issue. The zero Token is none.
type Token struct {
	Value   string
	Expires time.Time
	// Asked are the times of the last requests for a token, oldest first.
	Asked []time.Time
}

// String never shows the token.
func (Token) String() string { return "<token>" }

// GoString never shows the token.
func (Token) GoString() string { return "<token>" }

// Tokens keeps access tokens in a state, of which no Store need be open: a
// reading command shares them with the daemon beside it. It opens the file for
// the moment of each read and each write, so that nobody waits for a token that
// somebody else is asking an API for.
type Tokens struct{ path, scope string }

// TokensOf gives the tokens of one scope in the state at path. Nothing is opened
// until one is used.
func TokensOf(path, scope string) Tokens { return Tokens{path: path, scope: scope} }

// Use gives use the token kept under name, the zero Token when there is none, and
// keeps what it gives back, also beside an error. Until it has, no other process
// and no other goroutine gets to use the tokens of this state: of many who find
// one expired, one renews it. Where there is no state yet, one is made.
func (t Tokens) Use(ctx context.Context, name string, use func(Token) (Token, error)) (Token, error) {
	turn, err := t.wait(ctx)
	if err != nil {
		return Token{}, fmt.Errorf("use the token kept in state %s: %w", t.path, err)
	}
	defer func() { _ = turn.release() }() // the lock ends with the file in any case
	kept, err := t.get(ctx, name)
	if err != nil {
		return Token{}, fmt.Errorf("read the token kept in state %s: %w", t.path, explain(err))
	}
	got, useErr := use(kept)
	if equalTokens(got, kept) {
		return got, useErr
	}
	// What an API gave is kept even while we are told to stop: it is rationed.
	if err := t.put(context.WithoutCancel(ctx), name, got); err != nil {
		err = fmt.Errorf("keep the token in state %s: %w", t.path, explain(err))
		return got, errors.Join(useErr, err)
	}
	return got, useErr
}

// tokenPoll is how often it is looked whether it is one's turn.
const tokenPoll = 20 * time.Millisecond

// wait waits for the turn to use tokens: a lock of the operating system on a file
// beside the state, apart from the right to write.
func (t Tokens) wait(ctx context.Context) (*fileLock, error) {
	f, err := os.OpenFile(t.path+".tokens.lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(tokenPoll)
	defer tick.Stop()
	for {
		err := lockFile(f)
		switch {
		case err == nil:
			return &fileLock{file: f}, nil
		case !errors.Is(err, errHeld):
			return nil, errors.Join(err, f.Close())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), f.Close())
		}
	}
}

const selectToken = `SELECT value, expires, asked FROM token WHERE scope = :scope AND name = :name`

func (t Tokens) get(ctx context.Context, name string) (token Token, err error) {
	err = t.open(ctx, func(db *sql.DB) error {
		var expires int64
		var asked string
		err := db.QueryRowContext(ctx, selectToken, sql.Named("scope", t.scope), sql.Named("name", name)).Scan(&token.Value, &expires, &asked)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		token.Expires = fromNanos(expires)
		var times []int64
		if err := json.Unmarshal([]byte(asked), &times); err != nil {
			return err
		}
		for _, at := range times {
			token.Asked = append(token.Asked, fromNanos(at))
		}
		return nil
	})
	return token, err
}

const upsertToken = `
INSERT INTO token (scope, name, value, expires, asked)
VALUES (:scope, :name, :value, :expires, :asked)
ON CONFLICT (scope, name) DO UPDATE
SET value = excluded.value, expires = excluded.expires, asked = excluded.asked`

// put is one statement, and so a transaction by itself.
func (t Tokens) put(ctx context.Context, name string, token Token) error {
	times := make([]int64, len(token.Asked))
	for i, at := range token.Asked {
		times[i] = nanos(at)
	}
	asked, err := json.Marshal(times)
	if err != nil {
		return err
	}
	return t.open(ctx, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, upsertToken, sql.Named("scope", t.scope), sql.Named("name", name),
			sql.Named("value", token.Value), sql.Named("expires", nanos(token.Expires)), sql.Named("asked", string(asked)))
		return err
	})
}

// tokenPragmas are those of a connection that writes a row beside the writer.
var tokenPragmas = []string{"busy_timeout(10000)", "synchronous(FULL)", "secure_delete(1)"}

// open runs f on a connection of its own. A state that is not there yet, or older
// than this program, is brought up to date first.
func (t Tokens) open(ctx context.Context, f func(*sql.DB) error) error {
	if err := t.prepare(ctx); err != nil {
		return err
	}
	db, err := openPool(t.path, tokenPragmas, "rw", 1)
	if err != nil {
		return err
	}
	return errors.Join(f(db), db.Close())
}

func (t Tokens) prepare(ctx context.Context) error {
	reader, err := openReader(ctx, t.path, readPragmas)
	if err == nil {
		return reader.Close()
	}
	store, err := Open(ctx, t.path, Options{Owner: "skubridge, to keep a token"})
	if err != nil {
		return err
	}
	return store.Close()
}

func equalTokens(a, b Token) bool {
	if a.Value != b.Value || !a.Expires.Equal(b.Expires) || len(a.Asked) != len(b.Asked) {
		return false
	}
	for i := range a.Asked {
		if !a.Asked[i].Equal(b.Asked[i]) {
			return false
		}
	}
	return true
}

// forgetTokens takes the tokens out of a copy: they belong to the state alone.
func forgetTokens(ctx context.Context, path string) error {
	db, err := openPool(path, tokenPragmas, "rw", 1)
	if err != nil {
		return err
	}
	tables := 0 // a state of an older program may have none
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'token'`).Scan(&tables)
	if err == nil && tables > 0 {
		_, err = db.ExecContext(ctx, `DELETE FROM token`)
	}
	return errors.Join(err, db.Close())
}
