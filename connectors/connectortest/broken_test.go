package connectortest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
	"github.com/skubridge/skubridge/internal/secret"
)

// A suite that passes whatever it is given says nothing. Here it is given a
// connector with one flaw at a time, in a process of its own, since a test that is
// to fail would fail this one too.

// flawVariable names the flaw to the child process.
const flawVariable = "CONNECTORTEST_FLAW"

// flaws are the flaws, with the case that has to meet each.
var flaws = map[string]string{
	"source: the last record is lost":             "a_whole_input_is_read_to_its_end,_each_time",
	"source: decoded fields share the view":       "a_whole_input_is_read_to_its_end,_each_time",
	"source: content without what was there":      "records_are_views,_and_what_they_decode_to_is_not",
	"source: cancelling makes a short whole read": "a_cancelled_read_ends_with_the_cause",
	"source: the file stays open":                 "a_read_that_is_broken_off_leaves_nothing_open",
	"source: a spoilt record ends the read":       "a_spoilt_record_does_not_end_the_read",
	"source: a cut input is whole":                "an_input_that_is_not_whole_is_an_incomplete_read",

	"destination: archived products are not found": "an_archived_product_is_off_sale_and_can_be_found",
	"destination: every failure is retryable":      "each_failure_of_a_create_has_its_class",
	"destination: the wait is lost":                "each_failure_of_an_update_has_its_class",
	"destination: what is unclear is accepted":     "a_lost_answer_is_found_by_look-up",
	"destination: drafts differ":                   "a_draft_is_made_of_the_change_alone",
	"destination: updates send everything":         "an_update_sends_the_fields_of_its_change",
	"destination: the next step is not named":      "a_replace_creates_anew_and_then_archives",
	"destination: nothing is checked":              "a_payload_is_checked_before_it_is_sent",
	"destination: the mode is not compared":        "an_answer_of_the_other_mode_is_refused_with_its_id",
	"destination: errors show the credential":      "no_error_shows_the_credential",
	"destination: the walk ends early":             "a_walk_meets_every_product",
	"destination: requests break the contract":     "a_create_is_accepted",
}

func TestSuitesCanFail(t *testing.T) {
	t.Parallel()
	if os.Getenv(flawVariable) != "" {
		t.Skip("this is the child process")
	}
	for flaw, met := range flaws {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFlaw$/^"+regexp.QuoteMeta(met)+"$", "-test.v", "-test.timeout=2m")
			child.Env = append(os.Environ(), flawVariable+"="+flaw)
			out, err := child.CombinedOutput()
			if want := "--- FAIL: TestFlaw/" + met; err == nil || !strings.Contains(string(out), want) {
				t.Errorf("got %v, want %q in\n%s", err, want, out)
			}
		})
	}
}

// TestFlaw runs a suite on a connector with the flaw that the parent asks for.
func TestFlaw(t *testing.T) {
	t.Parallel()
	flaw := os.Getenv(flawVariable)
	switch kind, flaw, _ := strings.Cut(flaw, ": "); kind {
	case "source":
		connectortest.Source(t, flawedSource(flaw))
	case "destination":
		connectortest.Destination(t, flawedDestination(flaw))
	default:
		t.Skip("run by TestSuitesCanFail")
	}
}

func flawedSource(flaw string) connectortest.SourceSetup {
	with := func(lines string) connectortest.OpenSource {
		return func(t *testing.T, dir string) connectors.Source {
			t.Helper()
			path := filepath.Join(dir, "lines.txt")
			if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
				t.Fatal(err)
			}
			return lineSource{path: path, flaw: flaw, shared: map[string]string{}}
		}
	}
	return connectortest.SourceSetup{
		Open: with("A\nB\nC\nend\n"), Keys: []string{"A", "B", "C"},
		Long:   with(strings.Repeat("A\n", 2000) + "end\n"),
		Spoilt: with("A\n?\nC\nend\n"), SpoiltKeys: []string{"A", "C"}, Faults: 1,
		Incomplete: map[string]connectortest.OpenSource{"no last line": with("A\nB\n")},
	}
}

// lineSource reads a key from each line; the last line is "end".
type lineSource struct {
	path, flaw string
	shared     map[string]string // what a careless source would reuse from record to record
}

func (lineSource) Spec() connectors.SourceSpec { return connectors.SourceSpec{Snapshot: true} }

func (s lineSource) Read(ctx context.Context, _ connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		f, err := os.Open(s.path)
		if err != nil {
			yield(catalog.Record{}, err)
			return
		}
		if s.flaw != "the file stays open" {
			defer f.Close()
		}
		content, err := os.ReadFile(s.path)
		if err != nil {
			yield(catalog.Record{}, err)
			return
		}
		s.lines(ctx, strings.Split(strings.TrimSpace(string(content)), "\n"), yield)
	}
}

