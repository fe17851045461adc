package mapped

import "github.com/skubridge/skubridge/connectors/format"

// Says reports whether a row says that its record is gone.
func (g Gone) Says(row format.Row) bool { return g.is(row) }

// In reports whether the column is among names; without one to look for it is.
func (g Gone) In(names []string) bool { return g.Column == "" || g.find(names) >= 0 }
