package akeneo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/pull"
)

// Read implements connectors.Source. Without since it lists everything; otherwise what
// changed since then, as a delta.
func (s *Source) Read(ctx context.Context, since connectors.Cursor) iter.Seq2[catalog.Record, error] {
	return func(yield func(catalog.Record, error) bool) {
		s.mark = pull.Mark{}
		from := pull.ParseMark(since, s.of)
		if since != "" && from.Since.IsZero() {
			yield(catalog.Record{}, connectors.ErrCursor)
			return
		}
		ctx, cancel := connectors.Within(pull.WithBudget(ctx, mostRequests), s.options.Timeout, s.api.base)
		defer cancel()
		r := &reading{Source: s, ctx: ctx, from: from, seed: maphash.MakeSeed()}
		defer r.close()
		going := true
		err := r.run(func(rec catalog.Record, err error) bool {
			going = yield(rec, err)
			return going
		})
		if err = pull.Incomplete(ctx, s.api.base, err); err != nil && going {
			yield(catalog.Record{}, err)
		}
	}
}

// undated is how far our clock may be ahead of a PIM whose answers have no date.
const undated = time.Hour

// reading is one read under way.
type reading struct {
	*Source
	ctx   context.Context // of the one read that it is
	from  pull.Mark       // the zero Mark in a read of everything
	zones zones
	b     *builder
	// seen are hashes of the ids that came, 8 bytes each: a page that comes again in the
	// place of another one shows in nothing else.
	seed maphash.Seed
	seen []uint64
	part int
}

func (r *reading) full() bool { return r.from.Since.IsZero() }

func (r *reading) close() {
	if r.b != nil {
		r.b.close()
	}
}

// run reads products until yield has enough, which is no error, or something is wrong.
func (r *reading) run(yield func(catalog.Record, error) bool) error {
	zone, err := r.options.zone()
	if err != nil {
		return err
	}
	r.zones.set = zone
	r.zones.recall(r.from.More)
	v, err := r.resolve(r.ctx)
	if err != nil {
		return err
	}
	mark := pull.Mark{Of: r.of, Since: r.api.pull.Clock().Now()} // what changes from here on is the next read's
	if _, told := r.api.pull.Clock().Skew(); !told {
		mark.Since = mark.Since.Add(-undated) // it is by our own clock
	}
	if err := r.from.Ahead(mark.Since); err != nil {
		return err
	}
	before, err := r.count()
	if err != nil {
		return err
	}
	r.b = newBuilder(r.ctx, r.Source, v, r.full())
	r.b.models.all = r.b.listing("product-models", r.query(v, false))
	if err := r.fieldsAreThere(); err != nil {
		return err
	}
	for p, err := range r.api.pages(r.ctx, r.list(), r.query(v, true)) {
		if err != nil {
			return err
		}
		if more, err := r.page(p.Items, yield); err != nil || !more {
			return err
		}
	}
	if err := r.whole(before); err != nil {
		return err
	}
	mark.More = r.zones.kept()
	r.mark = mark
	return nil
}

// fieldsAreThere ends a read of everything where a field that the options name has no
// attribute left in the PIM: one that was renamed or deleted there would look like a
// field that is blank in every product.
func (r *reading) fieldsAreThere() error {
	if !r.full() {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(r.options.Fields)) {
		rule, err := r.options.rule(name)
		if err != nil || len(rule.from) == 0 { // a constant, or made of several
			continue
		}
		there := false
		for _, code := range rule.from {
			a, err := r.b.attributes.get(r.ctx, code)
			if err != nil {
				return err
			}
			there = there || a != nil || slices.Contains(properties, code)
		}
		if !there {
			return r.api.refusal(fmt.Sprintf("fields.%s: the PIM shows no attribute %q", name, strings.Join(rule.from, ", ")),
				"see the codes of attributes in the PIM (Settings > Attributes); `skubridge check --online` looks for what was meant")
		}
	}
	return nil
}

// list is the path that products are listed under.
func (s *Source) list() string {
	if s.options.By == ByIdentifier {
		return rest + "/products"
	}
	return rest + "/products-uuid"
}

