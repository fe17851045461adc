package main

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/jsonlines"
	"github.com/skubridge/skubridge/connectors/format/markup"
	"github.com/skubridge/skubridge/connectors/format/workbook"
)

// formats measures how fast files of rows are read, and in how much memory, each in a
// process of its own, beside the library that one would use without us. An idle process
// is the one that reads a file of one row.
func formats(ctx context.Context, args []string) error {
	var b bench
	f := flag.NewFlagSet("formats", flag.ExitOnError)
	f.IntVar(&b.rows, "rows", 1_000_000, "rows of each file")
	f.IntVar(&b.rounds, "rounds", 1, "rounds, of which the medians count")
	only := f.String("only", "xlsx,jsonl,xml", "files to read")
	if err := f.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "skubridge-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.dir = dir
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for kind := range strings.SplitSeq(*only, ",") {
		if err := b.format(ctx, self, kind); err != nil {
			return err
		}
	}
	return nil
}

// format measures one kind of file.
func (b *bench) format(ctx context.Context, self, kind string) error {
	file, one := b.path("rows."+kind), b.path("one."+kind)
	for path, rows := range map[string]int{file: b.rows, one: 1} {
		// By a process of its own: a child's peak begins with what its parent holds.
		if _, err := b.process(ctx, new(sample), self, "formatwrite", kind, strconv.Itoa(rows), path); err != nil {
			return err
		}
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	var idle, ours, bare sample
	for range b.rounds {
		for _, pass := range []struct {
			s            *sample
			reader, file string
		}{{&idle, "ours", one}, {&ours, "ours", file}, {&bare, "bare", file}} {
			if _, err := b.process(ctx, pass.s, self, "formatpass", kind, pass.reader, pass.file); err != nil {
				return err
			}
		}
	}
	fmt.Printf("%s, %d rows, %.0f MB\n", kind, b.rows, float64(info.Size())/1e6)
	fmt.Printf("  %-20s %s\n  %-20s %s\n  %-20s %s\n  ratio %.2f\n", "idle", idle, "skubridge", ours, "bare library", bare, ours.median()/bare.median())
	return nil
}

// formatWrite writes one file.
func formatWrite(args []string) error {
	if len(args) != 3 {
		return errUsage
	}
	write := map[string]func(string, int) error{"xlsx": writeWorkbook, "jsonl": writeLines, "xml": writeMarkup}[args[0]]
	rows, err := strconv.Atoi(args[1])
	if write == nil || err != nil {
		return fmt.Errorf("%q is none of xlsx, jsonl and xml", args[0])
	}
	return write(args[2], rows)
}

// formatPass reads one file: the process that formats measures.
func formatPass(args []string) error {
	if len(args) != 3 {
		return errUsage
	}
	kind, reader, path := args[0], args[1], args[2]
	if reader == "bare" && kind == "xlsx" {
		return bareWorkbook(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if reader == "bare" && kind == "xml" {
		return bareFeed(f)
	}
	if reader == "bare" {
		return bareLines(f)
	}
	var how format.Format = jsonlines.Default()
	switch kind {
	case "xlsx":
		how = workbook.Default()
	case "xml":
		feed := markup.Default()
		feed.Records = "catalog/product"
		how = feed
	}
	rows, err := how.Open(f)
	if err != nil {
		return err
	}
	if held, ok := rows.(io.Closer); ok {
		defer held.Close()
	}
	for {
		if _, err := rows.Next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// bareWorkbook reads a sheet with excelize, row by row, cells as they are stored.
func bareWorkbook(path string) error {
	f, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true})
	if err != nil {
		return err
	}
	rows, err := f.Rows("Products")
	if err != nil {
		return errors.Join(err, f.Close())
	}
	for rows.Next() {
		if _, err := rows.Columns(); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(rows.Error(), rows.Close(), f.Close())
}

// bareLines decodes every line with encoding/json.
func bareLines(f io.Reader) error {
	dec := json.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	dec.UseNumber()
	for {
		var v map[string]any
		if err := dec.Decode(&v); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// columns are those of the files of rows, as places in the export's header.
var columns = []int{10, 1, 2, 3, 5, 16, 20, 25, 26, 21}

// unique says which of them differ from row to row.
var unique = map[int]bool{10: true, 1: true, 2: true, 20: true, 21: true}

// writeLines writes n products, one JSON object to a line.
func writeLines(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	enc := json.NewEncoder(w)
	for i := range n {
		cells := row(uint64(i))
		record := make(map[string]any, len(columns))
		for _, c := range columns {
			record[header[c]] = cells[c]
		}
		record["options"] = []any{map[string]string{"name": cells[8], "value": cells[9]}}
		if err := enc.Encode(record); err != nil {
			return err
		}
	}
	return errors.Join(w.Flush(), f.Close())
}

// writeWorkbook writes n products as Excel does: texts are shared, and those of which
// there are few stand first among them.
func writeWorkbook(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	z := zip.NewWriter(f)
	parts := []struct{ name, text string }{
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`},
		{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
			`<sheets><sheet name="Products" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="1"><xf numFmtId="0"/></cellXfs></styleSheet>`},
		{"xl/theme/theme1.xml", `<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="Office"/>`},
	}
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err == nil {
			_, err = io.WriteString(w, p.text)
		}
		if err != nil {
			return err
		}
	}
	sheet, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	few, err := writeSheet(bufio.NewWriterSize(sheet, 1<<20), n)
	if err != nil {
		return err
	}
	texts, err := z.Create("xl/sharedStrings.xml")
	if err != nil {
		return err
	}
	return errors.Join(writeTexts(bufio.NewWriterSize(texts, 1<<20), few, n), z.Close(), f.Close())
}

// fewTexts is how many numbers are kept for texts that many rows have.
const fewTexts = 1000

// writeSheet writes the rows and gives the texts of which there are few.
func writeSheet(w *bufio.Writer, n int) (few []string, err error) {
	known := map[string]int{}
	shared := func(s string) int {
		i, ok := known[s]
		if !ok {
			i = len(few)
			known[s], few = i, append(few, s)
		}
		return i
	}
	fmt.Fprint(w, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">`)
	for k, c := range columns {
		fmt.Fprintf(w, `<c r="%c1" t="s"><v>%d</v></c>`, 'A'+k, shared(header[c]))
	}
	next := fewTexts
	for i := range n {
		fmt.Fprintf(w, `</row><row r="%d">`, i+2)
		cells := row(uint64(i))
		for k, c := range columns {
			switch {
			case c == 16:
				fmt.Fprintf(w, `<c r="%c%d"><v>%s</v></c>`, 'A'+k, i+2, cells[c])
			case unique[c]:
				fmt.Fprintf(w, `<c r="%c%d" t="s"><v>%d</v></c>`, 'A'+k, i+2, next)
				next++
			default:
				fmt.Fprintf(w, `<c r="%c%d" t="s"><v>%d</v></c>`, 'A'+k, i+2, shared(cells[c]))
			}
		}
	}
	fmt.Fprint(w, `</row></sheetData></worksheet>`)
	return few, w.Flush()
}

// writeTexts writes the shared texts in the order in which they were numbered.
func writeTexts(w *bufio.Writer, few []string, n int) error {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	fmt.Fprint(w, `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`)
	for i := range fewTexts {
		text := ""
		if i < len(few) {
			text = few[i]
		}
		fmt.Fprintf(w, `<si><t>%s</t></si>`, escape.Replace(text))
	}
	for i := range n {
		cells := row(uint64(i))
		for _, c := range columns {
			if unique[c] {
				fmt.Fprintf(w, `<si><t xml:space="preserve">%s</t></si>`, escape.Replace(cells[c]))
			}
		}
	}
	fmt.Fprint(w, `</sst>`)
	return w.Flush()
}
