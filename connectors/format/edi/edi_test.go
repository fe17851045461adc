package edi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/format"
)

// interchange wraps items, written with * and ~, into an envelope with the right counts.
func interchange(items ...string) string {
	body := "ST*832*0001~BCT*PC*1********00~CUR*SE*USD~N1*SU*ACME HEALTH*92*77~" + strings.Join(items, "") + fmt.Sprintf("CTT*%d~", strings.Count(strings.Join(items, ""), "LIN*"))
	return "ISA*00*          *00*          *ZZ*ACME           *ZZ*SHOP           *261122*0457*U*00401*000000905*0*P*>~GS*SC*ACME*SHOP*20261122*0457*17*X*004010~" +
		body + fmt.Sprintf("SE*%d*0001~GE*1*17~IEA*1*000000905~", strings.Count(body, "~")+1)
}

const (
	brace = "LIN*1*UP*036000291452*VP*AB-1**ignored?~PID*F*08***KNEE BRACE~"
	knee  = "LIN*1*UP*036000291452*VP*AB-1~G53*003~DTM*018*20261101~DTM*007*00000000~PID*F*08***KNEE BRACE~PID*F*GEN***WITH A SOFT~PID*F*GEN***STRAP~" +
		"PO4*1****G*.4*LB~MEA**LN*12*IN~CTP*RS*MSR*29.98~CTP**RPP*30*12*EA~CTP**RPP*28*144*EA~REF*0N*A*B~"
	sling = "LIN*2*EN*4006381333931*VP*AB-2~PID*F*08***SLING~CTP**MSR*12~"
	wrap  = "LIN*3*UK*10614141000415*VP*AB-3~PID*F*08***WRAP~"
)

// readAll gives every row as its names and cells, every fault as its words, and how it ended.
func readAll(tb testing.TB, c Config, in io.Reader) (all []string, end error) {
	tb.Helper()
	rows, err := c.Open(in)
	if err != nil {
		return nil, err
	}
	return connectortest.ReadRows(tb, rows, connectortest.NamedCells)
}

const head = "header.BCT.10=00 header.CUR.SE=USD header.N1.SU=ACME HEALTH header.N1.SU.03=92 header.N1.SU.04=77 "

