package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/skubridge/skubridge/internal/tempfile"
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/internal/web/admin"
	"github.com/skubridge/skubridge/sync/engine"
)

// lineMost bounds one line of an answer: a row with three values of a product.
const lineMost = 64 << 20

// work has the daemon do something that is no run of a sync, and waits for its end. Rows are
// taken in as they come, into a temporary file, so that the daemon never waits for whoever
// reads ours; row gets them afterwards, also those of work that failed. The result goes into
// what out points to.
func (r *remote) work(ctx context.Context, path string, body any, show func(engine.Progress), row func(json.RawMessage) error, out any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.token.Reveal())
	req.Header.Set("Content-Type", "application/json")
	client := *r.client
	client.Timeout = 0 // it takes as long as it takes
	res, err := client.Do(req)
	if err != nil {
		return unanswered(ctx, err)
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusMultipleChoices {
		answer, err := io.ReadAll(io.LimitReader(res.Body, remoteMost))
		if err != nil {
			return fmt.Errorf("read the daemon's answer: %w", err)
		}
		return refusal(res, answer)
	}
	rows, err := tempfile.New("")
	if err != nil {
		return temporary(err)
	}
	defer tempfile.Discard(rows)
	end, err := takeIn(res.Body, rows, show)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return errors.Join(eachLine(rows, row), hinted{fmt.Errorf("read the daemon's answer: %w", err), "the daemon has ended meanwhile; nothing is lost: run it again"})
	}
	err = json.Unmarshal(end.Result, out)
	if end.Error != "" {
		err = hinted{errors.New(end.Error), end.Hint}
	}
	return errors.Join(eachLine(rows, row), err)
}

// takeIn reads an answer to its end: rows go to w, a line each.
func takeIn(answer io.Reader, w io.Writer, show func(engine.Progress)) (end view.WorkEnd, err error) {
	out := bufio.NewWriter(w)
	lines := bufio.NewScanner(answer)
	lines.Buffer(nil, lineMost)
	for lines.Scan() {
		var l view.WorkLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return end, errors.Join(err, out.Flush())
		}
		switch {
		case l.End != nil:
			return *l.End, out.Flush()
		case l.Progress != nil && show != nil:
			show(engine.Progress{Phase: engine.Phase(l.Progress.Phase), Done: l.Progress.Done, Total: l.Progress.Total})
		case l.Row != nil:
			if _, err := out.Write(append(l.Row, '\n')); err != nil {
				return end, fmt.Errorf("keep the rows: %w", err)
			}
		}
	}
	err = lines.Err()
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return end, errors.Join(err, out.Flush())
}

// eachLine gives the lines of a file that was written.
func eachLine(f *os.File, row func(json.RawMessage) error) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the rows: %w", err)
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, lineMost)
	for lines.Scan() {
		if err := row(bytes.Clone(lines.Bytes())); err != nil {
			return err
		}
	}
	return lines.Err()
}

// rowsOf gives what work takes for its rows: each as a T to f.
func rowsOf[T any](f func(T) error) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var v T
		if err := json.Unmarshal(raw, &v); err != nil {
			return fmt.Errorf("read the daemon's answer: %w", err)
		}
		return f(v)
	}
}

// noRows is for work that finds none.
func noRows(json.RawMessage) error { return nil }

// adopt is an adoption by the daemon.
func (r *remote) adopt(ctx context.Context, s *engine.Sync, o engine.AdoptOptions, row func(view.Matched) error) (sum engine.Adoption, err error) {
	body := struct {
		AsRead  bool               `json:"as_read"`
		Confirm []engine.Confirmed `json:"confirm"`
		By      string             `json:"by"`
	}{o.AsRead, o.Confirm, whoami()}
	err = r.work(ctx, "/syncs/"+url.PathEscape(s.Name)+"/adopt", body, o.OnProgress, rowsOf(row), &sum)
	return sum, err
}

// drift is a comparison by the daemon.
func (r *remote) drift(ctx context.Context, s *engine.Sync, o engine.DriftOptions, row func(view.Drifted) error) (sum engine.Drift, err error) {
	body := struct {
		Sample   int    `json:"sample"`
		Requests int    `json:"requests"`
		Fix      bool   `json:"fix"`
		By       string `json:"by"`
	}{o.Sample, o.Requests, o.Fix, whoami()}
	err = r.work(ctx, "/syncs/"+url.PathEscape(s.Name)+"/drift", body, o.OnProgress, rowsOf(row), &sum)
	return sum, err
}

// settle leaves fields to the API, and takes others back; it gives those that had been left.
func (r *remote) settle(ctx context.Context, s *engine.Sync, accept, takeBack, only []string) ([]string, error) {
	var out admin.Settled
	body := map[string]any{"accept": accept, "take_back": takeBack, "only": only, "by": whoami()}
	err := r.work(ctx, "/syncs/"+url.PathEscape(s.Name)+"/fields", body, nil, noRows, &out)
	return out.TakenBack, err
}

// confirmAccount confirms the account that the daemon's configuration names.
func (r *remote) confirmAccount(ctx context.Context, s *engine.Sync) (changed bool, err error) {
	var out admin.Confirmed
	err = r.work(ctx, "/syncs/"+url.PathEscape(s.Name)+"/account/confirm", map[string]any{"by": whoami()}, nil, noRows, &out)
	return out.Changed, err
}

// takeOver hands over what another sync keeps.
func (r *remote) takeOver(ctx context.Context, s *engine.Sync, from string) (int64, error) {
	var out admin.TakenOver
	err := r.work(ctx, "/syncs/"+url.PathEscape(s.Name)+"/takeover", map[string]any{"from": from, "by": whoami()}, nil, noRows, &out)
	return out.Listings, err
}

// poll asks for verdicts of one destination, "" for all.
func (r *remote) poll(ctx context.Context, destination string, row func(view.Polled) error) error {
	return r.work(ctx, "/polls", map[string]any{"destination": destination, "by": whoami()}, nil, rowsOf(row), new(struct{}))
}
