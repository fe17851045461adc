package browsertest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium finds a browser.
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// browser is a Chromium with one open page. What it asks of another host than the
// site, and what a page's script complains about, fails the test.
type browser struct {
	*testing.T
	ctx  context.Context
	site *site
}

func open(t *testing.T, s *site) *browser {
	t.Helper()
	path := chromium()
	if path == "" {
		t.Skip("no Chromium here: the pages were not looked at; install the package chromium")
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-dev-shm-usage", true))
	alloc, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), flags...)
	t.Cleanup(stop)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(stop)
	b := &browser{T: t, ctx: ctx, site: s}
	if err := chromedp.Listen(ctx, b.watch); err != nil {
		t.Fatal(err)
	}
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	call(b, runtime.Enable, cdp.Empty{})
	call(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "America/New_York"})
	return b
}

// call runs one command of the browser's protocol.
func call[P, R any](b *browser, cmd cdp.Command[P, R], params P) {
	b.Helper()
	if _, err := chromedp.Call(b.ctx, cmd, params); err != nil {
		b.Fatal(err)
	}
}

// watch hears what the page does.
func (b *browser) watch(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || u.Host != b.site.listen && (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "ws" || u.Scheme == "wss") {
			b.Errorf("a page asks for %s", e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		b.Errorf("the script failed: %s", e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source == log.EntrySourceSecurity {
			b.Errorf("the browser complains: %s", e.Entry.Text)
		}
	}
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.stuck(err)
	}
}

// patience is how long a page may take; a machine may have much else to do.
const patience = 40 * time.Second

// stuck ends the test with what the page says.
func (b *browser) stuck(err error) {
	b.Helper()
	at, _ := chromedp.Run(b.ctx, chromedp.Location())
	text, _ := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("body")))
	b.Fatalf("%v at %s:\n%s", err, at, text)
}

// get reads something of the page.
func get[T any](b *browser, a chromedp.Action[T]) T {
	b.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	got, err := chromedp.Run(ctx, a)
	if err != nil {
		b.stuck(err)
	}
	return got
}

// goes opens a page of the site.
func (b *browser) goes(path string) {
	b.Helper()
	b.do(chromedp.Navigate(b.site.url+path), ready)
}

// text is what the page says, "" while it gives way to another one.
func (b *browser) text() string {
	b.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body?.innerText ?? ""`))
	if err != nil && b.ctx.Err() != nil {
		b.Fatal(err)
	}
	return text
}

// says fails unless the page says all of these soon: pages go on by themselves.
func (b *browser) says(wants ...string) {
	b.Helper()
	for _, want := range wants {
		deadline := time.Now().Add(patience)
		for !strings.Contains(strings.Join(strings.Fields(b.text()), " "), want) {
			if time.Now().After(deadline) {
				b.Fatalf("the page does not say %q:\n%s", want, b.text())
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// presses presses the button, or follows the link, with this text.
func (b *browser) presses(text string) {
	b.Helper()
	quoted := `"` + text + `"`
	if strings.Contains(text, `"`) {
		quoted = "'" + text + "'"
	}
	path := fmt.Sprintf(`//button[starts-with(normalize-space(.), %s)] | //a[normalize-space(.) = %s]`, quoted, quoted)
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	for {
		err := chromedp.Do(ctx, chromedp.Click(path, chromedp.NodeVisible))
		if err == nil {
			break
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), "node") {
			b.stuck(err)
		}
	}
	b.do(ready)
}

// types fills in a field, by its id.
func (b *browser) types(id, text string) {
	b.Helper()
	b.do(chromedp.Clear(chromedp.ID(id)), chromedp.SendKeys(chromedp.ID(id), text))
}

// logsIn comes from any page that asks for it.
func (b *browser) logsIn() {
	b.Helper()
	b.types("token", token)
	b.types("name", "Ada")
	b.presses("Log in")
	b.says("Log out")
}

// shoots puts a picture of the page into the folder for pictures, if there is one.
func (b *browser) shoots(name string) {
	b.Helper()
	dir := os.Getenv("SKUBRIDGE_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture := get(b, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil { //nolint:gosec // it is for everybody
		b.Fatal(err)
	}
}

// looks has the page in a light or dark window, wide or as narrow as a phone.
func (b *browser) looks(dark, phone bool) {
	b.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	wide, high := int64(1200), int64(760)
	if phone {
		wide, high = 390, 844
	}
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	b.do(chromedp.EmulateViewport(wide, high))
}

// ready waits until a page is there to its end.
var ready = chromedp.WaitReady(chromedp.CSS("footer"))
