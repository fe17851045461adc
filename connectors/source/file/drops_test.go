package file_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/source/file"
	"github.com/skubridge/skubridge/state"
	"github.com/skubridge/skubridge/sync/intake"
)

func TestEachDeltaIsReadOnceInOrder(t *testing.T) {
	t.Parallel()
	b := newInbox(t, deltas)
	b.reads(0)
	b.put("d_10.csv", "A=ten", "B=ten")
	b.put("d_9.csv", "A=nine", "C=nine", "D=nine")
	b.reads(5)
	b.knows("A=ten", "B=ten", "C=nine", "D=nine")
	b.reads(0)
	b.put("d_11.csv", "-C", "-Z", "B=eleven")
	b.put("d_12.csv", "-B", "E=twelve")
	b.reads(5)
	b.knows("A=ten", "-B=ten", "-C=nine", "D=nine", "E=twelve")
	b.put("d_13.csv", "B=thirteen")
	b.reads(1)
	b.knows("A=ten", "B=thirteen", "-C=nine", "D=nine", "E=twelve")
	b.reads(0)
	b.holds("d_10.csv", "d_11.csv", "d_12.csv", "d_13.csv", "d_9.csv")
}

func TestDeltasGoByTimeWhereThatIsAsked(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) { deltas(o); o.Order = file.ByTime })
	b.put("d_b.csv", "A=first")
	b.put("d_a.csv", "A=second")
	b.reads(2)
	b.knows("A=second")
	was := b.clock
	b.clock = was.AddDate(20, 0, 0)
	b.put("d_c.csv", "A=future")
	b.clock = was
	b.put("d_d.csv", "A=third")
	b.reads(1, "d_c.csv: not ready: it is dated in the future (2046-03-01 12:03 UTC)")
	b.knows("A=third")
}

// A full file dated in the future would make all that comes after it older than it is.
func TestAFullFileDatedInTheFutureWaits(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) { o.Path, o.Delta, o.Order = "in/full_*.csv", "in/d_*.csv", file.ByTime })
	was := b.clock
	b.clock = was.AddDate(20, 0, 0)
	b.put("full_1.csv", "A=future")
	if _, err := b.take(); err == nil || !strings.Contains(err.Error(), "full_1.csv: not ready: it is dated in the future") {
		t.Errorf("alone: %v", err)
	}
	b.clock = was
	b.put("full_2.csv", "A=one")
	b.put("d_1.csv", "A=two")
	b.reads(2)
	b.knows("A=two")
}

// Of files that are read each time, one dated in the future is told and hides nothing.
func TestTheNewestIsNotOfTheFuture(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) { o.Path, o.Mode = "in/p_*.csv", file.Full })
	was := b.clock
	b.clock = was.AddDate(20, 0, 0)
	b.put("p_7.csv", "A=future")
	b.reads(1)
	b.clock = was
	b.put("p_8.csv", "A=now")
	b.reads(1, "p_7.csv is dated in the future (2046-03-01 12:01 UTC)")
	b.knows("A=now")
}

func TestADeltaIsKnownByItsContent(t *testing.T) {
	t.Parallel()
	b := newInbox(t, deltas)
	b.put("d_1.csv", "A=one")
	b.put("d_2.csv", "A=two")
	b.reads(2)
	b.put("d_1.csv", "A=one") // copied again: another time, another inode, the same bytes
	b.reads(0)
	b.knows("A=two")
	b.put("d_2.csv", "A=three") // the name of the newest is used again
	b.reads(1)
	b.knows("A=three")
}

func TestADeltaOutOfOrder(t *testing.T) {
	t.Parallel()
	b := newInbox(t, deltas)
	b.put("d_1.csv", "A=one")
	b.put("d_3.csv", "A=three")
	b.reads(2)
	b.put("d_2.csv", "A=two", "B=two")
	b.reads(3, "d_2.csv came when in/d_3.csv had been read; 1 newer ones are read once more")
	b.knows("A=three", "B=two")
	b.reads(0)

	// Where the newer ones are gone, it is told that what is older counts.
	gone := newInbox(t, movedDeltas)
	gone.put("d_3.csv", "A=three")
	gone.reads(1)
	gone.put("d_2.csv", "A=two", "B=two")
	gone.reads(2, "what both name has the older values now")
	gone.knows("A=two", "B=two")
	gone.holds("done/d_2.csv", "done/d_3.csv")
}

