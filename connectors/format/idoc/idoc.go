// Package idoc reads material masters that SAP sends as IDocs in XML: MATMAS01 to MATMAS05
// and a customer's copies of them, one or many to a file.
//
//	format: { type: idoc, plant: "1000", unit: PCE }
//
// Each material (E1MARAM) is a row. Its cells are
//
//   - its own fields by their names: MATNR, MTART, EAN11, BRGEW. MATNR is MATNR_LONG where
//     that is filled, without the zeros that SAP puts before numbers; MATNR.raw has them,
//   - MAKTX.EN, MAKTX.DE: the short texts by language (ISO, in capitals),
//   - E1MTXHM[GRUN,EN]: long texts by their kind and language, lines joined,
//   - E1MARMM[CS].EAN11, E1MARMM[CS].UMREZ: each unit of measure,
//   - E1MARCM.HERKL, E1MVKEM.VMSTA, E1MBEWM.STPRS: what the plants, sales areas and
//     valuations have in common, or the chosen ones of them,
//   - any other segment by name and field, E1MLANM.TAXM1, or E1MLANM.0.TAXM1 of several,
//   - EDI_DC40.DOCNUM, .SERIAL, .CREDAT, .CRETIM and others of the control record,
//   - status: deleted where LVORM says X or MSGFN is 003, active where LVORM is known and
//     says otherwise.
//
// Plants may disagree about where a material comes from and its commodity code (HERKL,
// HERKR, STAWN): unless plant names one, that is a fault of the material. Other fields
// that differ are left out. The unit option makes EAN11, weight, volume and dimensions
// those of that unit in place of the base unit.
//
// A field that is nothing but / means no data, leave alone: it is no cell, while an empty
// field is a blank one. A message that was reduced to what changed therefore lacks cells;
// sources of change messages have to say mode: delta, and the fields that a reduced
// message leaves out have to come from a source of whole ones. Segments that a message
// deletes (MSGFN 003) are left out.
//
// A minus behind a number goes before it, dates become 2026-11-30, and none (00000000)
// blank. Units stay ISO codes as they are. Facts: SAP's definition of MATMAS05 and samples
// of it; which fields are numbers and dates is known for the fields that are named here,
// others are as they were sent. Storage locations and other segments below a plant, a
// sales area or a valuation are not read.
//
// Limits: max_row for an IDoc, 1 MiB for a field, segments nested 32 deep, and what package
// tree says of any document. A flat IDoc, in fixed columns, is refused by name.
package idoc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/skubridge/skubridge/connectors/format"
	"github.com/skubridge/skubridge/connectors/format/charset"
	"github.com/skubridge/skubridge/connectors/format/markup/tree"
)

// Config says which of what materials have several of counts. Its starting point is
// Default.
type Config struct {
	// Plant is the plant (WERKS) whose HERKL, STAWN and others count, and the
	// valuation area (BWKEY) of that name. Default: what all have in common.
	Plant string `yaml:"plant" jsonschema_description:"The plant (WERKS) whose origin, commodity code and the like count; unless set, what all plants have in common."`
	// Unit is the unit of measure (MEINH) that is sold. Default: the base unit.
	Unit string `yaml:"unit" jsonschema_description:"The unit of measure (MEINH) that is sold, which decides EAN11, weight and dimensions; the base unit unless set."`
	// SalesOrg and Channel choose the sales area (VKORG, VTWEG). Default: what all
	// have in common.
	SalesOrg string `yaml:"sales_org" jsonschema_description:"The sales organisation (VKORG) whose sales data count."`
	Channel  string `yaml:"channel" jsonschema_description:"The distribution channel (VTWEG) whose sales data count."`
	// Control says that fields of the control record are cells. They are others in
	// each message, so that nothing ever arrives unchanged. Default: true.
	Control bool `yaml:"control" jsonschema_description:"Whether number and time of the message become cells; true unless set. They make every message a changed record."`
	// Encoding overrides what the file declares. Default: what the file declares.
	Encoding string `yaml:"encoding" jsonschema_description:"The encoding, if the file declares none or a wrong one."`
	// MaxRow is the longest IDoc in bytes. Default: 16 MiB.
	MaxRow int `yaml:"max_row" jsonschema_description:"The longest IDoc in bytes; 16 MiB unless set."`
}

