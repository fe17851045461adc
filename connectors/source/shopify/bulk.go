package shopify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/extsort"
)

// operation is a bulk operation as the API shows it.
type operation struct {
	ID      string      `json:"id"`
	Status  string      `json:"status"`
	Code    string      `json:"errorCode"`
	Created time.Time   `json:"createdAt"`
	Objects json.Number `json:"objectCount"`
	Roots   json.Number `json:"rootObjectCount"`
	Size    json.Number `json:"fileSize"`
	URL     string      `json:"url"`
	Partial string      `json:"partialDataUrl"`
	Query   string      `json:"query"`
}

// The states of an operation (BulkOperationStatus).
const (
	created   = "CREATED"
	running   = "RUNNING"
	canceling = "CANCELING"
	canceled  = "CANCELED"
	completed = "COMPLETED"
	failed    = "FAILED"
	expired   = "EXPIRED"
)

// How an operation is waited for, and how often one is begun.
const (
	firstPoll = time.Second
	mostPoll  = 15 * time.Second
	// mostStarts is how often an operation is begun whose predecessor failed at Shopify.
	mostStarts = 3
	// takeUpFor is how old an operation may be to be taken up: what it reads is as old.
	takeUpFor = 6 * time.Hour
)

// errAgain says that another operation is to be begun.
var errAgain = errors.New("the operation has to be begun again")

// runBulk gives the result of a bulk operation over what a search finds.
func (s *Source) runBulk(ctx context.Context, search, currency string) (*bulk, error) {
	query := s.shape.bulk(search)
	deadline := s.now().Add(s.options.BulkWait)
	var last error
	for n := range mostStarts {
		op, err := s.begin(ctx, query, n == 0 && search == "", deadline)
		if err != nil {
			return nil, err
		}
		b, err := s.finish(ctx, op, currency, deadline)
		if !errors.Is(err, errAgain) {
			return b, err
		}
		last = err
	}
	return nil, s.incomplete(fmt.Errorf("the bulk operation failed %d times: %w", mostStarts, last), "read again later; Shopify may be in trouble (shopifystatus.com)")
}

func (s *Source) incomplete(err error, remedy string) error {
	return &connectors.IncompleteError{Source: "shop " + s.options.Shop, Reason: err.Error(), Remedy: remedy}
}

// begin gives an operation with the query: one of ours that is on its way already, as
// after a crash or an answer that was lost, or a new one. Operations of others of the same
// app are waited for where Shopify takes no more, and never touched.
func (s *Source) begin(ctx context.Context, query string, takeUp bool, deadline time.Time) (operation, error) {
	poll, told := firstPoll, false
	for lost := 0; ; {
		var others int
		if takeUp {
			own, n, err := s.onTheirWay(ctx, query)
			if err != nil || own.ID != "" {
				return own, err
			}
			others = n
		}
		op, busy, err := s.start(ctx, query)
		if busy && !told {
			told = true
			s.say(fmt.Sprintf("other bulk operations of the same app run, and Shopify takes no more; they are waited for, for up to %v", s.options.BulkWait))
		}
		if unclear(err) && lost < mostStarts {
			lost, takeUp, busy, err = lost+1, true, true, nil
		}
		if err != nil || !busy {
			return op, err
		}
		if s.now().After(deadline) {
			some := "other bulk operations of the same app"
			if others > 0 { // they were asked for
				some += fmt.Sprintf(" (%d)", others)
			}
			return op, s.incomplete(fmt.Errorf("%s did not end within %v", some, s.options.BulkWait),
				"let this source have an app of its own, or raise bulk_wait")
		}
		if err := s.client.Wait(ctx, poll); err != nil {
			return op, err
		}
		poll = min(2*poll, mostPoll)
	}
}

// unclear reports whether a request may have done something although it failed.
func unclear(err error) bool {
	e, ok := errors.AsType[*connectors.DeliveryError](err)
	return ok && e.Class == connectors.Retryable
}

// onTheirWay looks for an operation with the query among those that have not ended, and
// counts the others.
func (s *Source) onTheirWay(ctx context.Context, query string) (own operation, others int, err error) {
	var said struct {
		Operations struct {
			Nodes []operation `json:"nodes"`
		} `json:"bulkOperations"`
	}
	if err := s.ask(ctx, operationsDocument, map[string]any{"search": "operation_type:query"}, &said); err != nil {
		return own, 0, err
	}
	for _, op := range said.Operations.Nodes {
		switch {
		case op.Status != created && op.Status != running:
		case strings.TrimSpace(op.Query) == query && s.client.Clock().Now().Sub(op.Created) < takeUpFor:
			return op, others, nil
		default:
			others++
		}
	}
	return own, others, nil
}

