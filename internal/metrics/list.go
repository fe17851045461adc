package metrics

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Kind is how a metric behaves.
type Kind string

// The kinds of metrics.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Metric is one metric as it is documented. No label grows with the catalog: they
// are names from the configuration, and words of a known set.
type Metric struct {
	Name   string
	Kind   Kind
	Labels []string
	Help   string
}

const prefix = "skubridge_"

// The metrics, by what they are about.
var (
	buildInfo   = Metric{prefix + "build_info", Gauge, []string{"version", "go"}, "Always 1; the labels have the versions of skubridge and Go."}
	generation  = Metric{prefix + "config_generation", Gauge, nil, "Number of configurations in force since the start, counting the first."}
	reloadOK    = Metric{prefix + "config_reload_successful", Gauge, nil, "1 if the last reload succeeded, 0 if it was refused and the previous configuration stays in force."}
	loadedAt    = Metric{prefix + "config_loaded_timestamp_seconds", Gauge, nil, "Time at which the configuration in force was loaded."}
	runs        = Metric{prefix + "runs_total", Counter, []string{"sync", "status"}, "Finished runs, by status."}
	runSeconds  = Metric{prefix + "run_duration_seconds", Histogram, []string{"sync"}, "Duration of runs."}
	runEnded    = Metric{prefix + "run_last_end_timestamp_seconds", Gauge, []string{"sync", "status"}, "End of the last run with this status; survives restarts."}
	nextRun     = Metric{prefix + "sync_next_start_timestamp_seconds", Gauge, []string{"sync"}, "Next scheduled start of the sync; 0 if there is none."}
	running     = Metric{prefix + "sync_running", Gauge, []string{"sync"}, "1 while the sync is running or waiting for its turn."}
	paused      = Metric{prefix + "sync_paused", Gauge, []string{"sync"}, "1 while the schedule of the sync is paused."}
	held        = Metric{prefix + "held", Gauge, []string{"what", "name"}, "1 while a plan of a sync, or a read of a source, waits for approval."}
	changes     = Metric{prefix + "changes_total", Counter, []string{"sync", "op"}, "Changes accepted by an API."}
	recordsRead = Metric{prefix + "records_read_total", Counter, []string{"sync"}, "Records read by runs."}
	standing    = Metric{prefix + "products", Gauge, []string{"sync", "standing"}, "Products at the end of the last run since the start, by outcome."}
	listings    = Metric{prefix + "listings", Gauge, []string{"sync", "destination", "status"}, "Products known to exist at an API, by status."}
	problems    = Metric{prefix + "problems", Gauge, []string{"sync", "source", "kind"}, "Open problems; sync is empty for problems of a source itself."}
	backlog     = Metric{prefix + "backlog", Gauge, []string{"sync", "destination", "status"}, "Changes not settled yet: ready, claimed, unclear or parked."}
	records     = Metric{prefix + "source_records", Gauge, []string{"source"}, "Records in the last complete read of the source."}
	readAt      = Metric{prefix + "source_read_timestamp_seconds", Gauge, []string{"source"}, "Time of the last complete read of the source."}
	requests    = Metric{prefix + "requests_total", Counter, []string{"destination"}, "Requests sent to a product API."}
	failures    = Metric{prefix + "delivery_failures_total", Counter, []string{"destination", "class"}, "Failed delivery attempts, by class."}
	breaker     = Metric{prefix + "breaker_open", Gauge, []string{"destination"}, "1 while the circuit breaker is open and nothing is sent to the API."}
	denied      = Metric{prefix + "destination_denied", Gauge, []string{"destination"}, "1 while the API refuses the credentials."}
	openVerdict = Metric{prefix + "eligibility_open", Gauge, []string{"destination"}, "Listings whose eligibility is not final."}
	webhooks    = Metric{prefix + "webhooks_waiting", Gauge, []string{"name", "status"}, "Webhooks received but not processed yet."}
	alerts      = Metric{prefix + "alerts", Gauge, []string{"kind"}, "Active alerts, by kind."}
	served      = Metric{prefix + "http_requests_total", Counter, []string{"part", "code"}, "HTTP requests answered by the daemon, by part and status class."}
	serveTime   = Metric{prefix + "http_request_duration_seconds", Histogram, []string{"part"}, "Time taken to answer HTTP requests, by part."}
	notices     = Metric{prefix + "notifications_total", Counter, []string{"result"}, "Notifications, by result."}
	backups     = Metric{prefix + "backups_total", Counter, []string{"result"}, "Backups, by result."}
	backupAt    = Metric{prefix + "backup_last_timestamp_seconds", Gauge, nil, "Time of the last backup since the start."}
	stateBytes  = Metric{prefix + "state_bytes", Gauge, []string{"file"}, "Size of the state file and of its log."}
	freeBytes   = Metric{prefix + "state_free_bytes", Gauge, nil, "Free space on the disk that holds the state."}
	writable    = Metric{prefix + "state_writable", Gauge, nil, "0 while the state cannot be written; no sync starts until it can."}
	scraped     = Metric{prefix + "scrape_failed", Gauge, nil, "1 if the state could not be queried; metrics that come from it are then missing."}
)

// List are all metrics of ours, by name. Those of the Go runtime and of the process
// stand beside them under go_ and process_.
func List() []Metric {
	all := []Metric{
		buildInfo, generation, reloadOK, loadedAt, runs, runSeconds, runEnded, nextRun, running, paused, held, changes, recordsRead,
		standing, listings, problems, backlog, records, readAt, requests, failures, breaker, denied, openVerdict, webhooks, alerts,
		served, serveTime, notices, backups, backupAt, stateBytes, freeBytes, writable, scraped,
	}
	slices.SortFunc(all, func(a, b Metric) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (m Metric) desc() *prometheus.Desc { return prometheus.NewDesc(m.Name, m.Help, m.Labels, nil) }

func (m Metric) counter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Name, Help: m.Help}, m.Labels)
}

func (m Metric) gauge() *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.Name, Help: m.Help}, m.Labels)
}

func (m Metric) histogram(buckets ...float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: m.Name, Help: m.Help, Buckets: buckets}, m.Labels)
}
