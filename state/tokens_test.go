package state_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skubridge/skubridge/state"
)

const rationed = "eyJhbGciOi.s3cret0fTheTests.sig"

// A token is asked for once, whoever needs it, and is there after a restart.
func TestTokensAreSharedAndKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	writer, err := state.Open(t.Context(), path, state.Options{Owner: "the daemon"})
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	now := time.Now()
	asked := 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			// Each has a connection and a lock of its own, as processes have.
			got, err := state.TokensOf(path, "destination a").Use(t.Context(), "client", func(kept state.Token) (state.Token, error) {
				if kept.Value != "" {
					return kept, nil
				}
				asked++
				return state.Token{Value: rationed, Expires: now.Add(time.Hour), Asked: append(kept.Asked, now)}, nil
			})
			if err != nil || got.Value != rationed || !got.Expires.Equal(now.Add(time.Hour)) || len(got.Asked) != 1 {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	all.Wait()
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	for _, other := range [][2]string{{"destination b", "client"}, {"destination a", "another"}} {
		_, err := state.TokensOf(path, other[0]).Use(t.Context(), other[1], func(kept state.Token) (state.Token, error) {
			if kept.Value != "" {
				t.Errorf("%v was given the token of another", other)
			}
			return kept, nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// What an error came with is kept: a request that failed counts as one.
func TestTokensKeepWhatAnErrorCameWith(t *testing.T) {
	t.Parallel()
	tokens := state.TokensOf(filepath.Join(t.TempDir(), "state.db"), "destination a") // there is no state yet
	refused := errors.New("refused")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := tokens.Use(ctx, "client", func(state.Token) (state.Token, error) {
		cancel()
		return state.Token{Asked: []time.Time{time.Now()}}, refused
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	kept, err := tokens.Use(t.Context(), "client", func(kept state.Token) (state.Token, error) { return kept, nil })
	if err != nil || len(kept.Asked) != 1 {
		t.Errorf("%d requests are known, %v", len(kept.Asked), err)
	}
}

// Law 10: the state's own table apart, a token is nowhere.
func TestTokensAreNeitherCopiedNorShown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "state.db")
	token := state.Token{Value: rationed, Expires: time.Now().Add(time.Hour)}
	if _, err := state.TokensOf(path, "destination a").Use(t.Context(), "client", func(state.Token) (state.Token, error) { return token, nil }); err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(token), fmt.Sprintf("%+v %#v", token, token)} {
		if strings.Contains(shown, rationed) {
			t.Errorf("shown as %s", shown)
		}
	}
	scratch := filepath.Join(dir, "scratch.db")
	if err := state.Copy(t.Context(), path, scratch); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(scratch + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(rationed)) {
			t.Errorf("%s holds the token", file)
		}
	}
}

// Whoever gives up waiting is told so, and leaves the others alone.
func TestTokensWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	tokens := state.TokensOf(filepath.Join(t.TempDir(), "state.db"), "destination a")
	_, err := tokens.Use(t.Context(), "client", func(kept state.Token) (state.Token, error) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := tokens.Use(ctx, "client", func(kept state.Token) (state.Token, error) { return kept, nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("a second one got in, or was told %v", err)
		}
		return kept, nil
	})
	if err != nil {
		t.Error(err)
	}
}
