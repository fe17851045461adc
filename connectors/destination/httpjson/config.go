package httpjson

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// Options are the options of a destination of type httpjson, besides the common ones.
type Options struct {
	Auth           Auth                    `yaml:"auth" jsonschema_description:"How requests are authorized."`
	Headers        map[string]secret.Value `yaml:"headers" jsonschema_description:"Further headers of every request; their values are kept secret."`
	NaturalKey     string                  `yaml:"natural_key" jsonschema:"required" jsonschema_description:"The field by which the API's product is found again."`
	Fields         map[string]Field        `yaml:"fields" jsonschema:"required" jsonschema_description:"The fields of a product, by the names that map: and request bodies use."`
	Create         Call                    `yaml:"create" jsonschema_description:"The request that creates a product."`
	Update         Call                    `yaml:"update" jsonschema_description:"The request that updates a product."`
	Archive        Call                    `yaml:"archive" jsonschema_description:"The request that takes a product off sale; without it, products that vanished are only reported."`
	Restore        Call                    `yaml:"restore" jsonschema_description:"The request that puts a product back on sale."`
	Find           Find                    `yaml:"find" jsonschema_description:"The request that looks a product up, active or not; required unless creates can be repeated."`
	Answer         Answer                  `yaml:"answer" jsonschema_description:"Where to find things in answers."`
	Error          ErrorPlaces             `yaml:"error" jsonschema_description:"Where an error answer says what is wrong."`
	IdempotencyKey string                  `yaml:"idempotency_key" jsonschema_description:"The header of an idempotency key, if creates honour one; otherwise leave it out."`
	Status         map[string]string       `yaml:"status" jsonschema_description:"Classes of statuses from 400 on, where this API differs from the default: retryable, rate-limited, rejected, denied, gone or unknown."`
}

// Auth is one of three ways to authorize a request, or none.
type Auth struct {
	Bearer   secret.Value `yaml:"bearer" jsonschema_description:"A bearer token."`
	User     string       `yaml:"user" jsonschema_description:"The user for Basic authentication."`
	Password secret.Value `yaml:"password" jsonschema_description:"The password for Basic authentication."`
	Header   string       `yaml:"header" jsonschema_description:"The name of a header that holds the key."`
	Value    secret.Value `yaml:"value" jsonschema_description:"The key in that header."`
}

// Field is one field of a product.
type Field struct {
	Kind     string `yaml:"kind" jsonschema:"enum=text,enum=texts,enum=textmap,enum=number,enum=bool,enum=json" jsonschema_description:"text unless set."`
	Default  string `yaml:"default" jsonschema_description:"The expression that is used if map: has none."`
	Required bool   `yaml:"required" jsonschema_description:"Whether it must be present and not empty."`
	Fixed    bool   `yaml:"fixed" jsonschema_description:"Whether it cannot be changed on an existing product."`
	Price    bool   `yaml:"price" jsonschema_description:"Whether it is a price, which the sync's guard on price moves watches."`
	Max      int    `yaml:"max" jsonschema_description:"The most characters of a text; 0 for no limit."`
	Shown    string `yaml:"shown" jsonschema_description:"The member of a product in an answer that shows the field; the field's name unless set, - for none."`
}

// Call is one request.
type Call struct {
	Method string `yaml:"method" jsonschema_description:"POST to create, PATCH to update, DELETE to archive, POST to restore unless set."`
	Path   string `yaml:"path" jsonschema_description:"Path below base_url; {id} and the names of text fields in braces are filled in."`
	Body   any    `yaml:"body" jsonschema_description:"The body; \"{*}\" stands for the fields, \"{name}\" for one."`
	Whole  bool   `yaml:"whole" jsonschema_description:"Whether an update sends all fields, not only those that differ."`
	Upsert bool   `yaml:"upsert" jsonschema_description:"Whether creating a product that already exists updates it, so that a create can be repeated."`
}

