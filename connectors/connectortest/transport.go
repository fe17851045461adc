package connectortest

import (
	"bytes"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
)

// Elsewhere is where a transport gets its files from, with what the suite does there. All
// fields are needed unless they say otherwise.
type Elsewhere struct {
	// Open gives a transport of the files that a path or a pattern below the place means. It
	// tries again quickly.
	Open func(t *testing.T, path string, pick transport.Pick, marker string) transport.Transport
	// Put puts a file there, whole, in the place of the one before, which the new one is told
	// from. Its folders are made.
	Put func(t *testing.T, name string, content []byte)
	// Remove takes a file away.
	Remove func(t *testing.T, name string)
	// Deny lets nobody read a file; nil where that cannot be arranged.
	Deny func(t *testing.T, name string)
	// Cut breaks every connection that is made from now on when so many bytes came over it,
	// and Break all there are; nil where there is no connection.
	Cut   func(after int)
	Break func()
	// Single says that a transport is of one file: it knows no patterns.
	Single bool
	// Whole says that a file can only be had from its start, so that connections which are
	// lost at each tenth bring nothing.
	Whole bool
}

// Transport runs the suite for transports. begin makes a place without files, anew for
// each case.
func Transport(t *testing.T, begin func(t *testing.T) Elsewhere) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, Elsewhere)
	}{
		{"a file is listed, read and proven, each time", transportReads},
		{"a name may have any sign in it", transportNames},
		{"files of a pattern come in the order of their numbers", transportOrders},
		{"a file of no bytes is one", transportReadsEmpty},
		{"a file that is not there is told, with what to do", transportMisses},
		{"a file that may not be read is told", transportDenied},
		{"a file waits for its marker", transportWaits},
		{"a file that is replaced while it is read is not proven", transportReplaced},
		{"a file that is taken away while it is read is not proven", transportTakenAway},
		{"files are read beside each other", transportReadsBeside},
		{"a reading can be given up", transportGivesUp},
		{"a cancelled reading ends with the cause", transportCancels},
		{"a connection that is lost at each tenth is taken up", transportResumes},
		{"a connection that is lost before a file was replaced brings no other", transportResumesNoOther},
		{"files are browsed, and there may be none", transportBrowses},
		{"a file is moved, and never over another", transportMoves},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, begin(t))
		})
	}
}

// content makes n bytes that differ from place to place and from seed to seed.
func content(seed, n int) []byte {
	b := make([]byte, 0, n+32)
	for i := 0; len(b) < n; i++ {
		b = strconv.AppendInt(append(strconv.AppendInt(b, int64(seed), 10), ':'), int64(i), 10)
		b = append(b, '\n')
	}
	return b[:n]
}

// readAll opens an entry and reads it to its end and its proof.
func readAll(t *testing.T, tr transport.Transport, e transport.Entry) ([]byte, error) {
	t.Helper()
	f, err := tr.Open(t.Context(), e)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil {
		return got, err
	}
	return got, f.Proof()
}

// one lists the only file of a transport.
func one(t *testing.T, tr transport.Transport) transport.Entry {
	t.Helper()
	entries, err := tr.List(t.Context())
	if err != nil || len(entries) != 1 {
		t.Fatalf("listed %v, %v", entries, err)
	}
	return entries[0]
}

// incomplete wants an error that says what is the matter, and what to do.
func incomplete(t *testing.T, what string, err error) {
	t.Helper()
	var e *connectors.IncompleteError
	switch {
	case err == nil:
		t.Errorf("%s: no error", what)
	case !errors.As(err, &e):
		t.Errorf("%s: %T is no incomplete read: %v", what, err, err)
	case e.Reason == "" || e.Source == "" || e.Remedy == "":
		t.Errorf("%s: lacks source, reason or remedy: %+v", what, e)
	}
}

func transportReads(t *testing.T, s Elsewhere) {
	want := content(1, 300_000)
	s.Put(t, "products.csv", want)
	s.Put(t, "products.csv.bak", content(2, 100))
	tr := s.Open(t, "products.csv", transport.PickNone, "")
	var first transport.Entry
	for n := range 3 {
		e := one(t, tr)
		if n == 0 {
			first = e
		}
		if e != first || !strings.HasSuffix(e.Name, "products.csv") || e.Size >= 0 && e.Size != int64(len(want)) {
			t.Errorf("listed as %+v, and as %+v before", e, first)
		}
		got, err := readAll(t, tr, e)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("read %d bytes of %d: %v", len(got), len(want), err)
		}
	}
	s.Put(t, "products.csv", content(3, 300_000))
	if e := one(t, tr); e == first {
		t.Errorf("another file is listed as %+v, like the one before", e)
	} else if got, err := readAll(t, tr, e); err != nil || !bytes.Equal(got, content(3, 300_000)) {
		t.Errorf("the next file: %d bytes, %v", len(got), err)
	}
}

