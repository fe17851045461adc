package engine_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/sync/engine"
)

// stateBytes are the bytes of all files of the state.
func (b *bench) stateBytes() string {
	b.Helper()
	files, err := filepath.Glob(b.path + "*")
	if err != nil || len(files) == 0 {
		b.Fatalf("no state: %v", err)
	}
	var all strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// TestTheKeyIsNowhere lets the API fail in every way, even repeating the key in
// its words, and looks for it in all that was written (law 10).
func TestTheKeyIsNowhere(t *testing.T) {
	t.Parallel()
	echo := `{"detail":"the key ` + testKey + ` may not do that"}`
	b := setup(t, products(1, 12)...)
	b.sync.Account = b.account(testKey, 4)
	said := &strings.Builder{}
	for _, f := range []sandbox.Fault{
		{Kind: sandbox.Unauthorized, Body: echo},
		{Kind: sandbox.WrongMode, Method: "POST", On: 1},
		{Kind: sandbox.Refuse, Method: "POST", Status: 422, ClientReferenceID: "P-1", Body: echo},
		{Kind: sandbox.Refuse, Method: "POST", Status: 409, ClientReferenceID: "P-2", Body: testKey},
		{Kind: sandbox.HangupAfter, Method: "POST", ClientReferenceID: "P-3"},
		{Kind: sandbox.ServerError, Method: "POST", ClientReferenceID: "P-4", Body: echo},
		{Kind: sandbox.HTML, Method: "POST", ClientReferenceID: "P-5"},
		{Kind: sandbox.Refuse, Method: "POST", Status: 200, ClientReferenceID: "P-6", Body: echo, Times: 1},
	} {
		b.fault(f)
		r, err := b.engine.Run(t.Context(), b.sync, engine.Options{OnProgress: func(p engine.Progress) {
			said.WriteString(string(p.Phase))
		}})
		report, jsonErr := json.Marshal(r)
		if jsonErr != nil {
			t.Fatal(jsonErr)
		}
		said.Write(report)
		if err != nil {
			said.WriteString(err.Error())
		}
	}
	said.WriteString(strings.Join(b.problems(), "\n"))
	for where, text := range map[string]string{"the log": b.log.String(), "the state": b.stateBytes(), "what was said": said.String()} {
		if len(text) < 100 {
			t.Errorf("%s is too short to prove anything: %q", where, text)
		}
		if i := strings.Index(text, testKey); i >= 0 {
			t.Errorf("%s holds the key: …%q…", where, text[max(0, i-80):min(len(text), i+80)])
		}
	}
}
