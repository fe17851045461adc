package connectortest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"
)

// fault is a way to misbehave, as the sandbox's control page takes it.
type fault struct {
	Kind       string `json:"kind"`
	Method     string `json:"method,omitempty"`
	Times      int    `json:"times,omitempty"`
	Status     int    `json:"status,omitempty"`
	Body       string `json:"body,omitempty"`
	Delay      string `json:"delay,omitempty"`
	RetryAfter int    `json:"retry_after,omitempty"`
	AsDate     bool   `json:"as_date,omitempty"`
	Apply      bool   `json:"apply,omitempty"`
	Chunked    bool   `json:"chunked,omitempty"`
}

// report is what the sandbox has seen.
type report struct {
	CreatesApplied     int64    `json:"creates_applied"`
	UpdatesApplied     int64    `json:"updates_applied"`
	ProductsActive     int      `json:"products_active"`
	ProductsArchived   int      `json:"products_archived"`
	ExtraPrices        int      `json:"extra_prices"`
	KeysWithTwoBodies  int64    `json:"keys_with_two_bodies"`
	ContractViolations int64    `json:"contract_violations"`
	Violations         []string `json:"violations"`
}

// control is the control page of one sandbox.
type control struct {
	t    *testing.T
	base string
}

// ask sends a request to the control page and decodes the answer.
func (c control) ask(method, page string, send, into any) {
	c.t.Helper()
	var body io.Reader
	if send != nil {
		b, err := json.Marshal(send)
		if err != nil {
			c.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	// Not the test's context: the last question is asked when that has ended.
	req, err := http.NewRequest(method, c.base+"/__sandbox/"+page, body) //nolint:noctx // bounded by the client
	if err != nil {
		c.t.Fatal(err)
	}
	client := &http.Client{Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		c.t.Fatalf("ask the sandbox: %v", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= http.StatusBadRequest {
		c.t.Fatalf("ask the sandbox for %s: %d %s, %v", page, resp.StatusCode, answer, err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		c.t.Fatalf("read the sandbox's %s: %v", page, err)
	}
}

// faults puts these in force and no others.
func (c control) faults(faults ...fault) {
	c.t.Helper()
	if faults == nil {
		faults = []fault{}
	}
	c.ask(http.MethodPut, "faults", faults, nil)
}

// report asks what the sandbox has seen.
func (c control) report() report {
	c.t.Helper()
	var r report
	c.ask(http.MethodGet, "report", nil, &r)
	return r
}

// awaitFault returns once a fault has fired.
func (c control) awaitFault() {
	c.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		var active []struct {
			Fired int64 `json:"fired"`
		}
		c.ask(http.MethodGet, "faults", nil, &active)
		if len(active) > 0 && active[0].Fired > 0 {
			return
		}
	}
}