func (s lineSource) lines(ctx context.Context, lines []string, yield func(catalog.Record, error) bool) {
	if s.flaw == "the last record is lost" {
		lines = append(lines[:len(lines)-2], "end")
	}
	view := make([]byte, 1)
	for i, line := range lines {
		switch {
		case ctx.Err() != nil && s.flaw == "cancelling makes a short whole read":
			return
		case ctx.Err() != nil:
			yield(catalog.Record{}, context.Cause(ctx))
			return
		case line == "end":
			return
		case line == "?" && s.flaw == "a spoilt record ends the read":
			yield(catalog.Record{}, errors.New("a spoilt record"))
			return
		case line == "?":
			if !yield(catalog.Record{}, &connectors.RecordError{Line: i + 1, Reason: "no key"}) {
				return
			}
		default:
			copy(view, line)
			if !yield(catalog.Record{Key: view, Pos: catalog.NoPos, Line: i + 1, Raw: lineRaw{view, s}}, nil) {
				return
			}
		}
	}
	if s.flaw != "a cut input is whole" {
		yield(catalog.Record{}, &connectors.IncompleteError{Source: s.path, Reason: "the last line is missing"})
	}
}

type lineRaw struct {
	line []byte
	lineSource
}

func (r lineRaw) AppendContent(dst []byte) []byte {
	if r.flaw == "content without what was there" {
		return r.line
	}
	return catalog.AppendFramed(dst, r.line)
}

func (r lineRaw) Decode() (product, variant catalog.Fields, err error) {
	f := catalog.Fields{SKU: string(r.line)}
	if r.flaw == "decoded fields share the view" {
		f.Attributes = r.shared
		f.Attributes["line"] = string(r.line)
	}
	return catalog.Fields{}, f, nil
}

const credential = "fsk_test_s3cret0fTheTests"

func flawedDestination(flaw string) connectortest.DestinationSetup {
	return connectortest.DestinationSetup{
		Serve: func(t *testing.T) string {
			t.Helper()
			api, err := sandbox.NewFlex(sandbox.FlexConfig{Keys: []string{credential}})
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewServer(contract.Validate(contract.Flex, api, func(v contract.Violation) { api.Violated(v.String()) }))
			t.Cleanup(srv.Close)
			return srv.URL
		},
		Open: func(t *testing.T, common connectors.Common, credential string) connectors.Destination {
			t.Helper()
			d, err := flex.Type().Open(connectors.Env{Common: common}, func(into any) error {
				into.(*flex.Options).APIKey = secret.New(credential)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return flawed{d.(*flex.Destination), flaw, new(int)}
		},
		Credential: credential, BadCredential: "fsk_test_unknown",
		Payload: func(t *testing.T, n int) catalog.Payload {
			t.Helper()
			p, err := catalog.NewPayload(map[string]any{
				"name": "Brace", "description": "A brace", "upc_code": "036000291452",
				"url": "https://cdn.example.com/1.jpg", "client_reference_id": fmt.Sprint("SKU-", n),
			})
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		Update:  map[string]any{"description": "Another brace", "url": "https://cdn.example.com/2.jpg"},
		Replace: map[string]any{"name": "Better brace"},
		Faulty:  map[string]any{"upc_code": "1"},
	}
}

// flawed is a good destination with one flaw.
type flawed struct {
	*flex.Destination
	flaw  string
	calls *int
}

func (d flawed) Check(p catalog.Payload) []catalog.Fault {
	if d.flaw == "nothing is checked" {
		return nil
	}
	return d.Destination.Check(p)
}

func (d flawed) Draft(c catalog.Change, name string, made catalog.Made) (catalog.Step, error) {
	if d.flaw == "updates send everything" {
		c.Fields = c.Want.Diff(catalog.Payload{})
	}
	s, err := d.Destination.Draft(c, name, made)
	switch *d.calls++; d.flaw {
	case "drafts differ":
		s.Path += fmt.Sprint("?", *d.calls)
	case "requests break the contract":
		s.Body = []byte(strings.Replace(string(s.Body), `"product":{`, `"product":{"visit_type":"x",`, 1))
	}
	return s, err
}

func (d flawed) Deliver(ctx context.Context, s catalog.Step) (catalog.Result, error) {
	result, err := d.Destination.Deliver(ctx, s)
	var failure *connectors.DeliveryError
	if !errors.As(err, &failure) {
		if d.flaw == "the next step is not named" {
			result.Next = ""
		}
		return result, err
	}
	switch {
	case d.flaw == "every failure is retryable":
		failure.Class = connectors.Retryable
	case d.flaw == "the wait is lost":
		failure.RetryAfter = 0
	case d.flaw == "what is unclear is accepted" && failure.Class == connectors.Unknown:
		return catalog.Result{Remote: catalog.Remote{ID: "guessed", Key: s.NaturalKey, Active: true}}, nil
	case d.flaw == "the mode is not compared":
		failure.Mismatch = false
	case d.flaw == "errors show the credential":
		failure.Err = errors.New("refused " + credential)
		failure.Message = ""
	}
	return result, failure
}

func (d flawed) Find(ctx context.Context, key string) ([]catalog.Remote, error) {
	hits, err := d.Destination.Find(ctx, key)
	if d.flaw != "archived products are not found" {
		return hits, err
	}
	var active []catalog.Remote
	for _, h := range hits {
		if h.Active {
			active = append(active, h)
		}
	}
	return active, err
}

func (d flawed) List(ctx context.Context, cursor string) ([]catalog.Remote, string, error) {
	products, next, err := d.Destination.List(ctx, cursor)
	if d.flaw == "the walk ends early" {
		next = ""
	}
	return products, next, err
}
