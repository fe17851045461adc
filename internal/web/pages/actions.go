package pages

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
)

// start has a sync run now.
func (p *pages) start(r *request) error {
	sync, err := r.known()
	if err != nil {
		return err
	}
	if err := p.order(r, sync, runner.Order{}); err != nil {
		return err
	}
	return r.back(r.from("/syncs/"+sync), "started")
}

// order asks for a run.
func (p *pages) order(r *request, sync string, o runner.Order) error {
	start, err := p.Runner.Start(sync, o)
	if _, busy := errors.AsType[*runner.BusyError](err); busy {
		return &said{http.StatusConflict, "Enough runs are waiting", "Several starts of this sync wait already. One more would do nothing else."}
	}
	if err != nil {
		return err
	}
	p.Log.Info().Str("sync", sync).Str("start", start.ID).Str("by", r.who()).Bool("approve", o.Approve).Msg("run requested on the pages")
	return nil
}

func (p *pages) pause(r *request) error {
	sync, err := r.known()
	if err != nil {
		return err
	}
	if err := p.Runner.Pause(r.ctx(), sync, r.who(), short(r.PostFormValue("reason"), 200)); err != nil {
		return err
	}
	return r.back(r.from("/syncs/"+sync), "paused")
}

func (p *pages) resume(r *request) error {
	sync, err := r.known()
	if err != nil {
		return err
	}
	if err := p.Runner.Resume(r.ctx(), sync); err != nil {
		return err
	}
	return r.back(r.from("/syncs/"+sync), "resumed")
}

// errMoved is what a decision on a plan meets that is not held any more.
var errMoved = &said{
	http.StatusConflict, "The plan has changed meanwhile",
	"What you looked at is not what is held now: another run replanned, or somebody else decided. Nothing was sent. Look at the plan again.",
}

// approve lets the held plan that was looked at go, and no other one.
func (p *pages) approve(r *request) error {
	sync, err := r.stillHeld()
	if err != nil {
		return err
	}
	digest := r.PostFormValue("digest")
	if err := p.decide(r, sync, digest, state.RuledApproved); err != nil {
		return err
	}
	if err := p.order(r, sync, runner.Order{Approve: true, Digest: digest}); err != nil {
		return err
	}
	return r.back("/syncs/"+sync, "approved")
}

// drop forgets what is held.
func (p *pages) drop(r *request) error {
	sync, err := r.stillHeld()
	if err != nil {
		return err
	}
	dropped, err := p.Store.DropHeld(r.ctx(), sync, view.SourcesOf(p.Config.Config, sync))
	if err != nil {
		return err
	}
	if !dropped {
		return errMoved
	}
	if err := p.decide(r, sync, r.PostFormValue("digest"), state.RuledDropped); err != nil {
		return err
	}
	return r.back("/syncs/"+sync, "dropped")
}

// decide keeps who decided what about what is held.
func (p *pages) decide(r *request, sync, digest string, what state.Ruling) error {
	return p.Store.Decide(r.ctx(), state.Decision{Sync: sync, Digest: digest, At: p.Now(), Ruling: what, Who: r.who()})
}

// stillHeld gives the sync of the path where it holds the plan that the form names.
func (r *request) stillHeld() (sync string, err error) {
	if sync, err = r.known(); err != nil {
		return "", err
	}
	held := view.NewHeld(sync)
	if err := held.Fill(r.ctx(), r.page.Store, r.page.Config.Config, true); err != nil {
		return "", err
	}
	if digest := held.Digest(); digest == "" || r.PostFormValue("digest") != digest {
		return "", errMoved
	}
	return sync, nil
}

// retry has refused products tried again: the named ones, or all of a sync.
func (p *pages) retry(r *request) error {
	n := 0
	skus := r.PostForm["sku"]
	if r.PostForm == nil {
		if err := r.ParseForm(); err != nil {
			return &said{http.StatusBadRequest, "The form could not be read", err.Error()}
		}
		skus = r.PostForm["sku"]
	}
	wanted := r.PostFormValue("sync")
	for _, sync := range view.SyncNames(p.Config.Config) {
		if wanted != "" && wanted != sync {
			continue
		}
		freed, err := p.Store.Retry(r.ctx(), sync, skus, p.Now())
		if err != nil {
			return err
		}
		n += freed
	}
	p.Log.Info().Str("sync", wanted).Strs("sku", skus).Int("count", n).Str("by", r.who()).Msg("retry requested on the pages")
	if n == 0 {
		return r.back(r.from("/problems"), "none")
	}
	return r.back(r.from("/problems"), "retried")
}

// who is who acts.
func (r *request) who() string { return cmp.Or(r.user.Name, "somebody with the admin token") }

// from is the page that the form was on.
func (r *request) from(otherwise string) string {
	if to := within(r.PostFormValue("from")); to != "/" {
		return to
	}
	return otherwise
}
