package state_test

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

// The benchmarks give their figures per product (b.N of them), so that they can
// be held against a budget: ApplyRead 25 µs a put, RecordHashes 0.2 µs a row,
// Stage 30 µs and Settle 40 µs a product.

const (
	benchSource = "feed"
	benchSync   = "feed-to-flex"
	benchDest   = "flex"
)

var benchNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// benchRecords makes n records of about the size of a real one, in key order.
func benchRecords(n int) []state.RecordChange {
	out := make([]state.RecordChange, n)
	for i := range out {
		key := fmt.Sprintf("SKU-%08d", i)
		r := catalog.Recorded{Key: key, Parent: fmt.Sprintf("handle-%07d", i/4), Order: int64(i), File: "products.csv", Line: i + 2}
		r.Product = catalog.Fields{
			Name: "Blood pressure monitor " + key, Brand: "Acme", Category: "Health", Status: "active",
			Description: string(bytes.Repeat([]byte("A dependable device. "), 12)), Images: []string{"https://cdn.example/" + key + ".jpg"},
		}
		r.Variant = catalog.Fields{SKU: key, GTIN: "4006381333931", Price: catalog.Money{Amount: catalog.NewDecimal(1999, 2), Currency: "USD"}}
		h := catalog.HashBytes([]byte(key))
		out[i] = state.RecordChange{Kind: state.Put, KeyHash: h, Content: h, Record: r}
	}
	slices.SortFunc(out, func(a, b state.RecordChange) int { return bytes.Compare(a.KeyHash[:], b.KeyHash[:]) })
	return out
}

func changesOf(list []state.RecordChange) iter.Seq2[state.RecordChange, error] {
	return func(yield func(state.RecordChange, error) bool) {
		for _, c := range list {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func benchRead(tb testing.TB, s *state.Store, list []state.RecordChange) {
	tb.Helper()
	if _, err := s.ApplyRead(tb.Context(), state.Read{Source: benchSource, At: benchNow}, changesOf(list)); err != nil {
		tb.Fatal(err)
	}
}

func perProduct(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/product")
}

func BenchmarkApplyReadNew(b *testing.B) {
	for _, n := range []int{10_000, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			list := benchRecords(n)
			for b.Loop() {
				b.StopTimer()
				s := open(b, filepath.Join(b.TempDir(), "state.db"))
				b.StartTimer()
				benchRead(b, s, list)
			}
			perProduct(b, n*b.N)
		})
	}
}

func BenchmarkApplyReadChanged(b *testing.B) {
	const n = 100_000
	list := benchRecords(n)
	s := open(b, filepath.Join(b.TempDir(), "state.db"))
	benchRead(b, s, list)
	var some []state.RecordChange
	for i := 0; i < n; i += 20 {
		some = append(some, list[i])
	}
	for b.Loop() {
		benchRead(b, s, some)
	}
	perProduct(b, len(some)*b.N)
}

func BenchmarkApplyReadNothing(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "state.db"))
	benchRead(b, s, benchRecords(1000))
	for b.Loop() {
		benchRead(b, s, nil)
	}
}

// BenchmarkRecordHashes goes through the narrow table as a first load leaves it, and as years
// of small changes do: its rows came in no order, a thousand at a time.
func BenchmarkRecordHashes(b *testing.B) {
	const n, some = 200_000, 1_000
	list := benchRecords(n)
	whole, grown := open(b, filepath.Join(b.TempDir(), "state.db")), open(b, filepath.Join(b.TempDir(), "state.db"))
	benchRead(b, whole, list)
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
	for part := range slices.Chunk(list, some) {
		benchRead(b, grown, part)
	}
	for _, tt := range []struct {
		what string
		s    *state.Store
	}{{"loaded at once", whole}, {"grown", grown}} {
		b.Run(tt.what, func(b *testing.B) {
			for b.Loop() {
				rows := 0
				for _, err := range tt.s.RecordHashes(b.Context(), benchSource) {
					if err != nil {
						b.Fatal(err)
					}
					rows++
				}
				if rows != n {
					b.Fatal(rows)
				}
			}
			perProduct(b, n*b.N)
		})
	}
}

// benchBatches makes creates of n products, 500 a batch.
func benchBatches(n int) []state.Batch {
	var out []state.Batch
	for i := range n {
		if i%500 == 0 {
			out = append(out, state.Batch{})
		}
		key := fmt.Sprintf("SKU-%08d", i)
		want, err := catalog.NewPayload(map[string]any{
			"name": "Blood pressure monitor " + key, "gtin": "4006381333931", "url": "https://shop.example/products/" + key,
			"description":         string(bytes.Repeat([]byte("A dependable device. "), 12)),
			"client_reference_id": key, "visual": "https://cdn.example/" + key + ".jpg",
		})
		if err != nil {
			panic(err)
		}
		b := &out[len(out)-1]
		b.Judged = append(b.Judged, key)
		b.Changes = append(b.Changes, state.StagedChange{
			Change:     catalog.Change{Op: catalog.OpCreate, Key: key, Parent: fmt.Sprintf("handle-%07d", i/4), Want: want, Reason: "new"},
			NaturalKey: key,
			Step: &catalog.Step{
				Op: catalog.OpCreate, Name: "create", Method: "POST", Path: "/v1/products", Body: want.Bytes(),
				IdempotencyKey: fmt.Sprintf("01890a5d-ac96-774b-bcce-%012d", i),
			},
		})
	}
	return out
}

