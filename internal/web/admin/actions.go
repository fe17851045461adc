package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/internal/runner"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// whoAsks is who asks where nobody says so.
const whoAsks = "api"

// skusMost bounds how many SKUs one request names.
const skusMost = 10_000

// note keeps in the log who asked for what.
func (a *api) note(what, sync, by string) {
	a.log.Info().Str(logkey.Pipeline, sync).Str("by", cmp.Or(by, whoAsks)).Str("asked", what).Msg("admin action")
}

// startBody is what a start may be asked to do, as the flags of `sync` and `backfill`.
type startBody struct {
	Only       []string `json:"only"`
	Approve    bool     `json:"approve"`
	Full       bool     `json:"full"`
	SourceOnly bool     `json:"source_only"`
	Backfill   bool     `json:"backfill"`
	By         string   `json:"by"`
	// Plan is what is to be done and nothing else: a plan that was made before, without
	// its changes.
	Plan *engine.Expected `json:"plan"`
}

// check finds what does not go together.
func (b startBody) check() error {
	switch {
	case len(b.Only) > skusMost || slices.Contains(b.Only, ""):
		return bad("only names SKUs, "+strconv.Itoa(skusMost)+" at the most", "")
	case b.Plan == nil:
		return nil
	case b.SourceOnly || b.Backfill:
		return bad("plan does not go with source_only or backfill", "the plan says what is done")
	case b.Plan.Digest == "" || b.Plan.From == "":
		return bad("plan lacks a digest", "send it with `skubridge sync --plan FILE`")
	}
	return nil
}

func (a *api) start(r *http.Request) (answer, error) {
	var body startBody
	if err := firstOf(parseQuery(r).err, readBody(r, &body), sayable("by", body.By)); err != nil {
		return answer{}, err
	}
	name, err := a.named(r)
	if err != nil {
		return answer{}, err
	}
	if err := body.check(); err != nil {
		return answer{}, err
	}
	o := runner.Order{Only: body.Only, Full: body.Full, SourceOnly: body.SourceOnly, Backfill: body.Backfill, Expect: body.Plan}
	switch {
	case body.Plan != nil: // approved is this very plan, and nothing that is held
		o.Approve, o.Digest = body.Approve, body.Plan.Digest
	case body.Approve:
		h, err := a.whatIsHeld(r.Context(), name)
		if err != nil {
			return answer{}, err
		}
		// What is held later was seen by nobody: it is not approved by this.
		if o.Digest = h.Digest(); o.Digest != "" {
			o.Approve = true
			if err := a.decide(r.Context(), name, o.Digest, state.RuledApproved, body.By); err != nil {
				return answer{}, err
			}
		}
	}
	return a.begin(name, o, body.By)
}

// begin orders a start.
func (a *api) begin(name string, o runner.Order, by string) (answer, error) {
	a.note("start", name, by)
	s, err := a.Runner.Start(name, o)
	if busy, ok := errors.AsType[*runner.BusyError](err); ok {
		return answer{}, web.Problem{Status: http.StatusConflict, Detail: busy.Error(), Hint: "wait until some of them have run"}
	}
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusAccepted, body: view.OfStart(s), header: map[string]string{"Location": Base + "/starts/" + s.ID}}, nil
}

// waitMost is how long, in seconds, an answer may be waited for.
const waitMost = 30

func (a *api) startOf(r *http.Request) (answer, error) {
	q := parseQuery(r, "wait")
	wait := q.number("wait", 0, 0, waitMost)
	if q.err != nil {
		return answer{}, q.err
	}
	s, ok := a.Runner.Find(r.PathValue("start"))
	if !ok {
		return answer{}, web.Problem{Status: http.StatusNotFound, Detail: "this start is not known any more", Hint: "starts are forgotten when the daemon ends; " + Base + "/runs has what they did"}
	}
	if wait > 0 {
		bound := time.NewTimer(time.Duration(wait) * time.Second)
		defer bound.Stop()
		select {
		case <-s.Done():
		case <-bound.C:
		case <-r.Context().Done():
		}
	}
	return answer{body: view.OfStart(s)}, nil
}

// pauseBody says who pauses a sync, and why.
type pauseBody struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

func (a *api) pause(r *http.Request) (answer, error) {
	var body pauseBody
	err := firstOf(parseQuery(r).err, readBody(r, &body), sayable("by", body.By), sayable("reason", body.Reason))
	if err != nil {
		return answer{}, err
	}
	name, err := a.named(r)
	if err == nil {
		a.note("pause", name, body.By)
		err = a.Runner.Pause(r.Context(), name, cmp.Or(body.By, whoAsks), body.Reason)
	}
	return a.standing(r, name, err)
}

func (a *api) resume(r *http.Request) (answer, error) {
	var body struct {
		By string `json:"by"`
	}
	if err := firstOf(parseQuery(r).err, readBody(r, &body), sayable("by", body.By)); err != nil {
		return answer{}, err
	}
	name, err := a.named(r)
	if err == nil {
		a.note("resume", name, body.By)
		err = a.Runner.Resume(r.Context(), name)
	}
	return a.standing(r, name, err)
}

// standing answers with how a sync stands.
func (a *api) standing(r *http.Request, name string, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	s, err := a.showSync(r, name)
	return answer{body: s}, err
}

