package state_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/state"
)

var damagesFlag = flag.Int("damages", 12, "how many pages of a state to damage in each way; 0 for each of them")

const pageSize = 4096

// damages are ways in which a page goes bad.
var damages = []struct {
	name   string
	damage func(page []byte, rng *rand.Rand)
	// always says that it is always noticed, where the page is in use.
	always bool
}{
	{"zeros", func(page []byte, _ *rand.Rand) { clear(page) }, true},
	{"noise", func(page []byte, rng *rand.Rand) {
		for i := range page {
			page[i] = byte(rng.Uint32())
		}
	}, true},
	{"the half of it", func(page []byte, _ *rand.Rand) { clear(page[len(page)/2:]) }, false},
	{"one byte", func(page []byte, rng *rand.Rand) { page[rng.IntN(len(page))] ^= 1 << rng.IntN(8) }, false},
}

// wholeState is a state with something in its tables, as bytes, and what an export of it
// has.
func wholeState(t *testing.T) (file []byte, export string) {
	t.Helper()
	path := tell(t)
	s := open(t, path)
	benchRead(t, s, benchRecords(200))
	var listings []catalog.Listing
	for i := range 200 {
		key := fmt.Sprintf("SKU-%08d", i)
		want, err := catalog.NewPayload(map[string]any{"name": "Blood pressure monitor " + key, "description": strings.Repeat("dependable ", 20)})
		if err != nil {
			t.Fatal(err)
		}
		listings = append(listings, catalog.Listing{
			Sync: "s", Key: key, NaturalKey: key, RemoteID: "r-" + key, Payload: want, Hash: want.Hash(),
			Status: catalog.ListingActive, SyncedAt: benchNow,
		})
	}
	if _, err := s.PutListings(t.Context(), "flex", listings, benchNow); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	export = exportOf(t, s) + recordsOf(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file, export
}

// TestDamagedPages damages a page of a state at a time. It is refused at the start with a
// way forward, or sound but for what no one can notice, and an export saves the rest.
func TestDamagedPages(t *testing.T) {
	t.Parallel()
	file, export := wholeState(t)
	rng := rand.New(rand.NewPCG(1, 2))
	pages := rng.Perm(len(file) / pageSize)
	if *damagesFlag > 0 {
		pages = pages[:min(*damagesFlag, len(pages))]
	}
	for _, d := range damages {
		seed := rng.Uint64()
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 0))
			path := filepath.Join(t.TempDir(), "state.db")
			refused, unnoticed, saved := 0, 0, 0
			for _, page := range pages {
				text := bytes.Clone(file)
				d.damage(text[page*pageSize:][:pageSize], rng)
				if bytes.Equal(text, file) {
					continue
				}
				writeFile(t, path, text)
				found, got := lookAtDamage(t, path)
				switch {
				case found:
					refused++
				case strings.Contains(got, strings.SplitN(export, "\n", 2)[1]):
					// no row that matters differs
				case d.always:
					t.Errorf("page %d: nobody noticed", page)
				default:
					unnoticed++
				}
				saved += strings.Count(got, "\n")
			}
			t.Logf("%d pages: %d refused, %d with another value that nobody can notice; %d %% of the rows can be read",
				len(pages), refused, unnoticed, saved*100/max(1, strings.Count(export, "\n")*len(pages)))
		})
	}
}

// lookAtDamage opens a damaged state in each way. found says that it was refused or
// reported, and got is what an export saves.
func lookAtDamage(t *testing.T, path string) (found bool, got string) {
	t.Helper()
	var hint interface{ Hint() string }
	w, err := state.Open(t.Context(), path, state.Options{Owner: "test"})
	if err == nil {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	} else if found = true; !errors.As(err, &hint) || hint.Hint() == "" {
		t.Errorf("refused without a way forward: %v", err)
	}
	r, err := state.Open(t.Context(), path, state.Options{ReadOnly: true})
	if err != nil {
		return true, ""
	}
	defer r.Close()
	found = r.Check(t.Context()) != nil || found
	var out strings.Builder
	if _, err := r.Export(t.Context(), &out, benchNow); err != nil {
		found = true
		if state.Damaged(err) && out.Len() > 0 {
			n, err := open(t, filepath.Join(t.TempDir(), "new.db")).Import(t.Context(), strings.NewReader(out.String()))
			if err != nil {
				t.Errorf("an export of what can be read cannot be taken in, after %d rows: %v", n, err)
			}
		}
	}
	return found, out.String() + recordsOf(t, r)
}

// recordsOf gives what was read from sources, as far as it can be read.
func recordsOf(t *testing.T, s *state.Store) string {
	t.Helper()
	var out strings.Builder
	for r, err := range s.Records(t.Context(), state.Filter{}) {
		if err != nil {
			return out.String()
		}
		fmt.Fprintf(&out, "%+v\n", r)
	}
	return out.String()
}

// TestACutState is one whose end is gone: it is refused with a way forward, which leads on.
func TestACutState(t *testing.T) {
	t.Parallel()
	file, _ := wholeState(t)
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path, file[:len(file)/2/pageSize*pageSize], 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := state.Open(t.Context(), path, state.Options{Owner: "test"})
	if trouble, ok := errors.AsType[*state.TroubleError](err); !ok || !strings.Contains(trouble.Hint(), "state check") {
		t.Fatalf("opened with %v", err)
	}
	s, err := state.Open(t.Context(), path, state.Options{ReadOnly: true, Salvage: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "malformed") {
		t.Errorf("a look at it ends with %v", err)
	}
	var out bytes.Buffer
	rows, err := s.Export(t.Context(), &out, benchNow)
	if rows == 0 || !state.Damaged(err) {
		t.Errorf("%d rows were saved, with %v", rows, err)
	}
	if _, err := open(t, filepath.Join(t.TempDir(), "new.db")).Import(t.Context(), &out); err != nil {
		t.Errorf("what was saved is taken in with %v", err)
	}
}

// TestAMissingTable has a table go, as a hand in the file does: it is damage, and is named.
func TestAMissingTable(t *testing.T) {
	t.Parallel()
	path := tell(t)
	s := open(t, path)
	benchRead(t, s, benchRecords(3))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	execSQL(t, path, `DROP TABLE listing`)
	s = open(t, path)
	_, err := s.ListingsPage(t.Context(), state.Filter{}, state.Place{}, 1)
	if trouble, ok := errors.AsType[*state.TroubleError](err); !ok || !strings.Contains(trouble.Hint(), "state check") {
		t.Errorf("a question ends with %v", err)
	}
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "the table listing is missing") {
		t.Errorf("a look at it ends with %v", err)
	}
	rows, err := s.Export(t.Context(), &bytes.Buffer{}, benchNow)
	if rows == 0 || !state.Damaged(err) || !strings.Contains(err.Error(), "table listing: it is missing") {
		t.Errorf("%d rows were saved, with %v", rows, err)
	}
}