func TestAFullFileAndItsDeltas(t *testing.T) {
	t.Parallel()
	b := newInbox(t, fullDeltas)
	b.put("d_20260301.csv", "A=early")
	b.fails("no file matches")
	b.put("full_20260302.csv", "A=full", "B=full", "C=full")
	b.put("d_20260303.csv", "B=delta", "-C", "D=delta")
	b.reads(6)
	b.knows("A=full", "B=delta", "D=delta") // of what came and went within the read nothing is known
	b.reads(0)
	b.put("d_20260304.csv", "-A")
	b.reads(1)
	b.knows("-A=full", "B=delta", "D=delta")

	// A new full file takes the place of the deltas before it, and says what is missing.
	b.put("full_20260305.csv", "A=new", "B=new")
	b.put("d_20260306.csv", "B=newer")
	b.reads(3)
	b.knows("A=new", "B=newer", "?D=delta")
	b.reads(0)
	b.put("d_20260303b.csv", "B=late")
	b.reads(0, "d_20260303b.csv is older than the full file in/full_20260305.csv")
	b.put("full_20260304.csv", "Z=old")
	b.reads(0)
	b.knows("A=new", "B=newer", "?D=delta")
}

// A full file that is implausibly small waits for a person, however many rows the deltas
// beside it have.
func TestASmallFullFileIsNotMadeUpForByDeltas(t *testing.T) {
	t.Parallel()
	b := newInbox(t, fullDeltas)
	var rows []string
	for n := range 60 {
		rows = append(rows, fmt.Sprintf("K%02d=one", n))
	}
	b.put("full_1.csv", rows...)
	b.reads(60)
	b.put("full_2.csv", rows[:20]...)
	for n := 3; n < 6; n++ {
		b.put(fmt.Sprintf("d_%d.csv", n), rows[:20]...)
	}
	held := intake.Config{TempDir: t.TempDir(), Now: time.Now, Keep: 0.5}
	_, err := intake.Take(t.Context(), b.store, "feed", b.open(), held)
	var small *intake.ShrunkError
	if !errors.As(err, &small) || small.Records != 20 || small.Usual != 60 {
		t.Errorf("got %v", err)
	}
	b.put("d_6.csv", rows[20:]...)
	if got, err := intake.Take(t.Context(), b.store, "feed", b.open(), held); err != nil || got.Lost != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A full file of one name goes by time, and so do its deltas. Its rows may be scattered.
func TestAFullFileOfOneName(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) {
		o.Path, o.Delta, o.Preset, o.Deleted.Column = "in/full.csv", "in/d_*.csv", "shopify_csv", ""
	})
	const head = "Handle,Title,Option1 Name,Option1 Value,Variant SKU\n"
	b.write("d_9.csv", head+"b,Early,Title,Default Title,B\n")
	b.write("full.csv", head+"a,A,Size,S,A-S\nb,B,Title,Default Title,B\na,,,M,A-M\n")
	b.write("d_1.csv", head+"c,C,Size,S,C-S\nb,Late,Title,Default Title,B\nc,,,M,C-M\n")
	b.reads(6)
	b.knows("A-M=A", "A-S=A", "B=Late", "C-M=C", "C-S=C")
	b.reads(0)
	b.write("full.csv", head+"b,New,Title,Default Title,B\n")
	b.reads(1)
	b.knows("?A-M=A", "?A-S=A", "B=New", "?C-M=C", "?C-S=C")
}