// query asks for what is to be read: in the channel and languages that count, behind each
// other by a cursor of the PIM's own, as pages by number end at the 10,000th product.
func (r *reading) query(v view, products bool) url.Values {
	q := url.Values{}
	if products && !r.full() {
		q = search("updated", ">", r.zones.write(r.from.Since))
	}
	q.Set("pagination_type", "search_after")
	q.Set("limit", strconv.Itoa(r.options.PageSize))
	q.Set("scope", v.scope)
	q.Set("locales", strings.Join(v.locales(), ","))
	if products && r.options.Labels {
		q.Set("with_attribute_options", "true")
	}
	return q
}

// page yields the records of one page; false says that yield has enough.
func (r *reading) page(items []entry, yield func(catalog.Record, error) bool) (more bool, err error) {
	products := make([]*product, 0, len(items))
	r.part++
	for _, e := range items {
		r.seen = append(r.seen, maphash.String(r.seed, cmp.Or(e.id, string(e.raw))))
		p := new(product)
		if err := json.Unmarshal(e.raw, p); err != nil {
			if !yield(catalog.Record{}, r.spoilt(e, err)) {
				return false, nil
			}
			continue
		}
		r.zones.observe(p.Updated)
		products = append(products, p)
	}
	if err := r.b.prepare(products); err != nil {
		return false, err
	}
	for _, p := range products {
		if r.ctx.Err() != nil {
			return false, context.Cause(r.ctx)
		}
		rec, err := r.b.record(p)
		if !r.full() {
			rec.Part = r.part // a product that changes meanwhile may come twice
		}
		if _, bad := errors.AsType[*connectors.RecordError](err); err != nil && !bad {
			return false, err
		}
		if !yield(rec, err) {
			return false, nil
		}
	}
	return true, nil
}

// spoilt tells of a product that is not what it should be. What it is known by is read all
// the same, where it can be.
func (r *reading) spoilt(e entry, err error) error {
	out := &connectors.RecordError{
		File: strings.TrimPrefix(r.list(), rest+"/") + "/" + e.id, Reason: "the PIM describes it in a way that cannot be read",
		Remedy: "see what the API gives for it, and whether the version of the PIM is known to work",
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		out.Field, out.Value = kind.Field, kind.Value
		out.Reason = fmt.Sprintf("the PIM has %s of the kind %s, where something else belongs", kind.Field, kind.Value)
	}
	var known struct {
		Identifier any `json:"identifier"`
		Values     struct {
			SKU []struct {
				Data any `json:"data"`
			} `json:"sku"`
		} `json:"values"`
	}
	_ = json.Unmarshal(e.raw, &known) // what can be read of it
	out.SKU, _ = known.Identifier.(string)
	if len(known.Values.SKU) > 0 && out.SKU == "" {
		out.SKU, _ = known.Values.SKU[0].Data.(string)
	}
	return out
}

// count asks how many products there are, in a read of everything; pull.Unknown where the
// PIM does not say. Only pages by number are counted (documentation/pagination).
func (r *reading) count() (int, error) {
	if !r.full() {
		return pull.Unknown, nil
	}
	var p page
	err := r.api.get(r.ctx, r.list(), url.Values{"pagination_type": {"page"}, "limit": {"1"}, "with_count": {"true"}}, &p)
	if isGone(err) && r.options.By == ByUUID {
		return 0, r.api.refusal("the PIM lists no products by UUID, as before version 7",
			"set by: identifier; if the version is newer, check whether base_url is that of the PIM")
	}
	if err != nil || p.Count == nil {
		return pull.Unknown, err
	}
	return *p.Count, nil
}

// whole proves that a read missed nothing, as far as that can be told: nothing came twice,
// and of everything as much came as there is.
func (r *reading) whole(before int) error {
	slices.Sort(r.seen)
	read := len(slices.Compact(r.seen))
	if twice := len(r.seen) - read; twice > 0 {
		return fmt.Errorf("%d products came twice, so others may be missing", twice)
	}
	after, err := r.count()
	if err != nil {
		return err
	}
	return pull.Counts{Before: before, After: after, Read: read, What: "products"}.Check()
}
