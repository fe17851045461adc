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
	"github.com/skubridge/skubridge/internal/view"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/engine"
)

// whyCmd is `skubridge why`.
func (a *app) whyCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:        "why SKU",
		SuggestFor: []string{"explain", "show", "inspect"},
		Short:      "explain one SKU: records, payload, listing, attempts, what happens next",
		Args:       oneArg("the SKU"),
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
			_, err = fmt.Fprint(a.out, describeStory(s, a.colours()))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (a *app) why(ctx context.Context, sku string) (*view.Story, error) {
	wired, err := a.wire(a.logger())
	if err != nil {
		return nil, err
	}
	store, ok, err := openReading(ctx, wired.Config)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, hinted{fmt.Errorf("nothing is known of %s: nothing ran yet", sku), "run `skubridge sync` first, or `skubridge plan --only " + sku + "`"}
	}
	defer store.Close()
	var syncs []*engine.Sync
	for _, name := range wired.Names() {
		syncs = append(syncs, wired.Syncs[name])
	}
	s, err := view.Tell(ctx, store, syncs, sku, time.Now())
	if err != nil {
		return nil, err
	}
	if len(s.Records) == 0 && !s.Known() {
		return nil, unknownSKU(ctx, store, sku)
	}
	return s, nil
}

// describeStory tells the story to people.
func describeStory(s *view.Story, p paint) string {
	var b strings.Builder
	b.WriteString(p.bold(s.SKU) + "\n")
	for _, r := range s.Records {
		key := ""
		if r.Key != "" {
			key = " as " + r.Key
		}
		fmt.Fprintf(&b, "\n%s%s %s\n", p.bold("source "+r.Source), key, p.dim(r.Where))
		if r.Unread {
			fmt.Fprintf(&b, "  %s\n", p.yellow("no sync reads this source any more"))
		}
		if r.Missing != nil {
			fmt.Fprintf(&b, "  %s\n", p.yellow(missingFor(*r.Missing)))
		}
		describeFields(&b, "product", r.Product)
		describeFields(&b, "variant", r.Variant)
	}
	for i := range s.Syncs {
		describeSync(&b, &s.Syncs[i], p)
	}
	for _, l := range s.Forsaken {
		fmt.Fprintf(&b, "\n%s %s\n", p.bold("sync "+l.Sync), p.dim("→ "+l.Destination))
		fmt.Fprintf(&b, "  listing: %s, %s, synced at %s %s\n", l.Status, l.RemoteID, l.SyncedAt, p.dim(l.Hash))
		fmt.Fprintf(&b, "  next: nothing: no sync delivers to %s any more\n", l.Destination)
	}
	describeWritten(&b, s.Written, p)
	return b.String()
}

// describeWritten lists what was written back.
func describeWritten(b *strings.Builder, all []view.Written, p paint) {
	for _, w := range all {
		fmt.Fprintf(b, "\n%s %s, %s", p.bold("write-back "+w.Writeback), w.Eligibility, w.Status)
		if w.Settled != "" {
			fmt.Fprintf(b, " at %s", w.Settled)
		}
		b.WriteString("\n")
		for _, words := range []string{w.Refusal, w.Note} {
			if words != "" {
				fmt.Fprintf(b, "  %s\n", p.red(line(words)))
			}
		}
	}
}

func missingFor(m view.StoryMissing) string {
	if m.Told {
		return "gone: the source told so at " + m.Since
	}
	return fmt.Sprintf("missing since %s, in %s", m.Since, plural(m.Reads, "complete read"))
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

func describeSync(b *strings.Builder, o *view.StorySync, p paint) {
	fmt.Fprintf(b, "\n%s %s\n", p.bold("sync "+o.Sync), p.dim("→ "+o.Destination))
	fmt.Fprintf(b, "  catalog: %s%s\n", o.Verdict, because(o.Reason))
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
		fmt.Fprintf(b, "  %s: %s\n    %s\n", strings.TrimSpace(p.red(pr.Kind)+" "+pr.Field), pr.Message, p.dim(pr.Remedy))
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

// variantsShown is how many SKUs of a product are named.
const variantsShown = 10

// unknownSKU says that nothing is known of a SKU: the key of a product that is sold as
// variants is none.
func unknownSKU(ctx context.Context, store *state.Store, sku string) error {
	keys, err := store.KeysOf(ctx, sku, variantsShown+1)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return hinted{fmt.Errorf("nothing is known of %s", sku), "`skubridge listings` and `skubridge problems` list the SKUs that are known; they are case-sensitive"}
	}
	shown := strings.Join(keys[:min(len(keys), variantsShown)], ", ")
	if len(keys) > variantsShown {
		shown += ", …"
	}
	return hinted{fmt.Errorf("%s is a product that is sold as variants", sku), "ask for one of its SKUs: " + shown}
}
