package config

import (
	"time"

	"github.com/skubridge/skubridge/internal/secret"
)

// Backup says when the daemon copies the state, and where to.
type Backup struct {
	Schedule string `yaml:"schedule" jsonschema_description:"Five cron fields, or a word such as @daily. Without a schedule, only skubridge state backup makes backups."`
	Timezone string `yaml:"timezone" jsonschema_description:"Time zone of the schedule, such as America/New_York."`
	Folder   string `yaml:"folder" jsonschema_description:"The folder for backups. Relative paths start at the configuration file."`
	Count    int    `yaml:"count" jsonschema:"minimum=1,maximum=10000" jsonschema_description:"How many backups are kept; the oldest are deleted first."`
}

// Keep says how far back the history goes. What is open, listed or refused is no history.
type Keep struct {
	HistoryDays int `yaml:"history_days" jsonschema:"minimum=0" jsonschema_description:"Days for which runs, settled changes and their attempts are kept; 0 keeps them for ever."`
	VerdictDays int `yaml:"verdict_days" jsonschema:"minimum=0" jsonschema_description:"Days for which earlier eligibility is kept; 0 keeps it for ever. The verdict in force is always kept."`
}

// Daemon says how the daemon lives.
type Daemon struct {
	Drain time.Duration `yaml:"drain" jsonschema_description:"How long stopping may take: requests in flight end and their results are stored. Whatever was not sent is sent after the next start."`
	Watch time.Duration `yaml:"watch" jsonschema_description:"How often the configuration and the files that it names are checked for changes; 0s for never, only on SIGHUP."`
}

// Alerts says what a person should be told of, beside what always is an alert.
type Alerts struct {
	Problems Share         `yaml:"problems" jsonschema_description:"Raises an alert if a larger share of a sync's products has open problems."`
	Swing    Share         `yaml:"swing" jsonschema_description:"How far the number of records of a complete read may be from the usual before an alert is raised."`
	Breaker  time.Duration `yaml:"breaker" jsonschema_description:"How long an API may keep failing before an alert is raised."`
	Failures int           `yaml:"failures" jsonschema:"minimum=1" jsonschema_description:"Consecutive failed runs of a sync that raise an alert."`
}

// Notify is where alerts are told.
type Notify struct {
	URL  secret.Value `yaml:"url" jsonschema:"required" jsonschema_description:"The recipient, as a shoutrrr address: smtp://…, slack://…, teams://…, generic+https://… and many more."`
	Only []string     `yaml:"only" jsonschema_description:"Kinds of alerts to send, such as plan held; all unless set."`
}

// Telemetry is where traces go.
type Telemetry struct {
	Endpoint string                  `yaml:"endpoint" jsonschema_description:"Address of an OpenTelemetry collector that accepts OTLP over HTTP, such as http://collector:4318. Without one, no traces are made."`
	Headers  map[string]secret.Value `yaml:"headers" jsonschema_description:"Headers of requests to it, for example for authorization."`
}
