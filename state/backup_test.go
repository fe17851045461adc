package state_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/state"
)

// storied is a state with one of everything that has a history: a listing with three
// verdicts, runs, changes that are done, dropped, refused, unclear, claimed and
// waiting, and a token. Its times are days since 1970.
const storied = `
INSERT INTO destination VALUES ('flex', 'flex', 'https://api.example', '', 'test', 5, '', 0, 0);
INSERT INTO sync (name, destination, revision, fingerprint, first_load) VALUES ('s', 'flex', 7, 'print', 'over');
INSERT INTO listing (id, destination, sync, key, parent, natural_key, remote_id, status, mode, synced_at, hash, payload,
                     verdict, verdict_final, verdict_source, verdict_mode, verdict_at)
VALUES (3, 'flex', 's', 'A', '', 'A', 'r1', 'active', 'test', 1, x'1aa35347b35d36de6be684162dcb2733', CAST('{"name":"<é>"}' AS BLOB), 'eligible', 1, 'webhook', 'test', 4);
INSERT INTO former VALUES ('flex', 'r0', 'A', 1);
INSERT INTO eligibility VALUES (3, 1, 1, 'r1', '', 0, 'response', 'test'), (3, 2, 2, 'r1', 'not_eligible', 0, 'poll', 'test'),
                               (3, 3, 4, 'r1', 'eligible', 1, 'webhook', 'test');
INSERT INTO run (sync, kind, started, ended, status) VALUES ('s', 'sync', 1, 1, 'ok'), ('s', 'sync', 2, 2, 'ok'),
  ('s', 'sync', 3, 3, 'failed'), ('s', 'sync', 4, 4, 'failed');
INSERT INTO intent (id, plan, sync, destination, key, parent, product, natural_key, remote_id, op, old_active, reason, want_hash,
                    created, status, live, step, settled)
VALUES (1, 1, 's', 'flex', 'A', '', 'A', 'A', '', 'create', 1, '', x'01', 1, 'done', 0, 0, 1),
       (2, 1, 's', 'flex', 'B', '', 'B', 'B', '', 'create', 1, '', x'01', 1, 'dropped', 0, 0, 0),
       (3, 1, 's', 'flex', 'C', '', 'C', 'C', '', 'create', 1, '', x'01', 1, 'rejected', 0, 0, 1),
       (4, 1, 's', 'flex', 'D', '', 'D', 'D', '', 'create', 1, '', x'01', 1, 'unclear', 1, 0, 0),
       (5, 1, 's', 'flex', 'E', '', 'E', 'E', '', 'create', 1, '', x'01', 1, 'claimed', 1, 0, 0),
       (6, 1, 's', 'flex', 'F', '', 'F', 'F', '', 'create', 1, '', x'01', 1, 'ready', 1, 0, 0),
       (7, 1, 's', 'flex', 'A', '', 'A', 'A', 'r1', 'update', 1, '', x'01', 4, 'done', 0, 0, 4);
INSERT INTO step (id, op, name, remote_id, method, path, idempotency_key, repeatable)
SELECT id * 4096, op, '', '', 'POST', '/', 'key-' || id, 0 FROM intent;
INSERT INTO step_bytes (id, body, want) SELECT id * 4096, CAST('{}' AS BLOB), NULL FROM intent;
INSERT INTO attempt (intent, step, at, class, http_status, message) SELECT id, 0, created, 'retryable', 503, '' FROM intent;
INSERT INTO problem (sync, source, sku, kind, field, value, message, remedy, file, line, first_seen, last_seen, count, seen)
VALUES ('s', '', 'C', 'rejected', '', '', 'no such code', '', '', 0, 1, 1, 1, 1);
INSERT INTO listing_count SELECT destination, sync, status, count(*) FROM listing GROUP BY sync, destination, status;
INSERT INTO token VALUES ('destination flex', 'access', 'sesame', 1, '[]');
INSERT INTO left_field VALUES ('s', 'description', '', 1);
`

// tell makes a storied state, whose days are counted in nanoseconds.
func tell(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "state.db")
	makeState(t, path)
	execSQL(t, path, storied)
	return path
}

