package akeneo

import (
	"encoding/json"
	"net/url"
	"slices"
)

// attributeLabel is what an attribute is called.
func (b *builder) attributeLabel(code string) (string, error) {
	a, err := b.attributes.get(b.ctx, code)
	if a == nil || err != nil || !b.options.Labels {
		return code, err
	}
	return b.view.label(a.Labels, code), nil
}

// words gives the entries of a value as people read them, or as they are written. Labels
// of options stand beside the value since version 5; others are asked for.
func (b *builder) words(d datum, labels bool) ([]string, error) {
	all, err := d.codes()
	if err != nil || !labels || !b.options.Labels {
		return all, err
	}
	for i, code := range all {
		if all[i], err = b.word(d, code); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (b *builder) word(d datum, code string) (string, error) {
	if labels, ok := d.linked[code]; ok {
		return b.view.label(labels, code), nil
	}
	switch d.kind {
	case typeSelect, typeSelects:
		o, err := directoryOf(b.choices, d.code, b.api, "attributes/"+url.PathEscape(d.code)+"/options").get(b.ctx, code)
		if o == nil || err != nil {
			return code, err
		}
		return b.view.label(o.Labels, code), nil
	case typeRecord, typeRecords:
		return b.recordLabel(d.ref, code)
	case kindCategories:
		c, err := b.categories.get(b.ctx, code)
		if c == nil || err != nil {
			return code, err
		}
		return b.view.label(c.Labels, code), nil
	}
	return code, nil
}

// directoryOf gives the directory of what belongs to owner, and makes it where there is none.
func directoryOf[T any](all map[string]*directory[T], owner string, a *api, path string) *directory[T] {
	d, ok := all[owner]
	if !ok {
		d = newDirectory[T](a, under(path))
		all[owner] = d
	}
	return d
}

// listable gives the directory of what belongs to owner, of which there may be so much
// that it is listed.
func (b *builder) listable(all map[string]*directory[asset], owner, path string) *directory[asset] {
	d := directoryOf(all, owner, b.api, path)
	d.all = b.listing(path, nil)
	return d
}

// labelAttribute is the attribute that names a record, in every reference entity
// (concepts/reference-entities).
const labelAttribute = "label"

func (b *builder) recordLabel(entity, code string) (string, error) {
	if entity == "" {
		return code, nil
	}
	r, err := b.listable(b.records, entity, "reference-entities/"+url.PathEscape(entity)+"/records").get(b.ctx, code)
	if r == nil || err != nil {
		return code, err
	}
	var label string
	if v, ok := b.view.pickAsset(r.Values[labelAttribute]); ok && json.Unmarshal(v.Data, &label) == nil && label != "" {
		return label, nil
	}
	return code, nil
}

// assetAddress gives the address of an asset's main media: the link that it has, or that
// it is shared by, or else the code of its file. "" where it has none.
func (b *builder) assetAddress(familyCode, code string) (string, error) {
	if familyCode == "" {
		return "", nil
	}
	a, err := b.listable(b.assets, familyCode, "asset-families/"+url.PathEscape(familyCode)+"/assets").get(b.ctx, code)
	if a == nil || err != nil {
		return "", err
	}
	f, err := b.assetFamilies.get(b.ctx, familyCode)
	if f == nil || err != nil {
		return "", err
	}
	v, ok := b.view.pickAsset(a.Values[f.Main])
	if !ok {
		return "", nil
	}
	return v.address(), nil
}

// pickAsset is pick for the values of assets and records, whose channel has another name.
func (v view) pickAsset(all []assetValue) (assetValue, bool) {
	values := make(list, len(all))
	for i, one := range all {
		values[i] = value{Locale: one.Locale, Scope: one.Scope, Data: one.Data, Linked: one.Linked}
	}
	got, ok := v.pick(values)
	if !ok {
		return assetValue{}, false
	}
	i := slices.IndexFunc(all, func(one assetValue) bool { return one.Locale == got.Locale && one.Scope == got.Scope })
	return all[i], true
}

// address is where a medium can be had without a token: where it is linked to, or shared.
func (v assetValue) address() string {
	var linked struct {
		URL    string `json:"full_url"`
		Prefix string `json:"prefix"`
	}
	var links struct {
		Share struct {
			Href string `json:"href"`
		} `json:"share_link"`
	}
	var data string
	_ = json.Unmarshal(v.Linked, &linked) // what is no such thing tells no address
	_ = json.Unmarshal(v.Links, &links)
	_ = json.Unmarshal(v.Data, &data)
	for _, s := range []string{linked.URL, links.Share.Href, data} {
		if s != "" {
			return s
		}
	}
	return ""
}