// whatIsHeld is what a sync holds, without its differences.
func (a *api) whatIsHeld(ctx context.Context, name string) (view.Held, error) {
	h := view.NewHeld(name)
	err := h.Fill(ctx, a.Store, a.Config.Config, true)
	return h, err
}

// holds reports whether a digest is of what is held.
func holds(h view.Held, digest string) bool {
	return h.Plan != nil && h.Plan.Digest == digest ||
		slices.ContainsFunc(h.Reads, func(r state.HeldRead) bool { return r.Keys == digest })
}

// ruling is what a person decides, about what.
type ruling struct {
	// Digest is that of the held plan, or the keys of a held read.
	Digest string `json:"digest"`
	By     string `json:"by"`
}

// ruledOn reads a ruling, and sees that it is about what is held.
func (a *api) ruledOn(r *http.Request) (name string, body ruling, err error) {
	if err := firstOf(parseQuery(r).err, readBody(r, &body), sayable("by", body.By)); err != nil {
		return "", body, err
	}
	if name, err = a.named(r); err != nil {
		return "", body, err
	}
	h, err := a.whatIsHeld(r.Context(), name)
	switch {
	case err != nil:
		return "", body, err
	case body.Digest == "":
		return "", body, bad("digest is missing", "it says what you looked at: the digest of the plan, or the keys of a held read")
	case h.Digest() == "":
		return "", body, web.Problem{Status: http.StatusConflict, Detail: "nothing is held", Hint: "what was held may have been approved, dropped, or planned anew"}
	case !holds(h, body.Digest):
		return "", body, web.Problem{Status: http.StatusConflict, Detail: "what is held now is not what has this digest", Hint: "look at it again: " + Base + "/syncs/" + name + "/held"}
	}
	return name, body, nil
}

func (a *api) decide(ctx context.Context, name, digest string, what state.Ruling, by string) error {
	return a.Store.Decide(ctx, state.Decision{Sync: name, Digest: digest, At: a.Now(), Ruling: what, Who: cmp.Or(by, whoAsks)})
}

func (a *api) approve(r *http.Request) (answer, error) {
	name, body, err := a.ruledOn(r)
	if err == nil {
		err = a.decide(r.Context(), name, body.Digest, state.RuledApproved, body.By)
	}
	if err != nil {
		return answer{}, err
	}
	return a.begin(name, runner.Order{Approve: true, Digest: body.Digest}, body.By)
}

func (a *api) drop(r *http.Request) (answer, error) {
	name, body, err := a.ruledOn(r)
	if err == nil {
		a.note("drop", name, body.By)
		_, err = a.Store.DropHeld(r.Context(), name, view.SourcesOf(a.Config.Config, name))
	}
	if err == nil {
		err = a.decide(r.Context(), name, body.Digest, state.RuledDropped, body.By)
	}
	if err != nil {
		return answer{}, err
	}
	h, err := a.whatIsHeld(r.Context(), name)
	return answer{body: h}, err
}

// retryBody says what may go again.
type retryBody struct {
	Sync string   `json:"sync"`
	SKUs []string `json:"skus"`
	All  bool     `json:"all"`
	By   string   `json:"by"`
}

// Retried is how many products go again.
type Retried struct {
	Retried int `json:"retried"`
}

func (a *api) retry(r *http.Request) (answer, error) {
	var body retryBody
	if err := firstOf(parseQuery(r).err, readBody(r, &body), sayable("by", body.By)); err != nil {
		return answer{}, err
	}
	if body.All == (len(body.SKUs) > 0) || len(body.SKUs) > skusMost {
		return answer{}, bad("name the skus, "+strconv.Itoa(skusMost)+" at the most, or say all: true", "")
	}
	names := view.SyncNames(a.Config.Config)
	if body.Sync != "" {
		if !slices.Contains(names, body.Sync) {
			return answer{}, runner.ErrUnknown
		}
		names = []string{body.Sync}
	}
	skus := body.SKUs
	if body.All {
		skus = nil
	}
	a.note("retry", body.Sync, body.By)
	var out Retried
	for _, name := range names {
		n, err := a.Store.Retry(r.Context(), name, skus, a.Now())
		if err != nil {
			return answer{}, err
		}
		out.Retried += n
	}
	if body.Sync == "" {
		for name := range a.Config.Config.WriteBack {
			n, err := a.Store.RetryWriteback(r.Context(), name, skus)
			if err != nil {
				return answer{}, err
			}
			out.Retried += int(n)
		}
	}
	return answer{body: out}, nil
}

// Passed is how many verdicts the guard on flips held, which are let through.
type Passed struct {
	Destination string `json:"destination"`
	Flips       int    `json:"flips"`
}

func (a *api) passFlips(r *http.Request) (answer, error) {
	var body struct {
		By string `json:"by"`
	}
	if err := firstOf(parseQuery(r).err, readBody(r, &body), sayable("by", body.By)); err != nil {
		return answer{}, err
	}
	name := r.PathValue("destination")
	if _, ok := a.Config.Config.Destinations[name]; !ok {
		return answer{}, web.Problem{Status: http.StatusNotFound, Detail: "there is no such destination"}
	}
	g, err := a.Store.FlipGuard(r.Context(), name)
	if err != nil {
		return answer{}, err
	}
	out := Passed{Destination: name}
	if !g.HeldAt.IsZero() {
		out.Flips = g.Flips
		err = a.Store.PassFlips(r.Context(), name, a.Now())
	}
	return answer{body: out}, err
}
