package config

import "slices"

// layout is the top of the file. The parts of named sections are decoded one by one, each over its own defaults.
type layout struct {
	State        State                     `yaml:"state"`
	Server       Server                    `yaml:"server"`
	Daemon       Daemon                    `yaml:"daemon"`
	Eligibility  Eligibility               `yaml:"eligibility"`
	Log          Log                       `yaml:"log"`
	Alerts       Alerts                    `yaml:"alerts"`
	Telemetry    Telemetry                 `yaml:"telemetry"`
	Notify       map[string]map[string]any `yaml:"notify"`
	Sources      map[string]map[string]any `yaml:"sources"`
	Catalogs     map[string]map[string]any `yaml:"catalogs"`
	Tables       map[string]any            `yaml:"tables"`
	Destinations map[string]map[string]any `yaml:"destinations"`
	Syncs        map[string]map[string]any `yaml:"syncs"`
	WriteBack    map[string]map[string]any `yaml:"writeback"`
}

// connector is what every source and destination says: which connector it is.
type connector struct {
	Type string `yaml:"type" jsonschema:"required" jsonschema_description:"The connector."`
}

// sourceHead is the part of a source that does not depend on its type.
type sourceHead struct {
	connector    `yaml:",inline"`
	SourceCommon `yaml:",inline"`
}

// destinationHead is the part of a destination that does not depend on its type.
type destinationHead struct {
	connector         `yaml:",inline"`
	DestinationCommon `yaml:",inline"`
}

// decode fills c from a tree of plain values.
func (c *Config) decode(tree map[string]any) Faults {
	d := decoder{origins: c.where()}
	top := layout{State: c.State, Server: c.Server, Daemon: c.Daemon, Eligibility: c.Eligibility, Log: c.Log, Alerts: c.Alerts, Telemetry: c.Telemetry}
	d.decode("", tree, &top)
	c.State, c.Server, c.Daemon, c.Log = top.State, top.Server, top.Daemon, top.Log
	c.Eligibility, c.Alerts, c.Telemetry = top.Eligibility, top.Alerts, top.Telemetry

	c.Sources = make(map[string]Source, len(top.Sources))
	for _, name := range keys(top.Sources) {
		c.Sources[name] = d.source(join("sources", name), entry(tree, "sources", name))
	}
	c.Notify = make(map[string]Notify, len(top.Notify))
	for _, name := range keys(top.Notify) {
		var to Notify
		d.decode(join("notify", name), entry(tree, "notify", name), &to)
		c.Notify[name] = to
	}
	c.Catalogs = make(map[string]Catalog, len(top.Catalogs))
	for _, name := range keys(top.Catalogs) {
		catalog := defaultCatalog()
		d.decode(join("catalogs", name), entry(tree, "catalogs", name), &catalog)
		c.Catalogs[name] = catalog
	}
	c.Tables = make(map[string]Table, len(top.Tables))
	tables, _ := tree["tables"].(map[string]any)
	for _, name := range keys(top.Tables) {
		c.Tables[name] = d.table(join("tables", name), tables[name])
	}
	c.Destinations = make(map[string]Destination, len(top.Destinations))
	for _, name := range keys(top.Destinations) {
		c.Destinations[name] = d.destination(join("destinations", name), entry(tree, "destinations", name))
	}
	c.Syncs = make(map[string]Sync, len(top.Syncs))
	for _, name := range keys(top.Syncs) {
		sync := defaultSync()
		d.decode(join("syncs", name), entry(tree, "syncs", name), &sync)
		c.Syncs[name] = sync
	}
	c.WriteBack = make(map[string]WriteBack, len(top.WriteBack))
	for _, name := range keys(top.WriteBack) {
		var w WriteBack
		d.decode(join("writeback", name), entry(tree, "writeback", name), &w)
		c.WriteBack[name] = w
	}
	return d.faults
}

// entry returns the settings of one name within a section, as they were before layout was decoded from them: the types
// of texts from outside the file are lost in layout.
func entry(tree map[string]any, section, name string) map[string]any {
	names, _ := tree[section].(map[string]any)
	settings, _ := names[name].(map[string]any)
	return settings
}

// table reads a table: a mapping, or its path alone.
func (d *decoder) table(path string, raw any) Table {
	var t Table
	switch own := raw.(type) {
	case unset:
	case map[string]any:
		d.decode(path, own, &t)
	case string:
		t.Path = own
	case external:
		t.Path = string(own)
	default:
		f := mismatch(aText, raw)
		d.faults = append(d.faults, d.origins.fault(path, f.Message, "write the path of a CSV file, or { path: …, key: …, value: … }"))
		return t
	}
	if _, pending := raw.(unset); t.Path == "" && !pending && !d.faults.has(join(path, "path")) {
		d.faults = append(d.faults, d.origins.fault(path, "must not be empty", "write the path of a CSV file"))
	}
	return t
}

func (d *decoder) source(path string, raw map[string]any) Source {
	var head sourceHead
	own, others := split(raw, tags(&head))
	d.decode(path, own, &head)
	if every := head.FullEvery; every != nil && *every < 0 {
		d.faults = append(d.faults, d.origins.fault(join(path, "full_every"), "must not be negative", "write 0s for never"))
	}
	return Source{Type: head.Type, Common: head.SourceCommon, Options: d.node(path, others, own, tags(&head))}
}

func (d *decoder) destination(path string, raw map[string]any) Destination {
	head := destinationHead{DestinationCommon: defaultDestination()}
	own, others := split(raw, tags(&head))
	d.decode(path, own, &head)
	return Destination{
		Type:    head.Type,
		Common:  head.DestinationCommon,
		Options: d.node(path, others, own, tags(&head)),
	}
}

func (d *decoder) node(path string, raw, shared map[string]any, common []string) Node {
	return Node{seal(&settings{path: path, raw: raw, shared: shared, common: common, origins: d.origins})}
}

// split parts the settings with the given keys from the others.
func split(raw map[string]any, own []string) (these, others map[string]any) {
	these, others = map[string]any{}, map[string]any{}
	for k, v := range raw {
		if slices.Contains(own, k) {
			these[k] = v
		} else {
			others[k] = v
		}
	}
	return these, others
}
