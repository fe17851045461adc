package idoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/preset"
)

func with(change func(*Config)) Config {
	c := Default()
	change(&c)
	return c
}

func doc(materials ...string) string {
	var b strings.Builder
	b.WriteString("<ZMATMAS03>\n")
	for _, m := range materials {
		b.WriteString("<IDOC BEGIN=\"1\"><EDI_DC40><DOCNUM>7</DOCNUM></EDI_DC40>" + m + "</IDOC>\n")
	}
	return b.String() + "</ZMATMAS03>"
}

func TestConformance(t *testing.T) {
	t.Parallel()
	materials := []string{
		"<E1MARAM SEGMENT='1'><MATNR>000000000000000017</MATNR><BRGEW>1.5-</BRGEW></E1MARAM>",
		"<E1MARAM SEGMENT='1'><MATNR>WK-9</MATNR><LVORM>X</LVORM></E1MARAM>",
		"<E1MARAM SEGMENT='1'><MATNR>18</MATNR><NTGEW>/</NTGEW><E1MAKTM SEGMENT='1'><SPRAS>D</SPRAS><MAKTX>Löffel</MAKTX></E1MAKTM></E1MARAM>",
	}
	connectortest.Format(t, connectortest.FormatSetup{
		Format: Default(),
		File:   []byte(doc(materials...)),
		Rows: []map[string]string{
			{"MATNR": "17", "MATNR.raw": "000000000000000017", "BRGEW": "-1.5", "status": "active", "EDI_DC40.DOCNUM": "7"},
			{"MATNR": "WK-9", "MATNR.raw": "WK-9", "LVORM": "X", "status": "deleted", "EDI_DC40.DOCNUM": "7"},
			{"MATNR": "18", "MATNR.raw": "18", "MAKTX.DE": "Löffel", "status": "active", "EDI_DC40.DOCNUM": "7"},
		},
		Spoilt: []byte(doc(materials[0], "<E1MARAM SEGMENT='1'/>", "", "<E1MARAM><MATNR>R&D</MATNR></E1MARAM>", materials[1])),
		Faults: 3, Good: 2,
		Cut:      map[string][]byte{"between materials": []byte(strings.TrimSuffix(doc(materials...), "</ZMATMAS03>"))},
		Enclosed: true,
		Of: func(rows ...int) []byte {
			var all []string
			for _, i := range rows {
				all = append(all, materials[i])
			}
			return []byte(doc(all...))
		},
		Foreign: map[string][]byte{
			"a flat IDoc":     []byte("EDI_DC40  1000000000000004711"),
			"another message": []byte("<DEBMAS06><IDOC><EDI_DC40><IDOCTYP>DEBMAS06</IDOCTYP></EDI_DC40><E1KNA1M/></IDOC></DEBMAS06>"),
			"another feed":    []byte("<rss><channel/></rss>"),
			"not declared":    []byte(strings.Replace(doc(materials[2]), "ö", "\xf6", 1)),
		},
		Past: map[string]connectortest.Past{
			"an IDoc that is too long": {Format: with(func(c *Config) { c.MaxRow = 50 }), File: strings.NewReader(doc(materials...))},
		},
	})
}

// read gives every row as its cells, every fault as its words, and how the reading ended.
func read(t *testing.T, c Config, in io.Reader) (all []map[string]string, faults []string, end error) {
	t.Helper()
	rows, err := c.Open(in)
	if err != nil {
		return nil, nil, err
	}
	for {
		row, err := rows.Next()
		if fault, ok := errors.AsType[*format.RowError](err); ok {
			faults = append(faults, fault.Error())
			continue
		}
		if err != nil {
			return all, faults, err
		}
		cells := map[string]string{}
		for i, name := range row.Names {
			cells[name] = string(row.Cells[i])
		}
		all = append(all, cells)
	}
}