func TestFilesArePutAway(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) {
		fullDeltas(o)
		o.After, o.AfterTo, o.Ready.Marker = file.Move, "read/2026", ".ok"
	})
	for _, name := range []string{"full_1.csv", "full_2.csv", "d_1.csv", "d_3.csv"} {
		b.put(name, "A="+name)
		b.write(name+".ok", "")
	}
	b.put("d_4.csv", "A=unfinished")
	b.reads(2, "d_4.csv: not ready")
	b.knows("A=d_3.csv")
	b.holds("d_4.csv", "read/2026/d_1.csv", "read/2026/d_1.csv.ok", "read/2026/d_3.csv", "read/2026/d_3.csv.ok",
		"read/2026/full_1.csv", "read/2026/full_1.csv.ok", "read/2026/full_2.csv", "read/2026/full_2.csv.ok")
	b.write("d_4.csv.ok", "")
	b.reads(1)
	b.put("d_4.csv", "A=again") // a name may be used again, and no file is put in the place of another
	b.write("d_4.csv.ok", "")
	b.reads(1)
	b.knows("A=again")
	if _, err := os.Stat(filepath.Join(b.dir, "in/read/2026/d_4.2.csv")); err != nil {
		t.Error(err)
	}

	renamed := newInbox(t, func(o *file.Options) { o.Path, o.Mode, o.After = "in/d_*", file.Delta, file.Rename })
	renamed.put("d_1.csv", "A=one")
	renamed.reads(1)
	renamed.holds("d_1.csv.read")
	renamed.reads(0)
	renamed.put("d_1.csv", "A=two")
	renamed.reads(1)
	renamed.holds("d_1.csv.2.read", "d_1.csv.read")
}

func TestAFullFileThatGoesAwayIsReadOnce(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) { o.Path, o.After = "in/full.csv", file.Move })
	b.put("full.csv", "A=one", "B=one")
	b.reads(2)
	b.holds("done/full.csv")
	b.reads(0)
	b.knows("A=one", "B=one") // no file is no empty catalog
	b.put("full.csv", "A=two")
	b.reads(1)
	b.knows("A=two", "?B=one")
	b.holds("done/full.2.csv", "done/full.csv")
}

// What a crash left of a set of full files is neither a set by itself nor a part of the
// next one.
func TestAPartOfASetIsLeft(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) { o.Path, o.Pick, o.After = "in/f_*.csv", "all", file.Move })
	b.put("f_1.csv", "A=one", "B=one")
	b.put("f_2.csv", "C=one")
	dry := intake.Config{TempDir: t.TempDir(), Now: time.Now, Dry: true}
	if _, err := intake.Take(t.Context(), b.store, "feed", b.open(), dry); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(b.dir, "in/f_1.csv")); err != nil { // it was put away
		t.Fatal(err)
	}
	if _, err := intake.Take(t.Context(), b.store, "feed", b.open(), dry); err != nil {
		t.Fatal(err)
	}
	b.knows("A=one", "B=one", "C=one")
	b.put("f_1.csv", "A=two", "C=two") // of the next set, which has one file
	b.reads(2)
	b.knows("A=two", "?B=one", "C=two")
	b.holds("done/f_1.csv", "done/f_2.csv")
}

// What is in force and was not put away, because the process was killed between, is put
// away later and not read again.
func TestKilledBetweenCommitAndMove(t *testing.T) {
	t.Parallel()
	b := newInbox(t, movedDeltas)
	b.put("d_1.csv", "A=one")
	b.put("d_2.csv", "A=two")
	dry := intake.Config{TempDir: t.TempDir(), Now: time.Now, Dry: true} // as if it ended before Finish
	if _, err := intake.Take(t.Context(), b.store, "feed", b.open(), dry); err != nil {
		t.Fatal(err)
	}
	b.holds("d_1.csv", "d_2.csv")
	b.put("d_3.csv", "B=three")
	b.reads(1)
	b.knows("A=two", "B=three")
	b.holds("done/d_1.csv", "done/d_2.csv", "done/d_3.csv")
	b.reads(0)
}

func TestWhatCannotBePutAwayIsTold(t *testing.T) {
	t.Parallel()
	b := newInbox(t, movedDeltas)
	b.write("done", "a file where the folder should be")
	b.put("d_1.csv", "A=one")
	got, err := b.take()
	if err != nil || got.Unfinished == nil || got.Read != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	b.knows("A=one")
	if err := os.Remove(filepath.Join(b.dir, "in/done")); err != nil {
		t.Fatal(err)
	}
	b.reads(0)
	b.holds("done/d_1.csv")
}

