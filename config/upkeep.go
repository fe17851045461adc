package config

import (
	"time"

	"github.com/skubridge/skubridge/internal/secret"
)

// Backup says when the daemon copies the state, and where to.
type Backup struct {
	Schedule string `yaml:"schedule" jsonschema_description:"Five cron fields, or a word such as @daily. Without one, only skubridge state backup makes copies."`
	Timezone string `yaml:"timezone" jsonschema_description:"Time zone of the schedule, such as America/New_York."`
	Folder   string `yaml:"folder" jsonschema_description:"Where the copies go. Relative paths start at the configuration file."`
	Count    int    `yaml:"count" jsonschema:"minimum=1,maximum=10000" jsonschema_description:"How many copies are kept; the oldest go first."`
}

// Keep says how far back the history goes. What is open, listed or refused is no history.
type Keep struct {
	HistoryDays int `yaml:"history_days" jsonschema:"minimum=0" jsonschema_description:"Days for which runs, settled changes and their attempts are kept; 0 for ever."`
	VerdictDays int `yaml:"verdict_days" jsonschema:"minimum=0" jsonschema_description:"Days for which earlier eligibility is kept; 0 for ever. The verdict in force always is."`
}

// Daemon says how the daemon lives.
type Daemon struct {
	Drain time.Duration `yaml:"drain" jsonschema_description:"The longest that stopping takes: requests in flight end, what they brought is kept. What was not sent goes with the next start."`
	Watch time.Duration `yaml:"watch" jsonschema_description:"How often the configuration and the files that it names are looked at for changes; 0s for never, only when told by SIGHUP."`
}

// Alerts says what a person should be told of, beside what always is an alert.
type Alerts struct {
	Problems Share         `yaml:"problems" jsonschema_description:"A share of a sync's products with open problems; more is an alert."`
	Swing    Share         `yaml:"swing" jsonschema_description:"How far the number of records of a complete read may be from what is usual; further is an alert."`
	Breaker  time.Duration `yaml:"breaker" jsonschema_description:"For how long an API may keep failing before that is an alert."`
	Failures int           `yaml:"failures" jsonschema:"minimum=1" jsonschema_description:"Failed runs of a sync in a row that are an alert."`
}

// Notify is where alerts are told.
type Notify struct {
	URL  secret.Value `yaml:"url" jsonschema:"required" jsonschema_description:"Where to, as a shoutrrr address: smtp://…, slack://…, teams://…, generic+https://… and many more."`
	Only []string     `yaml:"only" jsonschema_description:"Kinds of alerts to tell, such as plan held; all of them unless set."`
}

// Telemetry is where traces go.
type Telemetry struct {
	Endpoint string                  `yaml:"endpoint" jsonschema_description:"Address of an OpenTelemetry collector that takes OTLP over HTTP, such as http://collector:4318. Without one, no traces are made."`
	Headers  map[string]secret.Value `yaml:"headers" jsonschema_description:"Headers of the requests to it, as for authorization."`
}
