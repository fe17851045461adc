package mapped

import "github.com/skubridge/skubridge/internal/fault"

// Complete says how many rows make a whole read.
type Complete struct {
	MinRows int `yaml:"min_rows" jsonschema:"minimum=0" jsonschema_description:"The fewest rows, or records, of a full read."`
	MaxRows int `yaml:"max_rows" jsonschema:"minimum=0" jsonschema_description:"The most rows, or records, of a full read; 0 for no limit."`
}

// Faults gives what is wrong with the setting, at that key.
func (c Complete) Faults(key string) []error {
	if c.MaxRows > 0 && c.MaxRows < c.MinRows {
		return []error{fault.At(key+".max_rows", "is less than min_rows")}
	}
	return nil
}