// Find is the look-up.
type Find struct {
	Path  string `yaml:"path" jsonschema_description:"Path below base_url, with the natural key in braces."`
	Items string `yaml:"items" jsonschema_description:"The member of an answer that holds the list of products; empty if it is the answer itself."`
	// Next is needed where a search also finds what is like the key: what has it may come last.
	Next string `yaml:"next" jsonschema_description:"The member of an answer that holds the address of the next page, at the same host and below base_url; absent, null or empty on the last one. Unless set, the first page has to hold every product of a key."`
	// NotFound has to be asked for: what stands before an API answers 404 in passing, and
	// what is there would be made a second time.
	NotFound bool `yaml:"not_found" jsonschema_description:"Whether a 404 means that no product has the key. Otherwise a 404 is a failure, and nothing is created because of it."`
}

// Answer says where the answer to a write holds what counts.
type Answer struct {
	Product  string `yaml:"product" jsonschema_description:"The member of the answer to a write that holds the product; empty if it is the answer itself."`
	ID       string `yaml:"id" jsonschema_description:"The member of a product that holds its id."`
	Key      string `yaml:"key" jsonschema_description:"The member of a product that holds its natural key; natural_key unless set."`
	Active   string `yaml:"active" jsonschema_description:"The member of a product that says whether it is on sale; without it all are."`
	ActiveIs string `yaml:"active_is" jsonschema_description:"The value that means on sale; true unless set."`
	Silent   bool   `yaml:"silent" jsonschema_description:"Whether answers to an update, an archive and a restore have no content that needs reading."`
}

// ErrorPlaces say where a refusal holds its words.
type ErrorPlaces struct {
	Message string `yaml:"message" jsonschema_description:"The member with its message."`
	Code    string `yaml:"code" jsonschema_description:"The member with its code."`
	Field   string `yaml:"field" jsonschema_description:"The member with the name of the field at fault."`
}

func defaults() Options {
	return Options{
		Create: Call{Method: http.MethodPost}, Update: Call{Method: http.MethodPatch},
		Archive: Call{Method: http.MethodDelete}, Restore: Call{Method: http.MethodPost},
		Answer: Answer{ID: "id", ActiveIs: "true"}, Error: ErrorPlaces{Message: "message"},
	}
}

// Validate reports everything that is wrong with the options, as fault.Fault.
func (o Options) Validate() error {
	v := &validation{Options: o}
	v.auth()
	v.fields()
	v.calls()
	for _, status := range slices.Sorted(maps.Keys(o.Status)) {
		path := "status." + status
		if n, err := strconv.Atoi(status); err != nil || n < 400 || n > 599 {
			v.wrong(path, "not a status from 400 to 599", "")
		}
		if !slices.Contains(classes, connectors.Class(o.Status[status])) {
			v.wrong(path, fmt.Sprintf("%q is not a class of failures", o.Status[status]), "write retryable, rate-limited, rejected, denied, gone or unknown")
		}
	}
	return errors.Join(v.errs...)
}

var classes = []connectors.Class{
	connectors.Retryable, connectors.RateLimited, connectors.Rejected, connectors.Denied, connectors.Gone, connectors.Unknown,
}

// validation gathers faults.
type validation struct {
	Options
	errs []error
}

func (v *validation) wrong(path, message, hint string) {
	v.errs = append(v.errs, fault.At(path, "%s", message).Hinting(hint))
}

