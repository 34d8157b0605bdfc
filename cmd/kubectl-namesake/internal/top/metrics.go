package top

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// These metrics are agent-sandbox' own, and Namesake's (docs/metrics.md).
const (
	creations = "agent_sandbox_claim_creation_total"
	latency   = "agent_sandbox_claim_controller_startup_latency_ms"
)

// measured is what the metrics of all managers say together.
type measured struct {
	// got counts the claims that got a Sandbox, by namespace, pool, template and launch type.
	got map[[4]string]int64
	// buckets counts waits by template and the bucket's upper bound in milliseconds, cumulatively.
	buckets map[string]map[float64]uint64
}

// scraper reads the metrics of every manager: as text, one for each.
type scraper func(context.Context) ([][]byte, error)

// measure adds up the metrics of all managers, since each counts the claims that it has served.
func measure(ctx context.Context, scrape scraper) (*measured, error) {
	texts, err := scrape(ctx)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, errors.New("no Pod of a manager is running")
	}
	m := &measured{got: map[[4]string]int64{}, buckets: map[string]map[float64]uint64{}}
	for _, text := range texts {
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("reading metrics: %w", err)
		}
		m.add(families)
	}
	return m, nil
}

func (m *measured) add(families map[string]*dto.MetricFamily) {
	for _, metric := range families[creations].GetMetric() {
		of := labels(metric)
		key := [4]string{of["namespace"], of["warmpool_name"], of["sandbox_template"], of["launch_type"]}
		m.got[key] += int64(metric.GetCounter().GetValue())
	}
	for _, metric := range families[latency].GetMetric() {
		template := labels(metric)["sandbox_template"]
		if m.buckets[template] == nil {
			m.buckets[template] = map[float64]uint64{}
		}
		for _, bucket := range metric.GetHistogram().GetBucket() {
			m.buckets[template][bucket.GetUpperBound()] += bucket.GetCumulativeCount()
		}
	}
}

func labels(metric *dto.Metric) map[string]string {
	found := map[string]string{}
	for _, pair := range metric.GetLabel() {
		found[pair.GetName()] = pair.GetValue()
	}
	return found
}

// apply puts what is measured in the place of what the claims that still exist tell.
func (m *measured) apply(rows []*Pool) {
	for _, row := range rows {
		row.Source, row.Warm, row.Cold = FromMetrics, 0, 0
		for key, count := range m.got {
			// A claim without a pool is counted under its template, and with "none" for the pool.
			if key[0] != row.Namespace || key[1] != row.Name && (row.Name != "" || key[1] != "none" || key[2] != row.Template) {
				continue
			}
			if key[3] == sandboxv1.LaunchTypeWarm {
				row.Warm += count
			} else {
				row.Cold += count
			}
		}
		row.Waits = m.waits(row.Template)
	}
}

// waits returns the waits of a template's claims, or nil without any. The metric knows no namespaces.
func (m *measured) waits(template string) *Waits {
	buckets := m.buckets[template]
	total := buckets[math.Inf(1)]
	if total == 0 {
		return nil
	}
	return &Waits{Count: int64(total), Median: quantile(0.5, buckets), P99: quantile(0.99, buckets)} //nolint:gosec // A count of claims.
}

// quantile is Prometheus' histogram_quantile: linear within the bucket that the quantile is in, and the highest finite bound above it.
func quantile(q float64, buckets map[float64]uint64) int64 {
	var bounds []float64
	for bound := range buckets {
		bounds = append(bounds, bound)
	}
	slices.Sort(bounds)
	rank := q * float64(buckets[math.Inf(1)])
	below, count := 0.0, 0.0
	for _, bound := range bounds {
		upTo := float64(buckets[bound])
		switch {
		case math.IsInf(bound, 1):
			return int64(math.Round(below))
		case upTo >= rank:
			return int64(math.Round(below + (bound-below)*(rank-count)/max(upTo-count, 1)))
		}
		below, count = bound, upTo
	}
	return int64(math.Round(below))
}