// rows gives the rows of a query as texts.
func rows(t *testing.T, path, query string) (out []string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var text string
		if err := found.Scan(&text); err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestABackupIsTakenBesideAWriterAndPutBack(t *testing.T) {
	t.Parallel()
	path := tell(t)
	writer := open(t, path)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := state.Backup(t.Context(), path, backup); err != nil {
		t.Fatal(err)
	}
	if err := state.Backup(t.Context(), path, backup); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a backup over another one: %v", err)
	}
	if text, err := os.ReadFile(backup); err != nil || bytes.Contains(text, []byte("sesame")) {
		t.Errorf("the backup holds the token: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(backup), "*")); err != nil || len(left) != 1 {
		t.Errorf("the backup is %v, %v; want one file", left, err)
	}
	if _, err := state.Restore(t.Context(), backup, path, time.Unix(0, 0)); err == nil {
		t.Error("a state that somebody writes was replaced")
	}
	if _, err := writer.StartRun(t.Context(), "later", "sync", time.Unix(9, 0)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := state.Restore(t.Context(), backup, path, time.Unix(0, 0))
	if err != nil || kept != path+".before-19700101T000000Z" {
		t.Fatalf("kept %q: %v", kept, err)
	}
	if err := open(t, path).Check(t.Context()); err != nil {
		t.Error(err)
	}
	// A create that was not sent yet is planned anew after the account was walked; what
	// is unclear stays so.
	got := rows(t, path, `SELECT key || ' ' || status FROM intent WHERE id > 3
UNION ALL SELECT 'walked ' || walked FROM destination UNION ALL SELECT 'look at ' || product FROM touch`)
	if d := cmp.Diff([]string{"D unclear", "E claimed", "F dropped", "A done", "walked 0", "look at F"}, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"later"}, rows(t, kept, `SELECT sync FROM run WHERE sync = 'later'`)); d != "" {
		t.Errorf("what was there is not kept whole:\n%s", d)
	}
}

func TestRestoreRefusesWhatIsNoBackup(t *testing.T) {
	t.Parallel()
	path := tell(t)
	cut := filepath.Join(t.TempDir(), "cut.db")
	if err := state.Backup(t.Context(), path, cut); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(cut)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, cut, text[:len(text)/2])
	other := filepath.Join(t.TempDir(), "other.db")
	execSQL(t, other, `CREATE TABLE x (y)`)
	for what, file := range map[string]string{"nothing": cut + ".no", "half a backup": cut, "another program's": other} {
		if _, err := state.Restore(t.Context(), file, path, time.Unix(0, 0)); err == nil {
			t.Errorf("%s was restored", what)
		}
	}
	if d := cmp.Diff([]string{"r1"}, rows(t, path, `SELECT remote_id FROM listing`)); d != "" {
		t.Error(d)
	}
	if _, err := os.Stat(path + ".before-19700101T000000Z"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state was put aside: %v", err)
	}
}

