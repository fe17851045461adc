package database

import (
	"slices"
	"strings"

	"github.com/skubridge/skubridge/connectors/mapped"
	"github.com/skubridge/skubridge/internal/fault"
)

// since is what stands for the place where the last read ended.
const since = "{since}"

// maxQuery bounds the text of a query.
const maxQuery = 1 << 20

// query is the configured query, cut at what a read of everything leaves out.
type query struct{ parts []piece }

// piece is some text of a query. An optional one is left out where there is no since.
type piece struct {
	text     string
	optional bool
}

// writing are the words that begin what no source has to do.
var writing = []string{
	"insert", "update", "delete", "merge", "replace", "upsert", "truncate", "create", "alter", "drop", "rename", "grant", "revoke",
	"copy", "load", "vacuum", "lock", "commit", "rollback", "attach", "detach",
}

// parseQuery reads the configured query. Its error is a fault.Fault.
func parseQuery(text string) (query, error) {
	text = strings.TrimRight(text, "; \t\r\n")
	bare := uncommented(text)
	word := strings.ToLower(firstWord(bare))
	switch {
	case word == "" && strings.Trim(bare, " \t\r\n(") == "":
		return query{}, fault.At("query", "missing").Hinting("write it as SELECT … FROM …")
	case len(text) > maxQuery:
		return query{}, fault.At("query", "longer than 1 MiB")
	case slices.Contains(writing, word):
		return query{}, fault.At("query", "writes: it begins with %s", strings.ToUpper(word)).Hinting("a source only reads: write a SELECT")
	}
	q := query{}
	for {
		before, inner, after, err := cutOptional(text)
		if err != nil {
			return query{}, err
		}
		q.parts = append(q.parts, piece{text: before})
		if inner == "" {
			return q, nil
		}
		q.parts = append(q.parts, piece{text: inner, optional: true})
		text = after
	}
}

// cutOptional cuts text around the first double square brackets that hold {since}. Others
// are SQL.
func cutOptional(text string) (before, inner, after string, err error) {
	at := strings.Index(text, since)
	if at < 0 {
		return text, "", "", nil
	}
	open := strings.LastIndex(text[:at], "[[")
	end := strings.Index(text[at:], "]]")
	if open < 0 || end < 0 || strings.Contains(text[open:at], "]]") {
		return "", "", "", fault.At("query", "%s stands outside of [[ ]], so that not everything could be read", since).
			Hinting("write it as SELECT … [[ WHERE updated_at >= {since} ]]")
	}
	return text[:open], text[open+2 : at+end], text[at+end+2:], nil
}

// fits says what is wrong with the query for a cursor.
func (q query) fits(c mapped.Cursor) error {
	asks := slices.ContainsFunc(q.parts, func(p piece) bool { return p.optional })
	switch {
	case asks && c.Column == "":
		return fault.At("cursor.column", "missing, as the query asks for %s", since).Hinting("name the column of the result that it is compared with")
	case !asks && c.Column != "":
		return fault.At("query", "has no %s, which the cursor is for", since).
			Hinting("write it as SELECT … [[ WHERE " + c.Column + " >= {since} ]]")
	}
	return nil
}

// bind gives the query for a server, with its arguments. at is nil for everything.
func (q query) bind(d dialect, at any) (sql string, args []any) {
	var b strings.Builder
	for _, p := range q.parts {
		if p.optional && at == nil {
			continue
		}
		for {
			before, after, found := strings.Cut(p.text, since)
			b.WriteString(before)
			if !found {
				break
			}
			if len(args) == 0 || !d.numbered() {
				args = append(args, at)
			}
			b.WriteString(d.placeholder(len(args)))
			p.text = after
		}
	}
	return b.String(), args
}

// uncommented gives text without the comments and blanks that it begins with.
func uncommented(text string) string {
	for {
		text = strings.TrimLeft(text, " \t\r\n(")
		switch {
		case strings.HasPrefix(text, "--"), strings.HasPrefix(text, "#"):
			_, text, _ = strings.Cut(text, "\n")
		case strings.HasPrefix(text, "/*"):
			var found bool
			if _, text, found = strings.Cut(text, "*/"); !found {
				return ""
			}
		default:
			return text
		}
	}
}

// firstWord gives the letters that text begins with.
func firstWord(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		return text
	}
	return text[:end]
}
