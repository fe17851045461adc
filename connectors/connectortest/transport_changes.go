package connectortest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/skubridge/skubridge/connectors/transport"
)

// Files that change, and connections that are lost, while they are read.

func transportReplaced(t *testing.T, s Elsewhere) {
	const size = 400_000
	for what, next := range map[string][]byte{"by a longer one": content(2, size+1), "by one of its length": content(2, size), "by less": content(2, 10)} {
		s.Put(t, "products.csv", content(1, size))
		tr := s.Open(t, "products.csv", transport.PickNone, "")
		f, err := tr.Open(t.Context(), one(t, tr))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(f, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		s.Put(t, "products.csv", next)
		if _, err = io.Copy(io.Discard, f); err == nil {
			err = f.Proof()
		}
		incomplete(t, what, err)
		f.Close()
	}
}

func transportTakenAway(t *testing.T, s Elsewhere) {
	s.Put(t, "products.csv", content(1, 400_000))
	tr := s.Open(t, "products.csv", transport.PickNone, "")
	f, err := tr.Open(t.Context(), one(t, tr))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s.Remove(t, "products.csv")
	if _, err = io.Copy(io.Discard, f); err == nil {
		err = f.Proof()
	}
	incomplete(t, "taken away", err)
}

func transportReadsBeside(t *testing.T, s Elsewhere) {
	s.Put(t, "products.csv", content(1, 200_000))
	tr := s.Open(t, "products.csv", transport.PickNone, "")
	e := one(t, tr)
	var files []transport.File
	for range 2 {
		f, err := tr.Open(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	var got [2]bytes.Buffer
	for range 100 {
		for i, f := range files {
			if _, err := io.CopyN(&got[i], f, 2000); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range got {
		if !bytes.Equal(got[i].Bytes(), content(1, 200_000)) {
			t.Errorf("file %d was read as something else", i)
		}
	}
}

func transportGivesUp(t *testing.T, s Elsewhere) {
	want := content(1, 2_000_000)
	s.Put(t, "products.csv", want)
	tr := s.Open(t, "products.csv", transport.PickNone, "")
	for range 3 {
		f, err := tr.Open(t.Context(), one(t, tr))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(f, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if _, err := f.Read(make([]byte, 1)); err == nil {
			t.Error("it is read after it was closed")
		}
	}
	if got, err := readAll(t, tr, one(t, tr)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the next reading: %d bytes, %v", len(got), err)
	}
}

func transportCancels(t *testing.T, s Elsewhere) {
	s.Put(t, "products.csv", content(1, 20_000_000))
	cause := errors.New("the test has seen enough")
	tr := s.Open(t, "products.csv", transport.PickNone, "")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := tr.List(ctx); !errors.Is(err, cause) {
		t.Errorf("listing: %v", err)
	}
	e := one(t, tr)
	if _, err := tr.Open(ctx, e); !errors.Is(err, cause) {
		t.Errorf("opening: %v", err)
	}
	if s.Cut == nil {
		return // what lies here is read at once
	}
	ctx, cancel = context.WithCancelCause(t.Context())
	f, err := tr.Open(ctx, one(t, tr))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.ReadFull(f, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	cancel(cause)
	if n, err := io.Copy(io.Discard, f); !errors.Is(err, cause) || n > 19_000_000 {
		t.Errorf("reading: %d bytes, %v", n, err)
	}
}

func transportResumes(t *testing.T, s Elsewhere) {
	if s.Cut == nil {
		t.Skip("there is no connection")
	}
	want := content(1, 3_000_000)
	s.Put(t, "products.csv", want)
	tr := s.Open(t, "products.csv", transport.PickNone, "")
	s.Cut(len(want) / 10)
	got, err := readAll(t, tr, one(t, tr))
	switch {
	case s.Whole:
		incomplete(t, "a file of which only a tenth comes each time", err)
	case err != nil || !bytes.Equal(got, want):
		t.Errorf("read %d bytes of %d: %v", len(got), len(want), err)
	}
	// Where no connection brings anything, there is no file.
	s.Cut(1)
	s.Break()
	entries, err := tr.List(t.Context())
	if err == nil {
		_, err = readAll(t, tr, entries[0])
	}
	incomplete(t, "a server that hangs up", err)
}

func transportResumesNoOther(t *testing.T, s Elsewhere) {
	if s.Cut == nil {
		t.Skip("there is no connection")
	}
	const size = 3_000_000
	s.Put(t, "products.csv", content(1, size))
	tr := s.Open(t, "products.csv", transport.PickNone, "")
	f, err := tr.Open(t.Context(), one(t, tr))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.ReadFull(f, make([]byte, size/10)); err != nil {
		t.Fatal(err)
	}
	s.Put(t, "products.csv", content(2, size))
	s.Break()
	if _, err = io.Copy(io.Discard, f); err == nil {
		err = f.Proof()
	}
	incomplete(t, "another file after the connection was lost", err)
}
