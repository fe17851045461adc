package config

import "time"

// Eligibility says how the verdicts of the APIs are kept up to date.
type Eligibility struct {
	Poll        Poll          `yaml:"poll" jsonschema_description:"How often an open verdict is asked for: after half of its age, within these bounds."`
	SettleAfter time.Duration `yaml:"settle_after" jsonschema_description:"How long polls must have told a provisional verdict for it to count as final."`
	AlertAfter  time.Duration `yaml:"alert_after" jsonschema_description:"How long a verdict may be open before a person is told."`
	Recheck     Recheck       `yaml:"recheck" jsonschema_description:"When settled verdicts are asked for again."`
	Flips       Guard         `yaml:"flips" jsonschema_description:"How many settled verdicts of a destination may become others within a day before nothing more is written back: a share of the settled ones (5%), a number, or off."`
}

// Poll bounds the waits between two polls of an open verdict.
type Poll struct {
	First   time.Duration `yaml:"first" jsonschema_description:"The shortest wait, and the first one."`
	Slowest time.Duration `yaml:"slowest" jsonschema_description:"The longest wait."`
}

// Recheck says when settled verdicts are asked for again.
type Recheck struct {
	After    time.Duration `yaml:"after" jsonschema_description:"How long after the API last told of one; 0 for never."`
	Requests int           `yaml:"requests" jsonschema:"minimum=0" jsonschema_description:"The most requests that this may take in a day, for each destination."`
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
