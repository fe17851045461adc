package connectors

// IsBlank reports whether a value of an answer says that there is none: null, or a text, a
// list or a map without anything in it. A value that nobody foresaw is not blank.
func IsBlank(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
