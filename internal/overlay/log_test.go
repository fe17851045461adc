package overlay

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
)

// TestALogThatIsBegunAnew may be written over from its start while it is read: all that was in
// it is in the file.
func TestALogThatIsBegunAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "base.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	do := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	do(`CREATE TABLE t (v)`)
	log, err := openLog(path+"-wal", 4096)
	if err != nil {
		t.Fatal(err)
	}
	defer log.close()
	for _, c := range []struct {
		statement string
		anew      bool
	}{
		{`INSERT INTO t VALUES (1)`, false},
		{`PRAGMA wal_checkpoint(FULL)`, false},
		{`INSERT INTO t VALUES (2)`, true},
		{`PRAGMA wal_checkpoint(TRUNCATE)`, true},
	} {
		do(c.statement)
		over := filepath.Join(t.TempDir(), "over")
		if err := os.WriteFile(over, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		b := Base{pageSize: 4096}
		if again, err := b.takeFrom(log, path, over); again != c.anew || err != nil {
			t.Errorf("after %s it is to be done again: %t, %v", c.statement, again, err)
		}
		if anew, err := log.begunAnew(); anew != c.anew || err != nil {
			t.Errorf("after %s: %t, %v", c.statement, anew, err)
		}
	}
}
