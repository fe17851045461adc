package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// node is an object of the API: its type, and its fields as they are asked for. A field
// gives a scalar, a node, a []node, a *connection, or nil for null.
type node struct {
	kind  string
	field func(name string, args map[string]any) (any, error)
}

// connection is a list that is read page by page.
type connection struct{ nodes []node }

// graphError is an error of GraphQL, with Shopify's code.
type graphError struct{ code, message string }

// Error gives the message.
func (e *graphError) Error() string { return e.message }

func noField(kind, name string) error {
	return &graphError{"undefinedField", fmt.Sprintf("Field '%s' doesn't exist on type '%s'", name, kind)}
}

// query is one that is being executed.
type query struct {
	api       *shopAPI
	call      *call
	document  *ast.QueryDocument
	variables map[string]any
}

// execute answers a query, with what it costs.
func (a *shopAPI) execute(c *call) answer {
	var ask struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	if err := json.Unmarshal(c.body, &ask); err != nil {
		return a.refuse(http.StatusBadRequest, "the body is no JSON")
	}
	document, err := parser.ParseQuery(&ast.Source{Input: ask.Query})
	if err != nil || len(document.Operations) != 1 {
		return a.says(nil, nil, &graphError{"", fmt.Sprintf("Parse error: %v", err)})
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	q := &query{api: a, call: c, document: document, variables: ask.Variables}
	operation := document.Operations[0]
	price := q.cost(operation.SelectionSet)
	if limit := max(a.quirks.Costly, 0); price > float64(orElse(limit, 1000)) {
		return a.says(&price, nil, &graphError{"MAX_COST_EXCEEDED", fmt.Sprintf("Query cost is %v, which exceeds the single query max cost limit", price)})
	}
	if !a.pay(price) {
		return a.says(&price, nil, &graphError{"THROTTLED", "Throttled"})
	}
	root := a.root()
	if operation.Operation == ast.Mutation {
		root = a.mutations(c)
	}
	data, err := q.selected(operation.SelectionSet, root)
	if err == nil { // what was asked for and did not come is given back
		a.points = math.Min(a.points+price-math.Min(price, weight(data)), a.cfg.Points)
	}
	return a.says(&price, data, err)
}

// weight is what an answer costs: one for each object in it.
func weight(data any) (sum float64) {
	switch data := data.(type) {
	case map[string]any:
		sum = 1
		for _, v := range data {
			sum += weight(v)
		}
	case []any:
		for _, v := range data {
			sum += weight(v)
		}
	}
	return sum
}

func orElse(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}

// pay takes points for a query, if there are as many.
func (a *shopAPI) pay(price float64) bool {
	now := a.front.now()
	a.points = math.Min(a.points+now.Sub(a.pointsAt).Seconds()*a.cfg.Restore, a.cfg.Points)
	a.pointsAt = now
	if price > a.points {
		return false
	}
	a.points -= price
	return true
}

// says is an answer with data or an error.
func (a *shopAPI) says(price *float64, data any, err error) answer {
	body := map[string]any{}
	if err == nil {
		body["data"] = data
	} else {
		said := map[string]any{"message": err.Error()}
		if e, ok := err.(*graphError); ok && e.code != "" { //nolint:errorlint // made here, wrapped nowhere
			said["extensions"] = map[string]any{"code": e.code}
		}
		body["errors"] = []any{said}
	}
	if price != nil {
		spent := any(*price)
		if err != nil {
			spent = nil
		}
		body["extensions"] = map[string]any{"cost": map[string]any{
			"requestedQueryCost": *price, "actualQueryCost": spent,
			"throttleStatus": map[string]any{
				"maximumAvailable": a.cfg.Points, "currentlyAvailable": math.Floor(a.points), "restoreRate": a.cfg.Restore,
			},
		}}
	}
	return jsonAnswer(http.StatusOK, body)
}

// cost is one for each object that may come, by what connections are asked for.
func (q *query) cost(set ast.SelectionSet) (sum float64) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.InlineFragment:
			sum += q.cost(s.SelectionSet)
		case *ast.Field:
			if len(s.SelectionSet) == 0 || s.Name == "pageInfo" {
				continue
			}
			args, _ := q.arguments(s)
			inner := q.cost(s.SelectionSet)
			if n, ok := number(args["first"]); ok {
				sum += float64(n) * inner
			} else if ids, ok := args["ids"].([]any); ok {
				sum += float64(len(ids)) * (1 + inner)
			} else {
				sum += 1 + inner
			}
		}
	}
	return sum
}

