package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/sync/engine"
)

// asked reads the body of a request about a sync, and who asks.
func (a *api) asked(r *http.Request, body any, by *string) (name string, err error) {
	if err := firstOf(parseQuery(r).err, readBody(r, body)); err != nil {
		return "", err
	}
	if err := sayable("by", *by); err != nil {
		return "", err
	}
	return a.named(r)
}

func (a *api) adopt(r *http.Request) (answer, error) {
	var body struct {
		AsRead  bool               `json:"as_read"`
		Confirm []engine.Confirmed `json:"confirm"`
		By      string             `json:"by"`
	}
	name, err := a.asked(r, &body, &body.By)
	if err != nil {
		return answer{}, err
	}
	return a.work(name, body.By, "adopt", func(ctx context.Context, s *engine.Sync, out *stream) (any, error) {
		return a.Engine.Adopt(ctx, s, engine.AdoptOptions{
			AsRead: body.AsRead, Confirm: body.Confirm, OnProgress: out.progress,
			OnMatch: func(m engine.Match) error { return out.row(view.OfMatch(m)) },
		})
	}), nil
}

func (a *api) drift(r *http.Request) (answer, error) {
	var body struct {
		Sample   int    `json:"sample"`
		Requests int    `json:"requests"`
		Fix      bool   `json:"fix"`
		By       string `json:"by"`
	}
	name, err := a.asked(r, &body, &body.By)
	switch {
	case err != nil:
		return answer{}, err
	case body.Sample < 0 || body.Requests < 0:
		return answer{}, bad("sample and requests are counts", "leave them out, and the whole account is compared")
	case body.Sample > 0 && body.Requests > 0:
		return answer{}, bad("sample and requests exclude each other", "name one of them")
	}
	return a.work(name, body.By, "drift", func(ctx context.Context, s *engine.Sync, out *stream) (any, error) {
		return a.Engine.Drift(ctx, s, engine.DriftOptions{
			Sample: body.Sample, Requests: body.Requests, Fix: body.Fix, OnProgress: out.progress,
			OnFinding: func(f engine.Finding) error { return out.row(view.OfFinding(s, f)) },
		})
	}), nil
}

// Settled are fields whose owner changed; TakenBack are those that were left to the API before.
type Settled struct {
	TakenBack []string `json:"taken_back"`
}

func (a *api) settleFields(r *http.Request) (answer, error) {
	var body struct {
		Accept   []string `json:"accept"`
		TakeBack []string `json:"take_back"`
		Only     []string `json:"only"`
		By       string   `json:"by"`
	}
	name, err := a.asked(r, &body, &body.By)
	if err != nil {
		return answer{}, err
	}
	if len(body.Only) > skusMost || slices.Contains(body.Only, "") || len(body.Accept)+len(body.TakeBack) == 0 {
		return answer{}, bad("name fields to accept or to take_back, and in only SKUs", "")
	}
	return a.work(name, body.By, "drift --accept", func(ctx context.Context, s *engine.Sync, _ *stream) (any, error) {
		taken, err := a.Engine.Settle(ctx, s, body.Accept, body.TakeBack, body.Only)
		return Settled{append([]string{}, taken...)}, err
	}), nil
}

// Confirmed says whether there was another account to confirm.
type Confirmed struct {
	Changed bool `json:"changed"`
}

func (a *api) confirmAccount(r *http.Request) (answer, error) {
	var body struct {
		By string `json:"by"`
	}
	name, err := a.asked(r, &body, &body.By)
	if err != nil {
		return answer{}, err
	}
	return a.work(name, body.By, "adopt --account", func(ctx context.Context, s *engine.Sync, _ *stream) (any, error) {
		changed, err := a.Engine.ConfirmAccount(ctx, s)
		return Confirmed{changed}, err
	}), nil
}

// TakenOver is how many listings another sync takes care of now.
type TakenOver struct {
	Listings int64 `json:"listings"`
}

func (a *api) takeOver(r *http.Request) (answer, error) {
	var body struct {
		From string `json:"from"`
		By   string `json:"by"`
	}
	name, err := a.asked(r, &body, &body.By)
	switch {
	case err != nil:
		return answer{}, err
	case body.From == "" || body.From == name:
		return answer{}, bad("from names the sync that kept the products until now", "")
	}
	return a.work(name, body.By, "adopt --from", func(ctx context.Context, s *engine.Sync, _ *stream) (any, error) {
		n, err := a.Engine.TakeOver(ctx, s, body.From, !a.keeps(body.From, s.Account.Name))
		return TakenOver{n}, err
	}), nil
}

// keeps reports whether a sync is configured to deliver to a destination.
func (a *api) keeps(sync, destination string) bool {
	c, ok := a.Config.Config.Syncs[sync]
	return ok && c.To == destination
}

func (a *api) poll(r *http.Request) (answer, error) {
	var body struct {
		Destination string `json:"destination"`
		By          string `json:"by"`
	}
	if err := firstOf(parseQuery(r).err, readBody(r, &body)); err != nil {
		return answer{}, err
	}
	if err := sayable("by", body.By); err != nil {
		return answer{}, err
	}
	if body.Destination != "" && !slices.Contains(a.Judges, body.Destination) {
		hint := "no destination does"
		if len(a.Judges) > 0 {
			hint = "those that do are " + strings.Join(a.Judges, ", ")
		}
		return answer{}, web.Problem{Status: http.StatusNotFound, Detail: "no such destination gives verdicts", Hint: hint}
	}
	a.note("eligibility --poll", "", body.By)
	return answer{stream: func(ctx context.Context, out *stream) (any, error) {
		return struct{}{}, a.Poll(ctx, body.Destination, func(p view.Polled) error { return out.row(p) })
	}}, nil
}
