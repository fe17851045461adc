package preset

import "testing"

func TestRounded(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"1.23457E+11": true, "1,23457E+11": true, "6.1E+11": true,
		"": false, "E+11": false, "1E+11": false, "A.2E+11": false, "1.E+11": false, "1.2E-11": false, "1.2e+11": false,
		"1.2E+1A": false, "11.2E+11": false, "1.2.3E+11": false, "123457": false,
	} {
		if got := rounded([]byte(key)); got != want {
			t.Errorf("%q: %t", key, got)
		}
	}
}