// benchPlan stages and releases n creates.
func benchPlan(b *testing.B, s *state.Store, batches []state.Batch, staged func()) {
	b.Helper()
	plan, err := s.BeginPlan(b.Context(), benchSync, benchDest, 1, benchNow)
	if err != nil {
		b.Fatal(err)
	}
	for _, batch := range batches {
		if err := s.Stage(b.Context(), plan, batch, benchNow); err != nil {
			b.Fatal(err)
		}
	}
	staged()
	if err := s.Release(b.Context(), plan, state.Released{Revision: 1, Now: benchNow}); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkStage(b *testing.B) {
	const n = 20_000
	batches := benchBatches(n)
	for b.Loop() {
		b.StopTimer()
		s := open(b, filepath.Join(b.TempDir(), "state.db"))
		b.StartTimer()
		benchPlan(b, s, batches, b.StopTimer)
		b.StartTimer()
	}
	perProduct(b, n*b.N)
}

func BenchmarkRelease(b *testing.B) {
	for _, n := range []int{20_000, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			batches := benchBatches(n)
			for b.Loop() {
				b.StopTimer()
				s := open(b, filepath.Join(b.TempDir(), "state.db"))
				benchPlan(b, s, batches, b.StartTimer)
			}
			perProduct(b, n*b.N)
		})
	}
}

func BenchmarkSettle(b *testing.B) {
	for _, n := range []int{20_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			batches := benchBatches(n)
			for b.Loop() {
				b.StopTimer()
				s := open(b, filepath.Join(b.TempDir(), "state.db"))
				benchPlan(b, s, batches, func() {})
				b.StartTimer()
				benchDeliver(b, s, n)
			}
			perProduct(b, n*b.N)
		})
	}
}

// benchDeliver accepts everything in groups of 100.
func benchDeliver(b *testing.B, s *state.Store, n int) {
	b.Helper()
	claim := state.Claim{Destination: benchDest, Sync: benchSync, Limit: 100, Now: benchNow, Run: 1}
	claimed, err := s.Claim(b.Context(), claim)
	for done := 0; len(claimed) > 0 && err == nil; done += len(claimed) {
		outcomes := make([]state.Outcome, len(claimed))
		for i, in := range claimed {
			outcomes[i] = state.Outcome{
				Intent: in.ID, Kind: state.Accepted, At: benchNow,
				Listing: &catalog.Listing{
					Destination: benchDest, Sync: benchSync, Key: in.Change.Key, Parent: in.Change.Parent, NaturalKey: in.NaturalKey,
					RemoteID: "fprod_" + in.Step.IdempotencyKey[14:], Payload: in.Change.Want, Hash: in.WantHash,
					Status: catalog.ListingActive, Mode: catalog.ModeTest, SyncedAt: benchNow,
					Verdict: &catalog.Verdict{Value: "eligible", Final: true, Source: catalog.FromResponse, Mode: catalog.ModeTest, At: benchNow},
				},
			}
		}
		claimed, _, err = s.Settle(b.Context(), outcomes, claim)
	}
	if err != nil {
		b.Fatal(err)
	}
	if c, err := s.CountListings(b.Context(), benchSync, benchDest, ""); err != nil || c != n {
		b.Fatal(c, err)
	}
}

// BenchmarkCases reads the products of a first load, nothing of which is listed yet.
func BenchmarkCases(b *testing.B) {
	const n = 20_000
	s := open(b, filepath.Join(b.TempDir(), "state.db"))
	benchRead(b, s, benchRecords(n))
	first := state.Scope{
		Sync: benchSync, Destination: benchDest, Sources: []string{benchSource}, Level: catalog.VariantLevel, All: true, Now: benchNow,
	}
	b.ReportAllocs()
	for b.Loop() {
		if found := countCases(b, s, first); found != n/4 {
			b.Fatal(found)
		}
	}
	perProduct(b, n*b.N)
}

// countCases goes through all cases of a scope.
func countCases(b *testing.B, s *state.Store, sc state.Scope) (products int) {
	b.Helper()
	for after := ""; ; {
		page, last, err := s.Cases(b.Context(), sc, after, 256)
		if err != nil {
			b.Fatal(err)
		}
		if len(page) == 0 {
			return products
		}
		products += len(page)
		after = last
	}
}

func BenchmarkUnchanged(b *testing.B) {
	const n = 100_000
	s := open(b, filepath.Join(b.TempDir(), "state.db"))
	benchRead(b, s, benchRecords(n))
	benchPlan(b, s, benchBatches(n), func() {})
	benchDeliver(b, s, n)
	sc := state.Scope{
		Sync: benchSync, Destination: benchDest, Sources: []string{benchSource}, Level: catalog.VariantLevel, After: 1, Now: benchNow,
		Grace: catalog.Grace{Reads: 2},
	}
	b.Run("Cases", func(b *testing.B) {
		for b.Loop() {
			if cases, _, err := s.Cases(b.Context(), sc, "", 500); err != nil || len(cases) > 0 {
				b.Fatal(cases, err)
			}
		}
	})
	b.Run("Standing", func(b *testing.B) {
		for b.Loop() {
			st, err := s.Standing(b.Context(), sc, 2)
			if err != nil || st.Unchanged != n {
				b.Fatal(st, err)
			}
		}
	})
	b.Run("StandingAfterFirstLoad", func(b *testing.B) {
		for b.Loop() {
			st, err := s.Standing(b.Context(), sc, 1)
			if err != nil || st.Done[catalog.OpCreate] != n {
				b.Fatal(st, err)
			}
		}
	})
	b.Run("CasesAll", func(b *testing.B) {
		all := sc
		all.All = true
		for b.Loop() {
			if products := countCases(b, s, all); products != n/4 {
				b.Fatal(products)
			}
		}
		perProduct(b, n*b.N)
	})
}
