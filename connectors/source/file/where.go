package file

import (
	"errors"
	"net/url"
	"path"
	"strings"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/local"
	"github.com/skubridge/skubridge/connectors/transport/object"
	"github.com/skubridge/skubridge/connectors/transport/sftp"
	"github.com/skubridge/skubridge/connectors/transport/web"
	"github.com/skubridge/skubridge/internal/fault"
)

// scheme is how a path says where its files are; empty for this machine.
func scheme(p string) string {
	s, _, ok := strings.Cut(p, "://")
	if !ok || strings.ContainsAny(s, `/\*?[`) {
		return ""
	}
	if s == "http" {
		return "https" // they are one transport
	}
	return s
}

// where says what is wrong with the paths as addresses, and with the settings of ways that
// none of them takes.
func (o Options) where() error {
	faults := []error{o.address("path", o.Path)}
	if o.Delta != "" {
		faults = append(faults, o.address("delta", o.Delta))
	}
	for _, way := range []struct {
		option, scheme string
		set            bool
	}{
		{"http", "https", !o.HTTP.IsZero()}, {"sftp", "sftp", !o.SFTP.IsZero()}, {"s3", "s3", !o.S3.IsZero()},
	} {
		if way.set && scheme(o.Path) != way.scheme && (o.Delta == "" || scheme(o.Delta) != way.scheme) {
			faults = append(faults, fault.At(way.option, "is for other paths").
				Hinting("leave it out, or write the path as "+way.scheme+"://…"))
		}
	}
	if o.Entries != "" {
		if _, err := path.Match(o.Entries, ""); err != nil {
			faults = append(faults, fault.At("entries", "not a pattern").Hinting("write it as *.csv"))
		}
	}
	if o.MaxSize < 0 {
		faults = append(faults, fault.At("max_size", "is negative").Hinting("write a number of bytes, or leave it out"))
	}
	return errors.Join(faults...)
}

// address says what is wrong with the path of one option.
func (o Options) address(option, p string) error {
	switch s := scheme(p); s {
	case "":
		return nil
	case "https":
		return o.HTTP.Validate(option, p)
	case "sftp":
		return o.SFTP.Validate(option, p)
	case "s3":
		return o.S3.Validate(option, p)
	default:
		return fault.At(option, "files are not read by %s", s).
			Hinting("known are paths of this machine, https://, http://, sftp:// and s3://")
	}
}

// files gives what lists and opens the files at a path, and how people know them. The options
// are valid. note is told what people should know of the choice among several.
func files(env connectors.Env, o Options, p string, note func(string)) (t transport.Transport, name string, err error) {
	for _, path := range []string{transport.At(env.Dir, o.HTTP.CAFile), transport.At(env.Dir, o.S3.CAFile), o.SFTP.KeyFile(env.Dir)} {
		if path != "" && env.OnFile != nil {
			env.OnFile(path)
		}
	}
	switch scheme(p) {
	case "https":
		f, err := web.New(web.Config{
			URL: p, Marker: o.Ready.Marker, Options: o.HTTP, Dir: env.Dir, CacheDir: env.CacheDir, UserAgent: env.UserAgent,
		})
		if err != nil {
			return nil, "", err
		}
		return f, f.Name(), nil
	case "sftp":
		f, err := sftp.New(sftp.Config{URL: p, Pick: o.Pick, Marker: o.Ready.Marker, Note: note, Options: o.SFTP, Dir: env.Dir})
		if err != nil {
			return nil, "", err
		}
		return f, f.Name(), nil
	case "s3":
		f, err := object.New(object.Config{
			URL: p, Pick: o.Pick, Marker: o.Ready.Marker, Note: note, Options: o.S3, Dir: env.Dir, UserAgent: env.UserAgent,
		})
		if err != nil {
			return nil, "", err
		}
		return f, f.Name(), nil
	}
	return local.New(local.Config{Dir: env.Dir, Path: p, Pick: o.Pick, Marker: o.Ready.Marker, Note: note}), p, nil
}

// plainPath is the path without what tells nothing of the file: the query of an address.
func (o Options) plainPath() string {
	if scheme(o.Path) == "https" {
		if u, err := url.Parse(o.Path); err == nil {
			return u.Path
		}
	}
	return o.Path
}
