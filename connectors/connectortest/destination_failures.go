package connectortest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// failure is a way in which a request ends, and its class.
type failure struct {
	fault
	class connectors.Class
	// wait is the least that the error has to ask for.
	wait time.Duration
}

// refusals have the same class whatever the request was.
var refusals = []failure{
	{fault: fault{Kind: "unauthorized"}, class: connectors.Denied},
	{fault: fault{Kind: "forbidden"}, class: connectors.Denied},
	{fault: fault{Kind: "rate_limit"}, class: connectors.RateLimited},
	{fault: fault{Kind: "rate_limit", RetryAfter: 7}, class: connectors.RateLimited, wait: 7 * time.Second},
	{fault: fault{Kind: "rate_limit", RetryAfter: 600, AsDate: true}, class: connectors.RateLimited, wait: time.Second},
	{fault: fault{Kind: "server_error", Status: 503, RetryAfter: 7}, class: connectors.RateLimited, wait: 7 * time.Second},
	{fault: fault{Kind: "refuse", Status: 408}, class: connectors.Retryable},
	{fault: fault{Kind: "refuse", Status: 425}, class: connectors.Retryable},
}

// writeFailures are those of writes: serverError is the class of a 5xx, which
// depends on whether a repeat does harm. The API's contract may decide otherwise.
func (b *bench) writeFailures(serverError connectors.Class) []failure {
	out := append([]failure{}, refusals...)
	for _, status := range []int{400, 413, 415, 422} {
		class := cmp.Or(b.setup.Classes[status], connectors.Rejected)
		out = append(out, failure{fault: fault{Kind: "refuse", Status: status}, class: class})
	}
	for _, status := range []int{500, 502, 503, 504} {
		out = append(out, failure{fault: fault{Kind: "server_error", Status: status}, class: serverError})
	}
	out = append(out, failure{fault: fault{Kind: "server_error", Apply: true}, class: serverError})
	for _, f := range []fault{
		{Kind: "hangup_before"},
		{Kind: "hangup_after"},
		{Kind: "truncate"},
		{Kind: "truncate", Chunked: true},
		{Kind: "html"},
		{Kind: "html", Apply: true},
		{Kind: "empty"},
		{Kind: "empty", Apply: true},
	} {
		out = append(out, failure{fault: f, class: connectors.Unknown})
	}
	return out
}

func createFailures(b *bench) {
	step := b.first(b.creation(1))
	for i, f := range b.writeFailures(serverError(step)) {
		b.expect(f, b.first(b.creation(i)))
	}
}

func updateFailures(b *bench) {
	remote, have := b.created(1)
	want := b.edited(have, b.setup.Update)
	change := b.change(catalog.OpUpdate, remote, have, want)
	step := b.first(change)
	for _, f := range b.writeFailures(serverError(step)) {
		b.expect(f, b.first(change))
	}
	if step.RemoteID != "" && strings.Contains(step.Path, step.RemoteID) { // an upsert addresses no product
		b.expect(failure{fault: fault{Kind: "refuse", Status: 404}, class: connectors.Gone}, step)
	}
}

func serverError(s catalog.Step) connectors.Class {
	if s.Repeatable {
		return connectors.Retryable
	}
	return connectors.Unknown
}

// expect delivers a step into a fault.
func (b *bench) expect(f failure, s catalog.Step) {
	b.Helper()
	f.Method = s.Method
	b.faults(f.fault)
	_, err := b.dest.Deliver(b.Context(), s)
	b.faults()
	what := fmt.Sprintf("%s with %+v", s.Name, f.fault)
	b.fails(what, err, f.class)
	got := connectors.AsDelivery(err)
	if got == nil {
		return
	}
	if got.RetryAfter < f.wait {
		b.Errorf("%s: to be left alone for %v, want %v", what, got.RetryAfter, f.wait)
	}
	if f.class == connectors.Rejected && got.Message == "" {
		b.Errorf("%s: the API's words are lost: %v", what, err)
	}
	if f.Status != 0 && got.Status != f.Status {
		b.Errorf("%s: status %d", what, got.Status)
	}
}

// fails wants err to be a delivery error of the class, without a secret.
func (b *bench) fails(what string, err error, class connectors.Class) {
	b.Helper()
	var failure *connectors.DeliveryError
	switch {
	case err == nil:
		b.Errorf("%s: no error, want %s", what, class)
	case !errors.As(err, &failure):
		b.Errorf("%s: %T is no delivery error: %v", what, err, err)
	case failure.Class != class:
		b.Errorf("%s: %v, want %s", what, err, class)
	default:
		b.hidden(what, failure)
	}
}

// hidden wants no part of an error to show the credential.
func (b *bench) hidden(what string, failure *connectors.DeliveryError) {
	b.Helper()
	if text := fmt.Sprintf("%v %+v %q %q", failure, *failure, failure.Message, failure.Body); strings.Contains(text, b.setup.Credential) {
		b.Errorf("%s: the error shows the credential: %s", what, text)
	}
}

