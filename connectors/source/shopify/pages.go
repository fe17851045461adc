package shopify

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
)

// sizes are how many of each are asked for at once, so that a query stays below what one
// may cost.
type sizes struct{ products, variants, media int }

var largest = sizes{products: 10, variants: 10, media: 10}

// nestedTimes is how many times as many variants, or images, are asked for at once where
// they are of one product.
const nestedTimes = 10

// halve makes queries cheaper. It reports false where they cannot be.
func (z *sizes) halve() bool {
	if *z == (sizes{1, 1, 1}) {
		return false
	}
	*z = sizes{max(z.products/2, 1), max(z.variants/2, 1), max(z.media/2, 1)}
	return true
}

// list is a connection as a page shows it.
type list[T any] struct {
	Info *struct {
		More bool   `json:"hasNextPage"`
		End  string `json:"endCursor"`
	} `json:"pageInfo"`
	Nodes []T `json:"nodes"`
}

// page gives what a list shows. One that is not there, or does not say whether and where it
// goes on, is no empty list and no last page: what it keeps back would count as unchanged.
func (l *list[T]) page(what string) (pull.Page[T], error) {
	switch {
	case l == nil || l.Nodes == nil || l.Info == nil:
		return pull.Page[T]{}, strange("the answer holds no list of %s", what)
	case !l.Info.More:
		return pull.Page[T]{Items: l.Nodes}, nil
	case l.Info.End == "":
		return pull.Page[T]{}, strange("there are more %s, and the answer does not say where", what)
	}
	return pull.Page[T]{Items: l.Nodes, Next: l.Info.End}, nil
}

// strange is an answer that is none of those that the API gives.
func strange(format string, args ...any) error {
	return &connectors.DeliveryError{Class: connectors.Unknown, Err: fmt.Errorf(format, args...)}
}

// nested is what a product has many of.
type nested struct {
	ID       string                 `json:"id"`
	Media    *list[json.RawMessage] `json:"media"`
	Variants *list[json.RawMessage] `json:"variants"`
}

// adapting asks with the sizes at hand, and with smaller ones where that costs too much.
func (s *Source) adapting(ctx context.Context, document string, variables func() map[string]any, into func() any) error {
	for {
		err := s.ask(ctx, document, variables(), into())
		if !tooCostly(err) || !s.sizes.halve() {
			return err
		}
	}
}

// changedProducts yields the products that a search finds.
func (s *Source) changedProducts(ctx context.Context, search, currency string, use func(*product) bool) error {
	document := s.shape.changed()
	fetch := func(ctx context.Context, cursor string) (page pull.Page[json.RawMessage], err error) {
		var said struct {
			Products *list[json.RawMessage] `json:"products"`
		}
		err = s.adapting(ctx, document, func() map[string]any {
			return map[string]any{
				"search": search, "after": after(cursor),
				"products": s.sizes.products, "variants": s.sizes.variants, "media": s.sizes.media,
			}
		}, func() any { said.Products = nil; return &said })
		if err != nil {
			return page, err
		}
		return said.Products.page("products")
	}
	paging := pull.Paging[json.RawMessage]{Key: idOf, Most: pageCeiling}
	for page, err := range pull.Pages(ctx, fetch, paging) {
		if err != nil {
			return err
		}
		for _, node := range page.Items {
			if absent(node) { // what was found is there
				return errUnidentified
			}
			p, err := s.complete(ctx, node, currency)
			if err != nil {
				return err
			}
			if p != nil && !use(p) {
				return nil
			}
		}
	}
	return nil
}

// idOf is what a node is known by.
func idOf(node json.RawMessage) string {
	var head struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(node, &head) // what cannot be read is told where it is used
	return head.ID
}

// absent reports whether a node stands for nothing.
func absent(node json.RawMessage) bool { return len(node) == 0 || string(node) == "null" }

// after is a cursor as a variable.
func after(cursor string) any {
	if cursor == "" {
		return nil
	}
	return cursor
}

// mostNamed is how many products are asked for by their ids at once.
const mostNamed = 10

