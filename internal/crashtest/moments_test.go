package crashtest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// misbehaviour is what the API does all the while. The faults that apply leave
// the program in doubt; the others must not make it give anything up.
func misbehaviour() []sandbox.Fault {
	const post, patch = "POST", "PATCH"
	return []sandbox.Fault{
		{Kind: sandbox.HangupAfter, Method: post, Every: 37},
		{Kind: sandbox.HangupBefore, Method: post, Every: 101},
		{Kind: sandbox.ServerError, Method: post, Every: 211, Apply: true},
		{Kind: sandbox.ServerError, Method: post, Every: 307},
		{Kind: sandbox.Truncate, Method: post, Every: 401},
		{Kind: sandbox.Stall, Method: post, Every: 499, Apply: true, Delay: sandbox.Duration(2 * time.Second)},
		{Kind: sandbox.Slow, Method: post, Every: 601, Delay: sandbox.Duration(450 * time.Millisecond)},
		{Kind: sandbox.HangupAfter, Method: patch, Every: 97},
		{Kind: sandbox.ServerError, Method: patch, Every: 401, Apply: true},
		{Kind: sandbox.HangupAfter, Method: "GET", Every: 53},
		{Kind: sandbox.HangupAfter, Method: "PUT", Every: 41},
	}
}

// atMoments kills a first load, and then changes of all kinds, at an API that does
// everything wrong now and then.
func (th theatre) atMoments(t *testing.T, do size, seed uint64, count *tally) {
	kills := do.moments
	if few := do.named == 0; kills == 0 || few && th.name != toFlex.name && th.name != toFluveo.name {
		t.Skip("-kills has more")
	}
	cfg := th.cfg
	th.to.misbehave(&cfg, misbehaviour())
	shop := newShop(do.products, seed)
	shop.keeps = th.to.keeps
	w := newWorld(t, th.to, shop, do.validate, cfg)
	dice := rand.New(rand.NewPCG(seed, 1))
	w.killOften(t, kills/2, 0, dice)
	w.level(t)
	w.compare(t)
	w.killOften(t, kills-kills/2, do.products/10, dice)
	w.level(t)
	w.compare(t)
	for range kills {
		count.add(string(randomMoment), th.name)
	}
}

// killOften starts a backfill and kills it at a random moment, so many times,
// after up to so many edits each time. The span of these moments follows how long a run takes: one that ended before
// it could be killed halves it, and does not count.
func (w *world) killOften(t *testing.T, kills, edits int, dice *rand.Rand) {
	t.Helper()
	span := 3 * time.Second
	for done, ended := 0, 0; done < kills; {
		for range dice.IntN(edits + 1) {
			w.shop.edit()
		}
		w.export(t)
		moment := rand.N(span)
		if dice.IntN(3) == 0 { // reading and planning are over soon
			moment = rand.N(min(span, 150*time.Millisecond))
		}
		if w.killAfter(t, moment) {
			done++
			span += span / 8
			continue
		}
		if ended++; ended > 20*kills+100 {
			t.Fatal("the program ends too soon to be killed")
		}
		span = max(span/2, 50*time.Millisecond)
	}
}

// killAfter starts a backfill and kills it after d; it reports false when it
// ended by itself before.
func (w *world) killAfter(t *testing.T, d time.Duration) (killed bool) {
	t.Helper()
	cmd, _, errs := w.command(t, "backfill", "feed-to-it")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(d)
	if err := cmd.Process.Kill(); err != nil {
		t.Log(err) // it has ended
	}
	_ = cmd.Wait() // that it was killed is no news
	switch code := cmd.ProcessState.ExitCode(); code {
	case -1:
		return true
	case 0, 3: // all well, or something parked until the next run
		return false
	default:
		t.Fatalf("backfill: exit code %d\n%s", code, errs)
		return false
	}
}
