package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdJSON checks values in the JSON on stdout. Several documents, as a line for
// each run, are one array.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: json PATH=VALUE…")
	}
	doc, err := parseJSON(ts.ReadFile("stdout"))
	ts.Check(err)
	for _, arg := range args {
		path, want, ok := strings.Cut(arg, "=")
		if !ok {
			ts.Fatalf("%q is not PATH=VALUE", arg)
		}
		got, err := lookUp(doc, path)
		ts.Check(err)
		if want == "*" && got != "" {
			continue
		}
		if got != want {
			ts.Fatalf("%s is %q, want %q", path, got, want)
		}
	}
}

func parseJSON(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var docs []any
	for {
		var doc any
		switch err := d.Decode(&doc); {
		case errors.Is(err, io.EOF) && len(docs) == 1:
			return docs[0], nil
		case errors.Is(err, io.EOF) && len(docs) > 1:
			return docs, nil
		case err != nil:
			return nil, fmt.Errorf("stdout is not JSON: %w", err)
		}
		docs = append(docs, doc)
	}
}

// lookUp gives the value at a path as text: names, numbers of elements, length for a
// length, and a+b for a sum of values.
func lookUp(doc any, path string) (string, error) {
	if names := strings.Split(path, "+"); len(names) > 1 {
		sum := 0
		for _, name := range names {
			text, err := lookUp(doc, name)
			if err != nil {
				return "", err
			}
			n, err := strconv.Atoi(text)
			if err != nil {
				return "", err
			}
			sum += n
		}
		return strconv.Itoa(sum), nil
	}
	for name := range strings.SplitSeq(path, ".") {
		switch v := doc.(type) {
		case map[string]any:
			below, ok := v[name]
			if name == "length" {
				below, ok = len(v), true
			}
			if !ok {
				return "", fmt.Errorf("%s: there is no %q", path, name)
			}
			doc = below
		case []any:
			if name == "length" {
				doc = len(v)
				continue
			}
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(v) {
				return "", fmt.Errorf("%s: no element %q among %d", path, name, len(v))
			}
			doc = v[i]
		default:
			return "", fmt.Errorf("%s: nothing below %v", path, doc)
		}
	}
	switch v := doc.(type) {
	case nil:
		return "null", nil
	case map[string]any, []any:
		text, err := json.Marshal(v)
		return string(text), err
	}
	return fmt.Sprint(doc), nil
}
