package admin

import (
	"net/http"
	"strconv"

	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web"
)

func (a *api) syncs(r *http.Request) (answer, error) {
	if q := parseQuery(r); q.err != nil {
		return answer{}, q.err
	}
	out := []view.Sync{}
	for _, name := range view.SyncNames(a.Config.Config) {
		s, err := a.showSync(r, name)
		if err != nil {
			return answer{}, err
		}
		out = append(out, s)
	}
	return answer{body: out}, nil
}

func (a *api) sync(r *http.Request) (answer, error) {
	if q := parseQuery(r); q.err != nil {
		return answer{}, q.err
	}
	name, err := a.named(r)
	if err != nil {
		return answer{}, err
	}
	s, err := a.showSync(r, name)
	return answer{body: s}, err
}

// named is the sync that a path names.
func (a *api) named(r *http.Request) (string, error) {
	name := r.PathValue("sync")
	if _, ok := a.Config.Config.Syncs[name]; !ok {
		return "", runner.ErrUnknown
	}
	return name, nil
}

func (a *api) showSync(r *http.Request, name string) (view.Sync, error) {
	s := view.NewSync(a.Config.Config, name)
	if err := s.Fill(r.Context(), a.Store, a.Config.Config, a.Now()); err != nil {
		return s, err
	}
	status, err := a.Runner.Status(name)
	if err != nil {
		return s, nil //nolint:nilerr // it is not run yet, or no more: the configuration is just read anew
	}
	s.Next, s.Queued = view.Stamp(status.Next), status.Queued
	if status.Current != nil {
		s.Start = view.OfStart(status.Current)
	}
	return s, nil
}

func (a *api) held(r *http.Request) (answer, error) {
	q := parseQuery(r, "brief")
	brief := q.word("brief", "true", "false") == "true"
	name, err := a.named(r)
	if q.err != nil || err != nil {
		return answer{}, firstOf(q.err, err)
	}
	h := view.NewHeld(name)
	err = h.Fill(r.Context(), a.Store, a.Config.Config, brief)
	return answer{body: h}, err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *api) why(r *http.Request) (answer, error) {
	if q := parseQuery(r); q.err != nil {
		return answer{}, q.err
	}
	sku := r.PathValue("sku")
	story, err := view.Tell(r.Context(), a.Store, a.Syncs, sku, a.Now())
	if err != nil {
		return answer{}, err
	}
	if len(story.Records) == 0 && !story.Known() {
		return answer{}, web.Problem{Status: http.StatusNotFound, Detail: "nothing is known of the SKU " + strconv.Quote(sku), Hint: "SKUs are case-sensitive; percent-encode what is special in them"}
	}
	return answer{body: story}, nil
}
