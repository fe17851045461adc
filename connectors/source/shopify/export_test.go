package shopify

import (
	"bufio"
	"context"
	"io"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
	"github.com/skubridge/skubridge/internal/extsort"
)

// Documents gives every document that a source with these options sends, by name, and the
// query of its bulk operations.
func Documents(o Options) map[string]string {
	s := newShape(o)
	return map[string]string{
		"bulk": s.bulk(""), "bulk of changes": s.bulk(search("updated_at", time.Unix(0, 0))),
		"changed": s.changed(), "named": s.named(), "more variants": s.moreVariants(), "more media": moreMedia,
		"shop": shopDocument, "count": countDocument, "events": eventsDocument, "inventory": inventoryDocument,
		"start": startDocument, "operation": operationDocument, "operations": operationsDocument, "probe": probeDocument,
		"annotate": annotateDocument,
	}
}

// SetTime gives the source another clock and another way to wait, and lets its requests
// be repeated so often.
func (s *Source) SetTime(env connectors.Env, now func() time.Time, wait func(context.Context, time.Duration) error, retries int) {
	s.now = now
	s.client.Close()
	s.client = pull.New(pull.Config{
		Base: s.base, Concurrency: 2, Authority: s.authority(env.Tokens), Authorize: authorize, Now: now, Wait: wait, Retries: retries,
	})
}

// ReadResult reads the result of a bulk operation, without the counts that go with it, with
// a buffer so small that lines cross its end.
func (s *Source) ReadResult(ctx context.Context, result io.Reader, yield func(catalog.Record, error) bool) error {
	b := &bulk{source: s, currency: "USD", sorter: extsort.New(s.temp, 1<<10)}
	defer b.close()
	if err := b.read(ctx, bufio.NewReaderSize(result, 64)); err != nil {
		return err
	}
	return b.each(ctx, func(p *product) bool { return p.records(yield) })
}
