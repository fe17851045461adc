package connectors

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"
)

// Decode fills a connector's options struct from the configuration, strictly:
// an unknown key or a wrong type is an error with its path and line. The struct
// comes in with its defaults filled in.
type Decode func(into any) error

// Env is what a connector may know of its surroundings.
type Env struct {
	// Name is the name under which the connector is configured.
	Name string
	// Dir is the folder that relative paths start at.
	Dir string
	// TempDir is where a connector may spool; "" is the system's.
	TempDir string
	// CacheDir is where a connector may keep copies of what it fetched between runs; it need
	// not be there yet, and may be removed at any time. "" keeps none.
	CacheDir string
	// UserAgent is sent with every request.
	UserAgent string
	// OnRequest, if set, is to be called before every request to the other side, by
	// many goroutines at once: it counts them. Those of sources are not counted.
	OnRequest func()
	// Dial, if set, makes a destination's connections in place of the network: it lets
	// tests be both sides, and live by a clock of their own.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// OnFile, if set, is to be told of each file that Open reads because an option
	// names it, such as a preset, also when it cannot be read: the daemon opens the
	// connector anew when such a file changes.
	OnFile func(path string)
	// OnSaid, if set, is to be told what there is to say before a read ends: what a program
	// that the connector runs says beside its data, or what is waited for. It gets one line
	// at a time, of bounded length, without secrets.
	OnSaid func(line string)
	// Tokens keeps access tokens over restarts; nil keeps none.
	Tokens Tokens
	// Common are the options that every destination has.
	Common Common
}

// Tokens keeps the access tokens of one connector over restarts, and shares them
// between processes. It is for tokens whose issue is rationed; they are stored in
// a table of their own, and never exported or shown (law 10).
type Tokens interface {
	// Use gives use the token kept under name, the zero Token when there is none,
	// and keeps what use gives back, in one transaction that no other process can
	// come between: so that of many who find a token expired, one renews it. An
	// error of use is given back, and what use gave with it is kept all the same.
	Use(ctx context.Context, name string, use func(Token) (Token, error)) (Token, error)
}

// Token is an access token with what rations its issue.
type Token struct {
	Value   string
	Expires time.Time
	// Asked are the times of the last requests for a token, oldest first.
	Asked []time.Time
}

// String never shows the token.
func (Token) String() string { return "<token>" }

// GoString never shows the token.
func (Token) GoString() string { return "<token>" }

// SourceType is a kind of source, by its name in the configuration.
type SourceType struct {
	Name string
	// Doc is one line for `skubridge connectors`.
	Doc string
	// Options gives a pointer to the options struct with its defaults; it
	// documents the type and is the shape in `config schema`.
	Options func() any
	// Parts are what the options choose from by name, nil where they do not.
	Parts func() []Part
	// Open makes the source; it reads no data yet.
	Open func(env Env, decode Decode) (Source, error)
}

// NewSourceType is a kind of source that is made of its decoded options alone.
func NewSourceType[O any, S Source](name, doc string, defaults func() O, open func(Env, O) (S, error)) SourceType {
	return SourceType{
		Name:    name,
		Doc:     doc,
		Options: func() any { o := defaults(); return &o },
		Open: func(env Env, decode Decode) (Source, error) {
			s, err := decoded(env, decode, defaults, open)
			if err != nil {
				return nil, err // and no source, not one that is nil
			}
			return s, nil
		},
	}
}

// A Part is something that an option of a connector names: a format of files, a preset.
type Part struct {
	// Option is the key of that option, such as format.
	Option string
	Name   string
	// Doc is one line for `skubridge connectors`.
	Doc string
	// Options gives a pointer to the settings of the part with their defaults; the
	// option then holds them, and the name as their type. Of a part without any the
	// option is the name itself.
	Options func() any
}

// DestinationType is a kind of destination, by its name in the configuration.
type DestinationType struct {
	Name string
	// Doc is one line for `skubridge connectors`.
	Doc string
	// Options is that of a SourceType.
	Options func() any
	// Open makes the destination; it sends nothing yet.
	Open func(env Env, decode Decode) (Destination, error)
}

// NewDestinationType is a kind of destination that is made of its decoded options.
func NewDestinationType[O any, D Destination](name, doc string, defaults func() O, open func(Env, O) (D, error)) DestinationType {
	return DestinationType{
		Name:    name,
		Doc:     doc,
		Options: func() any { o := defaults(); return &o },
		Open: func(env Env, decode Decode) (Destination, error) {
			d, err := decoded(env, decode, defaults, open)
			if err != nil {
				return nil, err // and no destination, not one that is nil
			}
			return d, nil
		},
	}
}

// decoded makes a connector of its decoded options.
func decoded[O, C any](env Env, decode Decode, defaults func() O, open func(Env, O) (C, error)) (c C, err error) {
	o := defaults()
	if err := decode(&o); err != nil {
		return c, err
	}
	return open(env, o)
}

// Registry is the set of known connector types.
type Registry struct {
	sources      map[string]SourceType
	destinations map[string]DestinationType
}

// NewRegistry makes a registry of the given types; later ones replace earlier
// ones of the same name.
func NewRegistry(sources []SourceType, destinations []DestinationType) Registry {
	r := Registry{sources: map[string]SourceType{}, destinations: map[string]DestinationType{}}
	for _, s := range sources {
		r.sources[s.Name] = s
	}
	for _, d := range destinations {
		r.destinations[d.Name] = d
	}
	return r
}

// Source finds a source type; the error names those there are.
func (r Registry) Source(name string) (SourceType, error) {
	t, ok := r.sources[name]
	if !ok {
		return t, fmt.Errorf("unknown source type %q; known are %s", name, names(r.sources))
	}
	return t, nil
}

// Destination finds a destination type; the error names those there are.
func (r Registry) Destination(name string) (DestinationType, error) {
	t, ok := r.destinations[name]
	if !ok {
		return t, fmt.Errorf("unknown destination type %q; known are %s", name, names(r.destinations))
	}
	return t, nil
}

// Sources are all source types by name.
func (r Registry) Sources() []SourceType { return sorted(r.sources) }

// Destinations are all destination types by name.
func (r Registry) Destinations() []DestinationType { return sorted(r.destinations) }

func names[T any](m map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

func sorted[T any](m map[string]T) []T {
	var out []T
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}
