package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzPlanFile reads any file as a plan file: it is refused in words, or every change
// that its digest is of was read.
func FuzzPlanFile(f *testing.F) {
	const head = `{"format":"skubridge plan","version":1,"plans":[`
	for _, seed := range []string{
		"", "{", "[]", `{"format":"skubridge plan","version":1,"plans":[]}`, `{"plans":[]}`, `{"format":"x"}`,
		head + `{"sync":"s","digest":"99aa06d3014798d86001c324468d497f","changes":[]}]}`,
		head + `{"sync":"s","digest":"","changes":[{"op":"create","key":"A","want":"00","have":""}]}]}`,
		head + `{"sync":"s","digest":"99aa06d3014798d86001c324468d497f","changes":[]},{"sync":"s","digest":"99aa06d3014798d86001c324468d497f"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		plans, err := readPlansFrom(bytes.NewReader(text), "plan.json")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "read plan ") {
				t.Errorf("%v does not say what was read", err)
			}
			return
		}
		for _, p := range plans {
			if len(p.expect.Changes) == 0 && p.Digest != "99aa06d3014798d86001c324468d497f" {
				t.Errorf("no changes under the digest %s", p.Digest)
			}
		}
	})
}

func TestAPlanFileWithoutChangesIsOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "plan.json")
	text := `{"format":"skubridge plan","version":1,"plans":[{"sync":"s","digest":"99aa06d3014798d86001c324468d497f","changes":[]}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	plans, err := readPlans(path)
	if err != nil || len(plans) != 1 || plans[0].Sync != "s" {
		t.Errorf("got %v, %v", plans, err)
	}
}
