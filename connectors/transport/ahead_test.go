package transport

import (
	"strings"
	"testing"
	"time"
)

// A file that is dated in the future does not hide what is exported after it, and nothing of
// it is silent.
func TestAFileDatedInTheFuture(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	type file struct {
		name string
		age  time.Duration
	}
	const years = 3 * 365 * 24 * time.Hour
	tests := []struct {
		what  string
		files []file // in natural order of their names
		want  string
		note  string
	}{
		{"the newest is the one written last", []file{{"a.csv", time.Minute}, {"b.csv", time.Hour}}, "a.csv", ""},
		{"a time zone that was mixed up is no other order", []file{{"a.csv", -14 * time.Hour}, {"b.csv", time.Hour}}, "a.csv", ""},
		{"a file alone is read, whatever its time", []file{{"a.csv", -years}}, "a.csv", ""},
		{"one of the future hides none that came after it", []file{{"p_1.csv", -years}, {"p_2.csv", time.Hour}}, "p_2.csv", "p_1.csv is dated in the future (2029-11-21 12:00 UTC)"},
		{"it is read where its number is the last", []file{{"p_9.csv", time.Hour}, {"p_10.csv", -years}}, "p_10.csv", "it is read as the newest all the same"},
		{"names that tell no order do not count", []file{{"monday.csv", time.Hour}, {"tuesday.csv", -years}}, "monday.csv", "monday.csv is read as the newest"},
		{"of several of the future the one that is last", []file{{"a.csv", -2 * years}, {"b.csv", -years}}, "a.csv", "it is read as the newest all the same"},
		{"of those with a time that can be the newest", []file{{"a.csv", time.Hour}, {"b.csv", time.Minute}, {"c.csv", -years}}, "b.csv", "c.csv is dated in the future"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			var found []Found
			for _, f := range tt.files {
				found = append(found, Found{Entry: Entry{Name: f.name, ModTime: now.Add(-f.age)}})
			}
			note := ""
			c := Choice{Path: "*.csv", Pick: PickNewest, Note: func(line string) { note += line }}
			got, err := c.of(found, now)
			if err != nil || len(got) != 1 || got[0].Name != tt.want {
				t.Errorf("got %v, %v", got, err)
			}
			if tt.note == "" && note != "" || !strings.Contains(note, tt.note) {
				t.Errorf("noted %q", note)
			}
		})
	}
}
