package view

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// Story is everything about one SKU.
type Story struct {
	SKU     string        `json:"sku"`
	Records []StoryRecord `json:"records"`
	Syncs   []StorySync   `json:"syncs"`
	// Forsaken are listings at destinations that no sync of the configuration delivers to.
	Forsaken []Listing `json:"forsaken,omitempty"`
	// Written is what was written back of its verdicts.
	Written []Written `json:"written,omitempty"`
}

// StoryRecord is what one source says of it.
type StoryRecord struct {
	Source string `json:"source"`
	// Key is the record's own, where it is joined by something else.
	Key     string        `json:"key,omitempty"`
	Parent  string        `json:"parent,omitempty"`
	Where   string        `json:"where,omitempty"`
	Missing *StoryMissing `json:"missing,omitempty"`
	// Unread says that no sync of the configuration reads the source.
	Unread  bool           `json:"unread,omitempty"`
	Product catalog.Fields `json:"product"`
	Variant catalog.Fields `json:"variant"`
}

// StoryMissing is since when a record is missing.
type StoryMissing struct {
	Since string `json:"since"`
	Reads int    `json:"reads"`
	// Told says that the source told that the record is gone.
	Told bool `json:"told,omitempty"`
}

// StorySync is one sync's side of it.
type StorySync struct {
	Sync        string  `json:"sync"`
	Destination string  `json:"destination"`
	Verdict     string  `json:"verdict"` // wanted, withdrawn, faulty, waiting, vanished, unknown
	Reason      string  `json:"reason,omitempty"`
	Merged      *Merged `json:"merged,omitempty"`
	// Origins says which source each field comes from, where there are several.
	Origins     map[string]string `json:"origins,omitempty"`
	Payload     json.RawMessage   `json:"payload,omitempty"`
	Hash        string            `json:"hash,omitempty"`
	Listing     *Listing          `json:"listing,omitempty"`
	Accepted    json.RawMessage   `json:"accepted,omitempty"`
	Problems    []Problem         `json:"problems"`
	Eligibility []Verdict         `json:"eligibility"`
	Intents     []StoryIntent     `json:"intents"`
	// LeftToAPI are the fields that a person leaves to the API.
	LeftToAPI []string         `json:"left_to_api,omitempty"`
	Next      string           `json:"next"`
	Changes   []catalog.Change `json:"changes,omitempty"`
}

// Merged is the SKU as the catalog joins it from its sources.
type Merged struct {
	Product catalog.Fields `json:"product"`
	Variant catalog.Fields `json:"variant"`
}

func newMerged(p catalog.Product, sku string) *Merged {
	for _, v := range p.Variants {
		switch {
		case v.SKU == sku && v.Own != nil:
			return &Merged{*v.Own, v.Fields}
		case v.SKU == sku || p.Key == sku:
			return &Merged{p.Fields, v.Fields}
		}
	}
	return nil
}

// StoryIntent is one change, with what became of it.
type StoryIntent struct {
	ID       int64          `json:"id"`
	Op       string         `json:"op"`
	Status   string         `json:"status"`
	Created  string         `json:"created"`
	Step     string         `json:"step,omitempty"`
	Attempts []StoryAttempt `json:"attempts"`
}

// StoryAttempt is one attempt that was not accepted.
type StoryAttempt struct {
	At      string `json:"at"`
	Class   string `json:"class"`
	Status  int    `json:"status,omitempty"`
	Message string `json:"message"`
}

// Tell gives everything about one SKU, as these syncs see it.
func Tell(ctx context.Context, store *state.Store, syncs []*engine.Sync, sku string, now time.Time) (*Story, error) {
	s := &Story{SKU: sku, Records: []StoryRecord{}, Syncs: []StorySync{}}
	if err := s.readRecords(ctx, store); err != nil {
		return nil, err
	}
	for _, sync := range syncs {
		one, records, err := tell(ctx, store, sync, sku, now)
		if err != nil {
			return nil, err
		}
		s.Syncs = append(s.Syncs, *one)
		s.join(records)
	}
	s.mark(syncs)
	if err := s.findForsaken(ctx, store, syncs); err != nil {
		return nil, err
	}
	var err error
	s.Written, err = written(ctx, store, sku)
	return s, err
}

// mark tells the records of sources that nobody reads any more.
func (s *Story) mark(syncs []*engine.Sync) {
	read := map[string]bool{}
	for _, sync := range syncs {
		for _, src := range sync.Sources {
			read[src.Name] = true
		}
	}
	for i := range s.Records {
		s.Records[i].Unread = !read[s.Records[i].Source]
	}
}