// start begins an operation. busy says that Shopify takes no more of them for now.
func (s *Source) start(ctx context.Context, query string) (op operation, busy bool, err error) {
	var said struct {
		Run struct {
			Operation *operation `json:"bulkOperation"`
			Errors    []struct {
				Message string `json:"message"`
				Code    string `json:"code"`
			} `json:"userErrors"`
		} `json:"bulkOperationRunQuery"`
	}
	if err := s.send(ctx, startDocument, map[string]any{"query": query}, &said, false); err != nil {
		return op, false, err
	}
	if len(said.Run.Errors) > 0 {
		e := said.Run.Errors[0]
		if e.Code == "OPERATION_IN_PROGRESS" || e.Code == "LIMIT_REACHED" || strings.Contains(e.Message, "already in progress") {
			return op, true, nil
		}
		return op, false, &connectors.DeliveryError{
			Class: connectors.Rejected, Message: connectors.Short(e.Message, 500),
			Remedy: "check whether api_version is one that this program knows: " + DefaultVersion,
		}
	}
	if said.Run.Operation == nil || said.Run.Operation.ID == "" {
		return op, false, &connectors.DeliveryError{Class: connectors.Unknown, Err: errors.New("no bulk operation was begun, and Shopify does not say why")}
	}
	return *said.Run.Operation, false, nil
}

// finish waits for an operation and takes its result.
func (s *Source) finish(ctx context.Context, op operation, currency string, deadline time.Time) (*bulk, error) {
	poll := firstPoll
	for op.Status == created || op.Status == running || op.Status == canceling {
		if s.now().After(deadline) {
			return nil, s.incomplete(fmt.Errorf("the bulk operation %s did not end within %v", op.ID, s.options.BulkWait), "raise bulk_wait; the next read takes the operation up while it runs")
		}
		if err := s.client.Wait(ctx, poll); err != nil {
			return nil, err
		}
		poll = min(poll*3/2, mostPoll)
		var err error
		if op, err = s.operation(ctx, op.ID); err != nil {
			return nil, err
		}
	}
	switch op.Status {
	case completed:
		return s.collect(ctx, op, currency)
	case failed:
		if op.Code == "ACCESS_DENIED" {
			return nil, &connectors.DeliveryError{
				Class: connectors.Denied, Err: errors.New("the bulk operation was refused: the app lacks a scope"),
				Remedy: "give the app the scopes read_products and read_inventory, install it again, and use its new token",
			}
		}
		// What it wrote until then (partialDataUrl) is a part of the catalog, from which
		// nothing follows about the rest.
		return nil, fmt.Errorf("%w: it failed with %s", errAgain, op.Code)
	case canceled:
		return nil, s.incomplete(fmt.Errorf("the bulk operation %s was cancelled by somebody", op.ID), "read again")
	case expired:
		return nil, fmt.Errorf("%w: its result has expired", errAgain)
	}
	return nil, s.incomplete(fmt.Errorf("the bulk operation %s is in an unknown state, %q", op.ID, connectors.Short(op.Status, 50)), "check whether api_version is one that this program knows")
}

// operation asks for one operation.
func (s *Source) operation(ctx context.Context, id string) (operation, error) {
	var said struct {
		Operation *operation `json:"bulkOperation"`
	}
	if err := s.ask(ctx, operationDocument, map[string]any{"id": id}, &said); err != nil {
		return operation{}, err
	}
	if said.Operation == nil {
		return operation{}, fmt.Errorf("%w: Shopify does not know it any more", errAgain)
	}
	return *said.Operation, nil
}

// collect downloads the result of an operation and holds it against what Shopify counted.
// A result whose address does not answer any more is asked for once more.
func (s *Source) collect(ctx context.Context, op operation, currency string) (*bulk, error) {
	b := &bulk{source: s, currency: currency, began: op.Created, sorter: extsort.New(s.temp, 0)}
	err := b.take(ctx, op)
	if e, ok := errors.AsType[*connectors.DeliveryError](err); ok && (e.Class == connectors.Denied || e.Class == connectors.Gone) && e.Status/100 == 4 {
		if op, err = s.operation(ctx, op.ID); err == nil && op.Status != completed {
			err = fmt.Errorf("%w: its result has expired", errAgain)
		}
		if err == nil {
			err = b.take(ctx, op)
		}
		if e, ok := errors.AsType[*connectors.DeliveryError](err); ok && e.Status/100 == 4 {
			err = fmt.Errorf("%w: its result cannot be downloaded (%d)", errAgain, e.Status)
		}
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}