func number(v any) (int, bool) {
	switch n := v.(type) {
	case float64:
		return int(n), true
	case int64:
		return int(n), true
	}
	return 0, false
}

// selected gives the fields of an object that are asked for.
func (q *query) selected(set ast.SelectionSet, from node) (map[string]any, error) {
	out := map[string]any{}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.InlineFragment:
			if s.TypeCondition != from.kind {
				continue
			}
			more, err := q.selected(s.SelectionSet, from)
			if err != nil {
				return nil, err
			}
			maps.Copy(out, more)
		case *ast.Field:
			v, err := q.value(s, from)
			if err != nil {
				return nil, err
			}
			out[s.Alias] = v
		}
	}
	return out, nil
}

// value gives one field.
func (q *query) value(f *ast.Field, from node) (any, error) {
	if f.Name == "__typename" {
		return from.kind, nil
	}
	args, err := q.arguments(f)
	if err != nil {
		return nil, err
	}
	v, err := from.field(f.Name, args)
	if err != nil || v == nil {
		return nil, err
	}
	switch v := v.(type) {
	case node:
		return q.selected(f.SelectionSet, v)
	case []node:
		return q.each(f.SelectionSet, v)
	case *connection:
		return q.page(f, v, args)
	}
	return v, nil
}

func (q *query) each(set ast.SelectionSet, nodes []node) (any, error) {
	out := make([]any, len(nodes))
	for i, n := range nodes {
		if n.field == nil {
			continue // null
		}
		v, err := q.selected(set, n)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// page gives a page of a connection. A cursor is the number of what was shown before.
func (q *query) page(f *ast.Field, c *connection, args map[string]any) (any, error) {
	firstOnes, ok := number(args["first"])
	if !ok || firstOnes < 1 || firstOnes > 250 {
		return nil, &graphError{"BAD_REQUEST", "you must provide first, from 1 to 250"}
	}
	from := 0
	if after, ok := args["after"].(string); ok {
		from, _ = strconv.Atoi(after)
	}
	if q.api.quirks.RepeatPage && len(c.nodes) > firstOnes {
		c = &connection{nodes: slices.Concat(c.nodes[:firstOnes], c.nodes[:firstOnes])}
		from = 0
	}
	to := min(from+firstOnes, len(c.nodes))
	shown := c.nodes[min(from, to):to]
	if q.api.quirks.DuringPages != nil {
		defer q.api.unlocked(q.api.quirks.DuringPages)
	}
	cursor := strconv.Itoa(to)
	if q.api.quirks.RepeatPage {
		q.api.pages++
		cursor = strconv.Itoa(q.api.pages) // another one each time
	}
	return q.selected(f.SelectionSet, node{"Connection", func(name string, _ map[string]any) (any, error) {
		switch name {
		case "nodes":
			return slices.Clone(shown), nil
		case "pageInfo":
			return node{"PageInfo", func(name string, _ map[string]any) (any, error) {
				switch name {
				case "hasNextPage":
					return to < len(c.nodes), nil
				case "endCursor":
					if to == 0 {
						return nil, nil
					}
					return cursor, nil
				}
				return nil, noField("PageInfo", name)
			}}, nil
		}
		return nil, noField("Connection", name)
	}})
}

// unlocked calls f while nothing is locked.
func (a *shopAPI) unlocked(f func()) {
	a.mu.Unlock()
	defer a.mu.Lock()
	f()
}

// arguments are those of a field, with variables in their places.
func (q *query) arguments(f *ast.Field) (map[string]any, error) {
	args := map[string]any{}
	for _, a := range f.Arguments {
		v, err := a.Value.Value(q.variables)
		if err != nil {
			return nil, &graphError{"argumentLiteralsIncompatible", err.Error()}
		}
		args[a.Name] = v
	}
	return args, nil
}