func transportNames(t *testing.T, s Elsewhere) {
	for i, name := range []string{"a b.csv", "a+b.csv", "50%.csv", "prijs €.csv", "o'brien & co.csv", "x=1,y.csv"} {
		if s.Single {
			break // its address is written as addresses are
		}
		s.Put(t, name, content(i, 50))
		tr := s.Open(t, name, transport.PickNone, "")
		if got, err := readAll(t, tr, one(t, tr)); err != nil || !bytes.Equal(got, content(i, 50)) {
			t.Errorf("%q: read %q, %v", name, got, err)
		}
	}
}

func transportOrders(t *testing.T, s Elsewhere) {
	if s.Single {
		t.Skip("there are no patterns")
	}
	for i, name := range []string{"out/p_10.csv", "out/p_2.csv", "out/p_1.csv", "out/q_1.csv", "out/p_3.txt", "out/deep/p_4.csv", "p_5.csv"} {
		s.Put(t, name, content(i, 10))
	}
	entries, err := s.Open(t, "out/p_*.csv", transport.PickAll, "").List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, path.Base(e.Name))
	}
	if diff := cmp.Diff([]string{"p_1.csv", "p_2.csv", "p_10.csv"}, names); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	entries, err = s.Open(t, "*/p_[12].csv", transport.PickAll, "").List(t.Context())
	if err != nil || len(entries) != 2 {
		t.Errorf("with a pattern of folders: %v, %v", entries, err)
	}
	newest := one(t, s.Open(t, "out/*.csv", transport.PickNewest, ""))
	if path.Base(newest.Name) != "q_1.csv" {
		t.Errorf("the newest is %s", newest.Name)
	}
}

func transportReadsEmpty(t *testing.T, s Elsewhere) {
	s.Put(t, "empty.csv", nil)
	tr := s.Open(t, "empty.csv", transport.PickNone, "")
	e := one(t, tr)
	if got, err := readAll(t, tr, e); err != nil || len(got) > 0 || e.Size != 0 {
		t.Errorf("%+v: read %d bytes, %v", e, len(got), err)
	}
}

func transportMisses(t *testing.T, s Elsewhere) {
	s.Put(t, "out/products.csv", content(1, 10))
	paths := []string{"out/product.csv", "gone/products.csv"}
	if !s.Single {
		paths = append(paths, "out/x_*.csv", "gone/*.csv")
	}
	for _, p := range paths {
		_, err := s.Open(t, p, transport.PickNone, "").List(t.Context())
		incomplete(t, p, err)
	}
	tr := s.Open(t, "out/products.csv", transport.PickNone, "")
	e := one(t, tr)
	s.Remove(t, "out/products.csv")
	_, err := readAll(t, tr, e)
	incomplete(t, "taken away before it is opened", err)
}

func transportDenied(t *testing.T, s Elsewhere) {
	if s.Deny == nil {
		t.Skip("everything may be read")
	}
	s.Put(t, "products.csv", content(1, 10))
	s.Deny(t, "products.csv")
	tr := s.Open(t, "products.csv", transport.PickNone, "")
	entries, err := tr.List(t.Context())
	if err == nil {
		_, err = readAll(t, tr, entries[0])
	}
	incomplete(t, "a file that may not be read", err)
}

func transportWaits(t *testing.T, s Elsewhere) {
	s.Put(t, "products.csv", content(1, 10))
	tr := s.Open(t, "products.csv", transport.PickNone, ".done")
	_, err := tr.List(t.Context())
	incomplete(t, "without its marker", err)
	s.Put(t, "products.csv.done", []byte("done"))
	if e := one(t, tr); !strings.HasSuffix(e.Name, "products.csv") {
		t.Errorf("listed %s", e.Name)
	}
	if !s.Single {
		if e := one(t, s.Open(t, "prod*", transport.PickAll, ".done")); !strings.HasSuffix(e.Name, "products.csv") {
			t.Errorf("listed %s", e.Name)
		}
	}
}
