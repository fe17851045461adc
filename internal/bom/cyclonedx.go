package main

import (
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"runtime/debug"
	"strings"
)

// bill is a bill of materials: https://cyclonedx.org/docs/1.6/json/, so much of it
// as is used.
type bill struct {
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Version  int    `json:"version"`
	Metadata struct {
		Component component `json:"component"`
	} `json:"metadata"`
	Components []component `json:"components"`
}

// component is the program, or a module in it.
type component struct {
	Ref        string     `json:"bom-ref"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Licences   []licence  `json:"licenses"`
	PURL       string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

// licence is an SPDX expression.
type licence struct {
	Expression string `json:"expression"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// sbom writes the bill of a built program, from what the linker put into it.
func sbom(ctx context.Context, program string, out io.Writer) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return fmt.Errorf("read what %s is made of: %w", program, err)
	}
	sum, err := sumOf(program)
	if err != nil {
		return err
	}
	modules, err := compiled(ctx, info)
	if err != nil {
		return err
	}
	b := bill{Format: "CycloneDX", Spec: "1.6", Version: 1, Components: modules}
	b.Metadata.Component = newComponent("application", info.Main.Path, info.Main.Version, "Apache-2.0")
	b.Metadata.Component.Hashes = []hash{{"SHA-256", sum}}
	for _, s := range info.Settings {
		if s.Key == "GOOS" || s.Key == "GOARCH" || s.Key == "vcs.revision" {
			b.Metadata.Component.Properties = append(b.Metadata.Component.Properties, property{"go:" + s.Key, s.Value})
		}
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(b)
}

// compiled gives the standard library and the modules of a program, by path, each
// with its licence.
func compiled(ctx context.Context, info *debug.BuildInfo) ([]component, error) {
	var names []string
	for _, m := range info.Deps {
		m = used(m)
		names = append(names, m.Path+"@"+m.Version)
	}
	dirs, err := folders(ctx, names)
	if err != nil {
		return nil, err
	}
	all := []component{newComponent("library", "std", strings.TrimPrefix(info.GoVersion, "go"), "BSD-3-Clause")}
	for i, m := range info.Deps {
		m = used(m)
		spdx, err := licenceOf(os.DirFS(dirs[names[i]]))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", names[i], err)
		}
		c := newComponent("library", m.Path, m.Version, spdx)
		if m.Sum != "" { // of go.sum: a hash of all its files, not of one
			c.Properties = []property{{"go:sum", m.Sum}}
		}
		all = append(all, c)
	}
	return all, nil
}

// used is the module that was compiled: the one in whose place it stands, if any.
func used(m *debug.Module) *debug.Module {
	if m.Replace != nil {
		return m.Replace
	}
	return m
}

func newComponent(kind, name, version, spdx string) component {
	// https://github.com/package-url/purl-spec: golang has names in lower case, and + is encoded.
	purl := "pkg:golang/" + strings.ToLower(name)
	if version != "(devel)" { // built from a folder without a version
		purl += "@" + strings.ReplaceAll(version, "+", "%2B")
	}
	c := component{Ref: purl, Type: kind, Name: name, Version: version, PURL: purl, Licences: []licence{{spdx}}}
	if kind == "application" {
		c.Name = path.Base(name)
	}
	return c
}

func sumOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("hash %s: %w", file, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
