package notify

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/skubridge/skubridge/internal/secret"
)

// sendTime bounds one sending, lastTime what is left of it once we are told to stop:
// what was sent and not waited for is told a second time by the next process.
const (
	sendTime = 15 * time.Second
	lastTime = 2 * time.Second
)

// ErrAddress says that an address is none of a service that is known. What is wrong
// with it is not told: it would quote the address, which holds a secret.
var ErrAddress = errors.New("not an address of a notification service")

// Sender sends texts to one address.
type Sender struct {
	service types.Service
	address secret.Value
	scheme  string
	// busy holds a token while a sending is under way: services take no context, and one
	// that hangs is not given another text meanwhile.
	busy chan struct{}
}

// Open makes the sender of a shoutrrr address. It talks to nobody yet.
func Open(address secret.Value) (*Sender, error) {
	service, err := new(router.ServiceRouter).Locate(address.Reveal())
	if err != nil {
		return nil, ErrAddress
	}
	scheme, _, _ := strings.Cut(address.Reveal(), ":")
	return &Sender{service: service, address: address, scheme: scheme, busy: make(chan struct{}, 1)}, nil
}

// Send sends a text. Its error has no part of the address in it.
func (s *Sender) Send(ctx context.Context, title, text string) error {
	select {
	case s.busy <- struct{}{}:
	default:
		return fmt.Errorf("send by %s: the last text is still on its way", s.scheme)
	}
	sent := make(chan error, 1)
	go func() {
		defer func() { <-s.busy }()
		params := types.Params{}
		params.SetTitle(title)
		sent <- s.service.Send(text, &params)
	}()
	timer := time.NewTimer(sendTime)
	defer timer.Stop()
	hurry := context.AfterFunc(ctx, func() { timer.Reset(lastTime) })
	defer hurry()
	select {
	case err := <-sent:
		if err != nil {
			return fmt.Errorf("send by %s: %s", s.scheme, s.redact(err.Error()))
		}
		return nil
	case <-timer.C:
		if err := context.Cause(ctx); err != nil {
			return err
		}
		return fmt.Errorf("send by %s: no answer within %s", s.scheme, sendTime)
	}
}

// errorMost bounds what is told of a service's words, in bytes.
const errorMost = 300

// redact takes the parts of the address out of a service's words, and whatever
// looks like an address: services turn ours into others of their own.
func (s *Sender) redact(text string) string {
	for _, part := range parts(s.address.Reveal()) {
		text = strings.ReplaceAll(text, part, secret.Redacted)
	}
	words := strings.Fields(text)
	for i, w := range words {
		if strings.Contains(w, "://") {
			words[i] = secret.Redacted
		}
	}
	text = strings.Join(words, " ")
	if len(text) > errorMost {
		text = strings.ToValidUTF8(text[:errorMost], "") + "…"
	}
	return text
}

// partLeast is the length from which a part of an address may be a secret.
const partLeast = 4

// parts are those of an address that must not be seen: all of it but the names of
// the service and of its options.
func parts(address string) []string {
	found := []string{address}
	u, err := url.Parse(address)
	if err != nil {
		return found
	}
	add := func(texts ...string) {
		for _, t := range texts {
			if len(t) >= partLeast {
				found = append(found, t)
			}
		}
	}
	password, _ := u.User.Password()
	add(password, u.User.Username())
	add(strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' || r == '@' || r == ':' })...)
	for _, values := range u.Query() {
		add(values...)
	}
	add(u.Hostname())
	return found
}