// named gives products by their ids; those that are not there are left out.
func (s *Source) named(ctx context.Context, ids []string, currency string) ([]*product, error) {
	document := s.shape.named()
	var found []*product
	for len(ids) > 0 {
		var said struct {
			Nodes []json.RawMessage `json:"nodes"`
		}
		n := 0
		err := s.adapting(ctx, document, func() map[string]any {
			n = min(len(ids), mostNamed, s.sizes.products)
			return map[string]any{"ids": ids[:n], "variants": s.sizes.variants, "media": s.sizes.media}
		}, func() any { said.Nodes = nil; return &said })
		if err != nil {
			return nil, err
		}
		if len(said.Nodes) != n {
			return nil, strange("%d products were asked for, and %d answers came", n, len(said.Nodes))
		}
		for i, node := range said.Nodes {
			if !absent(node) && idOf(node) != ids[i] { // else ids[i] would count as deleted
				return nil, strange("product %s was asked for, and the answer is about another one", ids[i])
			}
			p, err := s.complete(ctx, node, currency)
			if err != nil {
				return nil, err
			}
			if p != nil {
				found = append(found, p)
			}
		}
		ids = ids[n:]
	}
	return found, nil
}

// complete makes a product of a node with the first pages of what it has, and asks for the
// others. Where a variant came or went meanwhile it begins again, a few times; a product
// that stays short of what it says is told as it came, with a problem. A null gives nil:
// there is no such product.
func (s *Source) complete(ctx context.Context, node json.RawMessage, currency string) (*product, error) {
	const tries = 3
	for n := range tries {
		if absent(node) {
			return nil, nil
		}
		p, err := s.assemble(ctx, node, currency)
		if err != nil || p.whole() || n == tries-1 {
			return p, err
		}
		var said struct {
			Nodes []json.RawMessage `json:"nodes"`
		}
		err = s.adapting(ctx, s.shape.named(), func() map[string]any {
			return map[string]any{"ids": []string{p.node.ID}, "variants": s.sizes.variants, "media": s.sizes.media}
		}, func() any { said.Nodes = nil; return &said })
		if err != nil {
			return nil, err
		}
		if len(said.Nodes) != 1 {
			return nil, strange("a product was asked for, and %d answers came", len(said.Nodes))
		}
		if node = said.Nodes[0]; !absent(node) && idOf(node) != p.node.ID {
			return nil, strange("product %s was asked for, and the answer is about another one", p.node.ID)
		}
	}
	return nil, nil
}

// assemble puts a product together from its pages.
func (s *Source) assemble(ctx context.Context, node json.RawMessage, currency string) (*product, error) {
	p, err := newProduct(s.shape, currency, node)
	if err != nil {
		return nil, err
	}
	var parts nested
	if err := json.Unmarshal(node, &parts); err != nil {
		return nil, fmt.Errorf("product %s: %w", p.number, err)
	}
	for _, m := range []plenty{
		{"images", moreMedia, func(n *nested) *list[json.RawMessage] { return n.Media }, p.addMedia},
		{"variants", s.shape.moreVariants(), func(n *nested) *list[json.RawMessage] { return n.Variants }, p.addVariant},
	} {
		if err := s.rest(ctx, p.node.ID, &parts, m); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// plenty is something that a product may have more of than stands beside it.
type plenty struct {
	what     string
	document string // asks for a page of it
	of       func(*nested) *list[json.RawMessage]
	add      func([]byte) error
}

// rest adds the first page of what a product has many of, and then the others.
func (s *Source) rest(ctx context.Context, product string, first *nested, m plenty) error {
	fetch := func(ctx context.Context, cursor string) (pull.Page[json.RawMessage], error) {
		if cursor == "" {
			return m.of(first).page(m.what)
		}
		var said struct {
			Product *nested `json:"product"`
		}
		err := s.adapting(ctx, m.document, func() map[string]any {
			return map[string]any{"id": product, "first": nestedTimes * s.sizes.variants, "after": cursor}
		}, func() any { said.Product = nil; return &said })
		if err != nil || said.Product == nil { // it is gone; its number of variants will tell
			return pull.Page[json.RawMessage]{}, err
		}
		return m.of(said.Product).page(m.what)
	}
	paging := pull.Paging[json.RawMessage]{Key: idOf, Most: pageCeiling}
	for page, err := range pull.Pages(ctx, fetch, paging) {
		if err != nil {
			return err
		}
		for _, node := range page.Items {
			if err := m.add(node); err != nil {
				return err
			}
		}
	}
	return nil
}
