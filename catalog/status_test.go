package catalog

import "testing"

// TestOppositeOf keeps the words of a column such as blocked apart from those of a status.
func TestOppositeOf(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"Yes": "inactive", "X": "inactive", "-1": "inactive", "ja": "inactive", "0": "active", " No ": "active", "FALSCH": "active",
		"": "", "Sales": "", "archived": "",
	} {
		if got := OppositeOf(word); got != want {
			t.Errorf("%q gives %q, want %q", word, got, want)
		}
	}
	for word, want := range map[string]Activity{
		"": Active, "Aktiv": Active, "WAHR": Active, "S\u00ed": Active, "Tak": Active, "-1": Active, "inactif": Inactive, "Nie": Inactive, "\u975e\u516c\u958b": Inactive, "maybe": ActivityUnknown,
	} {
		if got := StatusOf(word); got != want {
			t.Errorf("%q is %d, want %d", word, got, want)
		}
	}
	for word, status := range Opposites() {
		if StatusOf(status) == ActivityUnknown || OppositeOf(word) != status {
			t.Errorf("%q stands for %q", word, status)
		}
	}
}
