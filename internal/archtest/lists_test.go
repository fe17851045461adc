package archtest

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// listRules hold for files that must keep up with the tree.
var listRules = []rule{
	{
		name:  "connectors/all names every source and destination",
		check: connectorsListed,
		broken: map[string]string{
			"connectors/all/all.go":            source("connectors/source/file"),
			"connectors/source/file/a.go":      "package file",
			"connectors/source/shopify/a.go":   "package shopify",
			"connectors/destination/flex/a.go": "package flex",
		},
		want: []string{
			"connectors/all/all.go does not import connectors/source/shopify",
			"connectors/all/all.go does not import connectors/destination/flex",
		},
	},
	{
		name:  "docs/architecture.md names every package, single connectors aside",
		check: drawn,
		broken: map[string]string{
			"docs/architecture.md":        "sync\n  intake   takes records in\n",
			"sync/intake/a.go":            "package intake",
			"sync/merge/a.go":             "package merge",
			"sync/merge/b.go":             "package merge",
			"connectors/source/file/a.go": "package file",
		},
		want: []string{"docs/architecture.md does not name sync/merge"},
	},
	{
		name:  "every example has a configuration",
		check: examplesConfigured,
		broken: map[string]string{
			"examples/quickstart/skubridge.yaml": "",
			"examples/erp/products.csv":          "",
		},
		want: []string{"examples/erp has no skubridge.yaml"},
	},
	{
		name:  "decisions are numbered once and say context, decision and consequences",
		check: decisions,
		broken: map[string]string{
			"docs/adr/0001-a.md": "## Context\n## Decision\n## Consequences\n",
			"docs/adr/0002-b.md": "## Context\n## Consequences\n",
			"docs/adr/0002-c.md": "## Context\n## Decision\n## Consequences\n",
			"docs/adr/why.md":    "",
		},
		want: []string{
			`docs/adr/0002-b.md has no heading "## Decision"`,
			"docs/adr/0002-c.md has the number of another decision",
			"docs/adr/why.md is not named NNNN-slug.md",
		},
	},
	{
		name:  "links between pages lead somewhere",
		check: links,
		broken: map[string]string{
			"README.md":            "[a](docs/here.md#part) [b](docs/gone.md) [c](https://example.com)\n```\n[d](not/a/link)\n```\n",
			"docs/here.md":         "[up](../README.md) [out](../../elsewhere.md)",
			"testdata/samples.md":  "[gone](gone.md)",
			"docs/adr/0001-one.md": "[here](../here.md)",
		},
		want: []string{
			"README.md links to docs/gone.md, which is not there",
			"docs/here.md links to ../../elsewhere.md, which is not there",
		},
	},
	{
		name:  "the image is static, unprivileged, keeps its state and checks its health",
		check: image,
		broken: map[string]string{
			"go.mod": "module a\n\ngo 1.26.0\n",
			"Dockerfile": "FROM golang:1.25 AS build\nRUN CGO_ENABLED=0 go build -trimpath ./...\nFROM scratch\n" +
				"VOLUME /data\nHEALTHCHECK \\\n  CMD [\"/skubridge\", \"healthcheck\"]\nENTRYPOINT [\"/skubridge\"]\nCMD [\"run\"]\n",
		},
		want: []string{
			`Dockerfile lacks "FROM golang:1.26 AS build"`,
			`Dockerfile lacks "USER 65532:65532"`,
		},
	},
}

func connectorsListed(t tree) []string {
	const list = "connectors/all/all.go"
	var named, findings []string
	for _, f := range t.files {
		if f.path == list {
			named = f.ours
		}
	}
	for _, parent := range []string{"connectors/source", "connectors/destination"} {
		for _, name := range t.folders(parent) {
			dir := path.Join(parent, name)
			code := slices.ContainsFunc(t.files, func(f file) bool { return f.dir == dir && !f.test })
			if code && !slices.Contains(named, dir) {
				findings = append(findings, list+" does not import "+dir)
			}
		}
	}
	return findings
}

