package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// importRules say who may import whom. They leave test files alone: a test may
// put any two parts together.
var importRules = slices.Concat(
	[]rule{
		border("catalog imports none of ours", []string{"catalog"}),
		border("merge, mapping, diff and match import only catalog",
			[]string{"sync/merge", "sync/mapping", "sync/diff", "sync/match"}, "catalog"),
		border("state imports only catalog, what runs ahead, what sorts aside, and copies that cost nothing", []string{"state/..."},
			"catalog", "state/...", "internal/ahead", "internal/extsort", "internal/overlay", "internal/syncclose", "internal/walbuffer"),
		border("connectors import only catalog, each other, what speaks HTTP and names faults, what keeps much aside, and what runs ahead",
			[]string{"connectors/..."},
			"catalog", "connectors/...", "internal/httpclient", "internal/secret", "internal/fault",
			"internal/ziplist", "internal/tempfile", "internal/extsort", "internal/ahead"),
		border("httpclient knows the classes of errors and nothing else",
			[]string{"internal/httpclient"}, "catalog", "connectors"),
		border("faults, secrets, log keys, temporary files and what runs ahead import none of ours",
			[]string{"internal/fault", "internal/secret", "internal/logkey", "internal/tempfile", "internal/ahead"}),

		importers("nobody imports a command", "cmd/..."),
		importers("a source is named in connectors/all only",
			"connectors/source/...", "connectors/all", "connectors/source/..."),
		importers("a destination is named in connectors/all only",
			"connectors/destination/...", "connectors/all", "connectors/destination/..."),

		never("the sandbox and the stand-ins share no code with the clients that they test",
			[]string{"internal/sandbox/...", "internal/standin"}, module+"/connectors/..."),
		{
			name: "catalog needs the standard library and its hash only",
			check: func(t tree) []string {
				return imports(t, func(f file, path string, own bool) bool {
					first, _, _ := strings.Cut(path, "/")
					library := !own && strings.Contains(first, ".")
					return f.dir == "catalog" && library && path != "github.com/zeebo/xxh3"
				})
			},
			broken: map[string]string{"catalog/a.go": source("github.com/zeebo/xxh3", "net/http", "golang.org/x/text/width")},
			want:   []string{"catalog/a.go imports golang.org/x/text/width"},
		},
		never("the nouns do no I/O", []string{"catalog"}, "context", "database/sql", "net", "os/..."),
		never("merge, mapping, diff and match see values only",
			[]string{"sync/merge", "sync/mapping", "sync/diff", "sync/match"},
			"context", "database/sql", "net/http", "net", "os/...", "github.com/rs/zerolog/..."),
		never("there is no global logger", []string{"..."}, "github.com/rs/zerolog/log"),
	},
	home("github.com/knadh/koanf/...", "config"),
	home("github.com/robfig/cron/...", "sync/schedule"),
	home("github.com/sony/gobreaker/...", "sync/delivery"),
	home("modernc.org/sqlite/...", "state", "connectors/source/database", "internal/bench", "internal/baddisk", "internal/overlay", "internal/syncclose", "internal/vfs", "internal/walbuffer"),
	home("github.com/jackc/pgx/...", "connectors/source/database"),
	home("github.com/go-sql-driver/mysql/...", "connectors/source/database"),
	home("github.com/microsoft/go-mssqldb/...", "connectors/source/database"),
	home("github.com/spf13/cobra/...", "cmd/skubridge"),
	home("github.com/prometheus/...", "internal/metrics"),
	home("github.com/nicholas-fedor/shoutrrr/...", "internal/notify"),
)

// border lets the packages import only the given ones of ours.
func border(name string, pkgs []string, allowed ...string) rule {
	dir := strings.TrimSuffix(pkgs[0], "/...")
	return rule{
		name: name,
		check: func(t tree) []string {
			return imports(t, func(f file, path string, own bool) bool {
				return own && within(f.dir, pkgs...) && !within(path, allowed...)
			})
		},
		broken: map[string]string{
			dir + "/a.go":      source("internal/daemon", "fmt"),
			dir + "/a_test.go": source("internal/daemon"),
		},
		want: []string{dir + "/a.go imports internal/daemon"},
	}
}

// importers lets only the given packages import pkg.
func importers(name, pkg string, allowed ...string) rule {
	dir := strings.TrimSuffix(pkg, "...") + "a"
	return rule{
		name: name,
		check: func(t tree) []string {
			return imports(t, func(f file, path string, own bool) bool {
				return own && within(path, pkg) && !within(f.dir, allowed...)
			})
		},
		broken: map[string]string{"sync/engine/a.go": source(dir, "fmt")},
		want:   []string{"sync/engine/a.go imports " + dir},
	}
}

// never keeps the given imports, of whatever module, out of the packages.
func never(name string, pkgs []string, denied ...string) rule {
	dir := strings.TrimSuffix(pkgs[0], "/...")
	if pkgs[0] == "..." {
		dir = "state"
	}
	bad := strings.TrimSuffix(denied[len(denied)-1], "/...")
	return rule{
		name: name,
		check: func(t tree) []string {
			return imports(t, func(f file, path string, own bool) bool {
				if own {
					path = module + "/" + path
				}
				return (pkgs[0] == "..." || within(f.dir, pkgs...)) && within(path, denied...)
			})
		},
		broken: map[string]string{dir + "/a.go": source(strings.TrimPrefix(bad, module+"/"), "fmt")},
		want:   []string{dir + "/a.go imports " + strings.TrimPrefix(bad, module+"/")},
	}
}

// home keeps a library in the packages that it is for, so that there is one place to change.
func home(library string, dirs ...string) []rule {
	name := strings.TrimSuffix(library, "/...")
	return []rule{{
		name: fmt.Sprintf("%s is used in %s only", name, strings.Join(dirs, " and ")),
		check: func(t tree) []string {
			return imports(t, func(f file, path string, own bool) bool {
				return !own && within(path, library) && !slices.Contains(dirs, f.dir)
			})
		},
		broken: map[string]string{
			dirs[0] + "/a.go":        source(name),
			"internal/daemon/a.go":   source(name + "/v2"),
			"internal/daemon/doc.go": "package daemon",
		},
		want: []string{"internal/daemon/a.go imports " + name + "/v2"},
	}}
}

// imports lists the imports of non-test files that are bad.
func imports(t tree, bad func(f file, path string, own bool) bool) []string {
	var findings []string
	for _, f := range t.files {
		if f.test {
			continue
		}
		for _, path := range f.ours {
			if bad(f, path, true) {
				findings = append(findings, f.path+" imports "+path)
			}
		}
		for _, path := range f.others {
			if bad(f, path, false) {
				findings = append(findings, f.path+" imports "+path)
			}
		}
	}
	return findings
}

// source is a file with the given imports, one of ours where it names a folder
// of the tree.
func source(paths ...string) string {
	var b strings.Builder
	b.WriteString("package a\n")
	for _, p := range paths {
		if within(p, "catalog/...", "cmd/...", "connectors/...", "internal/...", "state/...") {
			p = module + "/" + p
		}
		fmt.Fprintf(&b, "import _ %q\n", p)
	}
	return b.String()
}