func fixture(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "matmas.xml"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCells(t *testing.T) {
	t.Parallel()
	got, faults, end := read(t, Default(), bytes.NewReader(fixture(t)))
	want := []map[string]string{
		{
			"MATNR": "17", "MATNR.raw": "000000000000000017", "MTART": "HAWA", "MATKL": "KETTLES", "MEINS": "PCE",
			"EAN11": "4006381333931", "BRGEW": "1.250", "GEWEI": "KGM", "LAENG": "20.000", "BREIT": "15.000", "HOEHE": "25.000", "MEABM": "CMT",
			"MSTAE": "", "MSTDE": "", "LAEDA": "2026-10-31", "ERVOL": "-12.50", "BISMT": "100-",
			"MAKTX.EN": "Kettle", "MAKTX.DE": "Wasserkocher",
			"E1MARCM.HERKL": "DE", "E1MARCM.STAWN": "85161080",
			"E1MARMM[PCE].MEINH": "PCE", "E1MARMM[PCE].UMREZ": "1", "E1MARMM[PCE].UMREN": "1", "E1MARMM[PCE].EAN11": "4006381333931",
			"E1MARMM[CS].MEINH": "CS", "E1MARMM[CS].UMREZ": "6", "E1MARMM[CS].UMREN": "1", "E1MARMM[CS].EAN11": "14006381333938",
			"E1MARMM[CS].BRGEW": "8.000", "E1MARMM[CS].GEWEI": "KGM", "E1MARMM[CS].E1MEANM.EAN11": "24006381333935", "E1MARMM[CS].E1MEANM.HPEAN": "",
			"E1MBEWM.BWKEY": "1000", "E1MBEWM.VPRSV": "S", "E1MBEWM.STPRS": "11.25", "E1MBEWM.PEINH": "1",
			"E1MVKEM.VKORG": "10", "E1MVKEM.VTWEG": "01", "E1MVKEM.VMSTA": "A1",
			"E1MLANM.0.ALAND": "DE", "E1MLANM.0.TAXM1": "1", "E1MLANM.1.ALAND": "AT",
			"E1MTXHM[GRUN,EN]": "Boils water very fast.\n/",
			"EDI_DC40.DOCNUM":  "0000000000004711", "EDI_DC40.MANDT": "100", "EDI_DC40.IDOCTYP": "MATMAS05", "EDI_DC40.MESTYP": "MATMAS",
			"EDI_DC40.CREDAT": "2026-11-01", "EDI_DC40.CRETIM": "08:30:00", "EDI_DC40.SERIAL": "20261101083000",
		},
		{"MATNR": "WK-09", "MATNR.raw": "WK-09", "MEINS": "PCE", "LVORM": "X", "status": "deleted", "EDI_DC40.DOCNUM": "0000000000004712"},
		{
			"MATNR": "00000000000000000000000000000000000000K1", "MATNR.raw": "00000000000000000000000000000000000000K1",
			"MEINS": "PCE", "status": "deleted", "EDI_DC40.DOCNUM": "0000000000004712",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(faults) > 0 || !errors.Is(end, io.EOF) {
		t.Errorf("%v, %v (-want +got):\n%s", faults, end, diff)
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	const plants = "<E1MARAM><MATNR>1</MATNR><MEINS>PCE</MEINS><EAN11>96385074</EAN11><NTGEW>1</NTGEW>" +
		"<E1MARCM SEGMENT='1'><WERKS>1000</WERKS><HERKL>DE</HERKL><DISPO>1</DISPO></E1MARCM>\n" +
		"<E1MARCM SEGMENT='1'><WERKS>2000</WERKS><HERKL>CN</HERKL><LVORM>X</LVORM></E1MARCM>" +
		"<E1MARMM SEGMENT='1'><MEINH>CS</MEINH><BRGEW>8</BRGEW></E1MARMM>" +
		"<E1MVKEM SEGMENT='1'><VKORG>10</VKORG><VTWEG>01</VTWEG><VMSTA>A</VMSTA></E1MVKEM>" +
		"<E1MVKEM SEGMENT='1'><VKORG>10</VKORG><VTWEG>02</VTWEG><VMSTA>B</VMSTA><LVORM>X</LVORM></E1MVKEM></E1MARAM>"
	tests := []struct {
		what   string
		config Config
		want   map[string]string // "" for no such cell
		fault  string
	}{
		{
			"plants that disagree, and none is named", Default(), nil,
			`line 3, column 1 (row from line 2), "E1MARCM.HERKL": plants disagree: "DE" and "CN"; name the plant that counts with format.plant`,
		},
		{"a plant that is named", with(func(c *Config) { c.Plant = "1000" }), map[string]string{"E1MARCM.HERKL": "DE", "E1MARCM.DISPO": "1", "status": "active", "E1MVKEM.VKORG": "10", "E1MVKEM.VMSTA": ""}, ""},
		{"a plant in which it is deleted", with(func(c *Config) { c.Plant = "2000" }), map[string]string{"E1MARCM.HERKL": "CN", "status": "deleted"}, ""},
		{"a plant that it has not", with(func(c *Config) { c.Plant = "3000" }), map[string]string{"E1MARCM.HERKL": "", "status": "active"}, ""},
		{"a sales area", with(func(c *Config) { c.Plant, c.SalesOrg, c.Channel = "1000", "10", "02" }), map[string]string{"E1MVKEM.VMSTA": "B", "status": "deleted"}, ""},
		{"a unit of its own weight, and without a GTIN", with(func(c *Config) { c.Plant, c.Unit = "1000", "CS" }), map[string]string{"BRGEW": "8", "NTGEW": "", "EAN11": ""}, ""},
		{"the base unit by name", with(func(c *Config) { c.Plant, c.Unit = "1000", "PCE" }), map[string]string{"NTGEW": "1", "EAN11": "96385074"}, ""},
		{
			"a unit that it has not", with(func(c *Config) { c.Plant, c.Unit = "1000", "PAL" }), nil,
			`line 2, column 1, "MEINH": the material has no unit PAL; set format.unit to one that all materials have, or leave it unset`,
		},
		{"no control record", with(func(c *Config) { c.Plant, c.Control = "1000", false }), map[string]string{"EDI_DC40.DOCNUM": ""}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			got, faults, end := read(t, tt.config, strings.NewReader(doc(plants)))
			if tt.fault != "" {
				if diff := cmp.Diff([]string{tt.fault}, faults); diff != "" || !errors.Is(end, io.EOF) {
					t.Errorf("%v (-want +got):\n%s", end, diff)
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("%v, %v", faults, end)
			}
			for name, want := range tt.want {
				if cell, ok := got[0][name]; cell != want || ok != (want != "") {
					t.Errorf("%s is %q (%v), want %q", name, cell, ok, want)
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, in, want string }{
		{"a flat IDoc", "EDI_DC40  100", "the file is a flat IDoc, in fixed columns; have it sent by a port of type XML file"},
		{"a field that is there twice", doc("<E1MARAM><MATNR>1</MATNR><MTART>A</MTART><MTART>B</MTART></E1MARAM>"), `line 2, column 1, "MTART": it is there twice; correct the message at the sender: one of the two would be lost`},
		{"a material without a number", doc("<E1MARAM SEGMENT='1'/>"), `line 2, column 1, "MATNR": the material has no number; correct the message at the sender`},
		{"a message about something else", "<DEBMAS06><IDOC><EDI_DC40><IDOCTYP>DEBMAS06</IDOCTYP></EDI_DC40></IDOC></DEBMAS06>", "line 1, column 11: an IDoc without a material (E1MARAM): it is of type DEBMAS06; send messages of type MATMAS"},
		{"a configuration", "", "encoding: \"klingon\" is not known, want a name such as utf-8, utf-16 or windows-1252\nmax_row: is 0, want at least one byte"},
	}
	for _, tt := range tests {
		c := Default()
		if tt.in == "" {
			c = Config{Encoding: "klingon"}
		}
		_, faults, end := read(t, c, strings.NewReader(tt.in))
		if !errors.Is(end, io.EOF) {
			faults = append(faults, end.Error())
		}
		if diff := cmp.Diff([]string{tt.want}, faults); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
}

// Materials of one IDoc have its offset, so that they are found again with its control record.
func TestResumer(t *testing.T) {
	t.Parallel()
	text := fixture(t)
	rows, err := Default().Open(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	again := rows.Resumer()
	var last format.Row
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		last = row
	}
	for range 2 {
		again.Reset(bytes.NewReader(text[last.Offset:]), last.Line, last.Offset)
		row, err := again.Next()
		if number, ok := row.Cell("EDI_DC40.DOCNUM"); err != nil || !ok || string(number) != "0000000000004712" || string(row.Cells[0]) != "WK-09" {
			t.Errorf("%v: %q %q", err, row.Names, row.Cells)
		}
	}
}

// TestPreset reads materials as products.
func TestPreset(t *testing.T) {
	t.Parallel()
	p, err := preset.Find("matmas")
	if err != nil {
		t.Fatal(err)
	}
	c := Default()
	if err := p.Setup("idoc", &c); err != nil {
		t.Fatal(err)
	}
	rows, err := c.Open(bytes.NewReader(fixture(t)))
	if err != nil {
		t.Fatal(err)
	}
	row, err := rows.Next()
	if err != nil {
		t.Fatal(err)
	}
	l, err := p.Bind(slices.Clone(row.Names), preset.Conventions{Locale: "EN", Currency: "EUR"}, true)
	if err != nil {
		t.Fatal(err)
	}
	one := func(yield func(preset.Row, error) bool) {
		yield(preset.Row{Row: row, Part: &preset.Part{}, Layout: l}, nil)
	}
	for rec, err := range preset.FlatRecords(one) {
		if err != nil {
			t.Fatal(err)
		}
		product, variant, err := rec.Raw.Decode()
		if err != nil {
			t.Fatal(err)
		}
		for want, f := range map[string]catalog.Fields{
			`{"name":"Kettle","description":"Boils water very fast.\n/","category":"KETTLES","country_of_origin":"DE","hs_codes":["85161080"],"updated_at":"2026-10-31T00:00:00Z"}`: product,
			`{"sku":"17","gtin":"4006381333931","cost":{"amount":"11.25","currency":"EUR"},"weight":{"amount":"1.25","unit":"kg"},` +
				`"dimensions":{"length":"20","width":"15","height":"25","unit":"cm"},"country_of_origin":"DE","hs_codes":["85161080"],"updated_at":"2026-10-31T00:00:00Z"}`: variant,
		} {
			f.Attributes = nil
			got, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	}
}

func TestSampleMessage(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../../../shared/samples/sap/matmas05-full.xml")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the real message sap/matmas05-full.xml is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, faults, end := read(t, Default(), f)
	if len(got) != 1 || len(faults) > 0 || !errors.Is(end, io.EOF) {
		t.Fatalf("%d rows, want 1: %v, %v", len(got), faults, end)
	}
	for name, want := range map[string]string{
		"MATNR": "123456789", "MATNR.raw": "000000000123456789", "EAN11": "1234567891011", "MAKTX.DE": "DUMMY PRODUCT",
		"E1MARMM[CS].EAN11": "11223344556677", "E1MARMM[H87].EAN11": "7766554433221", "E1MARCM.HERKL": "RO", "E1MARCM.STAWN": "8516710000",
		"E1MBEWM.STPRS": "141.25", "status": "active", "BRGEW": "5.555", "GEWEI": "KGM", "EDI_DC40.CREDAT": "2024-02-23",
	} {
		if got[0][name] != want {
			t.Errorf("%s is %q, want %q", name, got[0][name], want)
		}
	}
	for name, cell := range got[0] {
		if cell == "/" {
			t.Errorf("%s is %q, which is no data", name, cell)
		}
	}
}

// FuzzOpen reads anything: each name once, a number on every row, and found again.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(doc("<E1MARAM><MATNR>1</MATNR><LVORM>/</LVORM></E1MARAM>")), "", "")
	f.Add([]byte(doc("<E1MARAM><MATNR>1</MATNR><E1MARCM SEGMENT='1'><WERKS>1</WERKS><HERKL>DE</HERKL></E1MARCM></E1MARAM>")), "1", "CS")
	f.Fuzz(func(t *testing.T, text []byte, plant, unit string) {
		rows, err := with(func(c *Config) { c.Plant, c.Unit, c.MaxRow = plant, unit, 1<<16 }).Open(bytes.NewReader(text))
		if err != nil {
			return
		}
		for err == nil || errors.As(err, new(*format.RowError)) {
			var row format.Row
			if row, err = rows.Next(); err != nil {
				continue
			}
			seen := map[string]bool{}
			for i, name := range row.Names {
				if seen[name] || len(row.Cells) != len(row.Names) || bytes.Equal(row.Cells[i], noData) && !strings.HasPrefix(name, segLong) {
					t.Fatalf("%q: cell %q is %q", text, name, row.Cells[i])
				}
				seen[name] = true
			}
			if number, ok := row.Cell("MATNR"); !ok || len(number) == 0 {
				t.Fatalf("%q: a row without a number: %q", text, row.Names)
			}
		}
	})
}
