package shopify

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
)

// readChanges reads what changed since a mark: products by their updated_at, those whose
// inventory items changed, and those that were deleted.
func (s *Source) readChanges(ctx context.Context, mark pull.Mark, yield yieldRecord) error {
	shop, err := s.shop(ctx)
	if err != nil {
		return err
	}
	began := s.client.Clock().Now()
	if err := mark.Ahead(began); err != nil {
		return err
	}
	changes := search("updated_at", mark.Since)
	many, err := s.many(ctx, changes)
	if err != nil {
		return err
	}
	told := map[string]bool{} // numbers of products; a delta of more goes by a bulk operation
	stopped := false
	use := func(p *product) bool {
		if told[p.number] {
			return true // it changed once more, which the next read tells
		}
		told[p.number] = true
		stopped = !tell(p, yield)
		return !stopped
	}
	if many {
		err = s.changedInBulk(ctx, changes, shop.currency, use)
	} else {
		err = s.changedProducts(ctx, changes, shop.currency, use)
	}
	if err == nil && !stopped && s.options.Inventory {
		err = s.changedItems(ctx, mark, shop.currency, told, use)
	}
	if err == nil && !stopped {
		err = s.deleted(ctx, mark, told, yield)
	}
	if err != nil || stopped {
		return err
	}
	s.reached(began)
	return nil
}

// many reports whether more products changed than are read page by page.
func (s *Source) many(ctx context.Context, search string) (bool, error) {
	var said struct {
		Products *count `json:"productsCount"`
	}
	err := s.ask(ctx, countDocument, map[string]any{"search": search, "limit": s.options.BulkAbove + 1}, &said)
	return said.Products != nil && said.Products.Count > s.options.BulkAbove, err
}

func (s *Source) changedInBulk(ctx context.Context, search, currency string, use func(*product) bool) error {
	b, err := s.runBulk(ctx, search, currency)
	if err != nil {
		return err
	}
	defer b.close()
	return b.each(ctx, use)
}

// eventPage is how many events are asked for at once.
const eventPage = 100

// inventoryItem is what customs and the stock know of a variant.
type inventoryItem struct {
	ID       string `json:"id"`
	Variants struct {
		Nodes []struct {
			Product struct {
				ID string `json:"id"`
			} `json:"product"`
		} `json:"nodes"`
	} `json:"variants"`
}

// changedItems reads the products whose inventory items changed: HS codes, origin, cost and
// weight are theirs, and nobody says that a product's updated_at moves with them. So do
// numbers in stock; beyond what is read page by page it is left to the read from the start.
func (s *Source) changedItems(ctx context.Context, mark pull.Mark, currency string, told map[string]bool, use func(*product) bool) error {
	ids, err := s.ofChangedItems(ctx, mark, told)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(ids, mostNamed) {
		products, err := s.named(ctx, some, currency)
		if err != nil {
			return err
		}
		for _, p := range products {
			if !use(p) {
				return nil
			}
		}
	}
	return nil
}

// ofChangedItems gives the ids of products whose inventory items changed, without those that
// were told already.
func (s *Source) ofChangedItems(ctx context.Context, mark pull.Mark, told map[string]bool) (ids []string, err error) {
	fetch := func(ctx context.Context, cursor string) (pull.Page[inventoryItem], error) {
		var said struct {
			Items *list[inventoryItem] `json:"inventoryItems"`
		}
		err := s.adapting(ctx, inventoryDocument, func() map[string]any {
			return map[string]any{"search": search("updated_at", mark.Since), "first": nestedTimes * s.sizes.products, "after": after(cursor)}
		}, func() any { said.Items = nil; return &said })
		if err != nil {
			return pull.Page[inventoryItem]{}, err
		}
		return said.Items.page("inventory items")
	}
	seen := map[string]bool{}
	for page, err := range pull.Pages(ctx, fetch, pull.Paging[inventoryItem]{Key: func(i inventoryItem) string { return i.ID }}) {
		if err != nil {
			return nil, err
		}
		for _, i := range page.Items {
			for _, v := range i.Variants.Nodes {
				_, number, err := gid(v.Product.ID)
				if err == nil && !told[strconv.FormatUint(number, 10)] && !seen[v.Product.ID] {
					seen[v.Product.ID] = true
					ids = append(ids, v.Product.ID)
				}
			}
		}
		if len(ids) > s.options.BulkAbove {
			break
		}
	}
	return ids, nil
}

// deleted tells of products that were deleted, as far as events tell. An app that may not
// see events leaves it to the read from the start.
func (s *Source) deleted(ctx context.Context, mark pull.Mark, told map[string]bool, yield yieldRecord) error {
	type event struct {
		ID      string `json:"id"`
		Action  string `json:"action"`
		Subject string `json:"subjectId"`
		Type    string `json:"subjectType"`
	}
	fetch := func(ctx context.Context, cursor string) (pull.Page[event], error) {
		var said struct {
			Events *list[event] `json:"events"`
		}
		err := s.ask(ctx, eventsDocument, map[string]any{
			"search": "action:destroy AND subject_type:PRODUCT AND " + search("created_at", mark.Since), "first": eventPage, "after": after(cursor),
		}, &said)
		if err != nil || said.Events == nil {
			return pull.Page[event]{}, err
		}
		return said.Events.page("events")
	}
	for page, err := range pull.Pages(ctx, fetch, pull.Paging[event]{Key: func(e event) string { return e.ID }}) {
		if e, ok := errors.AsType[*connectors.DeliveryError](err); ok && e.Class == connectors.Denied && e.Status == http.StatusOK {
			return nil
		}
		if err != nil {
			return err
		}
		for _, e := range page.Items {
			kind, number, err := gid(e.Subject)
			if err != nil || kind != "Product" || e.Action != "destroy" {
				continue // the search is Shopify's to understand
			}
			digits := strconv.FormatUint(number, 10)
			if !told[digits] && !yield(goneProduct(digits), nil) {
				return nil
			}
			told[digits] = true
		}
	}
	return nil
}

// Fetch implements connectors.Fetcher. Subjects are numbers of products, or their ids.
func (s *Source) Fetch(ctx context.Context, subjects []string) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		s.run(pull.WithBudget(ctx, maxRequests), func(ctx context.Context, yield yieldRecord) error {
			return s.fetch(ctx, subjects, yield)
		}, yield)
	}
}

func (s *Source) fetch(ctx context.Context, subjects []string, yield yieldRecord) error {
	subjects = slices.DeleteFunc(slices.Clone(subjects), func(subject string) bool { return subject == "" }) // about no product
	if len(subjects) == 0 {
		return nil
	}
	shop, err := s.shop(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for _, subject := range subjects {
		id, err := productID(subject)
		if err != nil {
			if !yield(catalog.Record{}, &connectors.RecordError{SKU: subject, Reason: err.Error(), Remedy: "name the product by its number"}) {
				return nil
			}
			continue
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for some := range slices.Chunk(ids, mostNamed) {
		products, err := s.named(ctx, some, shop.currency)
		if err != nil {
			return err
		}
		for _, p := range products {
			if !tell(p, yield) {
				return nil
			}
		}
		for _, id := range some {
			there := slices.ContainsFunc(products, func(p *product) bool { return strings.HasSuffix(id, "/"+p.number) })
			_, number, _ := gid(id) // productID made it
			if !there && !yield(goneProduct(strconv.FormatUint(number, 10)), nil) {
				return nil
			}
		}
	}
	return nil
}
