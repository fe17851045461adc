package config

import "time"

// Eligibility says how the verdicts of the APIs are kept up to date.
type Eligibility struct {
	Poll        Poll          `yaml:"poll" jsonschema_description:"How often open verdicts are polled: after half their age, within these bounds."`
	SettleAfter time.Duration `yaml:"settle_after" jsonschema_description:"How long polls must have returned a provisional verdict before it counts as final."`
	AlertAfter  time.Duration `yaml:"alert_after" jsonschema_description:"How long a verdict may stay open before an alert is raised."`
	Recheck     Recheck       `yaml:"recheck" jsonschema_description:"When settled verdicts are polled again."`
	Flips       Guard         `yaml:"flips" jsonschema_description:"How many settled verdicts of a destination may change within a day before write-back stops: a share of the settled ones (5%), a number, or off."`
}

// Poll bounds the waits between two polls of an open verdict.
type Poll struct {
	First   time.Duration `yaml:"first" jsonschema_description:"The shortest interval, and the first one."`
	Slowest time.Duration `yaml:"slowest" jsonschema_description:"The longest interval."`
}

// Recheck says when settled verdicts are asked for again.
type Recheck struct {
	After    time.Duration `yaml:"after" jsonschema_description:"How long after the API last reported one; 0 for never."`
	Requests int           `yaml:"requests" jsonschema:"minimum=0" jsonschema_description:"The most requests per day that this may take, for each destination."`
}

// defaultEligibility returns the settings of a file that says nothing of it.
func defaultEligibility() Eligibility {
	return Eligibility{
		Poll:        Poll{First: 5 * time.Minute, Slowest: 24 * time.Hour},
		SettleAfter: 24 * time.Hour,
		AlertAfter:  72 * time.Hour,
		Recheck:     Recheck{After: 30 * 24 * time.Hour, Requests: 1000},
		Flips:       Percent(5),
	}
}

func (v *validator) eligibility() {
	e := v.Eligibility
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"poll.first", e.Poll.First},
		{"poll.slowest", e.Poll.Slowest},
		{"settle_after", e.SettleAfter},
		{"alert_after", e.AlertAfter},
	} {
		if d.value < time.Second {
			v.report("eligibility."+d.key, "must be at least a second", "for example 5m or 24h")
		}
	}
	if e.Poll.Slowest < e.Poll.First {
		v.report("eligibility.poll.slowest", "must not be shorter than first", "")
	}
	if e.Recheck.After < 0 {
		v.report("eligibility.recheck.after", "must not be negative", "write 0 for never")
	}
}
