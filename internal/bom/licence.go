package main

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// known are the licences that suit a program under Apache-2.0, each with
// sentences that only its text has; all of them have to be there. Licences that
// are only named are not recognised: it is the text that counts.
var known = []struct {
	id        string // of SPDX
	sentences []string
}{
	{"Apache-2.0", []string{"apache license version 2.0, january 2004", "grant of patent license"}},
	{"Apache-2.0", []string{"licensed under the apache license, version 2.0", "you may obtain a copy of the license at"}},
	{"MIT", []string{"permission is hereby granted, free of charge, to any person obtaining a copy of this software", "above copyright notice and this permission notice shall be included"}},
	{"BSD-3-Clause", []string{"redistributions of source code must retain the above copyright", "redistributions in binary form must reproduce the above copyright", "endorse or promote products derived from"}},
	{"ISC", []string{"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted"}},
	{"ISC", []string{"permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted"}},
	{"MPL-2.0", []string{"mozilla public license version 2.0", "this source code form is subject to the terms of the mozilla public license"}},
	{"Unlicense", []string{"this is free and unencumbered software released into the public domain", "by any means"}},
	{"CC0-1.0", []string{"cc0 1.0 universal", "no copyright interest is waived"}},
}

// bsd2 is the licence of three clauses without its third.
var bsd2 = []string{"redistributions of source code must retain the above copyright", "redistributions in binary form must reproduce the above copyright"}

// foreign are sentences of licences that ask for more than an Apache-2.0 program
// can give, and what they are of.
var foreign = map[string]string{
	"everyone is permitted to copy and distribute verbatim copies of this license document, but changing it is not allowed": "the GNU licences",
	"server side public license":                 "the Server Side Public License",
	"business source license 1":                  "the Business Source License",
	"commons clause":                             "the Commons Clause",
	"creative commons attribution-noncommercial": "a licence against commercial use",
}

var (
	licenceFile = regexp.MustCompile(`(?i)^(un)?licen[cs]e|^copying`)
	mainLicence = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying)(\.txt|\.md)?$`)
	// ornament is what lies between words: blanks, and signs of comments, lists and markdown.
	ornament = regexp.MustCompile(`[\s*#>/]+`)
)

// maxLicence bounds a file that is read.
const maxLicence = 1 << 20

var errNoLicence = errors.New("has no file LICENSE or COPYING")

// licenceOf gives the licence of a module as SPDX writes it, such as "MIT" or
// "Apache-2.0 AND MIT". Its error says what is in the way of using it.
func licenceOf(files fs.FS) (string, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return "", fmt.Errorf("look for its licence: %w", err)
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() || !licenceFile.MatchString(e.Name()) {
			continue
		}
		info, err := e.Info()
		if err != nil || info.Size() > maxLicence {
			return "", fmt.Errorf("%s cannot be read, or is over %d bytes", e.Name(), maxLicence)
		}
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return "", fmt.Errorf("read its licence: %w", err)
		}
		found, err := recognise(string(text))
		if err != nil {
			return "", fmt.Errorf("%s %w", e.Name(), err)
		}
		if !mainLicence.MatchString(e.Name()) {
			continue // of a part of it: it must not be foreign
		}
		if len(found) == 0 {
			return "", fmt.Errorf("%s is no text that is known; read it, and if it suits, teach it to internal/bom", e.Name())
		}
		ids = append(ids, found...)
	}
	if len(ids) == 0 {
		return "", errNoLicence
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " AND "), nil
}

// recognise gives the licences whose texts are in a text.
func recognise(text string) (ids []string, err error) {
	text = strings.ToLower(ornament.ReplaceAllString(text, " "))
	has := func(sentence string) bool { return strings.Contains(text, sentence) }
	for sentence, of := range foreign {
		if has(ornament.ReplaceAllString(sentence, " ")) {
			return nil, fmt.Errorf("holds a sentence of %s: %q", of, sentence)
		}
	}
	for _, l := range known {
		all := true
		for _, sentence := range l.sentences {
			all = all && has(ornament.ReplaceAllString(sentence, " "))
		}
		if all && !slices.Contains(ids, l.id) {
			ids = append(ids, l.id)
		}
	}
	if has(bsd2[0]) && has(bsd2[1]) && !slices.Contains(ids, "BSD-3-Clause") {
		ids = append(ids, "BSD-2-Clause")
	}
	return ids, nil
}
