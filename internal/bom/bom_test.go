package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const (
	mit = "Copyright (c) 2026 Somebody\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this\nsoftware and so on.\n" +
		"The above copyright notice and this permission notice shall be included in all copies."
	bsd = "// Redistribution and use are permitted:\n//   * Redistributions of source code must retain the above\n// copyright notice.\n" +
		"//   * Redistributions in binary form must reproduce the above copyright notice.\n"
	gpl = "Everyone is permitted to copy and distribute verbatim copies\n of this license document, but changing it is not allowed.\n"
)

func TestLicenceOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files   map[string]string
		want    string
		wantErr string
	}{
		"one text":                          {files: map[string]string{"LICENSE": mit}, want: "MIT"},
		"one by another name":               {files: map[string]string{"COPYING": mit, "copy.go": ""}, want: "MIT"},
		"in comments, and broken elsewhere": {files: map[string]string{"LICENSE.txt": bsd}, want: "BSD-2-Clause"},
		"with its third clause":             {files: map[string]string{"licence.md": bsd + "endorse or promote products\nderived from"}, want: "BSD-3-Clause"},
		"two in one file":                   {files: map[string]string{"LICENSE": mit + bsd}, want: "BSD-2-Clause AND MIT"},
		"two files":                         {files: map[string]string{"LICENSE": mit, "UNLICENSE": "This is free and unencumbered software released into the public domain. By any means."}, want: "MIT AND Unlicense"},
		"a part that explains itself":       {files: map[string]string{"LICENSE": mit, "LICENSE-LOGO": "an address"}, want: "MIT"},
		"only the name of a licence":        {files: map[string]string{"LICENSE": "MIT License"}, wantErr: "LICENSE is no text that is known"},
		"none":                              {files: map[string]string{"README.md": mit}, wantErr: "has no file LICENSE or COPYING"},
		"a GNU licence":                     {files: map[string]string{"LICENSE": gpl}, wantErr: "LICENSE holds a sentence of the GNU licences"},
		"a GNU licence of a part":           {files: map[string]string{"LICENSE": mit, "LICENSE.codec": gpl}, wantErr: "LICENSE.codec holds a sentence of the GNU licences"},
		"a clause added to a free one":      {files: map[string]string{"LICENSE": "“Commons Clause” License Condition\n" + mit}, wantErr: "the Commons Clause"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{}
			for path, text := range c.files {
				files[path] = &fstest.MapFile{Data: []byte(text)}
			}
			got, err := licenceOf(files)
			if got != c.want || (err == nil) != (c.wantErr == "") || err != nil && !strings.Contains(err.Error(), c.wantErr) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestEveryLicenceSuits(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), []string{"licences"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"modernc.org/sqlite ", "github.com/inconshreveable/mousetrap "} { // the second is in Windows alone
		if !strings.Contains(out.String(), path) {
			t.Errorf("%s is not listed in\n%s", path, &out)
		}
	}
}

// TestBill makes the bill of a program with one module in it, and of the same
// program once more.
func TestBill(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "small")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-o", program, "./testdata/small")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := run(t.Context(), []string{"sbom", program}, out); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(first.String(), second.String()); diff != "" {
		t.Errorf("the same program has two bills (-first +second):\n%s", diff)
	}
	var b bill
	if err := json.Unmarshal(first.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range b.Components {
		name, _, _ := strings.Cut(c.PURL, "@")
		got = append(got, name+" "+c.Licences[0].Expression)
	}
	if diff := cmp.Diff([]string{"pkg:golang/std BSD-3-Clause", "pkg:golang/golang.org/x/sync BSD-3-Clause"}, got); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
	if main := b.Metadata.Component; main.Name != "skubridge" || len(main.Hashes) != 1 || len(main.Hashes[0].Content) != 64 {
		t.Errorf("the program: %+v", main)
	}
}

func TestWhatIsNoProgramHasNoBill(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), []string{"sbom", "main.go"}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "read what main.go is made of") {
		t.Errorf("error = %v", err)
	}
}
