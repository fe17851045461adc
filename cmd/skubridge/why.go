package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/daemon"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// story is everything about one SKU, as `why --json` prints it.
type story struct {
	SKU     string        `json:"sku"`
	Records []storyRecord `json:"records"`
	Syncs   []storySync   `json:"syncs"`
}

type storyRecord struct {
	Source string `json:"source"`
	// Key is the record's own, where it is joined by something else.
	Key     string         `json:"key,omitempty"`
	Parent  string         `json:"parent,omitempty"`
	Where   string         `json:"where,omitempty"`
	Missing *storyMissing  `json:"missing,omitempty"`
	Product catalog.Fields `json:"product"`
	Variant catalog.Fields `json:"variant"`
}

type storyMissing struct {
	Since string `json:"since"`
	Reads int    `json:"reads"`
}

type storySync struct {
	Sync        string  `json:"sync"`
	Destination string  `json:"destination"`
	Verdict     string  `json:"verdict"` // wanted, withdrawn, faulty, waiting, vanished, unknown
	Reason      string  `json:"reason,omitempty"`
	Merged      *merged `json:"merged,omitempty"`
	// Origins says which source each field comes from, where there are several.
	Origins     map[string]string `json:"origins,omitempty"`
	Payload     json.RawMessage   `json:"payload,omitempty"`
	Hash        string            `json:"hash,omitempty"`
	Listing     *listing          `json:"listing,omitempty"`
	Accepted    json.RawMessage   `json:"accepted,omitempty"`
	Problems    []problem         `json:"problems"`
	Eligibility []verdict         `json:"eligibility"`
	Intents     []storyIntent     `json:"intents"`
	// LeftToAPI are the fields that a person leaves to the API.
	LeftToAPI []string         `json:"left_to_api,omitempty"`
	Next      string           `json:"next"`
	Changes   []catalog.Change `json:"changes,omitempty"`
}

// merged is the SKU as the catalog joins it from its sources.
type merged struct {
	Product catalog.Fields `json:"product"`
	Variant catalog.Fields `json:"variant"`
}

func newMerged(p catalog.Product, sku string) *merged {
	for _, v := range p.Variants {
		if v.SKU == sku || p.Key == sku {
			return &merged{p.Fields, v.Fields}
		}
	}
	return nil
}

type storyIntent struct {
	ID       int64          `json:"id"`
	Op       string         `json:"op"`
	Status   string         `json:"status"`
	Created  string         `json:"created"`
	Step     string         `json:"step,omitempty"`
	Attempts []storyAttempt `json:"attempts"`
}

type storyAttempt struct {
	At      string `json:"at"`
	Class   string `json:"class"`
	Status  int    `json:"status,omitempty"`
	Message string `json:"message"`
}

// whyCmd is `skubridge why`.
func (a *app) whyCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "why SKU",
		Short: "everything about one SKU: records, payload, listing, attempts, what happens next",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.why(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(a.out)
				e.SetIndent("", "  ")
				return e.Encode(s)
			}
			_, err = fmt.Fprint(a.out, describeStory(s, newPaint(a.out)))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (a *app) why(ctx context.Context, sku string) (*story, error) {
	wired, err := a.wire(a.logger())
	if err != nil {
		return nil, err
	}
	store, ok, err := openReading(ctx, wired.Config)
	if err != nil {
		return nil, err
	}
	s := &story{SKU: sku, Records: []storyRecord{}, Syncs: []storySync{}}
	if !ok {
		return nil, hinted{fmt.Errorf("nothing is known of %s: nothing ran yet", sku), "run `skubridge sync` first, or `skubridge plan --only " + sku + "`"}
	}
	defer store.Close()
	if err := s.readRecords(ctx, store); err != nil {
		return nil, err
	}
	for _, name := range wired.Names() {
		one, records, err := tell(ctx, store, wired, name, sku)
		if err != nil {
			return nil, err
		}
		s.Syncs = append(s.Syncs, *one)
		s.join(records)
	}
	if len(s.Records) == 0 && !s.known() {
		return nil, hinted{fmt.Errorf("nothing is known of %s", sku), "`skubridge listings` and `skubridge problems` list the SKUs that are known; they are case-sensitive"}
	}
	return s, nil
}

