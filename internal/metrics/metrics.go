// Package metrics gives the daemon's metrics to Prometheus. Events are counted as they
// happen; what stands in the state, such as listings and open problems, is counted when
// it is asked for. The list of all metrics is in one place, and docs/operations.md shows it.
package metrics

import (
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/skubridge/skubridge/catalog"
	"github.com/skubridge/skubridge/sync/engine"
)

// Metrics are those of one daemon. Its methods are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	runs, changes, recordsRead, served, notices, backups *prometheus.CounterVec
	runSeconds, serveTime                                *prometheus.HistogramVec
	standing                                             *prometheus.GaugeVec
	generation, reloadOK, loadedAt, backupAt             prometheus.Gauge
}

// New makes the metrics of a program's version; what is asked for at each scrape
// comes from live.
func New(version string, live Live) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		runs:     runs.counter(), changes: changes.counter(), recordsRead: recordsRead.counter(),
		served: served.counter(), notices: notices.counter(), backups: backups.counter(),
		runSeconds: runSeconds.histogram(1, 5, 15, 60, 300, 900, 3600, 4*3600),
		serveTime:  serveTime.histogram(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10),
		standing:   standing.gauge(),
	}
	build, gen, ok, loaded, backup := buildInfo.gauge(), generation.gauge(), reloadOK.gauge(), loadedAt.gauge(), backupAt.gauge()
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(
		m.runs, m.changes, m.recordsRead, m.served, m.notices, m.backups, m.runSeconds, m.serveTime, m.standing,
		build, gen, ok, loaded, backup, &collector{live: live},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.generation, m.reloadOK = gen.WithLabelValues(), ok.WithLabelValues()
	m.loadedAt, m.backupAt = loaded.WithLabelValues(), backup.WithLabelValues()
	for _, result := range []bool{true, false} { // a counter that is there before its first failure can be alerted on
		m.notices.WithLabelValues(resultOf(result))
		m.backups.WithLabelValues(resultOf(result))
	}
	return m
}

// Handler answers /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		// What can be told is told: who is watching needs it most when something fails.
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 9 * time.Second,
	})
}

// Gatherer gives the metrics to tests.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Ran counts a run that ended.
func (m *Metrics) Ran(r engine.Report, took time.Duration) {
	m.runs.WithLabelValues(r.Sync, string(r.Status)).Inc()
	m.runSeconds.WithLabelValues(r.Sync).Observe(took.Seconds())
	m.recordsRead.WithLabelValues(r.Sync).Add(float64(r.Read))
	for op, n := range map[catalog.Op]int{
		catalog.OpCreate: r.Created, catalog.OpAdopt: r.Adopted, catalog.OpUpdate: r.Updated,
		catalog.OpReplace: r.Replaced, catalog.OpArchive: r.Archived, catalog.OpRestore: r.Restored,
	} {
		m.changes.WithLabelValues(r.Sync, string(op)).Add(float64(n))
	}
	for word, n := range map[string]int{
		"changed": r.Changes(), "unchanged": r.Unchanged, "skipped": r.Skipped, "quarantined": r.Quarantined,
		"rejected": r.Rejected, "held": r.Held, "pending": r.Pending,
	} {
		m.standing.WithLabelValues(r.Sync, word).Set(float64(n))
	}
}

// Served counts an answer over HTTP.
func (m *Metrics) Served(part string, status int, took time.Duration) {
	m.served.WithLabelValues(part, strconv.Itoa(status/100)+"xx").Inc()
	m.serveTime.WithLabelValues(part).Observe(took.Seconds())
}

// InForce notes which configuration is in force.
func (m *Metrics) InForce(generation int, since time.Time) {
	m.generation.Set(float64(generation))
	m.loadedAt.Set(seconds(since))
	m.reloadOK.Set(1)
}

// Refused notes that a configuration has faults.
func (m *Metrics) Refused() { m.reloadOK.Set(0) }

// Notified counts a notification.
func (m *Metrics) Notified(sent bool) { m.notices.WithLabelValues(resultOf(sent)).Inc() }

// BackedUp counts a backup.
func (m *Metrics) BackedUp(at time.Time, made bool) {
	m.backups.WithLabelValues(resultOf(made)).Inc()
	if made {
		m.backupAt.Set(seconds(at))
	}
}

func resultOf(ok bool) string {
	if ok {
		return "ok"
	}
	return "failed"
}

// seconds is a time as Prometheus has it; 0 for none.
func seconds(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.UnixMilli()) / 1000
}
