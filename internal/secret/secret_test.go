package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/skubridge/skubridge/internal/secret"
)

const plain = "fsk_test_51Hq"

// holder has secrets in every place from which they have been seen to escape.
type holder struct {
	Exported secret.Value
	hidden   secret.Value
	Pointer  *secret.Value
	List     secret.List
	Map      map[string]secret.Value
	Any      any
}

func newHolder() holder {
	v := secret.New(plain)
	return holder{Exported: v, hidden: v, Pointer: &v, List: secret.List{v, v}, Map: map[string]secret.Value{"k": v}, Any: v}
}

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	h := newHolder()
	if h.hidden.Reveal() != plain {
		t.Fatal("the holder holds nothing")
	}
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%10.3s", "%p"} {
		out["value "+verb] = fmt.Sprintf(verb, h.Exported)
		out["pointer "+verb] = fmt.Sprintf(verb, h.Pointer)
		out["list "+verb] = fmt.Sprintf(verb, h.List)
		out["struct "+verb] = fmt.Sprintf(verb, h)
		out["pointer to struct "+verb] = fmt.Sprintf(verb, &h)
		out["error "+verb] = fmt.Errorf("send with "+verb, h.Exported).Error()
	}
	out["println"] = fmt.Sprintln(h, h.Exported, h.Pointer)
	j, err := json.Marshal(h)
	out["json"] = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(j))
	if err != nil {
		t.Fatal(err)
	}
	y, err := yaml.Marshal(h)
	out["yaml"] = string(y)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	log := zerolog.New(&buf)
	log.Info().Interface("i", h).Stringer("s", h.Exported).Any("a", h.Exported).Str("f", fmt.Sprint(h)).Msg("x")
	out["zerolog"] = buf.String()

	hexed := fmt.Sprintf("%x", plain)
	for how, got := range out {
		if strings.Contains(got, plain) || strings.Contains(strings.ToLower(got), hexed) {
			t.Errorf("%s shows the secret: %s", how, got)
		}
	}
	for _, how := range []string{"value %v", "value %#v", "value %x", "json", "yaml", "zerolog"} {
		if !strings.Contains(out[how], secret.Redacted) {
			t.Errorf("%s does not say %s: %s", how, secret.Redacted, out[how])
		}
	}
}

func TestSecretIsReadAndCompared(t *testing.T) {
	t.Parallel()
	var doc struct {
		Key   secret.Value `json:"key"`
		Empty secret.Value `json:"empty"`
	}
	if err := json.Unmarshal([]byte(`{"key":"`+plain+`","empty":""}`), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Key.Reveal() != plain || doc.Key.IsZero() || !doc.Empty.IsZero() || doc.Empty.Reveal() != "" {
		t.Errorf("read %q and %q", doc.Key.Reveal(), doc.Empty.Reveal())
	}
	if !cmp.Equal(doc.Key, secret.New(plain)) || cmp.Equal(doc.Key, secret.New("other")) {
		t.Error("Equal does not compare the texts")
	}
	if err := json.Unmarshal([]byte(`{"key":12345678}`), &doc); err == nil || strings.Contains(err.Error(), "12345678") {
		t.Errorf("a number as a secret: %v", err)
	}
}

func TestListTakesOneOrSeveral(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		input any
		want  []string
		fails bool
	}{
		"a text":                   {input: "a", want: []string{"a"}},
		"a list of texts":          {input: []any{"a", "b"}, want: []string{"a", "b"}},
		"an empty list":            {input: []any{}},
		"a number":                 {input: 7, fails: true},
		"a number within the list": {input: []any{"a", 7}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var l secret.List
			err := l.UnmarshalMapstructure(c.input)
			if (err != nil) != c.fails {
				t.Fatalf("error %v", err)
			}
			var got []string
			for _, v := range l {
				got = append(got, v.Reveal())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