// known reports whether any sync ever had to do with the SKU.
func (s *story) known() bool {
	for _, one := range s.Syncs {
		if one.Listing != nil || len(one.Intents)+len(one.Problems) > 0 {
			return true
		}
	}
	return false
}

func (s *story) readRecords(ctx context.Context, store *state.Store) error {
	for r, err := range store.Records(ctx, state.Filter{SKU: s.SKU}) {
		if err != nil {
			return err
		}
		s.Records = append(s.Records, newStoryRecord(r))
	}
	return nil
}

func newStoryRecord(r catalog.Recorded) storyRecord {
	rec := storyRecord{Source: r.Source, Key: r.OwnKey, Parent: r.Parent, Where: place(r.File, r.Line), Product: r.Product, Variant: r.Variant}
	if r.Missing != nil {
		rec.Missing = &storyMissing{stamp(r.Missing.Since), r.Missing.Reads}
	}
	return rec
}

// join adds the records that a sync joins with the SKU's own.
func (s *story) join(records []catalog.Recorded) {
	for _, r := range records {
		rec := newStoryRecord(r)
		known := func(o storyRecord) bool { return o.Source == rec.Source && o.Where == rec.Where && o.Key == rec.Key }
		if r.OwnKey != "" && r.Key == s.SKU && !slices.ContainsFunc(s.Records, known) {
			s.Records = append(s.Records, rec)
		}
	}
}

