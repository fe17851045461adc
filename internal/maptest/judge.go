package maptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/skubridge/skubridge/sync/engine"
)

// want is what a case expects: one of payload, fault and leftOut.
type want struct {
	payload map[string]any
	exact   bool
	fault   *wrong
	leftOut string
}

// Run maps a case's product for a sync, and says how the result differs from what
// is wanted; nothing means that it does not.
func (c Case) Run(s *engine.Sync) []string {
	records := slices.Clone(c.Records)
	for i := range records {
		records[i].Source = s.Merge.Sources[0]
	}
	var keys []string
	for _, t := range s.Try(records) {
		if c.Key == "" || t.Key == c.Key {
			return c.judge(t)
		}
		keys = append(keys, t.Key)
	}
	return []string{fmt.Sprintf("key: there is no %q among %s", c.Key, strings.Join(keys, ", "))}
}

// judge compares what came of one key.
func (c Case) judge(t engine.Trial) []string {
	got := outcome(t)
	switch {
	case c.want.fault != nil:
		for _, f := range t.Faults {
			if (c.want.fault.Field == "" || f.Field == c.want.fault.Field) && strings.Contains(f.Reason, c.want.fault.Reason) {
				return nil
			}
		}
		return []string{fmt.Sprintf("got %s, want a fault of %s", got, strings.TrimSpace(c.want.fault.Field+" "+c.want.fault.Reason))}
	case c.want.leftOut != "":
		if len(t.Faults) == 0 && t.Payload.IsZero() && strings.Contains(t.Reason, c.want.leftOut) {
			return nil
		}
		return []string{fmt.Sprintf("got %s, want it left out: %s", got, c.want.leftOut)}
	case len(t.Faults) > 0 || t.Payload.IsZero():
		return []string{fmt.Sprintf("got %s, want a payload", got)}
	}
	var payload map[string]any
	d := json.NewDecoder(bytes.NewReader(t.Payload.Bytes()))
	d.UseNumber()
	if err := d.Decode(&payload); err != nil {
		return []string{"the payload cannot be read: " + err.Error()}
	}
	return compare("", payload, c.want.payload, c.want.exact)
}

// outcome says what came of a key, for people.
func outcome(t engine.Trial) string {
	switch {
	case len(t.Faults) > 0:
		parts := make([]string, len(t.Faults))
		for i, f := range t.Faults {
			parts[i] = f.Field + ": " + f.Reason
		}
		return "the fault " + strings.Join(parts, "; ")
	case t.Payload.IsZero():
		return "it left out: " + t.Reason
	}
	return "the payload " + string(t.Payload.Bytes())
}

// compare lists the differences, each at its path.
func compare(at string, got, want any, exact bool) []string {
	w, isMap := want.(map[string]any)
	g, alsoMap := got.(map[string]any)
	if isMap && alsoMap {
		return compareMaps(at, g, w, exact)
	}
	wantList, isList := want.([]any)
	gotList, alsoList := got.([]any)
	if isList && alsoList && len(wantList) == len(gotList) {
		var out []string
		for i := range wantList {
			out = append(out, compare(fmt.Sprintf("%s[%d]", at, i), gotList[i], wantList[i], exact)...)
		}
		return out
	}
	if same(got, want) {
		return nil
	}
	return []string{fmt.Sprintf("%s: got %s, want %s", at, show(got), show(want))}
}

func compareMaps(at string, got, want map[string]any, exact bool) []string {
	var out []string
	names := slices.Sorted(maps.Keys(want))
	if exact {
		for name := range got {
			if _, named := want[name]; !named {
				names = append(names, name)
			}
		}
		slices.Sort(names)
	}
	for _, name := range names {
		path := strings.TrimPrefix(at+"."+name, ".")
		g, there := got[name]
		w, named := want[name]
		switch {
		case !named:
			out = append(out, fmt.Sprintf("%s: got %s, want it not to be there", path, show(g)))
		case !there && w != nil:
			out = append(out, fmt.Sprintf("%s: not there, want %s", path, show(w)))
		case there && w == nil:
			out = append(out, fmt.Sprintf("%s: got %s, want it not to be there", path, show(g)))
		case there:
			out = append(out, compare(path, g, w, exact)...)
		}
	}
	return out
}

// same compares single values. Payloads write exact numbers as texts, and a test
// may write them as numbers.
func same(got, want any) bool {
	switch want.(type) {
	case int64, uint64, float64:
		text, _ := json.Marshal(want) // a number is always encoded
		return fmt.Sprint(got) == string(text)
	case map[string]any, []any:
		return false // of another kind or length
	}
	if number, ok := got.(json.Number); ok {
		return number.String() == want
	}
	return got == want
}

// show writes a value for people, in one line.
func show(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	const most = 300
	s := strings.TrimSpace(b.String())
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
