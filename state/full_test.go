package state

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/baddisk"
)

// TestFullDisk uses SQLite's own bound on the size of a file, which fails the
// same way as a disk without room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	bound := func(pages int) {
		t.Helper()
		if _, err := s.write.conn.ExecContext(t.Context(), fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(n int) error {
		_, err := s.ApplyRead(t.Context(), Read{Source: "feed", At: time.Unix(1, 0)}, func(yield func(RecordChange, error) bool) {
			for i := range n {
				key := fmt.Sprintf("SKU-%05d", i)
				h := catalog.HashBytes([]byte(key))
				r := catalog.Recorded{Key: key, Product: catalog.Fields{Description: strings.Repeat("x", 500)}}
				if !yield(RecordChange{Kind: Put, KeyHash: h, Content: h, Record: r}, nil) {
					return
				}
			}
		})
		return err
	}
	if err := read(10); err != nil {
		t.Fatal(err)
	}
	bound(200)
	if err := read(2000); !Unwritable(err) || !strings.Contains(err.Error(), "the disk is full, nothing was changed") {
		t.Errorf("error = %v", err)
	}
	if err := s.Probe(t.Context()); err != nil {
		t.Errorf("a write that needs no more pages: %v", err)
	}
	if st, _, err := s.SourceState(t.Context(), "feed"); err != nil || st.Records != 10 {
		t.Errorf("state after a full disk = %+v, %v", st, err)
	}
	bound(100_000)
	if err := read(2000); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestClosedOnAFullDisk has no room for the statistics that closing takes: everything is
// done, and a daemon that is told to stop has not failed.
func TestClosedOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := baddisk.Under(t, dir)
	s, err := Open(t.Context(), filepath.Join(dir, "state.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.ApplyRead(t.Context(), Read{Source: "feed", At: time.Unix(1, 0)}, func(yield func(RecordChange, error) bool) {
		for i := range 2000 {
			key := fmt.Sprintf("SKU-%05d", i)
			h := catalog.HashBytes([]byte(key))
			if !yield(RecordChange{Kind: Put, KeyHash: h, Content: h, Record: catalog.Recorded{Key: key}}, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	disk.Judge(func(op baddisk.Op) baddisk.Fault {
		if op.Kind == baddisk.Write {
			refused++
			return baddisk.Full
		}
		return baddisk.Fine
	})
	if err := s.Close(); err != nil || refused == 0 {
		t.Errorf("closed with %v, and %d writes refused", err, refused)
	}
}