// tell gives one sync's side of the story.
func tell(ctx context.Context, store *state.Store, wired *daemon.App, name, sku string) (*storySync, []catalog.Recorded, error) {
	sync := wired.Syncs[name]
	o := &storySync{
		Sync: name, Destination: sync.Account.Name, Problems: []problem{}, Eligibility: []verdict{}, Intents: []storyIntent{},
	}
	if l, ok, err := store.Listing(ctx, o.Destination, sku); err != nil {
		return nil, nil, err
	} else if ok {
		row := newListing(l)
		o.Listing, o.Accepted = &row, l.Payload.Bytes()
	}
	view, err := engine.Examine(ctx, store, sync, sku, time.Now())
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
func (o *storySync) readHistory(ctx context.Context, store *state.Store, sku string) error {
	for p, err := range store.Problems(ctx, state.Filter{SKU: sku}) {
		if err != nil {
			return err
		}
		if p.Sync == "" || p.Sync == o.Sync {
			o.Problems = append(o.Problems, newProblem(p))
		}
	}
	for e, err := range store.EligibilityHistory(ctx, state.Filter{SKU: sku, Destination: o.Destination}) {
		if err != nil {
			return err
		}
		o.Eligibility = append(o.Eligibility, newVerdict(e))
	}
	histories, err := store.Histories(ctx, state.Filter{Sync: o.Sync, Destination: o.Destination}, sku)
	if err != nil {
		return err
	}
	for _, h := range histories {
		in := storyIntent{
			ID: h.Intent.ID, Op: string(h.Intent.Change.Op), Status: string(h.Intent.Status), Created: stamp(h.Intent.Created),
			Step: h.Intent.Step.Name, Attempts: []storyAttempt{},
		}
		for _, at := range h.Attempts {
			in.Attempts = append(in.Attempts, storyAttempt{stamp(at.At), at.Class, at.HTTPStatus, at.Message})
		}
		o.Intents = append(o.Intents, in)
	}
	return nil
}

// describeStory tells the story to people.
func describeStory(s *story, p paint) string {
	var b strings.Builder
	b.WriteString(p.bold(s.SKU) + "\n")
	for _, r := range s.Records {
		key := ""
		if r.Key != "" {
			key = " as " + r.Key
		}
		fmt.Fprintf(&b, "\n%s%s %s\n", p.bold("source "+r.Source), key, p.dim(r.Where))
		if r.Missing != nil {
			fmt.Fprintf(&b, "  %s\n", p.yellow(fmt.Sprintf("missing since %s, in %s", r.Missing.Since, plural(r.Missing.Reads, "complete read"))))
		}
		describeFields(&b, "product", r.Product)
		describeFields(&b, "variant", r.Variant)
	}
	for i := range s.Syncs {
		s.Syncs[i].describe(&b, p)
	}
	return b.String()
}

// describeFields lists the fields that are set, by their configuration names.
func describeFields(b *strings.Builder, level string, f catalog.Fields) {
	raw, err := json.Marshal(f)
	if err != nil {
		return
	}
	set, err := catalog.ParsePayload(raw)
	if err != nil {
		return
	}
	for _, name := range set.Names() {
		fmt.Fprintf(b, "  %s.%s: %s\n", level, name, value(set.Raw(name)))
	}
}

func (o *storySync) describe(b *strings.Builder, p paint) {
	fmt.Fprintf(b, "\n%s %s\n", p.bold("sync "+o.Sync), p.dim("→ "+o.Destination))
	fmt.Fprintf(b, "  wanted: %s%s\n", o.Verdict, because(o.Reason))
	for _, source := range originsOf(o.Origins) {
		fmt.Fprintf(b, "  from %s: %s\n", source, strings.Join(fieldsFrom(o.Origins, source), ", "))
	}
	if o.Payload != nil {
		describePayload(b, "payload "+p.dim(o.Hash), o.Payload)
	}
	if l := o.Listing; l == nil {
		b.WriteString("  listing: none\n")
	} else {
		fmt.Fprintf(b, "  listing: %s, %s, synced at %s %s\n", l.Status, l.RemoteID, l.SyncedAt, p.dim(l.Hash))
		if l.Hash != o.Hash {
			describePayload(b, "last accepted", o.Accepted)
		}
	}
	for _, v := range o.Eligibility {
		fmt.Fprintf(b, "  eligibility: %s, from %s at %s, %s mode\n", shown(v.Eligibility, v.Final), v.Source, v.At, v.Mode)
	}
	for _, in := range o.Intents {
		fmt.Fprintf(b, "  intent %d: %s, %s, made at %s\n", in.ID, in.Op, in.Status, in.Created)
		for _, at := range in.Attempts {
			fmt.Fprintf(b, "    %s %s: %s\n", at.At, at.Class, line(at.Message))
		}
	}
	for _, pr := range o.Problems {
		fmt.Fprintf(b, "  %s %s: %s\n    %s\n", p.red(pr.Kind), pr.Field, pr.Message, p.dim(pr.Remedy))
	}
	if len(o.LeftToAPI) > 0 {
		fmt.Fprintf(b, "  left to the API: %s\n", strings.Join(o.LeftToAPI, ", "))
	}
	fmt.Fprintf(b, "  next: %s\n", o.Next)
}

// originsOf are the sources that fields come from, in the order of their names.
func originsOf(origins map[string]string) []string {
	return slices.Compact(slices.Sorted(maps.Values(origins)))
}

// fieldsFrom are the fields that come from a source.
func fieldsFrom(origins map[string]string, source string) []string {
	var fields []string
	for _, field := range slices.Sorted(maps.Keys(origins)) {
		if origins[field] == source {
			fields = append(fields, field)
		}
	}
	return fields
}

func describePayload(b *strings.Builder, title string, raw json.RawMessage) {
	fmt.Fprintf(b, "  %s\n", title)
	payload, err := catalog.ParsePayload(raw)
	if err != nil {
		return
	}
	for _, name := range payload.Names() {
		fmt.Fprintf(b, "    %s: %s\n", name, value(payload.Raw(name)))
	}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ", " + reason
}
