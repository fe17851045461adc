package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/logkey"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/state"
)

// ServeHTTP takes one webhook in; the path value "name" says for whom. What is answered:
//
//	200  it is stored, was stored before, or is about nothing that concerns anyone here
//	401  it is not genuine, or its time is too far from ours
//	404  nobody listens at this name
//	405  it is no POST
//	409  it is genuine and of another mode or account (law 9)
//	413  it is too large
//	503  it cannot be stored now, and should be sent again
func (in *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	receiver := in.receivers(name)
	switch {
	case receiver == nil:
		web.WriteProblem(w, web.Problem{Status: http.StatusNotFound, Detail: "nobody listens at this name"})
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		web.WriteProblem(w, web.Problem{Status: http.StatusMethodNotAllowed, Detail: "webhooks are sent by POST"})
		return
	}
	body, status := in.read(w, r)
	if status != 0 {
		in.turnAway(w, status)
		return
	}
	call := connectors.Call{Header: r.Header, Body: body, At: in.now()}
	notice, err := receiver.Receive(call)
	if err != nil && connectors.AsHook(err).Reason != connectors.Malformed {
		in.refuse(w, r.Context(), name, connectors.AsHook(err))
		return
	}
	if err == nil && notice.Subject == "" {
		w.WriteHeader(http.StatusOK) // of no concern, and not kept
		return
	}
	if err := in.keep(r.Context(), arrived(name, call, notice, err)); err != nil {
		in.turnAway(w, http.StatusServiceUnavailable)
		return
	}
	in.accepted(r.Context(), name)
	w.WriteHeader(http.StatusOK)
}

// arrived is a webhook as it is stored.
func arrived(name string, call connectors.Call, n connectors.Notice, malformed error) state.Event {
	e := state.Event{
		Name: name, Event: n.ID, Topic: n.Topic, Subject: n.Subject, NaturalKey: n.NaturalKey, At: n.At,
		Received: call.At, Status: state.EventWaiting, NotBefore: call.At.Add(restFor), Body: call.Body,
	}
	const longest = 200
	if e.Event == "" || len(e.Event) > longest {
		sum := sha256.Sum256(append([]byte(e.Event+"\n"), call.Body...))
		e.Event = "sha256:" + hex.EncodeToString(sum[:])
	}
	switch {
	case malformed != nil:
		e.Status, e.NotBefore, e.Note = state.EventParked, time.Time{}, connectors.AsHook(malformed).Message
	case n.Echo:
		e.Status, e.NotBefore, e.Note, e.Body = state.EventDone, time.Time{}, "tells of our own change", nil
	}
	return e
}

// waitForRoom bounds how long a request waits until more of its body may be read.
const waitForRoom = 3 * time.Second

// leastRead is what is read of a body at first. With each further piece it doubles.
const leastRead = 8 << 10

// read reads a body, and gives the status to turn the request away with, 0 for none. It takes
// room only for what has come: whoever announces much and sends nothing is in nobody's way.
func (in *Inbox) read(w http.ResponseWriter, r *http.Request) (body []byte, status int) {
	if r.ContentLength > maxBody {
		return nil, http.StatusRequestEntityTooLarge
	}
	from := http.MaxBytesReader(w, r.Body, maxBody)
	held := int64(0)
	defer func() { in.room.Release(held) }()
	for {
		if len(body) == cap(body) {
			more := max(held, leastRead)
			if !in.makeRoom(r.Context(), more) {
				return nil, http.StatusServiceUnavailable
			}
			held += more
			body = append(make([]byte, 0, held), body...)
		}
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch _, long := errors.AsType[*http.MaxBytesError](err); {
		case errors.Is(err, io.EOF):
			return body, 0
		case long:
			return nil, http.StatusRequestEntityTooLarge
		case err != nil:
			return nil, http.StatusBadRequest // it ended before its length, or came too slowly
		}
	}
}

// makeRoom waits until so much more may be read, and reports whether it may.
func (in *Inbox) makeRoom(ctx context.Context, more int64) bool {
	ctx, cancel := context.WithTimeout(ctx, waitForRoom)
	defer cancel()
	return in.room.Acquire(ctx, more) == nil
}

// turnAway answers a request of which nothing is known.
func (in *Inbox) turnAway(w http.ResponseWriter, status int) {
	p := web.Problem{Status: status}
	switch status {
	case http.StatusRequestEntityTooLarge:
		p = web.TooLarge(maxBody)
		w.Header().Set("Connection", "close")
	case http.StatusServiceUnavailable:
		p.Detail, p.Hint = "it cannot be stored now", "send it again later"
		w.Header().Set("Retry-After", "5")
	default:
		p.Detail = "the body did not come whole"
	}
	web.WriteProblem(w, p)
}

// Kinds of alerts.
const (
	// AlertRefused: genuine webhooks are refused.
	AlertRefused = "webhooks refused"
)

// refuse answers what is not taken in, and logs it, at most once for each name and
// reason in a while. Whoever forged it learns nothing. What is genuine is an alert too:
// a clock or a set-up is wrong, and verdicts do not arrive.
func (in *Inbox) refuse(w http.ResponseWriter, ctx context.Context, name string, why *connectors.HookError) { //nolint:revive // the writer goes first, as in net/http
	p := web.Problem{Status: http.StatusUnauthorized, Detail: "its signature, or its time, is not right"}
	if why.Reason == connectors.OtherMode {
		p = web.Problem{Status: http.StatusConflict, Detail: "it is of another mode or account than the one that listens here"}
	}
	in.refusals.note(in.now(), name, string(why.Reason), func(n int) {
		line := in.log.Warn().Err(why).Str("name", name).Int(logkey.Count, n)
		if why.Remedy != "" {
			line = line.Str("remedy", why.Remedy)
		}
		line.Msg("webhooks refused")
		if why.Reason == connectors.Forged {
			return // anyone can send those
		}
		alert := state.Alert{Kind: AlertRefused, Name: name, Message: "webhooks of " + name + " are refused: " + why.Message, Remedy: why.Remedy}
		if _, err := in.store.Raise(context.WithoutCancel(ctx), alert, in.now()); err != nil {
			in.log.Error().Err(err).Msg("alert not saved")
		}
		in.refusals.alarm(name, true)
	})
	web.WriteProblem(w, p)
}

// accepted ends the alert that webhooks of a name are refused.
func (in *Inbox) accepted(ctx context.Context, name string) {
	if !in.refusals.alarm(name, false) {
		return
	}
	if _, err := in.store.Settled(context.WithoutCancel(ctx), AlertRefused, name); err != nil {
		in.log.Error().Err(err).Msg("alert not resolved")
	}
}
