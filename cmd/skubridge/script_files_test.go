package main

import (
	"encoding/csv"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// cmdWorkbook makes a workbook of texts, as exporters do.
func cmdWorkbook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: workbook CSV XLSX")
	}
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	book := excelize.NewFile()
	defer book.Close()
	for r, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, r+1)
		ts.Check(err)
		ts.Check(book.SetSheetRow("Sheet1", cell, &row))
	}
	ts.Check(book.SaveAs(ts.MkAbs(args[1])))
}

// cmdRecode writes a file in bytes that no script can hold.
func cmdRecode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: recode FILE ENCODING")
	}
	text := ts.ReadFile(args[0])
	switch args[1] {
	case "windows-1252":
		var err error
		text, err = charmap.Windows1252.NewEncoder().String(text)
		ts.Check(err)
	case "xls":
		text = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 1024)
	default:
		ts.Fatalf("encoding %s is not known", args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// cmdSpoil: spoil FILE overwrites what is in the middle of a file, as a bad disk does.
func cmdSpoil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: spoil FILE")
	}
	text := []byte(ts.ReadFile(args[0]))
	const page = 4096
	clear(text[len(text)/2/page*page:][:page])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// cmdCut ends a file before the last time that it has a text.
func cmdCut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut FILE TEXT")
	}
	text := ts.ReadFile(args[0])
	at := strings.LastIndex(text, args[1])
	if at < 0 {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text[:at]), 0o600))
}