var _ format.Format = Config{}

// The limits of what no segment comes near.
const (
	maxCell  = 1 << 20
	maxDepth = 32
)

// Default takes what all plants and sales areas have in common, of the base unit.
func Default() Config { return Config{Control: true, MaxRow: 16 << 20} }

// Validate gives all that is wrong with the configuration, each fault headed by its key.
func (c Config) Validate() error {
	var faults []error
	if c.Encoding != "" {
		if _, err := charset.Lookup(c.Encoding); err != nil {
			faults = append(faults, fmt.Errorf("encoding: %w", err))
		}
	}
	if c.MaxRow < 1 {
		faults = append(faults, fmt.Errorf("max_row: is %d, want at least one byte", c.MaxRow))
	}
	return errors.Join(faults...)
}

// Text implements format.Format. Open finds the encoding by itself; rows of a file that is
// not UTF-8 have no resumer.
func (c Config) Text(r io.Reader) (io.Reader, format.Format) { return r, c }

// flatStart is what the control record of a flat IDoc starts with.
var flatStart = []byte("EDI_DC40")

// Open implements format.Format. The error of a bad configuration is Validate's.
func (c Config) Open(r io.Reader) (format.Rows, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	in := bufio.NewReader(r)
	if start, _ := in.Peek(len(flatStart)); bytes.Equal(start, flatStart) {
		return nil, errors.New("the file is a flat IDoc, in fixed columns; have it sent by a port of type XML file")
	}
	path, err := tree.ParsePath("*/IDOC", false)
	if err != nil {
		return nil, err
	}
	docs, err := tree.New(in, tree.Config{
		Records: path, Encoding: c.Encoding, MaxRow: c.MaxRow, MaxDepth: maxDepth, MaxCell: maxCell,
	})
	if err != nil {
		return nil, err
	}
	return &rows{docs: docs, config: c, row: newMaterial(c)}, nil
}

// rows are the materials of one file.
type rows struct {
	docs   *tree.Reader
	config Config
	doc    *tree.Record // the IDoc at hand
	after  int          // the node behind the last material of it
	row    *material
}

// Header is nil: materials have different segments.
func (r *rows) Header() []string { return nil }

// Next implements format.Rows.
func (r *rows) Next() (format.Row, error) {
	node, err := r.next()
	if err != nil {
		return format.Row{}, err
	}
	if fault := r.row.read(r.doc, node); fault != nil {
		return format.Row{}, fault
	}
	return format.Row{
		Names: r.row.names, Cells: r.row.cells, Line: r.doc.Line, Offset: r.doc.Offset, Length: r.doc.Length,
	}, nil
}

// next gives the node of the next material: of this IDoc, or the first of the one after it.
func (r *rows) next() (int, error) {
	if r.doc != nil {
		for i := range r.doc.Children(0) {
			if i >= r.after && r.doc.Nodes[i].Name == segMaterial {
				r.after = r.doc.Nodes[i].After
				return i, nil
			}
		}
		r.doc = nil
	}
	doc, err := r.docs.Next()
	if err != nil {
		return 0, err
	}
	node := doc.Child(0, segMaterial)
	if node == 0 {
		return 0, &format.RowError{
			StartLine: doc.Line, Line: doc.Line, Column: doc.Column, Offset: doc.Offset,
			Reason: "an IDoc without a material (" + segMaterial + "): " + typeOf(doc), Remedy: "send messages of type MATMAS",
		}
	}
	r.doc, r.after = doc, doc.Nodes[node].After
	return node, nil
}

// typeOf names the type of an IDoc.
func typeOf(doc *tree.Record) string {
	if control := doc.Child(0, segControl); control > 0 {
		if i := doc.Child(control, "IDOCTYP"); i > 0 {
			return "it is of type " + string(bytes.TrimSpace(doc.Text(i)))
		}
	}
	return "it does not name its type"
}

// Resumer implements format.Rows.
func (r *rows) Resumer() format.Resumer {
	docs := r.docs.Resumer()
	if docs == nil {
		return nil
	}
	return &rows{docs: docs, config: r.config, row: newMaterial(r.config)}
}

// Reset implements format.Resumer.
func (r *rows) Reset(in io.Reader, line int, offset int64) {
	r.doc = nil
	r.docs.Reset(in, line, offset)
}