// word is a package's name where it stands by itself.
var word = regexp.MustCompile(`[a-z0-9]+`)

func drawn(t tree) []string {
	const drawing = "docs/architecture.md"
	text, err := fs.ReadFile(t, drawing)
	if err != nil {
		return []string{err.Error()}
	}
	names := word.FindAllString(string(text), -1)
	var findings []string
	for _, f := range t.files {
		single := within(f.dir, "connectors/source/...", "connectors/destination/...", "connectors/format/...", "connectors/transport/...")
		finding := drawing + " does not name " + f.dir
		if !single && !slices.Contains(names, path.Base(f.dir)) && !slices.Contains(findings, finding) {
			findings = append(findings, finding)
		}
	}
	return findings
}

func examplesConfigured(t tree) []string {
	var findings []string
	for _, name := range t.folders("examples") {
		dir := path.Join("examples", name)
		if _, err := fs.Stat(t, dir+"/skubridge.yaml"); err != nil {
			findings = append(findings, dir+" has no skubridge.yaml")
		}
	}
	return findings
}

var decisionName = regexp.MustCompile(`^(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md$`)

func decisions(t tree) []string {
	var findings []string
	numbers := map[string]bool{}
	pages, err := fs.ReadDir(t, "docs/adr")
	if err != nil {
		return []string{err.Error()}
	}
	for _, page := range pages {
		name := "docs/adr/" + page.Name()
		m := decisionName.FindStringSubmatch(page.Name())
		if m == nil {
			findings = append(findings, name+" is not named NNNN-slug.md")
			continue
		}
		if numbers[m[1]] {
			findings = append(findings, name+" has the number of another decision")
		}
		numbers[m[1]] = true
		text, err := fs.ReadFile(t, name)
		if err != nil {
			return append(findings, err.Error())
		}
		for _, heading := range []string{"## Context", "## Decision", "## Consequences"} {
			if !strings.Contains("\n"+string(text), "\n"+heading+"\n") {
				findings = append(findings, fmt.Sprintf("%s has no heading %q", name, heading))
			}
		}
	}
	return findings
}

var (
	fenced = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	link   = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
)

func links(t tree) []string {
	var findings []string
	err := fs.WalkDir(t, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (d.Name()[0] == '.' || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(p) != ".md":
			return nil
		}
		text, err := fs.ReadFile(t, p)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllSubmatch(fenced.ReplaceAll(text, nil), -1) {
			target := string(m[1])
			if strings.Contains(target, ":") { // another scheme: not ours to follow
				continue
			}
			_, err := fs.Stat(t, path.Join(path.Dir(p), target))
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
				findings = append(findings, fmt.Sprintf("%s links to %s, which is not there", p, target))
			}
		}
		return nil
	})
	if err != nil {
		findings = append(findings, err.Error())
	}
	return findings
}

var goVersion = regexp.MustCompile(`(?m)^go (\d+\.\d+)`)

func image(t tree) []string {
	text, err := fs.ReadFile(t, "Dockerfile")
	if err != nil {
		return []string{err.Error()}
	}
	mod, err := fs.ReadFile(t, "go.mod")
	if err != nil {
		return []string{err.Error()}
	}
	version := goVersion.FindSubmatch(mod)
	if version == nil {
		return []string{"go.mod names no Go version"}
	}
	var findings []string
	for _, line := range []string{
		"FROM golang:" + string(version[1]) + " AS build",
		"CGO_ENABLED=0 go build -trimpath",
		"FROM scratch",
		"USER 65532:65532",
		"VOLUME /data",
		`CMD ["/skubridge", "healthcheck"]`,
		`ENTRYPOINT ["/skubridge"]`,
		`CMD ["run"]`,
	} {
		if !strings.Contains(string(text), line) {
			findings = append(findings, fmt.Sprintf("Dockerfile lacks %q", line))
		}
	}
	return findings
}
