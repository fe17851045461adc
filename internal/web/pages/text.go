package pages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/skubridge/skubridge/catalog"
)

// functions are what templates may call.
var functions = template.FuncMap{
	"when":    when,
	"number":  number[int],
	"number6": number[int64],
	"plural":  plural,
	"plural6": func(n int64, one string) string { return plural(int(n), one) },
	"tone":    tone,
	"verdict": verdictWord,
	"lasted":  lasted,
	"pretty":  pretty,
	"value":   value,
	"query":   url.QueryEscape,
	"sku":     skuPath,
	"list2":   func(words ...string) []string { return words },
	"list":    func(words []string) string { return strings.Join(words, ", ") },
	"short":   func(most int, text string) string { return ellipsis(text, most) },
	"sum":     func(a, b int) int { return a + b },
}

// when shows a time, given as RFC 3339 or as a time.Time: in UTC, for the script to
// show it in the reader's time zone.
func when(at any) template.HTML {
	var t time.Time
	switch at := at.(type) {
	case time.Time:
		t = at
	case string:
		var err error
		if t, err = time.Parse(time.RFC3339, at); err != nil {
			return template.HTML(template.HTMLEscapeString(at)) //nolint:gosec // it is escaped here
		}
	}
	if t.IsZero() {
		return `<span class="none">never</span>`
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s">%s UTC</time>`, //nolint:gosec // made of a time alone
		t.Format(time.RFC3339), t.Format("2006-01-02 15:04")))
}

// number writes 1234567 as 1,234,567.
func number[N int | int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// plural writes "1 product" and "2 products".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if n := len(one); n > 1 && one[n-1] == 'y' && !strings.ContainsRune("aeiou", rune(one[n-2])) {
		one = one[:n-1] + "ie"
	}
	return number(n) + " " + one + "s"
}

// tone is how a word is coloured: good, busy, warn, bad or calm. The word itself is
// always there, too.
func tone(word string) string {
	switch word {
	case "ok", "active", "eligible", "accepted", "done", "level":
		return "good"
	case "running", "waiting", "ready", "in flight":
		return "busy"
	case "partial", "held", "paused", "unclear", "quarantined", "parked", "undecided":
		return "warn"
	case "failed", "rejected", "not_eligible", "open", "interrupted", "absent":
		return "bad"
	default:
		return "calm"
	}
}

// verdictWord is a verdict for people: the API's own word, or that there is none yet.
func verdictWord(v *string) string {
	if v == nil || *v == "" {
		return undecided
	}
	return *v
}

// lasted writes a duration as people say it.
func lasted(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	default:
		return plural(int(d.Hours()/24), "day")
	}
}

// pretty writes JSON over several lines, or as it is when it is none.
func pretty(text any) string {
	var raw []byte
	switch t := text.(type) {
	case json.RawMessage:
		raw = t
	case catalog.Fields:
		raw, _ = json.Marshal(t) // texts, numbers and lists
	}
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		return string(raw)
	}
	return out.String()
}

// value writes one side of a difference: a JSON text without its quotes.
func value(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// ellipsis cuts a text to so many bytes, and says so.
func ellipsis(text string, most int) string {
	if cut := short(text, most); cut != text {
		return cut + "…"
	}
	return text
}

// skuPath is the address of a product's page: slashes in a SKU are kept apart.
func skuPath(sku string) string { return "/products/" + url.PathEscape(sku) }
