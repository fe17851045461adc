package examples_test

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// settings are the variables that the examples name. Whatever is a secret holds mark.
var settings = []string{
	"FLEX_API_KEY=fsk_test_" + mark, "FLEXPORTAL_API_KEY=pk_" + mark, "FLEXPORTAL_TENANT=bu_example",
	"FLUVEO_SECRET_KEY=sk_test_" + mark, "FLEXPORT_CLIENT_ID=example", "FLEXPORT_CLIENT_SECRET=fp_" + mark,
	"ERP_PASSWORD=" + secretOfFiles, "ERP_TOKEN=" + secretOfFiles, "AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=" + secretOfFiles,
	"OWN_API_TOKEN=own_" + mark, "OWN_API_TENANT=example",
	"AKENEO_CLIENT_ID=example", "AKENEO_CLIENT_SECRET=ak_" + mark, "AKENEO_USERNAME=example", "AKENEO_PASSWORD=pw_" + mark,
	"SHOPIFY_CLIENT_ID=example", "SHOPIFY_CLIENT_SECRET=shpss_" + mark,
}

// mark is in every secret and in nothing else.
const mark = "51HqNobodyIsToSeeThis"

// marks is how mark looks: as it is, and in base64, as headers carry a user and a
// password. That depends on how many bytes are before it; without what its neighbours
// decide there are three ways.
func marks() []string {
	looks := []string{mark}
	for before := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", before) + mark))
		looks = append(looks, text[2*before:len(text)-4])
	}
	return looks
}

// filesBelow are the files of a folder, by their paths.
func filesBelow(t *testing.T, dir string) map[string]fs.FileMode {
	t.Helper()
	found := map[string]fs.FileMode{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			found[path] = info.Mode().Perm()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// discreet looks at all that was said and at every file that was made: state, copies,
// logs, plans. None holds a secret, and none can be read by others.
func (e example) discreet(given map[string]fs.FileMode) {
	e.t.Helper()
	if e.said.Len() < 100 {
		e.t.Errorf("too little was said to prove anything: %q", e.said)
	}
	e.secretless("what was said", e.said.Bytes())
	names := map[string]bool{} // files that were read and moved are still their senders'
	for path := range given {
		names[filepath.Base(path)] = true
	}
	made := 0
	for path, mode := range filesBelow(e.t, e.dir) {
		if names[filepath.Base(path)] {
			continue
		}
		made++
		name := strings.TrimPrefix(path, e.dir)
		if mode != 0o600 {
			e.t.Errorf("%s has mode %o", name, mode)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			e.t.Fatal(err)
		}
		e.secretless(name, text)
	}
	if made < 2 {
		e.t.Errorf("%d files were made, and there should be a state and its backup", made)
	}
}

func (e example) secretless(where string, text []byte) {
	e.t.Helper()
	for _, s := range marks() {
		if i := bytes.Index(text, []byte(s)); i >= 0 {
			e.t.Errorf("%s holds a secret: …%q…", where, text[max(0, i-80):min(len(text), i+80)])
		}
	}
}
