package akeneo

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// product is a product or a product model as the API lists it. null and an absent member
// are the same.
type product struct {
	UUID          string                `json:"uuid"`
	Identifier    string                `json:"identifier"`
	Code          string                `json:"code"` // of a model
	Enabled       *bool                 `json:"enabled"`
	Family        string                `json:"family"`
	FamilyVariant string                `json:"family_variant"` // of a model
	Parent        string                `json:"parent"`
	Categories    texts                 `json:"categories"`
	Groups        texts                 `json:"groups"`
	Values        object[list]          `json:"values"`
	Associations  object[object[texts]] `json:"associations"`
	Created       string                `json:"created"`
	Updated       string                `json:"updated"`
}

// list are the values of one attribute, one for each channel and language.
type list []value

// value is a value of an attribute. Type and Ref are there in newer versions only.
type value struct {
	Locale string          `json:"locale"`
	Scope  string          `json:"scope"`
	Data   json.RawMessage `json:"data"`
	Linked json.RawMessage `json:"linked_data"`
	Type   string          `json:"attribute_type"`
	Ref    string          `json:"reference_data_name"`
}

// object is a JSON object. PHP writes an empty one as [].
type object[T any] map[string]T

// UnmarshalJSON reads an object, or nothing at all.
func (o *object[T]) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); string(b) == "null" || len(b) > 1 && b[0] == '[' && len(bytes.TrimSpace(b[1:len(b)-1])) == 0 {
		*o = nil
		return nil
	}
	return json.Unmarshal(b, (*map[string]T)(o))
}

// texts are a list of texts. PHP writes one of which some were taken out as an object.
type texts []string

// UnmarshalJSON reads a list, or an object whose names count.
func (t *texts) UnmarshalJSON(b []byte) error {
	err := json.Unmarshal(b, (*[]string)(t))
	var counted map[int]string
	if err == nil || json.Unmarshal(b, &counted) != nil {
		return err
	}
	*t = make(texts, 0, len(counted))
	for _, n := range slices.Sorted(maps.Keys(counted)) {
		*t = append(*t, counted[n])
	}
	return nil
}

// attribute is what is known of an attribute.
type attribute struct {
	Code   string         `json:"code"`
	Type   string         `json:"type"`
	Ref    string         `json:"reference_data_name"`
	Labels object[string] `json:"labels"`
	Main   bool           `json:"is_main_identifier"`
}

// The types of attributes that are told apart; others go by the shape of their data.
const (
	typeIdentifier = "pim_catalog_identifier"
	typeSelect     = "pim_catalog_simpleselect"
	typeSelects    = "pim_catalog_multiselect"
	typeImage      = "pim_catalog_image"
	typeFile       = "pim_catalog_file"
	typeAssets     = "pim_catalog_asset_collection"
	typeRecord     = "akeneo_reference_entity"
	typeRecords    = "akeneo_reference_entity_collection"
)

// option is an option of an attribute; category, family and channel are as they are called.
type option struct {
	Code   string         `json:"code"`
	Labels object[string] `json:"labels"`
}

type category struct {
	Code   string         `json:"code"`
	Parent string         `json:"parent"`
	Labels object[string] `json:"labels"`
}

type family struct {
	Code  string `json:"code"`
	Label string `json:"attribute_as_label"`
}

type channel struct {
	Code       string   `json:"code"`
	Locales    []string `json:"locales"`
	Currencies []string `json:"currencies"`
	Tree       string   `json:"category_tree"`
}

// familyVariant says which attributes tell variants apart, level by level.
type familyVariant struct {
	Code string     `json:"code"`
	Sets []levelSet `json:"variant_attribute_sets"`
}

// levelSet are the attributes of one level, 1 or 2, and those of them that tell its
// variants apart.
type levelSet struct {
	Level      int      `json:"level"`
	Axes       []string `json:"axes"`
	Attributes []string `json:"attributes"`
}

// asset is an asset, or a record of a reference entity: both have values of their own.
type asset struct {
	Code   string               `json:"code"`
	Values object[[]assetValue] `json:"values"`
}

type assetValue struct {
	Locale string          `json:"locale"`
	Scope  string          `json:"channel"`
	Data   json.RawMessage `json:"data"`
	Linked json.RawMessage `json:"linked_data"`
	Links  json.RawMessage `json:"_links"`
}

type assetFamily struct {
	Code string `json:"code"`
	Main string `json:"attribute_as_main_media"`
}
