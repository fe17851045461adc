package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// freightTokens are the tokens given, and when.
type freightTokens struct {
	mu    sync.Mutex
	given map[string]time.Time   // when each ends
	asked map[string][]time.Time // by client, of those answered with a token
	total int
}

func (t *freightTokens) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.given, t.asked, t.total = map[string]time.Time{}, map[string][]time.Time{}, 0
}

func (t *freightTokens) revoke() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.given = map[string]time.Time{}
}

func (t *freightTokens) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// authentic reports whether a call carries a known key or a token in force.
func (a *freightAPI) authentic(c *call) bool {
	key, ok := strings.CutPrefix(first(c.Header, "Authorization"), "Bearer ")
	if !ok || key == "" {
		return false
	}
	a.tokens.mu.Lock()
	ends, isToken := a.tokens.given[key]
	a.tokens.mu.Unlock()
	if isToken {
		return a.now().Before(ends)
	}
	if strings.HasPrefix(key, tokenPrefix) {
		return false
	}
	return len(a.cfg.Keys) == 0 || slices.Contains(a.cfg.Keys, key)
}

// tokenPrefix begins every token: a JWT's header.
var tokenPrefix = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "."

// issue answers a token request, in either encoding.
func (a *freightAPI) issue(c *call) answer {
	ask, err := tokenRequest(c)
	switch {
	case err != nil:
		return a.refuse(http.StatusBadRequest, err.Error())
	case ask.Get("grant_type") != "client_credentials" || ask.Get("audience") != "https://api.flexport.com":
		return a.refuse(http.StatusBadRequest, "grant_type or audience is not known")
	case !a.knowsClient(ask.Get("client_id"), ask.Get("client_secret")):
		return a.refuse(http.StatusUnauthorized, "Client credentials refused")
	}
	now, client := a.now(), ask.Get("client_id")
	a.tokens.mu.Lock()
	defer a.tokens.mu.Unlock()
	recent := slices.DeleteFunc(a.tokens.asked[client], func(at time.Time) bool { return now.Sub(at) >= 24*time.Hour })
	if len(recent) >= a.cfg.TokensPerDay {
		return a.refuse(http.StatusTooManyRequests, "Daily allowance of tokens used up")
	}
	a.tokens.asked[client] = append(recent, now)
	a.tokens.total++
	ends := now.Add(a.cfg.TokenLife)
	claims := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d,"jti":%q}`, ends.Unix(), rand.Text()))
	token := tokenPrefix + claims + "."
	a.tokens.given[token] = ends
	return jsonAnswer(http.StatusOK, map[string]any{
		"access_token": token, "expires_in": int(a.cfg.TokenLife.Seconds()), "token_type": "Bearer",
	})
}

func tokenRequest(c *call) (url.Values, error) {
	if strings.HasPrefix(first(c.Header, "Content-Type"), "application/json") {
		var fields map[string]string
		if err := json.Unmarshal(c.body, &fields); err != nil {
			return nil, err
		}
		values := url.Values{}
		for name, v := range fields {
			values.Set(name, v)
		}
		return values, nil
	}
	return url.ParseQuery(string(c.body))
}

func (a *freightAPI) knowsClient(id, secret string) bool {
	if len(a.cfg.Clients) == 0 {
		return id != "" && secret != ""
	}
	known, ok := a.cfg.Clients[id]
	return ok && known == secret
}