func findFailures(b *bench) {
	ask := func() ([]catalog.Remote, error) {
		if f, ok := b.dest.(connectors.Finder); ok {
			return f.Find(b.Context(), "key")
		}
		products, _, err := b.dest.(connectors.Lister).List(b.Context(), "")
		return products, err
	}
	failures := append([]failure{
		{fault: fault{Kind: "server_error"}, class: connectors.Retryable},
		{fault: fault{Kind: "hangup_before"}, class: connectors.Retryable},
		{fault: fault{Kind: "truncate"}, class: connectors.Retryable},
		{fault: fault{Kind: "html"}, class: connectors.Retryable},
		{fault: fault{Kind: "empty"}, class: connectors.Retryable},
	}, refusals...)
	for _, failure := range failures {
		b.faults(failure.fault)
		hits, err := ask()
		b.fails(fmt.Sprintf("look-up with %+v", failure.fault), err, failure.class)
		if len(hits) > 0 {
			b.Errorf("look-up with %+v: %d hits beside the error", failure.fault, len(hits))
		}
	}
}

func refusedConnection(b *bench) {
	ln, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := "http://" + ln.Addr().String()
	if err := ln.Close(); err != nil {
		b.Fatal(err)
	}
	common := connectors.Common{BaseURL: address, Concurrency: 1, Timeout: requestTimeout}
	d := b.setup.Open(b.T, common, b.setup.Credential)
	_, err = d.Deliver(b.Context(), b.first(b.creation(1)))
	b.fails("a refused connection", err, connectors.Retryable)
}

func stalledAnswer(b *bench) {
	step := b.first(b.creation(1))
	b.faults(fault{Kind: "stall", Method: step.Method, Delay: "1h"})
	_, err := b.open(b.setup.Credential, 100*time.Millisecond).Deliver(b.Context(), step)
	b.fails("a stalled answer", err, connectors.Unknown)
}

func cancelledDelivery(b *bench) {
	step := b.first(b.creation(1))
	over, cancel := context.WithCancel(b.Context())
	cancel()
	_, err := b.dest.Deliver(over, step)
	b.fails("a delivery that never began", err, connectors.Retryable)

	b.faults(fault{Kind: "stall", Method: step.Method, Delay: "1h"})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	patient := b.open(b.setup.Credential, time.Hour)
	done := make(chan error)
	go func() {
		_, err := patient.Deliver(ctx, step)
		done <- err
	}()
	b.awaitFault()
	cancel()
	err = <-done
	b.fails("a delivery that was under way", err, connectors.Unknown)
	if !errors.Is(err, context.Canceled) {
		b.Errorf("%v does not say that it was cancelled", err)
	}
}

// wrongMode holds law 9.
func wrongMode(b *bench) {
	step := b.first(b.creation(1))
	b.faults(fault{Kind: "wrong_mode"})
	_, err := b.dest.Deliver(b.Context(), step)
	b.fails("an answer of the other mode", err, connectors.Denied)
	if got := connectors.AsDelivery(err); got == nil || !got.Mismatch || got.RemoteID == "" {
		b.Errorf("an answer of the other mode: %+v", got)
	}
	if f, ok := b.dest.(connectors.Finder); ok {
		_, err := f.Find(b.Context(), step.NaturalKey)
		if got := connectors.AsDelivery(err); got == nil || !got.Mismatch {
			b.Errorf("a look-up answered of the other mode: %+v", got)
		}
	}
}

// errorsHideCredential holds law 10, also where the other side repeats what it got.
func errorsHideCredential(b *bench) {
	step := b.first(b.creation(1))
	echo := fmt.Sprintf(`{"detail":"no account for %[1]s","error":{"code":"x","message":%[1]q}}`, b.setup.Credential)
	for _, status := range []int{200, 400, 401, 409, 422, 500} {
		b.faults(fault{Kind: "refuse", Status: status, Body: echo, Method: step.Method})
		_, err := b.dest.Deliver(b.Context(), step)
		if err == nil {
			b.Errorf("status %d with an error was accepted", status)
			continue
		}
		b.hidden(fmt.Sprint("status ", status), connectors.AsDelivery(err))
	}
	// What is cut short must not end in the better part of it.
	most := b.setup.Credential[:len(b.setup.Credential)*3/4]
	for _, length := range []int{370, 380, 390, 2000, 2020, 2030} {
		text := strings.Repeat("x", length) + b.setup.Credential
		b.faults(fault{Kind: "refuse", Status: 422, Method: step.Method, Body: fmt.Sprintf(`{"detail":%[1]q,"error":{"code":"x","message":%[1]q}}`, text)})
		_, err := b.dest.Deliver(b.Context(), step)
		if got := connectors.AsDelivery(err); got == nil || strings.Contains(got.Message+got.Body+got.Field+got.Error(), most) {
			b.Errorf("behind %d characters the error shows most of the credential: %+v", length, got)
		}
	}
	b.faults()
	if text := fmt.Sprintf("%v %+v", b.dest, b.spec); strings.Contains(text, b.setup.Credential) {
		b.Errorf("the destination prints its credential: %s", text)
	}
}
