package config

import (
	"fmt"
	"io"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/skubridge/skubridge/internal/secret"
)

// Defaults are what connectors take for the options that are not set, by the connector's name. Only they know it.
type Defaults struct {
	Sources, Destinations map[string]map[string]any
}

// DefaultsOf are the settings that a connector's options struct comes with, without those that stand for nothing.
func DefaultsOf(options any) map[string]any {
	out := map[string]any{}
	v := reflect.Indirect(reflect.ValueOf(options))
	if v.Kind() != reflect.Struct {
		return out
	}
	for _, f := range fields(v.Type()) {
		value := v.FieldByIndex(f.index)
		if value.IsZero() || isDecode(value.Type()) {
			continue
		}
		if value.Kind() != reflect.Struct || opaque(value.Type()) {
			out[f.key] = shown(value)
		} else if inner := DefaultsOf(value.Interface()); len(inner) > 0 {
			out[f.key] = inner
		}
	}
	return out
}

// fill gives onto what it lacks. Groups of settings of which none is made stay away: what they are for is not used.
func fill(onto, defaults map[string]any) map[string]any {
	for k, v := range defaults {
		have, set := onto[k]
		inner, group := v.(map[string]any)
		settings, some := have.(map[string]any)
		switch {
		case group && some:
			fill(settings, inner)
		case !group && !set:
			onto[k] = v
		}
	}
	return onto
}

// Show writes the configuration that is in force as YAML: defaults filled in, references resolved, secrets as
// <secret>, always in the same order. Settings that an environment variable made say so.
func (c *Config) Show(w io.Writer, defaults Defaults) error {
	out, err := yaml.MarshalWithOptions(c.redacted(defaults), yaml.WithComment(c.comments()), yaml.IndentSequence(true))
	if err != nil {
		return fmt.Errorf("show configuration: %w", err)
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("show configuration: %w", err)
	}
	return nil
}

// Redacted returns what Show writes, as maps, lists and plain values, ready for encoding/json.
func (c *Config) Redacted(defaults Defaults) map[string]any {
	m := map[string]any{}
	for _, section := range c.redacted(defaults) {
		m[section.Key.(string)] = section.Value //nolint:forcetypeassert // made below
	}
	return m
}

// redacted returns the sections in the order in which they are written by hand.
func (c *Config) redacted(defaults Defaults) yaml.MapSlice {
	sources, destinations := map[string]any{}, map[string]any{}
	for name, s := range c.Sources {
		common, _ := shown(reflect.ValueOf(s.Common)).(map[string]any)
		sources[name] = fill(s.Options.settings().redacted(s.Type, common), defaults.Sources[name])
	}
	for name, d := range c.Destinations {
		common, _ := shown(reflect.ValueOf(d.Common)).(map[string]any)
		if d.Common.BaseURL != "" {
			common["base_url"] = d.Options.settings().hide(join(d.Options.settings().path, "base_url"), "base_url", d.Common.BaseURL)
		}
		destinations[name] = fill(d.Options.settings().redacted(d.Type, common), defaults.Destinations[name])
	}
	return yaml.MapSlice{
		{Key: "state", Value: shown(reflect.ValueOf(c.State))},
		{Key: "server", Value: shown(reflect.ValueOf(c.Server))},
		{Key: "daemon", Value: shown(reflect.ValueOf(c.Daemon))},
		{Key: "eligibility", Value: shown(reflect.ValueOf(c.Eligibility))},
		{Key: "log", Value: shown(reflect.ValueOf(c.Log))},
		{Key: "alerts", Value: shown(reflect.ValueOf(c.Alerts))},
		{Key: "telemetry", Value: shown(reflect.ValueOf(c.Telemetry))},
		{Key: "notify", Value: shown(reflect.ValueOf(c.Notify))},
		{Key: "sources", Value: sources},
		{Key: "catalogs", Value: shown(reflect.ValueOf(c.Catalogs))},
		{Key: "tables", Value: shown(reflect.ValueOf(c.Tables))},
		{Key: "destinations", Value: destinations},
		{Key: "syncs", Value: shown(reflect.ValueOf(c.Syncs))},
		{Key: "writeback", Value: shown(reflect.ValueOf(c.WriteBack))},
	}
}

