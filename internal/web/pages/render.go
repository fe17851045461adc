package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed templates
var templates embed.FS

// views are the parsed templates, by the name of the page.
type views map[string]*template.Template

// parse reads all templates; each page is the frame with its own parts.
func parse() (views, error) {
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	out := views{}
	for _, name := range names {
		page := strings.TrimSuffix(path.Base(name), ".html")
		if page == "frame" || page == "parts" {
			continue
		}
		t, err := template.New("frame.html").Funcs(functions).ParseFS(templates, "templates/frame.html", "templates/parts.html", name)
		if err != nil {
			return nil, fmt.Errorf("parse page %s: %w", page, err)
		}
		out[page] = t
	}
	return out, nil
}

// frame is what surrounds every page.
type frame struct {
	Title   string
	Page    string // its name, for the menu
	User    user
	In      bool // somebody is logged in
	Act     bool // and may change something
	Path    string
	Note    string // what the last action did
	Version string
	Data    any
}

// notes are what an action says on the page that it leads to, by the word in the
// address: nobody else's text is shown.
var notes = map[string]string{
	"started":  "The run was asked for. It begins as soon as the destination is free.",
	"approved": "The plan was approved. The next run sends it, if nothing has moved since.",
	"dropped":  "The held plan was dropped. The next run plans anew.",
	"paused":   "The sync is paused: it does not start by itself until it is resumed.",
	"resumed":  "The sync starts by itself again.",
	"retried":  "The next run tries these products again.",
	"none":     "There was nothing to retry.",
}

// render answers with a page. It is made whole before anything is sent, so that a
// page is never half of one.
func (r *request) render(status int, page, title string, data any) {
	var out bytes.Buffer
	in := r.user.Until != 0
	f := frame{
		Title: title, Page: page, User: r.user, In: in, Act: in && !r.user.readOnly, Path: r.URL.RequestURI(),
		Note: notes[r.URL.Query().Get("said")], Version: r.page.Version, Data: data,
	}
	if err := r.page.views[page].Execute(&out, f); err != nil {
		r.page.Log.Error().Err(err).Str("page", page).Msg("page not rendered")
		http.Error(r.ResponseWriter, "this page cannot be shown now; the daemon's log says why", http.StatusInternalServerError)
		return
	}
	r.Header().Set("Content-Type", "text/html; charset=utf-8")
	r.WriteHeader(status)
	_, _ = out.WriteTo(r.ResponseWriter) // the reader may be gone
}

// Header gives the answer's headers: both parts of a request have some.
func (r *request) Header() http.Header { return r.ResponseWriter.Header() }

// back leads from an action to the page that shows what it did.
func (r *request) back(to, note string) error {
	sep := "?"
	if strings.Contains(to, "?") {
		sep = "&"
	}
	http.Redirect(r.ResponseWriter, r.Request, to+sep+"said="+note, http.StatusSeeOther)
	return nil
}
