package pages

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/skubridge/skubridge/config"
)

const (
	sessionCookie = "skubridge_session"
	// sessionLife is how long a login lasts: a working day.
	sessionLife = 12 * time.Hour
	// nameMost is the longest name that somebody may give, in bytes.
	nameMost = 80
)

// user is who is logged in.
type user struct {
	// Name is what they call themselves, kept with what they decide.
	Name     string `json:"name"`
	Until    int64  `json:"until"` // in seconds since 1970
	readOnly bool
}

// sessions knows who is logged in from what they show: nothing is kept here.
type sessions struct {
	token    []byte // the hash of the admin token, nil for none
	key      []byte
	readOnly bool
}

func newSessions(server config.Server) sessions {
	s := sessions{readOnly: server.ReadOnly}
	if server.AdminToken.IsZero() {
		return s
	}
	token := sha256.Sum256([]byte(server.AdminToken.Reveal()))
	s.token = token[:]
	mac := hmac.New(sha256.New, []byte(server.AdminToken.Reveal()))
	mac.Write([]byte("skubridge pages session"))
	s.key = mac.Sum(nil)
	return s
}

// open reports whether anybody can log in at all.
func (s sessions) open() bool { return s.token != nil }

// right compares a token with the configured one, in a time that tells nothing.
func (s sessions) right(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return s.open() && subtle.ConstantTimeCompare(sum[:], s.token) == 1
}

// sign makes the cookie's value: the user and the mark that nobody else can make.
func (s sessions) sign(u user) string {
	text, _ := json.Marshal(u) // a text and a number
	body := base64.RawURLEncoding.EncodeToString(text)
	return body + "." + base64.RawURLEncoding.EncodeToString(s.mark(body))
}

func (s sessions) mark(body string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(body))
	return mac.Sum(nil)
}

// user reads the cookie; false for none, a forged one, and one that is over.
func (s sessions) user(r *http.Request, now time.Time) (u user, ok bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil || !s.open() {
		return u, false
	}
	body, mark, _ := strings.Cut(cookie.Value, ".")
	got, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil || !hmac.Equal(got, s.mark(body)) {
		return u, false
	}
	text, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || json.Unmarshal(text, &u) != nil || now.Unix() >= u.Until {
		return user{}, false
	}
	u.readOnly = s.readOnly
	return u, true
}

// toLogin sends somebody to the login page, and back afterwards.
func (p *pages) toLogin(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Refresh") != "" { // the script, which shows what to do
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	to := "/login"
	if r.Method == http.MethodGet && r.URL.RequestURI() != "/" {
		to += "?to=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// loginForm is what the login page shows.
type loginForm struct {
	To    string
	Name  string
	Error string
	// Closed says that no token is configured.
	Closed bool
}

func (p *pages) loginPage(w http.ResponseWriter, r *http.Request) {
	if _, ok := p.sessions.user(r, p.Now()); ok {
		http.Redirect(w, r, within(r.FormValue("to")), http.StatusSeeOther)
		return
	}
	p.showLogin(w, r, http.StatusOK, loginForm{To: within(r.FormValue("to"))})
}

func (p *pages) showLogin(w http.ResponseWriter, r *http.Request, status int, form loginForm) {
	form.Closed = !p.sessions.open()
	(&request{ResponseWriter: w, Request: r, page: p}).render(status, "login", "Log in", form)
}

func (p *pages) login(w http.ResponseWriter, r *http.Request) {
	form := loginForm{To: within(r.PostFormValue("to")), Name: short(r.PostFormValue("name"), nameMost)}
	if p.guesses.TooMany(r) {
		w.Header().Set("Retry-After", "10")
		form.Error = "Too many wrong tokens were tried. Wait ten seconds, then try again."
		p.showLogin(w, r, http.StatusTooManyRequests, form)
		return
	}
	if !p.sessions.right(r.PostFormValue("token")) {
		p.guesses.Note(r)
		form.Error = "This is not the admin token of this daemon."
		p.showLogin(w, r, http.StatusUnauthorized, form)
		return
	}
	until := p.Now().Add(sessionLife)
	http.SetCookie(w, p.cookie(r, p.sessions.sign(user{Name: form.Name, Until: until.Unix()}), int(sessionLife.Seconds())))
	http.Redirect(w, r, form.To, http.StatusSeeOther)
}

func (p *pages) logout(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, p.cookie(r, "", -1))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func (p *pages) cookie(r *http.Request, value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"),
	}
}

// within keeps an address to go back to inside these pages.
func within(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsAny(to, "\\\r\n") || u.Path == "/login" {
		return "/"
	}
	return u.RequestURI()
}

// short cuts a text to so many bytes, between letters.
func short(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
