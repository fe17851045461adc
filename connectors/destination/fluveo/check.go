package fluveo

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/connectors"
)

// longest are the limits of texts, in characters.
var longest = map[string]int{
	fieldKey: maxMetadataValue, fieldName: maxName, fieldDescription: maxDescription,
	fieldDescriptor: maxDescriptor, fieldUnitLabel: maxUnitLabel,
}

// most are the limits of lists, in entries.
var most = map[string]int{fieldImages: maxImages, fieldFeatures: maxFeatures}

// Check judges a payload by the limits on record, read strictly.
func (d *Destination) Check(p catalog.Payload) []catalog.Fault {
	c := checker{dest: d}
	for _, f := range d.spec.Fields {
		c.Field = f.Name
		c.check(f, p)
	}
	return c.List
}

// checker gathers the faults of one payload.
type checker struct {
	dest *Destination
	connectors.Faults
}

// check judges one field.
func (c *checker) check(f connectors.Field, p catalog.Payload) {
	if !p.Has(f.Name) {
		if f.Required {
			c.missing()
		}
		return
	}
	switch f.Kind {
	case connectors.Texts:
		var list []string
		if c.Decode(p, f.Name, &list, "a list of texts") {
			c.list(list)
		}
	case connectors.TextMap:
		var texts map[string]string
		if c.Decode(p, f.Name, &texts, "a map of texts") {
			c.metadata(texts)
		}
	case connectors.Bool:
		var b bool
		c.Decode(p, f.Name, &b, "true or false")
	case connectors.JSON:
		c.shaped(p.Raw(f.Name))
	case connectors.Text, connectors.Number:
		var s string
		switch {
		case !c.Decode(p, f.Name, &s, "a text"):
		case f.Required && strings.TrimSpace(s) == "":
			c.missing()
		default:
			c.text(s)
		}
	}
}

// missing reports a required field without a value.
func (c *checker) missing() {
	if c.Field == fieldName {
		c.Add("", "there is no name", "give the product a name in the source")
		return
	}
	c.Add("", "there is no SKU", "give it a SKU in the source, since nothing else finds the product again")
}

// shaped judges a price, or dimensions.
func (c *checker) shaped(raw json.RawMessage) {
	normal := normalPackage
	if c.Field == fieldPrice {
		normal = c.dest.normalPrice
	}
	if _, _, wrong := normal(raw); wrong != nil {
		c.Add(wrong.value, wrong.reason, wrong.remedy)
	}
}

// text judges one text of the current field.
func (c *checker) text(s string) {
	if c.Control(s, c.Field == fieldDescription) {
		return
	}
	if limit, ok := longest[c.Field]; ok && utf8.RuneCountInString(s) > limit {
		c.Add(s, fmt.Sprintf("%d characters, and the API takes %d", utf8.RuneCountInString(s), limit),
			fmt.Sprintf("shorten it in the source, or map %s with truncate(…, %d)", c.Field, limit))
	}
	if c.Field == fieldURL {
		c.Address(s, "the address")
	}
}

// list judges a list of texts.
func (c *checker) list(list []string) {
	if limit := most[c.Field]; len(list) > limit {
		c.Add(strings.Join(list, ", "), fmt.Sprintf("%d entries, and the API takes %d", len(list), limit),
			fmt.Sprintf("map %s to fewer, as (…)[:%d]", c.Field, limit))
	}
	for _, s := range list {
		switch {
		case c.Control(s, false):
		case c.Field == fieldImages:
			c.Address(s, "the address")
		case strings.TrimSpace(s) == "":
			c.Add(s, "an entry is blank", "remove the blank entry in the source")
		}
	}
}

// metadata judges keys and values, with the entry of the SKU beside them.
func (c *checker) metadata(texts map[string]string) {
	if len(texts)+1 > maxMetadata {
		c.Add(fmt.Sprint(len(texts)), fmt.Sprintf("%d entries and the SKU, and the API takes %d", len(texts), maxMetadata), "map metadata to fewer entries")
	}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		value := texts[key]
		switch {
		case key == c.dest.opts.MetadataKey:
			c.Add(value, fmt.Sprintf("the key %q holds the SKU", key), "leave it out of metadata, or set the destination's metadata_key to another")
		case !metadataKeyFits(key):
			c.Add(key, fmt.Sprintf("the key %q is blank, longer than %d characters or begins with fluveo_", connectors.ShortValue(key), maxMetadataKey), "give it another name in the mapping of metadata")
		case utf8.RuneCountInString(value) > maxMetadataValue:
			c.Add(value, fmt.Sprintf("the value of %q has %d characters, and the API takes %d", key, utf8.RuneCountInString(value), maxMetadataValue), fmt.Sprintf("map it with truncate(…, %d)", maxMetadataValue))
		case !c.Control(key, false):
			c.Control(value, true)
		}
	}
}
