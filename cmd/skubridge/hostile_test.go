package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/internal/sandbox"
)

// hostileSKUs are keys that mean harm to paths, headers, terminals, logs and spreadsheets.
var hostileSKUs = []string{
	"../../admin", "..", ".", "/", "//evil.example/x", "a?b=c#d", "%2e%2e%2f", "a%00b", `a\..\b`, "A-1\r\nX-Evil: 1", "A-2\n2026-11-22 error forged",
	"\x1b[2J\x1b]0;x\aA-3", "\u009b2JA-4", "\u202egpj.4-A", "=HYPERLINK(\"http://x\")", "<script>alert(1)</script>", "'; DROP TABLE listing; --", "${FLEX_API_KEY}", "{{.}}",
	strings.Repeat("x", 1<<20), "A-5\x00", "A-6\xff\xfe", " ", "\u200b",
}

// A catalog of nothing but such keys comes to an end: what can be sent is sent as it is,
// the rest are problems, and whatever is said of either steers nothing.
func TestHostileSKUs(t *testing.T) {
	t.Parallel()
	api, err := sandbox.NewFlex(sandbox.FlexConfig{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(api)
	defer web.Close()
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("sku,name,description,gtin,images\n")
	for i, sku := range append(hostileSKUs, "GOOD-1") {
		body := fmt.Sprintf("614141%05d", i)
		rows.WriteString(`"` + strings.ReplaceAll(sku, `"`, `""`) + `",Arm Sling,Carries the arm.,` + body + string(catalog.CheckDigit(body)) + ",https://cdn.example.com/1.jpg\n")
	}
	cfg := "state: { path: s.db }\nsources: { feed: { type: file, path: p.csv, fields: { sku: sku, name: name, description: description, gtin: gtin, images: images } } }\n" +
		"destinations: { flex: { type: flex, base_url: '" + web.URL + "', api_key: fsk_test_0123456789abcdef } }\n" +
		"syncs: { s: { from: feed, to: flex } }\n"
	for name, text := range map[string]string{"p.csv": rows.String(), "c.yaml": cfg} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	say := func(args ...string) string {
		t.Helper()
		var out, talk bytes.Buffer
		code := run(t.Context(), append([]string{"--config", filepath.Join(dir, "c.yaml")}, args...), console{in: strings.NewReader(""), out: &out, err: &talk})
		if code != exitOK && code != exitPartial {
			t.Errorf("%.60q ends with %d: %.2000s", args, code, talk.String())
		}
		csv := args[len(args)-1] == "--csv"
		for _, text := range []string{out.String(), talk.String()} {
			if (!csv && strings.ContainsFunc(text, steers)) || !utf8.ValidString(text) {
				t.Errorf("%.60q says what steers a terminal: %.500q", args, text)
			}
		}
		return out.String() + talk.String()
	}
	say("check")
	say("plan")
	said := say("sync", "--json")
	if !strings.Contains(said, `"status"`) {
		t.Errorf("the sync says %.300s", said)
	}
	if told := say("problems"); !strings.Contains(told, "1048576 bytes") {
		t.Errorf("of a SKU of a megabyte it says %.2000s", told)
	}
	if listed := say("listings", "--json"); !strings.Contains(listed, "GOOD-1") || !strings.Contains(listed, "../../admin") {
		t.Errorf("listed is %.2000s", listed)
	}
	for _, command := range [][]string{{"listings"}, {"listings", "--csv"}, {"problems"}, {"problems", "--csv"}, {"problems", "--json"}, {"status"}, {"runs"}, {"eligibility"}, {"drift", "s"}, {"sync"}} {
		say(command...)
	}
	for _, sku := range []string{"../../admin", "..", "${FLEX_API_KEY}", "<script>alert(1)</script>"} {
		say("why", sku)
	}
}
