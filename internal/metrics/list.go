package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metric is one metric of ours. No label grows with the catalog: they are names from the
// configuration, and words of a known set. The table in docs/operations.md says the same.
type metric struct {
	name   string
	labels []string
	help   string
}

const prefix = "skubridge_"

// The metrics, by what they are about.
var (
	buildInfo   = metric{prefix + "build_info", []string{"version", "go"}, "Always 1; the labels have the versions of skubridge and Go."}
	generation  = metric{prefix + "config_generation", nil, "Number of configurations in force since the start, counting the first."}
	reloadOK    = metric{prefix + "config_reload_successful", nil, "1 if the last reload succeeded, 0 if it was refused and the previous configuration stays in force."}
	loadedAt    = metric{prefix + "config_loaded_timestamp_seconds", nil, "Time at which the configuration in force was loaded."}
	runs        = metric{prefix + "runs_total", []string{"sync", "status"}, "Finished runs, by status."}
	runSeconds  = metric{prefix + "run_duration_seconds", []string{"sync"}, "Duration of runs."}
	runEnded    = metric{prefix + "run_last_end_timestamp_seconds", []string{"sync", "status"}, "End of the last run with this status; survives restarts."}
	nextRun     = metric{prefix + "sync_next_start_timestamp_seconds", []string{"sync"}, "Next scheduled start of the sync; 0 if there is none."}
	running     = metric{prefix + "sync_running", []string{"sync"}, "1 while the sync is running or waiting for its turn."}
	paused      = metric{prefix + "sync_paused", []string{"sync"}, "1 while the schedule of the sync is paused."}
	held        = metric{prefix + "held", []string{"what", "name"}, "1 while a plan of a sync, or a read of a source, waits for approval."}
	changes     = metric{prefix + "changes_total", []string{"sync", "op"}, "Changes accepted by an API."}
	recordsRead = metric{prefix + "records_read_total", []string{"sync"}, "Records read by runs."}
	standing    = metric{prefix + "products", []string{"sync", "standing"}, "Products at the end of the last run since the start, by outcome."}
	listings    = metric{prefix + "listings", []string{"sync", "destination", "status"}, "Products known to exist at an API, by status."}
	problems    = metric{prefix + "problems", []string{"sync", "source", "kind"}, "Open problems; sync is empty for problems of a source itself."}
	backlog     = metric{prefix + "backlog", []string{"sync", "destination", "status"}, "Changes not settled yet: ready, claimed, unclear or parked."}
	records     = metric{prefix + "source_records", []string{"source"}, "Records in the last complete read of the source."}
	readAt      = metric{prefix + "source_read_timestamp_seconds", []string{"source"}, "Time of the last complete read of the source."}
	requests    = metric{prefix + "requests_total", []string{"destination"}, "Requests sent to a product API."}
	failures    = metric{prefix + "delivery_failures_total", []string{"destination", "class"}, "Failed delivery attempts, by class."}
	breaker     = metric{prefix + "breaker_open", []string{"destination"}, "1 while the circuit breaker is open and nothing is sent to the API."}
	denied      = metric{prefix + "destination_denied", []string{"destination"}, "1 while the API refuses the credentials."}
	openVerdict = metric{prefix + "eligibility_open", []string{"destination"}, "Listings whose eligibility is not final."}
	webhooks    = metric{prefix + "webhooks_waiting", []string{"name", "status"}, "Webhooks received but not processed yet."}
	alerts      = metric{prefix + "alerts", []string{"kind"}, "Active alerts, by kind."}
	served      = metric{prefix + "http_requests_total", []string{"part", "code"}, "HTTP requests answered by the daemon, by part and status class."}
	serveTime   = metric{prefix + "http_request_duration_seconds", []string{"part"}, "Time taken to answer HTTP requests, by part."}
	notices     = metric{prefix + "notifications_total", []string{"result"}, "Notifications, by result."}
	backups     = metric{prefix + "backups_total", []string{"result"}, "Backups, by result."}
	backupAt    = metric{prefix + "backup_last_timestamp_seconds", nil, "Time of the last backup since the start."}
	stateBytes  = metric{prefix + "state_bytes", []string{"file"}, "Size of the state file and of its log."}
	freeBytes   = metric{prefix + "state_free_bytes", nil, "Free space on the disk that holds the state."}
	writable    = metric{prefix + "state_writable", nil, "0 while the state cannot be written; no sync starts until it can."}
	scraped     = metric{prefix + "scrape_failed", nil, "1 if the state could not be queried; metrics that come from it are then missing."}
)

func (m metric) desc() *prometheus.Desc { return prometheus.NewDesc(m.name, m.help, m.labels, nil) }

func (m metric) counter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.name, Help: m.help}, m.labels)
}

func (m metric) gauge() *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.name, Help: m.help}, m.labels)
}

func (m metric) histogram(buckets ...float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: m.name, Help: m.help, Buckets: buckets}, m.labels)
}
