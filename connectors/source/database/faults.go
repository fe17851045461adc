package database

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/mapped"
)

// fault makes what ended a read the reason why it is incomplete. Nothing of the DSN but
// host and database is in it.
func (s *Source) fault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if _, ok := errors.AsType[*connectors.IncompleteError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*format.RowError](err); ok {
		return err
	}
	e := &connectors.IncompleteError{Source: s.name}
	if e.Reason, e.Remedy = explainAnswer(err); e.Reason == "" {
		e.Reason, e.Remedy = s.dialect.explain(err)
	}
	if e.Reason == "" {
		e.Reason, e.Remedy = explainNetwork(err)
	}
	if e.Reason == "" {
		e.Reason = firstLine(err.Error())
	}
	hidden := s.dialect.secrets()
	e.Reason, e.Remedy = scrub(e.Reason, hidden), scrub(e.Remedy, hidden)
	return e
}

// explainNetwork says what keeps a server from being reached; "" when it is something else.
func explainNetwork(err error) (reason, remedy string) {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return "the host " + dns.Name + " is not known", "check whether dsn names it rightly"
		}
		return "the host " + dns.Name + " cannot be looked up: " + dns.Err, "check whether the name server answers"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		if op.Op == "dial" && op.Addr != nil {
			return "cannot connect to " + op.Addr.String() + ": " + cause(op.Err), "check whether the database runs there, and whether it can be reached from here"
		}
		return "the connection broke: " + cause(op.Err), "see the log of the server"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the server hung up", "check whether dsn names the right port, and the log of the server"
	}
	return "", ""
}

// cause is the innermost word of an error of the system.
func cause(err error) string {
	if sys, ok := errors.AsType[*os.SyscallError](err); ok {
		err = sys.Err
	}
	return err.Error()
}

// firstLine gives a text for people without what stands on further lines.
func firstLine(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return mapped.Shown([]byte(text), 500)
}

const minSecret = 3

// hidden gives the texts that stand for secrets, in the spellings that they may be met
// in, longer ones first.
func hidden(secrets ...string) []string {
	var all []string
	for _, s := range secrets {
		if len(s) < minSecret {
			continue // nothing that could be kept, and every text would be full of it
		}
		all = append(all, s, url.QueryEscape(s), url.PathEscape(s))
		if plain, err := url.PathUnescape(s); err == nil {
			all = append(all, plain)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all)
}

// scrub takes secrets out of a text.
func scrub(text string, secrets []string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "<secret>")
	}
	return text
}
