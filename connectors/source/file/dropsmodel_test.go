package file_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/intake"
)

// model is what should be known: the newest full file, and the deltas after it in order.
type model struct {
	files map[int]map[string]string // what each says by key, "-" for gone; full files are even
	read  map[int]bool
	full  int // the newest that was read
}

// now is what they say together.
func (m *model) now() map[string]string {
	known := map[string]string{}
	for _, n := range sortedKeys(m.files) {
		switch {
		case !m.read[n] || n < m.full:
		case n == m.full:
			known = map[string]string{}
			fallthrough
		default:
			for key, value := range m.files[n] {
				if delete(known, key); value != "-" {
					known[key] = value
				}
			}
		}
	}
	return known
}

func sortedKeys(files map[int]map[string]string) (keys []int) {
	for n := range files {
		keys = append(keys, n)
	}
	slices.Sort(keys)
	return keys
}

// take is a read of all that is there.
func (m *model) take() {
	for n := range m.files {
		if n%10 == 0 {
			m.full = max(m.full, n)
		}
		m.read[n] = true
	}
}

// TestDropsAgainstAModel puts files in random order, late ones too, touches them, has
// reads fail and the process end before files are put away, and compares what is known
// in the end with what the files say in their order.
func TestDropsAgainstAModel(t *testing.T) {
	t.Parallel()
	rounds := uint64(10)
	if os.Getenv("SKUBRIDGE_TEST_SMALL") != "" {
		rounds = 3
	}
	for seed := range rounds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			b := newInbox(t, fullDeltas)
			random := rand.New(rand.NewPCG(seed, 2))
			m := &model{files: map[int]map[string]string{}, read: map[int]bool{}}
			put := func(n int) {
				says := map[string]string{}
				var rows []string
				for range 1 + random.IntN(4) {
					key, value := string(rune('A'+random.IntN(5))), fmt.Sprintf("v%d", n)
					if says[key] != "" {
						continue
					}
					if says[key] = value; n%10 != 0 && random.IntN(3) == 0 {
						says[key], key = "-", "-"+key
					}
					rows = append(rows, key+"="+value)
				}
				name := "d_"
				if n%10 == 0 {
					name = "full_"
				}
				m.files[n] = says
				b.put(fmt.Sprintf("%s%d.csv", name, n), rows...)
			}
			put(10)
			for step := range 25 {
				n := 11 + step + random.IntN(6) - 4
				switch _, there := m.files[n]; {
				case there, n < m.full: // what is older than a full file that was read is left out
				default:
					put(n)
				}
				switch random.IntN(5) {
				case 0: // a copy of all files has other times
					for n := range m.files {
						for _, name := range []string{"d_", "full_"} {
							later := time.Now().Add(time.Duration(step) * time.Second)
							_ = os.Chtimes(filepath.Join(b.dir, "in", fmt.Sprintf("%s%d.csv", name, n)), later, later)
						}
					}
				case 1: // ends before files would be put away
					dry := intake.Config{TempDir: t.TempDir(), Now: time.Now, Dry: true}
					if _, err := intake.Take(t.Context(), b.store, "feed", b.open(), dry); err != nil {
						t.Fatal(err)
					}
					m.take()
				case 2, 3:
					if _, err := b.take(); err != nil {
						t.Fatal(err)
					}
					m.take()
				}
			}
			if _, err := b.take(); err != nil {
				t.Fatal(err)
			}
			m.take()
			got := map[string]string{}
			for r, err := range b.store.Records(t.Context(), state.Filter{Source: "feed"}) {
				if err != nil {
					t.Fatal(err)
				}
				if r.Missing == nil {
					got[r.Key] = r.Product.Name
				}
			}
			want := m.now()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				names, _ := filepath.Glob(filepath.Join(b.dir, "in/*"))
				t.Errorf("known is %v, want %v, of %s", got, want, strings.Join(names, " "))
			}
		})
	}
}
