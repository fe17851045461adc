package admin_test

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheCommandsOfTheDocumentation asks what docs/api.md has curl ask.
func TestTheCommandsOfTheDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	b := setup(t, tokens)
	b.run("")
	asked := regexp.MustCompile(`(?m)^curl .*?(?:-d '([^']*)' )?"?http://127\.0\.0\.1:8484/api/v1([^\s"]+)`).FindAllStringSubmatch(string(text), -1)
	if len(asked) < 10 {
		t.Errorf("only %d commands were found", len(asked))
	}
	for _, m := range asked {
		q := request{path: strings.NewReplacer("shop-to-flex", "feed-to-flex", "KB-L", "P-1").Replace(m[2]), body: m[1]}
		if q.body != "" {
			q.method = "POST"
		}
		switch w := b.ask(q); {
		case strings.Contains(q.path, "/approve") && w.Code == 409: // nothing is held
		case w.Code >= 300:
			t.Errorf("%s answers %d: %s", m[0], w.Code, w.Body)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(?:GET|POST) [^|]*\\|").FindAllString(string(text), -1) {
		for _, path := range regexp.MustCompile(`/[a-z{}/_]+`).FindAllString(m, -1) {
			known := false
			for template := range document(t).Paths.Map() {
				known = known || template == path || strings.HasSuffix(template, path)
			}
			if _, err := url.Parse(path); err != nil || !known {
				t.Errorf("docs/api.md names %s, which the API has not", path)
			}
		}
	}
}
