package pages

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/secret"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// asked is a request with this cookie.
func asked(value string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: value})
	return r
}

func TestASessionIsWhatWeSigned(t *testing.T) {
	t.Parallel()
	ours := newSessions(config.Server{AdminToken: secret.New("sesame")})
	good := ours.sign(user{Name: "Ada", Until: noon.Add(time.Hour).Unix()})
	body, mark, _ := strings.Cut(good, ".")
	for _, c := range []struct {
		what  string
		s     sessions
		value string
		now   time.Time
		ok    bool
	}{
		{"ours", ours, good, noon, true},
		{"ours after a restart", newSessions(config.Server{AdminToken: secret.New("sesame")}), good, noon, true},
		{"ours, but too old", ours, good, noon.Add(time.Hour), false},
		{"of another token", newSessions(config.Server{AdminToken: secret.New("simsim")}), good, noon, false},
		{"without any token", newSessions(config.Server{}), good, noon, false},
		{"of a token that is empty", newSessions(config.Server{}), newSessions(config.Server{}).sign(user{Until: noon.Add(time.Hour).Unix()}), noon, false},
		{"another name under our mark", ours, newSessions(config.Server{AdminToken: secret.New("x")}).sign(user{Name: "Eve", Until: noon.Add(time.Hour).Unix()})[:4] + body[4:] + "x." + mark, noon, false},
		{"no mark", ours, body, noon, false},
		{"nothing", ours, "", noon, false},
		{"no base64", ours, "!.!", noon, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			if u, ok := c.s.user(asked(c.value), c.now); ok != c.ok || ok && u.Name != "Ada" {
				t.Errorf("%v %v", u, ok)
			}
		})
	}
}

func TestAfterLoginNobodyIsSentElsewhere(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"":                     "/",
		"/problems?sync=a&x=1": "/problems?sync=a&x=1",
		"/products/A%2FB":      "/products/A%2FB",
		"//evil.example":       "/",
		"https://evil.example": "/",
		"//evil.example/x":     "/",
		`/\evil.example`:       "/",
		"javascript:alert(1)":  "/",
		"/\r\nX: y":            "/",
		"/login?to=/login":     "/",
		"problems":             "/",
		"/%zz":                 "/",
	} {
		if got := within(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func FuzzWithin(f *testing.F) {
	for _, seed := range []string{"/", "//x", "/a?b=c", `/\x`, "http://x/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, to string) {
		got := within(to)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n") {
			t.Errorf("%q leads to %q", to, got)
		}
	})
}

func FuzzSession(f *testing.F) {
	s := newSessions(config.Server{AdminToken: secret.New("sesame")})
	f.Add(s.sign(user{Name: "Ada", Until: noon.Unix()}))
	f.Add("a.b")
	f.Fuzz(func(t *testing.T, value string) {
		if u, ok := s.user(asked(value), noon); ok {
			t.Errorf("%q lets %v in", value, u)
		}
	})
}