func TestItems(t *testing.T) {
	t.Parallel()
	want := []string{
		head + "LIN.01=1 UP=036000291452 VP=AB-1 G53=003 DTM.018=2026-11-01 DTM.007= PID.08=KNEE BRACE PID.GEN=WITH A SOFT STRAP " +
			"PO4.01=1 PO4.05=G PO4.06=.4 PO4.07=LB MEA.LN=12 MEA.LN.04=IN CTP.RS.MSR=29.98 CTP.RPP=30 CTP.RPP.04=12 CTP.RPP.05=EA " +
			"CTP.RPP#2=28 CTP.RPP#2.04=144 CTP.RPP#2.05=EA REF.0N=A REF.0N.03=B",
		head + "LIN.01=2 EN=4006381333931 VP=AB-2 PID.08=SLING CTP.MSR=12",
	}
	text := interchange(knee, sling)
	for what, file := range map[string]string{
		"as most write it":       text,
		"a segment to a line":    strings.ReplaceAll(text, "~", "~\r\n"),
		"lines for terminators":  strings.ReplaceAll(text, "~", "\n"),
		"pipes":                  strings.ReplaceAll(text, "*", "|"),
		"an envelope not padded": strings.ReplaceAll(text, "          *", "*"),
		"two interchanges":       interchange(knee) + "\n" + strings.Replace(interchange(sling), "0000905", "0000906", 2),
	} {
		got, end := readAll(t, Default(), strings.NewReader(file))
		if diff := cmp.Diff(want, got); diff != "" || !errors.Is(end, io.EOF) {
			t.Errorf("%s: %v (-want +got):\n%s", what, end, diff)
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	whole := interchange(knee, sling)
	swap := func(old, by string) string { return strings.Replace(whole, old, by, 1) }
	lenient := Default()
	lenient.Trailers = ignore
	tests := []struct {
		what   string
		config Config
		file   string
		want   error
		says   string
	}{
		{"fewer items than were counted", Default(), swap("CTT*2", "CTT*1562"), format.ErrCut, "CTT says 1562 items, the file has 2; set trailers: ignore"},
		{"fewer segments", Default(), swap("G53*003~", ""), format.ErrCut, "SE says 22 segments, the file has 21"},
		{"another set", Default(), swap("0001~GE", "0002~GE"), format.ErrCut, `SE has the control number "0002", its ST has "0001"`},
		{"another group", Default(), swap("GE*1*17", "GE*1*18"), format.ErrCut, "GE has the control number"},
		{"another interchange", Default(), swap("IEA*1*000000905", "IEA*1*000000906"), format.ErrCut, "IEA has the control number"},
		{"more groups", Default(), swap("IEA*1", "IEA*2"), format.ErrCut, "IEA says 2 groups"},
		{"more sets", Default(), swap("GE*1*17", "GE*2*17"), format.ErrCut, "GE says 2 transaction sets"},
		{"wrong counts that are known to be wrong", lenient, swap("CTT*2", "CTT*1562"), io.EOF, ""},
		{"no end", lenient, whole[:strings.Index(whole, "IEA")], format.ErrCut, "without IEA"},
		{"half a segment", lenient, whole[:strings.Index(whole, "GE*1*")+3], format.ErrCut, ""},
		{"another transaction set", Default(), swap("ST*832", "ST*850"), nil, "want 832"},
		{"EDIFACT", Default(), "UNB+UNOC:3+A+B'", nil, "EDIFACT, not X12"},
		{"a table", Default(), "sku,name\n", nil, "starts with ISA"},
		{"UTF-16", Default(), "\xff\xfeI\x00S\x00A\x00", nil, "encoding: utf-16"},
		{"something behind the end", Default(), whole + "sku,name", nil, "stands behind the end"},
		{"an item outside of a set", Default(), swap("ST*832*0001~", ""), nil, "does not belong here"},
		{"an envelope within an envelope", Default(), swap("GS*", interchange()+"GS*"), nil, "ISA does not belong here"},
		{"a separator within a text", Default(), swap("KNEE BRACE", "KNEE~BRACE 2"), nil, "separators may stand within a text"},
		{"letters for separators", Default(), "ISAA00A" + strings.Repeat("A", 100), nil, "names no separators"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got, end := readAll(t, tt.config, strings.NewReader(tt.file))
			if end == nil || tt.want != nil && !errors.Is(end, tt.want) || tt.want == nil && errors.Is(end, io.EOF) || !strings.Contains(end.Error(), tt.says) {
				t.Errorf("got %q, %v, want %v: %s", got, end, tt.want, tt.says)
			}
		})
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	items := []string{wrap, sling, knee}
	of := func(rows ...int) []byte {
		var chosen []string
		for _, i := range rows {
			chosen = append(chosen, items[i])
		}
		return []byte(interchange(chosen...))
	}
	whole := of(0, 1, 2)
	var want []map[string]string
	rows, err := Default().Open(bytes.NewReader(whole))
	for err == nil {
		var row format.Row
		if row, err = rows.Next(); err == nil {
			cells := map[string]string{}
			for i, n := range row.Names {
				cells[n] = string(row.Cells[i])
			}
			want = append(want, cells)
		}
	}
	small := Default()
	small.MaxSegment = 200
	little := Default()
	little.MaxRow = 300
	connectortest.Format(t, connectortest.FormatSetup{
		Format: Default(), File: whole, Rows: want, Of: of, Enclosed: true, Slack: 1,
		Spoilt: []byte(interchange(brace, strings.Replace(sling, "SLING", "SL\xffNG", 1), wrap)), Faults: 2, Good: 1,
		Cut: map[string][]byte{"half of it": whole[:len(whole)/2], "no IEA": whole[:bytes.Index(whole, []byte("IEA"))]},
		Foreign: map[string][]byte{
			"windows-1252": []byte(interchange(strings.Replace(sling, "SLING", "KN\xc4UEL", 1))),
			"a table":      []byte("sku,name\nA,B\n"),
		},
		Past: map[string]connectortest.Past{
			"a segment without end":   {Format: small, File: strings.NewReader(strings.Replace(string(whole), "SLING", strings.Repeat("x", 1000), 1))},
			"an item without end":     {Format: little, File: strings.NewReader(interchange(wrap + strings.Repeat("PID*F*08***MORE~", 50)))},
			"cells without end":       {Format: Default(), File: strings.NewReader(interchange(wrap + strings.Repeat("X1*1*2*3*4*5~", 1200)))},
			"an envelope without end": {Format: Default(), File: strings.NewReader("ISA*" + strings.Repeat("x", 1<<20))},
		},
	})
}

func TestSampleCatalog(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../../../shared/samples/edi/832-catalog.edi")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("real catalog edi/832-catalog.edi is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, end := readAll(t, Default(), f)
	if len(got) != 7 || !errors.Is(end, io.EOF) {
		t.Fatalf("%d items, %v", len(got), end)
	}
	for i, want := range map[int]string{1: "PID.GEN=WHEN A SHOTGUN", 2: "DTM.168= ", 4: "CTP.RPP=30 "} {
		if !strings.Contains(got[i], want) {
			t.Errorf("item %d lacks %q: %s", i, want, got[i])
		}
	}
}

// FuzzRows reads files of any bytes: no panic, and names that are unique within an item.
func FuzzRows(f *testing.F) {
	f.Add([]byte(interchange(knee, sling)))
	f.Add([]byte(strings.ReplaceAll(interchange(brace, "LIN*2*UP*1*UP*2*UP#2*3~"), "*", "|")))
	f.Add([]byte(strings.ReplaceAll(interchange(wrap), "~", "\n")))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := Default().Open(bytes.NewReader(b))
		if err != nil {
			return
		}
		for {
			row, err := rows.Next()
			if _, spoilt := errors.AsType[*format.RowError](err); err != nil && !spoilt {
				return
			}
			seen := map[string]bool{}
			for _, n := range row.Names {
				if seen[n] {
					t.Fatalf("item at segment %d has %q twice", row.Line, n)
				}
				seen[n] = true
			}
		}
	})
}