func (v *validation) auth() {
	a, ways := v.Auth, 0
	for _, set := range []bool{!a.Bearer.IsZero(), a.User != "" || !a.Password.IsZero(), a.Header != "" || !a.Value.IsZero()} {
		if set {
			ways++
		}
	}
	switch {
	case ways > 1:
		v.wrong("auth", "there is more than one way to authorize", "keep bearer, or user and password, or header and value")
	case a.User == "" && !a.Password.IsZero():
		v.wrong("auth.user", "missing beside password", "")
	case (a.Header == "") != a.Value.IsZero():
		v.wrong("auth.header", "header and value belong together", "set both")
	}
	names := slices.Sorted(maps.Keys(v.Headers))
	for path, name := range map[string]string{"auth.header": a.Header, "idempotency_key": v.IdempotencyKey} {
		if name != "" && !headerName(name) {
			v.wrong(path, "not the name of a header", "")
		}
	}
	for _, name := range names {
		if !headerName(name) || strings.ContainsAny(v.Headers[name].Reveal(), "\r\n\x00") {
			v.wrong("headers."+name, "not a header", "write it as X-Name: value, on one line")
		}
	}
	for path, s := range map[string]secret.Value{"auth.bearer": a.Bearer, "auth.value": a.Value} {
		if strings.ContainsAny(s.Reveal(), "\r\n\x00") {
			v.wrong(path, "holds a line break", "")
		}
	}
}

func headerName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

func (v *validation) fields() {
	if len(v.Fields) == 0 {
		v.wrong("fields", "missing", "name each field of a product, with its default expression")
	}
	for _, name := range slices.Sorted(maps.Keys(v.Fields)) {
		f := v.Fields[name]
		path := "fields." + name
		if strings.ContainsAny(name, "{}.* ") || name == "id" {
			v.wrong(path, "not the name of a field", `leave out braces, points, stars and blanks; "id" is the API's`)
		}
		if f.Kind != "" && !slices.Contains(kinds, connectors.Kind(f.Kind)) {
			v.wrong(path+".kind", fmt.Sprintf("%q is not a kind of field", f.Kind), "write text, texts, textmap, number, bool or json")
		}
		if f.Max < 0 {
			v.wrong(path+".max", "must not be negative", "")
		}
	}
	switch key, ok := v.Fields[v.NaturalKey]; {
	case v.NaturalKey == "":
		v.wrong("natural_key", "missing", "name the field by which the API's product is found again")
	case !ok:
		v.wrong("natural_key", "there is no field "+v.NaturalKey, "name one of fields")
	case key.kind() != connectors.Text:
		v.wrong("natural_key", "the field "+v.NaturalKey+" is no text", "")
	}
}

var kinds = []connectors.Kind{
	connectors.Text, connectors.Texts, connectors.TextMap, connectors.Number, connectors.Bool, connectors.JSON,
}

func (f Field) kind() connectors.Kind {
	if f.Kind == "" {
		return connectors.Text
	}
	return connectors.Kind(f.Kind)
}

func (v *validation) calls() {
	if v.Create.Path == "" {
		v.wrong("create.path", "missing", "set the request that makes a product")
	}
	if v.Restore.Path != "" && v.Archive.Path == "" {
		v.wrong("restore", "nothing is archived that could be restored", "set archive too")
	}
	if v.Find.Path == "" && v.Create.Path != "" && !v.repeatable() {
		v.wrong("find.path", "missing, and a create cannot be repeated: after a lost answer nobody could say whether there is a product",
			"set find, or create.upsert or idempotency_key where the API makes repeats harmless")
	}
	for name, c := range map[string]Call{"create": v.Create, "update": v.Update, "archive": v.Archive, "restore": v.Restore} {
		if c.Path == "" {
			continue
		}
		if !slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, c.Method) {
			v.wrong(name+".method", fmt.Sprintf("%q is not a method that changes something", c.Method), "write POST, PUT, PATCH or DELETE")
		}
		v.path(name+".path", c.Path, name != "create")
		v.body(name+".body", c.Body)
	}
	if v.Find.Path != "" {
		v.path("find.path", v.Find.Path, false)
		if !strings.Contains(v.Find.Path, "{"+v.NaturalKey+"}") {
			v.wrong("find.path", "does not ask for the natural key", "put {"+v.NaturalKey+"} where its value belongs")
		}
	}
}

// repeatable says whether a create may be sent again.
func (o Options) repeatable() bool { return o.IdempotencyKey != "" || o.Create.Upsert }