func TestPruneForgetsHistoryAlone(t *testing.T) {
	t.Parallel()
	path := tell(t)
	s := open(t, path)
	before := time.Unix(0, 3)
	got, err := s.Prune(t.Context(), state.Retention{Runs: before, Verdicts: before})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(state.Pruned{Runs: 1, Changes: 2, Attempts: 2, Verdicts: 1}, got); d != "" {
		t.Error(d)
	}
	// The newest run that went well and the newest of all stay; so does the verdict that
	// was in force three days in, and every change that is not settled.
	left := rows(t, path, `SELECT 'run ' || id FROM run UNION ALL SELECT 'intent ' || id FROM intent
UNION ALL SELECT 'verdict ' || n FROM eligibility UNION ALL SELECT 'step ' || (id / 4096) FROM step`)
	slices.Sort(left)
	want := []string{
		"intent 3", "intent 4", "intent 5", "intent 6", "intent 7", "run 2", "run 3", "run 4",
		"step 3", "step 4", "step 5", "step 6", "step 7", "verdict 2", "verdict 3",
	}
	if d := cmp.Diff(want, left); d != "" {
		t.Error(d)
	}
	if again, err := s.Prune(t.Context(), state.Retention{Runs: before, Verdicts: before}); err != nil || again.Total() != 0 {
		t.Errorf("a second time it forgot %+v, %v", again, err)
	}
	if all, err := s.Prune(t.Context(), state.Retention{}); err != nil || all.Total() != 0 {
		t.Errorf("without bounds it forgot %+v, %v", all, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// exportOf gives the export of a state.
func exportOf(t *testing.T, s *state.Store) string {
	t.Helper()
	var out strings.Builder
	if _, err := s.Export(t.Context(), &out, benchNow); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAnExportHoldsWhatCannotBeHadAgain(t *testing.T) {
	t.Parallel()
	first := exportOf(t, open(t, tell(t)))
	for _, secret := range []string{"sesame", "token"} {
		if strings.Contains(first, secret) {
			t.Errorf("the export has %q", secret)
		}
	}
	path := filepath.Join(t.TempDir(), "new.db")
	s := open(t, path)
	n, err := s.Import(t.Context(), strings.NewReader(first))
	if err != nil || n != int64(strings.Count(first, "\n")-2) {
		t.Fatalf("%d rows: %v", n, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	for query, want := range map[string][]string{
		`SELECT remote_id || hex(hash) || payload FROM listing`:          {`r11AA35347B35D36DE6BE684162DCB2733{"name":"<é>"}`},
		`SELECT n FROM eligibility`:                                      {"1", "2", "3"},
		`SELECT key || status FROM intent`:                               {"Crejected", "Dunclear", "Eclaimed"},
		`SELECT idempotency_key FROM step`:                               {"key-3", "key-4", "key-5"},
		`SELECT revision || fingerprint || first_load FROM sync`:         {"0over"},
		`SELECT name || walked FROM destination`:                         {"flex0"},
		`SELECT sku FROM problem UNION ALL SELECT field FROM left_field`: {"C", "description"},
	} {
		if d := cmp.Diff(want, rows(t, path, query)); d != "" {
			t.Errorf("%s:\n%s", query, d)
		}
	}
	if _, err := s.Import(t.Context(), strings.NewReader(first)); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("into a state that is not empty: %v", err)
	}
}

func TestImportSaysWhatALineHasWrong(t *testing.T) {
	t.Parallel()
	const head = `{"format":"skubridge state","schema":1,"at":"2026-03-01T12:00:00Z"}` + "\n"
	former := `{"table":"former","row":{"destination":"flex","remote_id":"r","key":"A","at":1}}` + "\n"
	for _, c := range []struct{ name, text, want string }{
		{"nothing at all", "", "cut after line 0"},
		{"another file", "sku,name\n", "line 1: not the head"},
		{"a newer program's", `{"format":"skubridge state","schema":999}` + "\n", "version 999 is newer"},
		{"a cut one", head + former, "cut after line 2"},
		{"a line that is missing", head + former + `{"end":true,"rows":2}`, "line 3: the export had 2 rows, and 1 are here"},
		{"a table that is not exported", head + `{"table":"token","row":{"value":"x"}}`, `line 2: no table "token"`},
		{"a column that is not there", head + `{"table":"former","row":{"x; DROP TABLE run":1}}`, `no column "x; DROP TABLE run"`},
		{"a word that is none", head + strings.Replace(former, `"at":1`, `"at":"soon"`, 1), "line 2: table former"},
		{"a fraction", head + strings.Replace(former, `"at":1`, `"at":1.5`, 1), "line 2: table former, column at"},
		{"the same twice", head + former + former, "line 3: table former"},
		{"more behind the end", head + `{"end":true}` + "\n" + former, "line 3: there is something behind the end"},
		{"an endless line", head + strings.Repeat("x", 33<<20), "line 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			s := open(t, path)
			if _, err := s.Import(t.Context(), strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if left := rows(t, path, `SELECT key FROM former`); len(left) > 0 {
				t.Errorf("it took in %v", left)
			}
		})
	}
}

// exportsToFuzz are exports that are taken, and some that are not.
var exportsToFuzz = []string{
	`{"format":"skubridge state","schema":1}` + "\n" +
		`{"table":"former","row":{"destination":"flex","remote_id":"r","key":"A","at":1}}` + "\n" + `{"end":true,"rows":1}`,
	`{"format":"skubridge state","schema":1}` + "\n" +
		`{"table":"listing","row":{"hash":{"hex":"00"},"payload":{"text":"{}"}}}`,
	`{"format":"skubridge state","schema":1}` + "\n" +
		`{"table":"eligibility","row":{"listing":9,"n":1,"at":1,"remote_id":"r","verdict":"","final":0,"source":"poll","mode":"test"}}` + "\n" +
		`{"end":true,"rows":1,"damaged":true}`,
}

// FuzzImport wants what an export says to be there afterwards, and no more. What is tried
// stands in one transaction and is undone; TestImportsOfSeeds goes all the way.
func FuzzImport(f *testing.F) {
	for _, text := range exportsToFuzz {
		f.Add(text)
	}
	trial, err := open(f, filepath.Join(f.TempDir(), "state.db")).Try(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(trial.End)
	f.Fuzz(func(t *testing.T, text string) {
		read, there, damaged, err := trial.Import(t.Context(), strings.NewReader(text))
		if err == nil && read != there && !damaged {
			t.Errorf("%d rows were read, and %d are there", read, there)
		}
		if read == 0 {
			return
		}
		if left, err := trial.Rows(); err != nil || left != 0 {
			t.Fatalf("%d rows were left behind: %v", left, err)
		}
	})
}

func TestImportsOfSeeds(t *testing.T) {
	t.Parallel()
	for i, text := range exportsToFuzz {
		s := open(t, filepath.Join(t.TempDir(), "state.db"))
		n, err := s.Import(t.Context(), strings.NewReader(text))
		if want := []int64{1, 0, 1}[i]; n != want || (err == nil) != (want > 0) {
			t.Errorf("%s\n%d rows and %v, want %d", text, n, err, want)
		}
	}
}
