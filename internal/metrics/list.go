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
	buildInfo   = Metric{prefix + "build_info", Gauge, []string{"version", "go"}, "Always 1; the labels say which program this is."}
	generation  = Metric{prefix + "config_generation", Gauge, nil, "How many configurations have been in force since the start."}
	reloadOK    = Metric{prefix + "config_reload_successful", Gauge, nil, "0 when the configuration was read again and has faults: the one before is in force."}
	loadedAt    = Metric{prefix + "config_loaded_timestamp_seconds", Gauge, nil, "When the configuration in force was read."}
	runs        = Metric{prefix + "runs_total", Counter, []string{"sync", "status"}, "Runs that ended, by their word."}
	runSeconds  = Metric{prefix + "run_duration_seconds", Histogram, []string{"sync"}, "How long runs took."}
	runEnded    = Metric{prefix + "run_last_end_timestamp_seconds", Gauge, []string{"sync", "status"}, "When the last run with this word ended; kept over restarts."}
	nextRun     = Metric{prefix + "sync_next_start_timestamp_seconds", Gauge, []string{"sync"}, "When the sync starts by itself next; 0 for never."}
	running     = Metric{prefix + "sync_running", Gauge, []string{"sync"}, "1 while the sync runs or waits for its turn."}
	paused      = Metric{prefix + "sync_paused", Gauge, []string{"sync"}, "1 while a person keeps the sync from starting by itself."}
	held        = Metric{prefix + "held", Gauge, []string{"what", "name"}, "1 while a plan of a sync, or a read of a source, waits for a person."}
	changes     = Metric{prefix + "changes_total", Counter, []string{"sync", "op"}, "Changes that an API accepted."}
	recordsRead = Metric{prefix + "records_read_total", Counter, []string{"sync"}, "Records that runs read."}
	standing    = Metric{prefix + "products", Gauge, []string{"sync", "standing"}, "How the products stood at the end of the last run since the start."}
	listings    = Metric{prefix + "listings", Gauge, []string{"sync", "destination", "status"}, "Products that are known at an API."}
	problems    = Metric{prefix + "problems", Gauge, []string{"sync", "source", "kind"}, "Open problems; sync is empty for those of a source itself."}
	backlog     = Metric{prefix + "backlog", Gauge, []string{"sync", "destination", "status"}, "Changes on their way: ready, claimed, unclear, parked."}
	records     = Metric{prefix + "source_records", Gauge, []string{"source"}, "Records in the last complete read."}
	readAt      = Metric{prefix + "source_read_timestamp_seconds", Gauge, []string{"source"}, "When the source was last read whole."}
	requests    = Metric{prefix + "requests_total", Counter, []string{"destination"}, "Requests sent to a product API."}
	failures    = Metric{prefix + "delivery_failures_total", Counter, []string{"destination", "class"}, "Attempts that were not accepted, by class."}
	breaker     = Metric{prefix + "breaker_open", Gauge, []string{"destination"}, "1 while nothing is sent to an API that keeps failing."}
	denied      = Metric{prefix + "destination_denied", Gauge, []string{"destination"}, "1 while an API refuses the credentials."}
	openVerdict = Metric{prefix + "eligibility_open", Gauge, []string{"destination"}, "Listings whose eligibility is not final."}
	webhooks    = Metric{prefix + "webhooks_waiting", Gauge, []string{"name", "status"}, "Webhooks that are kept and not worked off."}
	alerts      = Metric{prefix + "alerts", Gauge, []string{"kind"}, "What a person should know of now, by kind."}
	served      = Metric{prefix + "http_requests_total", Counter, []string{"part", "code"}, "Requests that the daemon answered, by the part that did and the class of the status."}
	serveTime   = Metric{prefix + "http_request_duration_seconds", Histogram, []string{"part"}, "How long answers took."}
	notices     = Metric{prefix + "notifications_total", Counter, []string{"result"}, "Notifications, sent or failed."}
	backups     = Metric{prefix + "backups_total", Counter, []string{"result"}, "Backups, made or failed."}
	backupAt    = Metric{prefix + "backup_last_timestamp_seconds", Gauge, nil, "When the last backup since the start was made."}
	stateBytes  = Metric{prefix + "state_bytes", Gauge, []string{"file"}, "Size of the state and of its log."}
	freeBytes   = Metric{prefix + "state_free_bytes", Gauge, nil, "Room left where the state lies."}
	writable    = Metric{prefix + "state_writable", Gauge, nil, "0 while the state cannot be written: no sync begins until it can."}
	scraped     = Metric{prefix + "scrape_failed", Gauge, nil, "1 when the state could not be counted: what comes from it is missing then."}
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
