package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/skubridge/skubridge/config"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web"
	"github.com/skubridge/skubridge/internal/web/admin"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

const (
	// remoteTime bounds one request to a daemon, remoteWait is how long it is asked to
	// wait for the end of a start, and remoteMost bounds an answer.
	remoteTime = time.Minute
	remoteWait = 2
	remoteMost = 64 << 20
)

// remote is a running daemon, spoken to by its API.
type remote struct {
	base   string
	token  secret.Value
	client *http.Client
}

// daemonHolds reports whether err says that a daemon holds the state.
func daemonHolds(err error) bool {
	locked, ok := errors.AsType[*state.LockedError](err)
	return ok && isDaemon(locked.Holder)
}

// isDaemon reports whether who holds a state is a daemon; open says what it writes.
func isDaemon(holder string) bool { return strings.HasPrefix(holder, "skubridge run ") }

// owner is what open writes of a process.
var owner = regexp.MustCompile(`^skubridge [^(]+ \(pid (\d+) on (\S*)\)`)

// lives reports whether a process that noted itself as holder still runs on this
// machine: who listens in the place of a daemon that was killed is not told the token.
func lives(holder string) bool {
	alive, here := process(holder)
	return alive && here
}

// deserted reports whether nobody holds a state any more: whoever did said so, or is a
// process of this machine that is not there. Of other machines nothing is known.
func deserted(holder string) bool {
	alive, here := process(holder)
	return holder == "" || here && !alive
}

// process looks for the process of a holder; here says that it is one of this machine.
func process(holder string) (alive, here bool) {
	m := owner.FindStringSubmatch(holder)
	if m == nil {
		return false, false
	}
	if host, err := os.Hostname(); err != nil || host != m[2] {
		return false, false
	}
	pid, err := strconv.Atoi(m[1])
	if err != nil {
		return false, false
	}
	p, err := os.FindProcess(pid) // on Windows this finds only what runs
	return err == nil && (runtime.GOOS == "windows" || !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)), true
}

// liveTime is how long a daemon has to say what it alone knows.
const liveTime = 2 * time.Second

// live asks a daemon, if there is one, what it alone knows of the syncs. Nobody needs
// it: where it cannot be had, nothing is said.
func live(ctx context.Context, cfg *config.Config) map[string]view.Sync {
	holder := state.Holder(cfg.State.Path)
	r, err := remoteOf(cfg, &state.LockedError{Path: cfg.State.Path, Holder: holder})
	if err != nil || !lives(holder) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, liveTime)
	defer cancel()
	var all []view.Sync
	if r.ask(ctx, http.MethodGet, "/syncs", nil, &all) != nil {
		return nil
	}
	known := map[string]view.Sync{}
	for _, s := range all {
		known[s.Sync] = s
	}
	return known
}

// remoteOf gives the daemon that holds the state, where err says that one does; else
// the error is err.
func remoteOf(cfg *config.Config, err error) (*remote, error) {
	if !daemonHolds(err) {
		return nil, err
	}
	if cfg.Server.AdminToken.IsZero() {
		return nil, hinted{err, "set server.admin_token, and this goes through the daemon; reading commands such as `skubridge status` work as it is"}
	}
	address, err := dialable(cfg.Server.Listen)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext} // no proxy: it is our own
	return &remote{
		base: "http://" + address + admin.Base, token: cfg.Server.AdminToken,
		client: &http.Client{Timeout: remoteTime, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// dialable is where something that listens can be reached from here.
func dialable(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("server.listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// ask sends body, nothing for nil, and reads the answer into what out points to.
func (r *remote) ask(ctx context.Context, method, path string, body, out any) error {
	var text io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, text)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.token.Reveal())
	req.Header.Set("Content-Type", "application/json")
	res, err := r.client.Do(req)
	if err != nil {
		return unanswered(ctx, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, remoteMost))
	if err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return refusal(res, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	return nil
}

// unanswered says that a daemon did not answer.
func unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return hinted{fmt.Errorf("ask the daemon: %w", err), "it holds the state and does not answer on server.listen: is the configuration the one that it runs by?"}
}

// refusal is what a daemon says that it does not do, and why.
func refusal(res *http.Response, answer []byte) error {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")) // an odd one is none of ours
	var p web.Problem
	if kind != "application/problem+json" || json.Unmarshal(answer, &p) != nil {
		return hinted{fmt.Errorf("what listens at server.listen answers HTTP %d, and not as a daemon does", res.StatusCode), "is the configuration the one that the daemon runs by?"}
	}
	err := fmt.Errorf("the daemon says: %s", p.Detail)
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return hinted{err, "server.admin_token must be the one that the daemon was started with"}
	case http.StatusNotFound:
		return hinted{err, "the daemon may run by another configuration, or by one that it has not read again"}
	}
	return hinted{err, p.Hint}
}

// ordered is what a start is asked to do.
type ordered struct {
	Only       []string `json:"only,omitempty"`
	Approve    bool     `json:"approve,omitempty"`
	Full       bool     `json:"full,omitempty"`
	SourceOnly bool     `json:"source_only,omitempty"`
	Backfill   bool     `json:"backfill,omitempty"`
	By         string   `json:"by"`

	Plan *engine.Expected `json:"plan,omitempty"`
}

// lostError says that nobody here knows what became of a run at a daemon.
type lostError struct{ error }

// run has the daemon run a sync, and waits for its end. Where that cannot be known the
// error is a lostError.
func (r *remote) run(ctx context.Context, s *engine.Sync, o engine.Options) (engine.Report, error) {
	var at view.Start
	order := ordered{Only: o.Only, Approve: o.Approve, Full: o.Full, SourceOnly: o.SourceOnly, Backfill: o.Backfill, By: whoami(), Plan: o.Expect}
	if err := r.ask(ctx, http.MethodPost, "/syncs/"+s.Name+"/starts", order, &at); err != nil {
		return engine.Report{}, lostError{err}
	}
	for at.Phase != "ended" {
		if at.Progress != nil && o.OnProgress != nil {
			o.OnProgress(engine.Progress{Phase: engine.Phase(at.Progress.Phase), Done: at.Progress.Done, Total: at.Progress.Total})
		}
		path := fmt.Sprintf("/starts/%s?wait=%d", url.PathEscape(at.Start), remoteWait)
		if err := r.ask(ctx, http.MethodGet, path, nil, &at); err != nil {
			if ctx.Err() != nil {
				err = hinted{err, "the daemon goes on with it; `skubridge status` shows how far it is"}
			} else if _, broken := errors.AsType[*url.Error](err); broken {
				err = hinted{err, "the daemon has ended meanwhile; nothing is lost: start it again, or run this again, and what had begun goes on"}
			}
			return engine.Report{}, lostError{err}
		}
	}
	var err error
	if at.Error != "" {
		err = hinted{errors.New(at.Error), at.Hint}
	}
	if at.Report == nil {
		return engine.Report{}, lostError{errors.Join(errors.New("the daemon did not say how the run ended"), err)}
	}
	return *at.Report, err
}

// whoami is who decides, for the books: as far as the system knows.
func whoami() string {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}