// A delta that is not whole is left out with all that come after it, and fails the next
// read, so that nobody overlooks it.
func TestABrokenDelta(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ what, text, fault string }{
		{"cut within a row", "sku,name,gone\nA,\"two", "in/d_2.csv"},
		{"without the columns", "item,title\nA,two\n", "in/d_2.csv"},
		{"without the one that tells of deletions", "sku,name\nA,two\n", `no column "gone"`},
		{"without anything", "", "the file is empty"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			b := newInbox(t, deltas)
			b.put("d_1.csv", "A=one")
			b.write("d_2.csv", tt.text)
			b.put("d_3.csv", "A=three")
			b.reads(1, "it is left to the next run; 1 that come after it wait for it")
			b.knows("A=one")
			b.fails("d_2.csv", tt.fault)
			b.knows("A=one")
			b.put("d_2.csv", "B=two")
			b.reads(2)
			b.knows("A=three", "B=two")
		})
	}
}

func TestRowsOfADeltaThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) {
		deltas(o)
		o.Fields = map[string]columns{"sku": {"sku"}, "name": {"name"}, "price": {"price"}}
	})
	b.write("d_1.csv", "sku,name,price,gone\nA,one,1,\nB,one,1,\nC,one,1,\n")
	b.reads(3)
	b.write("d_2.csv", "sku,name,price,gone\nA,two,cheap,\n,two,1,\n,,,X\nB,two,2,\n")
	b.reads(4)
	b.knows("A=one", "B=two", "C=one")
	troubles := func() (out []string) {
		for p, err := range b.store.Problems(t.Context(), state.Filter{Source: "feed"}) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%s:%d %s", p.File, p.Line, p.SKU))
		}
		slices.Sort(out)
		return out
	}
	want := []string{"in/d_2.csv:2 A", "in/d_2.csv:3 ", "in/d_2.csv:4 "}
	if diff := cmp.Diff(want, troubles()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	b.write("d_3.csv", "sku,name,price,gone\nA,three,3,\n")
	b.reads(1)
	if diff := cmp.Diff(want[1:], troubles()); diff != "" {
		t.Errorf("problems after A came in well (-want +got):\n%s", diff)
	}
}

// Rows of one product that are scattered over a delta are sorted, and no delta before it
// is lost by that.
func TestScatteredRowsInADelta(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) {
		o.Path, o.Mode, o.Preset, o.Deleted.Column = "in/d_*.csv", file.Delta, "shopify_csv", ""
	})
	const head = "Handle,Title,Option1 Name,Option1 Value,Variant SKU\n"
	b.write("d_1.csv", head+"z,Z,Title,Default Title,Z\n")
	b.write("d_2.csv", head+"a,A,Size,S,A-S\nb,B,Title,Default Title,B\na,,,M,A-M\n")
	b.write("d_3.csv", head+"b,C,Title,Default Title,B\n")
	b.reads(5)
	b.knows("A-M=A", "A-S=A", "B=C", "Z=Z")
}

func TestSingerDeletions(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) {
		o.Path, o.Mode, o.Deleted.Column = "in/d_*.json", file.Delta, ""
		o.Format = func(into any) error {
			if head, ok := into.(*file.SettingsHead); ok {
				head.Type = "jsonlines"
			}
			return nil
		}
	})
	b.write("d_1.json", `{"sku":"A","name":"one"}`+"\n"+`{"sku":"B","name":"one"}`+"\n")
	b.write("d_2.json", `{"sku":"A","_sdc_deleted_at":"2026-03-01T00:00:00Z"}`+"\n"+`{"sku":"B","name":"two","_sdc_deleted_at":null}`+"\n")
	b.reads(4)
	b.knows("B=two")
	b.write("d_3.json", `{"sku":"B","_sdc_deleted_at":"2026-03-01T00:00:00Z"}`+"\n")
	b.reads(1)
	b.knows("-B=two")
}