// findForsaken finds what is listed where none of the syncs delivers to.
func (s *Story) findForsaken(ctx context.Context, store *state.Store, syncs []*engine.Sync) error {
	for l, err := range store.Listings(ctx, state.Filter{SKU: s.SKU}) {
		if err != nil {
			return err
		}
		delivers := func(sync *engine.Sync) bool { return sync.Account.Name == l.Destination }
		if !slices.ContainsFunc(syncs, delivers) {
			s.Forsaken = append(s.Forsaken, OfListing(l))
		}
	}
	return nil
}

// Known reports whether any sync ever had to do with the SKU.
func (s *Story) Known() bool {
	for _, one := range s.Syncs {
		if one.Listing != nil || len(one.Intents)+len(one.Problems) > 0 {
			return true
		}
	}
	return len(s.Forsaken) > 0
}

func (s *Story) readRecords(ctx context.Context, store *state.Store) error {
	for r, err := range store.Records(ctx, state.Filter{SKU: s.SKU}) {
		if err != nil {
			return err
		}
		s.Records = append(s.Records, newStoryRecord(r))
	}
	return nil
}

func newStoryRecord(r catalog.Recorded) StoryRecord {
	rec := StoryRecord{Source: r.Source, Key: r.OwnKey, Parent: r.Parent, Where: Place(r.File, r.Line), Product: r.Product, Variant: r.Variant}
	if r.Missing != nil {
		rec.Missing = &StoryMissing{Stamp(r.Missing.Since), r.Missing.Reads, r.Missing.Told}
	}
	return rec
}

// join adds the records that a sync joins with the SKU's own.
func (s *Story) join(records []catalog.Recorded) {
	for _, r := range records {
		rec := newStoryRecord(r)
		known := func(o StoryRecord) bool { return o.Source == rec.Source && o.Where == rec.Where && o.Key == rec.Key }
		if r.OwnKey != "" && r.Key == s.SKU && !slices.ContainsFunc(s.Records, known) {
			s.Records = append(s.Records, rec)
		}
	}
}

// tell gives one sync's side of the story.
func tell(ctx context.Context, store *state.Store, sync *engine.Sync, sku string, now time.Time) (*StorySync, []catalog.Recorded, error) {
	o := &StorySync{
		Sync: sync.Name, Destination: sync.Account.Name, Problems: []Problem{}, Eligibility: []Verdict{}, Intents: []StoryIntent{},
	}
	if l, ok, err := store.Listing(ctx, o.Destination, sku); err != nil {
		return nil, nil, err
	} else if ok {
		row := OfListing(l)
		o.Listing, o.Accepted = &row, l.Payload.Bytes()
	}
	view, err := engine.Examine(ctx, store, sync, sku, now)
	if err != nil {
		return nil, nil, err
	}
	if len(sync.Sources) > 1 {
		o.Origins = view.Origins
	}
	o.LeftToAPI = view.Left
	o.Verdict, o.Reason, o.Next, o.Merged = view.Verdict, view.Reason, view.Next, newMerged(view.Product, sku)
	if !view.Payload.IsZero() {
		o.Payload, o.Hash = view.Payload.Bytes(), view.Payload.Hash().String()
	}
	if view.Change != nil {
		o.Changes = []catalog.Change{*view.Change}
	}
	return o, view.Records, o.readHistory(ctx, store, sku)
}

// readHistory reads problems, verdicts and attempts.
func (o *StorySync) readHistory(ctx context.Context, store *state.Store, sku string) error {
	for p, err := range store.Problems(ctx, state.Filter{SKU: sku}) {
		if err != nil {
			return err
		}
		if p.Sync == "" || p.Sync == o.Sync {
			o.Problems = append(o.Problems, OfProblem(p))
		}
	}
	verdicts, err := store.VerdictsOf(ctx, o.Destination, sku)
	if err != nil {
		return err
	}
	for _, e := range verdicts {
		o.Eligibility = append(o.Eligibility, OfVerdict(e))
	}
	histories, err := store.Histories(ctx, state.Filter{Sync: o.Sync, Destination: o.Destination}, sku)
	if err != nil {
		return err
	}
	for _, h := range histories {
		in := StoryIntent{
			ID: h.Intent.ID, Op: string(h.Intent.Change.Op), Status: string(h.Intent.Status), Created: Stamp(h.Intent.Created),
			Step: h.Intent.Step.Name, Attempts: []StoryAttempt{},
		}
		for _, at := range h.Attempts {
			in.Attempts = append(in.Attempts, StoryAttempt{Stamp(at.At), at.Class, at.HTTPStatus, at.Message})
		}
		o.Intents = append(o.Intents, in)
	}
	return nil
}
