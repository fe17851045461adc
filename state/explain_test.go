package state

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// TestQueryPlans holds the queries that run for every page, group or run
// against the indexes that keep their cost to what they find. A scan of a whole
// table, or a sort of more than a page, would grow with the catalog.
func TestQueryPlans(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sorted := true // the query sorts what it finds, which is bounded
	tests := []struct {
		what, query string
		args        int
		uses        []string
		sorts       bool
	}{
		{"a page of all products", allProducts, 4, []string{"record USING COVERING INDEX record_product (source=? AND product>? AND product<?)"}, false},
		{"the next revision", nextRevision, 2, []string{"moved USING PRIMARY KEY (source=? AND revision>?)"}, false},
		{"a page of changed products", changedProducts, 5, []string{"moved USING PRIMARY KEY (source=? AND revision=? AND product>? AND product<?)"}, false},
		{"variants whose grace is over", goneVariants, 8, []string{"r USING COVERING INDEX record_missing (source=? AND product>? AND product<?)", "l USING INDEX listing_key (destination=? AND key=?)", "p USING COVERING INDEX problem_place (sync=? AND sku=?)"}, false},
		{"products whose grace is over", goneProducts, 8, []string{"r USING COVERING INDEX record_missing (source=? AND product>? AND product<?)", "l USING INDEX listing_key (destination=? AND key=?)", "p USING COVERING INDEX problem_place (sync=? AND sku=?)"}, false},
		{"touched products", touchedProducts, 4, []string{"touch USING COVERING INDEX touch_product (sync=? AND product>? AND product<?)"}, false},
		{"products with open intents", openProducts, 4, []string{"intent USING INDEX intent_product (sync=? AND product>? AND product<?)"}, false},
		{"records of a page", recordsOfProducts, 2, []string{"r USING INDEX record_product (source=? AND product=?)"}, false},
		{"listings of a page by key", listingsOfKeys, 2, []string{"l USING INDEX listing_key (destination=? AND key=?)"}, false},
		{"listings of a page by parent", idsOfParents, 2, []string{"l USING COVERING INDEX listing_parent (destination=? AND parent=?)"}, false},
		{"listings of a page by id", listingsOfIDs, 1, []string{"l USING INTEGER PRIMARY KEY (rowid=?)"}, false},
		{"live intents of a page", liveOfKeys, 2, []string{"i USING INDEX intent_key (destination=? AND key=? AND rowid>?)", "o USING COVERING INDEX intent_alive (destination=?)"}, false},
		{"rejected intents of a page", rejectedOfKeys, 2, []string{"i USING INDEX intent_rejected (destination=? AND key=?)"}, false},
		{"a claim", selectDue, 4, []string{"intent_due (destination=? AND sync=? AND status=? AND not_before>? AND not_before<?)", "intent_due (destination=? AND sync=? AND status=? AND not_before=?)"}, false},
		{"due look-ups", selectUnclear, 4, []string{"i USING INDEX intent_due (destination=? AND sync=? AND status=? AND not_before<?)"}, false},
		{"creates of a group that were refused before", selectRefusedBefore + smallList, 16, []string{"n USING INTEGER PRIMARY KEY (rowid=?)", "i EXISTS USING INDEX intent_key (destination=? AND key=? AND rowid<?)"}, false},
		{"creates of a page that were refused before", countRefusedCreates, 2, []string{"i EXISTS USING INDEX intent_key (destination=? AND key=?)"}, false},
		{"what a group is about", selectInFlight, 1, []string{"i USING INTEGER PRIMARY KEY (rowid=?)"}, false},
		{"the listings of a group", selectBefore, 2, []string{"l USING INDEX listing_key (destination=? AND key=?)"}, false},
		{"the owners of a group's ids", selectOwners + orFormer, 2, []string{"l USING INDEX listing_remote (destination=? AND remote_id=?)", "f USING PRIMARY KEY (destination=? AND remote_id=?)"}, false},
		{"remote products by id", selectRemotesByID, 2, []string{"r USING INDEX sqlite_autoindex_remote_1 (destination=? AND id=?)"}, false},
		{"listings by remote id", selectByRemote, 2, []string{"l USING INDEX listing_remote (destination=? AND remote_id=?)"}, false},
		{"the release of a plan", releaseStaged, 3, []string{"intent USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"}, false},
		{"superseded rejections", dropSuperseded, 3, []string{"intent USING COVERING INDEX intent_rejected (destination=?)", "n USING INDEX intent_key (destination=? AND key=?)"}, false},
		{"the hashes of a source", selectPages, 2, []string{"hash_page USING INDEX hash_page_first (source=? AND first>?)"}, false},
		{"newer hashes of a source", selectNewer, 2, []string{"hash_newer USING PRIMARY KEY (source=? AND key_hash>?)"}, false},
		{"the hash of a record", selectHash, 2, []string{"hash_newer USING PRIMARY KEY (source=? AND key_hash=?)", "hash_page USING INDEX hash_page_first (source=? AND first<?)"}, false},
		{"counting active listings", countListings, 3, []string{"listing_count USING PRIMARY KEY (destination=? AND sync=?)"}, false},
		{"counting what is done by an index", tallyDone, 1, []string{"intent USING COVERING INDEX intent_done (done_run=?)"}, false},
		{"listings that are not active", countElsewhere, 3, []string{"listing_count USING PRIMARY KEY (destination=?)"}, false},
		{"those of them that are done", doneElsewhere, 3, []string{"n USING PRIMARY KEY (destination=?)", "l USING INDEX listing_status (sync=? AND destination=? AND status=?)", "i EXISTS USING INDEX intent_key (destination=? AND key=?)"}, false},
		{"active listings whose record is missing", activeMissing, 3, []string{"r USING COVERING INDEX record_missing (source=?)", "l USING INDEX listing_key (destination=? AND key=?)"}, false},
		{"whether products wait to be created", selectUnsent, 1, []string{"intent USING INDEX intent_alive (destination=?)"}, false},
		{"counting what is done", countUnits(unitsDone), 3, []string{"i USING INDEX intent_done (done_run=?)", "n USING INDEX intent_key (destination=? AND key=?", "l USING INDEX listing_key (destination=? AND key=?)"}, sorted},
		{"counting what waits", countUnits(unitsPending), 3, []string{"i USING INDEX intent_product (sync=?)", "d USING INDEX intent_key (destination=? AND key=?)"}, sorted},
		{"counting what is held", countUnits(unitsHeld), 3, []string{"i USING PRIMARY KEY (sync=?)", "d USING INDEX intent_key (destination=? AND key=?)", "d USING INDEX intent_key (destination=? AND key=?)"}, sorted},
		{"what joins a record", matchedRecords, 4, []string{"m USING COVERING INDEX matched_key (sync=? AND source=? AND key=?)", "o USING PRIMARY KEY (sync=? AND value=? AND source=?)", "r USING INDEX record_product (source=? AND product=?)"}, sorted},
		{"the twins of a key", matchedKeys, 3, []string{"m USING COVERING INDEX matched_key (sync=? AND source=? AND key=?)", "o USING PRIMARY KEY (sync=? AND value=? AND source=?)"}, sorted},
		{"touching what is joined", touchMatched, 3, []string{"m USING PRIMARY KEY (sync=? AND value=? AND source=?)"}, sorted},
		{"the records of a source behind a revision", recordsAfter, 2, []string{"m USING PRIMARY KEY (source=? AND revision>?)", "r USING INDEX record_product (source=? AND product=?)", "r USING INDEX record_product (source=?)"}, false},
		{"the records of a subject", selectSubject, 2, []string{"r USING COVERING INDEX record_subject (source=? AND subject=?)"}, false},
		{"closing a read's problems", closeReadProblems, 2, []string{"problem USING INDEX problem_source (source=?)"}, false},
		{"whether a sync has problems", anyProblem, 1, []string{"problem USING COVERING INDEX problem_seen (sync=?)"}, false},
		{"closing the problems of a record", closeMended, 3, []string{"problem USING INDEX problem_seen (sync=? AND sku=? AND kind=?)"}, false},
		{"closing the problems of records that are spoilt again", closeSuperseded, 2, []string{"problem USING INDEX problem_source (source=?)", "n USING INDEX problem_source (source=? AND sku=?)"}, false},
		{"syncs that have listings", selectPairs, 0, []string{"n USING COVERING INDEX listing_status (sync=? AND destination>?)", "n USING COVERING INDEX listing_status (sync>?)"}, false},
		{"a page of listings", pageOfStatus, 6, []string{"listing USING INDEX listing_key (destination=? AND key>? AND key<?)"}, false},
		{"a page of few listings", pageOfFewStatus, 6, []string{"listing USING INDEX listing_status (sync=? AND destination=? AND status=?)"}, sorted},
		{"how many listings there are", rowsOfStatus, 3, []string{"listing USING COVERING INDEX listing_status (sync=? AND destination=? AND status=?)"}, false},
		{"the words of verdicts", selectTold, 1, []string{"listing USING COVERING INDEX listing_verdict (destination=? AND verdict>?)"}, false},
		{"a page of verdicts", pageOfVerdict, 6, []string{"listing USING INDEX listing_key (destination=? AND key>? AND key<?)"}, false},
		{"a page of few verdicts", pageOfFewVerdict, 6, []string{"listing USING INDEX listing_verdict (destination=? AND verdict=?)"}, sorted},
		{"how many verdicts there are", rowsOfVerdict, 2, []string{"listing USING COVERING INDEX listing_verdict (destination=? AND verdict=?)"}, false},
		{"a page of verdicts of another time", pageOfVerdictsThen, 7, []string{"l USING INDEX listing_key (destination=? AND key>? AND key<?)", "e USING PRIMARY KEY (listing=? AND n=?)"}, false},
		{"the verdicts on a SKU", selectVerdictsOf, 2, []string{"l USING INDEX listing_key (destination=? AND key=?)"}, false},
		{"a page of problems", pageOfProblems, 9, []string{"problem USING INDEX problem_place (sync=? AND sku>? AND sku<?)"}, sorted}, // those of one line
		{"a page of runs", pageOfRuns, 3, []string{"run USING INTEGER PRIMARY KEY (rowid<?)"}, false},
		{"a page of a sync's runs", pageOfRunsOf, 4, []string{"run USING INDEX run_newest (sync=? AND id<?)"}, false},
		{"verdicts by word", tallyVerdicts, 1, []string{"listing USING COVERING INDEX listing_verdict (destination=? AND verdict>?)"}, false},
		{"a page of a run's changes", selectRunChanges, 4, []string{"i USING INDEX intent_done (done_run=? AND op=? AND rowid>?)", "f USING INTEGER PRIMARY KEY (rowid=?)"}, false},
		{"the attempts of a run", countAttempts, 3, []string{"a USING INDEX attempt_at (at>? AND at<?)", "i USING INTEGER PRIMARY KEY (rowid=?)"}, sorted},
		{"the samples of a destination", selectSamples, 2, []string{"sample USING PRIMARY KEY (destination=? AND hour>?)"}, false},
		{"changes that wait for a destination", samplePending, 1, []string{"intent USING COVERING INDEX intent_alive (destination=?)"}, false},
		{"what ran out", selectExpired, 4, []string{"r USING COVERING INDEX record_missing (source=?)", "e USING PRIMARY KEY (sync=? AND record=?)"}, false},
		{"the products under a record's value", selectJoined, 4, []string{"o USING COVERING INDEX matched_key (sync=? AND source=? AND key=?)", "m USING PRIMARY KEY (sync=? AND value=? AND source=?)"}, sorted},
		{"renewing a problem", renewProblem, 11, []string{
			"problem USING INDEX problem_place (sync=? AND sku=? AND field=? AND line=? AND file=?)",
			"problem USING INDEX problem_seen (sync=? AND sku=? AND kind=? AND field=? AND seen<?)",
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			plan := explainPlan(t, s, tt.query, tt.args)
			for _, use := range tt.uses {
				if !strings.Contains(plan, use) {
					t.Errorf("does not use %q:\n%s", use, plan)
				}
			}
			for line := range strings.Lines(plan) {
				if strings.HasPrefix(line, "SCAN") && !strings.Contains(line, "VIRTUAL TABLE") && !isInner(line) {
					t.Errorf("scans a table: %s", line)
				}
				if strings.Contains(line, "TEMP B-TREE") && !tt.sorts {
					t.Errorf("sorts what it finds: %s", line)
				}
			}
		})
	}
}

// isInner reports whether a line is about rows that another line found.
func isInner(line string) bool {
	switch strings.TrimSpace(line) { // what hops through an index, a row at a time
	case "SCAN p", "SCAN s", "SCAN v":
		return true
	}
	for _, name := range []string{"SCAN due", "SCAN (subquery", "SCAN CONSTANT ROW", "SCAN u"} {
		if strings.HasPrefix(line, name) {
			return true
		}
	}
	return false
}

// explainPlan gives how SQLite runs a query, a step a line.
func explainPlan(t *testing.T, s *Store, query string, args int) string {
	t.Helper()
	values := make([]any, args)
	for i := range values {
		values[i] = "x"
	}
	if strings.Contains(query, ":sync") {
		values = []any{sql.Named("sync", "x"), sql.Named("destination", "x"), sql.Named("run", 1)}
	}
	rows, err := s.write.conn.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, values...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		b.WriteString(detail + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
