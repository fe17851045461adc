package state

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// TestACopyOfAnOlderStateIsBroughtUpToDate plans, so to say, after the program was exchanged
// and before anything was written: the copy has this program's schema, the state its own.
func TestACopyOfAnOlderStateIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	steps, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		version int
		journal string
	}{{1, "WAL"}, {1, "DELETE"}, {len(steps) - 1, "WAL"}} { // without a log it is copied as a whole
		t.Run(fmt.Sprintf("version %d, %s", c.version, c.journal), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			db := olderState(t, path, c.version, c.journal)
			defer db.Close()
			s, err := OpenCopy(t.Context(), path, filepath.Join(t.TempDir(), "copy.db"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.PutProblems(t.Context(), []catalog.Problem{{Kind: catalog.Rejected, SKU: "A"}}, time.Unix(1_800_000_000, 0)); err != nil {
				t.Errorf("the copy cannot be written to: %v", err)
			}
			if st, _, err := s.SourceState(t.Context(), "feed"); err != nil || st.Records != 2 {
				t.Errorf("the copy has %+v, %v", st, err)
			}
			if v, err := schemaVersion(t.Context(), db); v != c.version || err != nil {
				t.Errorf("the state's version is %d, %v", v, err)
			}
			_, err = Open(t.Context(), path, Options{ReadOnly: true})
			if _, older := errors.AsType[*olderError](err); !older {
				t.Errorf("opening the state for reading gives %v", err)
			}
		})
	}
}

// olderState makes a state as a program of that version has it.
func olderState(t *testing.T, path string, version int, journal string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range append([]string{`PRAGMA journal_mode = ` + journal}, append(steps[:version:version],
		fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, applicationID, version),
		`INSERT INTO source (id, name, reads, present) VALUES (1, 'feed', 2, 2)`)...) {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	return db
}