// A delta may be packed, and is known by its packed bytes.
func TestPackedDeltas(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) { o.Path, o.Mode = "in/d_*.csv.*", file.Delta })
	const head, first, second = "sku,name,gone\n", "A,one,\nB,one,\n", "A,,X\nB,two,\n"
	var packed, archive bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := io.WriteString(z, head+first)
	err = errors.Join(err, z.Close())
	a := zip.NewWriter(&archive)
	w, entryErr := a.Create("d_2.csv")
	if entryErr == nil {
		_, entryErr = io.WriteString(w, head+second)
	}
	if err := errors.Join(err, entryErr, a.Close()); err != nil {
		t.Fatal(err)
	}
	b.write("d_1.csv.gz", packed.String())
	b.reads(2)
	b.write("d_1.csv.gz", packed.String())
	b.write("d_2.csv.zip", archive.String())
	b.reads(2)
	b.knows("-A=one", "B=two")
	b.write("d_2.csv.zip", archive.String())
	b.reads(0)
}

// Where nobody tells when a file was written, a tag tells it from another one.
func TestDeltasWithoutTimes(t *testing.T) {
	t.Parallel()
	b := newInbox(t, func(o *file.Options) { movedDeltas(o); o.Ready.MinAge = time.Hour })
	s3 := &bucket{files: map[string]string{}}
	const head = "sku,name,gone\n"
	take := func(records int64) {
		t.Helper()
		src := b.open()
		src.(*file.Drops).Over(s3)
		got, err := intake.Take(t.Context(), b.store, "feed", src, intake.Config{TempDir: t.TempDir(), Now: time.Now})
		if err != nil || got.Unfinished != nil || got.Read != records {
			t.Errorf("%+v, %v, want %d records", got, err, records)
		}
	}
	s3.files["d_1.csv"] = head + "A,one,\n"
	s3.files["d_2.csv"] = head + "A,two,\n"
	take(2)
	s3.files["d_2.csv"] = head + "A,three,\n"
	take(1)
	take(0)
	b.knows("A=three")
	want := []string{"done/d_1.csv", "done/d_2.2.csv", "done/d_2.csv"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(s3.files))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// Each of many deltas takes effect once, also where reads are ended at any record.
func TestDeltasOverBrokenReads(t *testing.T) {
	t.Parallel()
	b := newInbox(t, movedDeltas)
	enough := errors.New("killed")
	for n := range 12 {
		b.put(fmt.Sprintf("d_%d.csv", n), fmt.Sprintf("A=%d", n), fmt.Sprintf("K%d=%d", n, n))
		src := b.open()
		broken := &brokenOff{Incremental: src.(connectors.Incremental), after: n % 3, err: enough}
		if _, err := intake.Take(t.Context(), b.store, "feed", broken, intake.Config{TempDir: t.TempDir(), Now: time.Now}); !errors.Is(err, enough) {
			t.Fatal(err)
		}
		if n%4 == 3 {
			b.reads(8)
		}
	}
	if st, _, err := b.store.SourceState(t.Context(), "feed"); err != nil || st.Records != 13 {
		t.Errorf("%+v, %v", st, err)
	}
}

func TestDropsSuite(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*file.Options){"deltas": deltas, "a full file and deltas": fullDeltas} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Incremental(t, func(t *testing.T) connectortest.OtherSide {
				b := newInbox(t, change)
				b.put("full_100.csv", "A=1", "B=1", "C=1", "D=1")
				b.put("d_100.csv", "A=1", "B=1", "C=1", "D=1")
				n := 100
				next := func(row, key string) string {
					n++
					b.put(fmt.Sprintf("d_%d.csv", n), fmt.Sprintf(row, key, n))
					return key
				}
				return connectortest.OtherSide{
					Open:   func(*testing.T) connectors.Incremental { return b.open().(connectors.Incremental) },
					Change: func(*testing.T) string { return next("%s=%d", "B") },
					Add:    func(*testing.T) string { return next("%s=%d", fmt.Sprintf("N%d", n)) },
					Delete: func(*testing.T) string { return next("-%s=%d", "C") },
				}
			})
		})
	}
}