// comments names the environment variable beside every setting that one made.
func (c *Config) comments() yaml.CommentMap {
	out := yaml.CommentMap{}
	for _, from := range c.where().at {
		if from.variable != "" && !strings.ContainsAny(from.path, "[\"'") {
			out["$."+from.path] = []*yaml.Comment{yaml.LineComment(" " + from.variable)}
		}
	}
	return out
}

// shown returns a typed value as plain ones, without what is empty.
func shown(v reflect.Value) any {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch typed := v.Interface().(type) {
	case secret.Value:
		return secret.Redacted
	case time.Duration:
		return typed.String()
	case fmt.Stringer:
		return typed.String()
	}
	switch v.Kind() { //nolint:exhaustive // all others are shown as they are
	case reflect.Struct:
		m := map[string]any{}
		for _, f := range fields(v.Type()) {
			if value := v.FieldByIndex(f.index); !empty(value) {
				m[f.key] = shown(value)
			}
		}
		return m
	case reflect.Map:
		m := map[string]any{}
		for _, k := range v.MapKeys() {
			m[k.String()] = shown(v.MapIndex(k))
		}
		return m
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = shown(v.Index(i))
		}
		return list
	default:
		return v.Interface()
	}
}

// empty says whether a setting need not be shown. Numbers always are: 0 means something.
func empty(v reflect.Value) bool {
	switch v.Kind() { //nolint:exhaustive // all others are shown
	case reflect.String, reflect.Map, reflect.Slice:
		return v.Len() == 0
	case reflect.Pointer:
		return v.IsNil()
	case reflect.Struct:
		if opaque(v.Type()) {
			return v.IsZero() && v.Type() != reflect.TypeFor[Guard]() && v.Type() != reflect.TypeFor[Share]()
		}
		return !slices.ContainsFunc(fields(v.Type()), func(f field) bool { return !empty(v.FieldByIndex(f.index)) })
	default:
		return false
	}
}

// sensitiveKey matches the names of options that hold secrets, in whatever connector.
var sensitiveKey = regexp.MustCompile(`(?i)(token|secret|passw|passphrase|credential|private|dsn|signature|authoriz|(^|_)(auth|pwd|pass|pin|key|keys)$|api_?key)`)

// redacted adds the name of the connector and its options to onto, without secrets. Only the connector knows which of its options are; so all are
// hidden that look like one by their name, and all that came out of a reference.
func (n *settings) redacted(connector string, onto map[string]any) map[string]any {
	onto["type"] = n.hide(join(n.path, "type"), "type", connector)
	for k, v := range n.raw {
		onto[k] = n.hide(join(n.path, k), k, v)
	}
	return onto
}

func (n *settings) hide(path, key string, value any) any {
	if from, exact := n.origins.find(path); exact && from.written != "" {
		return secret.Redacted
	}
	if value != nil && sensitiveKey.MatchString(key) {
		return secret.Redacted
	}
	switch v := value.(type) {
	case map[string]any:
		m := map[string]any{}
		for k, inner := range v {
			m[k] = n.hide(join(path, k), k, inner)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = n.hide(item(path, i), key, v[i])
		}
		return list
	case external:
		return hideUserinfo(string(v))
	case unset:
		return nil
	case string:
		return hideUserinfo(v)
	default:
		return v
	}
}

var userinfo = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@`)

// hideUserinfo hides the user and the password of an address, and values of its query that look like secrets.
func hideUserinfo(s string) string {
	s = userinfo.ReplaceAllString(s, "${1}"+secret.Redacted+"@")
	before, query, ok := strings.Cut(s, "?")
	if !ok || !strings.Contains(before, "://") {
		return s
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, _, _ := strings.Cut(part, "=")
		if plainName, err := url.QueryUnescape(name); err != nil || sensitiveKey.MatchString(plainName) {
			parts[i] = name + "=" + secret.Redacted
		}
	}
	return before + "?" + strings.Join(parts, "&")
}