// path checks an address and what it has to fill in.
func (v *validation) path(at, path string, known bool) {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		v.wrong(at, "does not begin with one /", "write it below base_url")
	}
	names, err := placeholders(path)
	if err != nil {
		v.wrong(at, err.Error(), "")
	}
	for _, name := range names {
		f, ok := v.Fields[name]
		switch {
		case name == "id" && known:
		case name == "id":
			v.wrong(at, "there is no id yet", "")
		case !ok:
			v.wrong(at, "there is no field "+name, "name one of fields, or id")
		case f.kind() != connectors.Text:
			v.wrong(at, "the field "+name+" is no text", "")
		}
	}
}

// body checks what a body has to fill in.
func (v *validation) body(at string, body any) {
	switch b := body.(type) {
	case string:
		name, ok := slot(b)
		if _, known := v.Fields[name]; ok && !known && name != "*" && name != "id" {
			v.wrong(at, "there is no field "+name, `name one of fields, or "{*}" for all of them, or "{id}"`)
		}
		if !ok && strings.Contains(b, "{") && strings.Contains(b, "}") {
			v.wrong(at, "a name in braces stands inside a text", "let the name in braces be the whole value, and put texts together in map:")
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(b)) {
			v.body(at+"."+name, b[name])
		}
	case []any:
		for i, e := range b {
			v.body(fmt.Sprintf("%s[%d]", at, i), e)
		}
	}
}

func (a Auth) authorize(h http.Header) {
	switch {
	case !a.Bearer.IsZero():
		h.Set("Authorization", "Bearer "+a.Bearer.Reveal())
	case a.User != "":
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(a.User+":"+a.Password.Reveal())))
	case a.Header != "":
		h.Set(a.Header, a.Value.Reveal())
	}
}

// same reports whether b authorizes as a does.
func (a Auth) same(b Auth) bool {
	return a.Bearer.Equal(b.Bearer) && a.User == b.User && a.Password.Equal(b.Password) && a.Header == b.Header && a.Value.Equal(b.Value)
}

// secrets are what no text may show.
func (a Auth) secrets() (out []string) {
	for _, s := range []secret.Value{a.Bearer, a.Password, a.Value} {
		if !s.IsZero() {
			out = append(out, s.Reveal())
		}
	}
	return out
}

func (o Options) spec(base string) connectors.Spec {
	s := connectors.Spec{
		Identity: catalog.Identity{Type: "httpjson", BaseURL: base, Mode: catalog.ModeUnknown},
		Level:    catalog.VariantLevel, NaturalKey: o.NaturalKey,
		Steps: map[catalog.Op][]string{catalog.OpCreate: {stepCreate}, catalog.OpAdopt: {stepRestore, stepUpdate}},
	}
	if o.Find.Path != "" {
		s.LookFirst = connectors.LookAlways
	}
	if o.Update.Path != "" {
		s.Steps[catalog.OpUpdate] = []string{stepUpdate}
	}
	if o.Archive.Path != "" {
		s.Steps[catalog.OpArchive] = []string{stepArchive}
	}
	if o.Restore.Path != "" {
		s.Steps[catalog.OpRestore] = []string{stepRestore, stepUpdate}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
		f := o.Fields[name]
		var prices *catalog.Prices
		if f.Price {
			prices = new(catalog.Prices)
		}
		s.Fields = append(s.Fields, connectors.Field{
			Prices: prices,
			Name:   name, Kind: f.kind(), Required: f.Required || name == o.NaturalKey,
			Updatable: !f.Fixed && o.Update.Path != "" && name != o.NaturalKey, Default: f.Default,
			Doc: "as configured in fields." + name,
		})
		s.Rules += fmt.Sprintf("%s %t %d, ", name, f.Fixed, f.Max)
	}
	s.Rules += fmt.Sprintf("can %q", slices.Sorted(maps.Keys(s.Steps)))
	return s
}
