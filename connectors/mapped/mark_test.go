package mapped_test

import (
	"strings"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors/mapped"
)

// TestMarks goes by what columns hold besides the usual: where the next read begins, or why
// there is none.
func TestMarks(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		what   string
		cursor mapped.Cursor
		values string
		want   string
	}{
		{"the largest counts, less the overlap", mapped.Cursor{}, "2026-10-20 12:00:00,2026-10-20 11:00:00", "2026-10-20 11:55:00"},
		{"nothing is later than infinity, which is no time to go on from", mapped.Cursor{}, "2026-10-20 12:00:00,infinity,-infinity", "2026-10-20 11:55:00"},
		{"before the clocks go back", mapped.Cursor{}, "2026-10-25 01:59:00", "2026-10-25 01:54:00"},
		{"in the hour that comes twice, all of it", mapped.Cursor{}, "2026-10-25 02:50:00", "2026-10-25 02:00:00"},
		{"in that hour, where the offset tells which", mapped.Cursor{}, "2026-10-25 02:50:00+02", "2026-10-25 02:45:00+02"},
		{"after it", mapped.Cursor{}, "2026-10-25 03:06:00", "2026-10-25 03:01:00"},
		{"before the clocks go forward", mapped.Cursor{}, "2026-03-29 03:02:00", "2026-03-29 01:57:00"},
		{"a fast clock wrote one row: no further than now", mapped.Cursor{}, "2026-10-31 10:00:00,2026-11-01 20:00:00", "2026-11-01 00:55:00"},
		{"the same with its offset", mapped.Cursor{}, "2026-11-01T04:00:00+03:00", "2026-11-01T02:55:00+03:00"},
		{"a day ahead of any zone", mapped.Cursor{}, "2026-10-31 10:00:00,2026-11-02 20:00:00", "2026-10-31 09:55:00"},
		{"a number with decimals that are none", mapped.Cursor{Type: mapped.Int}, "7.00,8.000,3", "8"},
		{"a number with decimals", mapped.Cursor{Type: mapped.Int}, "7.50", "no whole number"},
		{"a number beyond 64 bits", mapped.Cursor{Type: mapped.Int}, "18446744073709551615", "beyond the numbers of a cursor"},
	} {
		m, err := tt.cursor.Mark("", "x", berlin, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
		for v := range strings.SplitSeq(tt.values, ",") {
			if err == nil {
				err = m.See([]byte(v))
			}
		}
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = string(m.Next())
		}
		if !strings.Contains(got, tt.want) || err == nil && !strings.Contains(got, `"since":"`+tt.want+`"`) {
			t.Errorf("%s: %s, want %s", tt.what, got, tt.want)
		}
	}
}
