package neighbours

import (
	"cmp"
	"context"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	"sigs.k8s.io/yaml"
)

// interval is how often targets are scraped and rules evaluated: Prometheus' default is a minute, that of most installations
// and of the operator is 30 seconds.
const interval = 30 * time.Second

// alertsOf returns the alerts that config has, which are those of the chart, with that name.
func alertsOf(t *testing.T, name string) []rulefmt.Rule {
	t.Helper()
	var alerts []rulefmt.Rule
	for _, group := range ruleGroups(t).Groups {
		for _, rule := range group.Rules {
			if rule.Alert == name {
				alerts = append(alerts, rule)
			}
		}
	}
	if len(alerts) == 0 {
		t.Fatalf("there is no alert %s", name)
	}
	return alerts
}

func ruleGroups(t *testing.T) *rulefmt.RuleGroups {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository, "config", "prometheus", "prometheus_rule.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var rule struct {
		Spec map[string]any `json:"spec"`
	}
	if err := yaml.Unmarshal(content, &rule); err != nil {
		t.Fatal(err)
	}
	file, err := yaml.Marshal(rule.Spec)
	if err != nil {
		t.Fatal(err)
	}
	groups, errs := rulefmt.Parse(file, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.Default())
	for _, err := range errs {
		t.Error(err)
	}
	if groups == nil || len(groups.Groups) == 0 {
		t.Fatal("there are no alerts")
	}
	return groups
}

// target is what Prometheus scrapes.
type target struct {
	// namespace is the Pod's. The ServiceMonitor lets a metric keep a label of that name.
	namespace, pod string

	registry *prometheus.Registry
	answers  bool
}

// server holds what Prometheus has scraped, by the namespace and name of a target's Pod and by series.
type server struct {
	engine *promql.Engine
	held   map[string]map[string]*series
}

type series struct {
	labels  labels.Labels
	samples []chunks.Sample
}

func newServer() *server {
	return &server{held: map[string]map[string]*series{}, engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute})}
}

// scrape adds what targets expose at that time. As Prometheus does, it marks the series that are there no more as stale.
func (s *server) scrape(t *testing.T, at time.Time, targets []target) {
	t.Helper()
	scraped := map[*series]bool{}
	add := func(pod string, f float64, of labels.Labels) {
		if s.held[pod] == nil {
			s.held[pod] = map[string]*series{}
		}
		one, ok := s.held[pod][of.String()]
		if !ok {
			one = &series{labels: of}
			s.held[pod][of.String()] = one
		}
		one.samples = append(one.samples, sample{at.UnixMilli(), f})
		scraped[one] = true
	}
	for _, target := range targets {
		own, key := map[string]string{"job": "namesake", "namespace": target.namespace, "pod": target.pod}, target.namespace+"/"+target.pod
		add(key, number(target.answers), named("up", own))
		if !target.answers {
			continue
		}
		families, err := target.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			for _, metric := range family.Metric {
				if f, ok := valueOf(metric); ok {
					add(key, f, named(family.GetName(), own, metric.Label...))
				}
			}
		}
	}
	for _, all := range s.held {
		for _, one := range all {
			if !scraped[one] && !value.IsStaleNaN(one.samples[len(one.samples)-1].F()) {
				one.samples = append(one.samples, sample{at.UnixMilli(), math.Float64frombits(value.StaleNaN)})
			}
		}
	}
}

func named(name string, own map[string]string, pairs ...*dto.LabelPair) labels.Labels {
	b := labels.NewBuilder(labels.FromMap(own))
	b.Set(model.MetricNameLabel, name)
	for _, pair := range pairs {
		b.Set(pair.GetName(), pair.GetValue())
	}
	return b.Labels()
}

// valueOf returns the value of a counter or gauge: no alert is about histograms.
func valueOf(metric *dto.Metric) (f float64, ok bool) {
	switch {
	case metric.Gauge != nil:
		return metric.Gauge.GetValue(), true
	case metric.Counter != nil:
		return metric.Counter.GetValue(), true
	}
	return 0, false
}

// active returns the label sets for which an expression is true at that time.
func (s *server) active(t *testing.T, expression string, at time.Time) map[string]bool {
	t.Helper()
	query, err := s.engine.NewInstantQuery(t.Context(), s, nil, expression, at)
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	vector, err := query.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatal(err)
	}
	sets := map[string]bool{}
	for _, sample := range vector {
		sets[sample.Metric.DropReserved(func(name string) bool { return name == model.MetricNameLabel }).String()] = true
	}
	return sets
}

// Querier implements storage.Queryable.
func (s *server) Querier(_, _ int64) (storage.Querier, error) { return &querier{server: s}, nil }

type querier struct {
	storage.MockQuerier

	server *server
}

// Select implements storage.Querier.
func (q *querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	found := &set{}
	for _, all := range q.server.held {
		for _, one := range all {
			if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(one.labels.Get(m.Name)) }) {
				found.left = append(found.left, storage.NewListSeries(one.labels, one.samples))
			}
		}
	}
	slices.SortFunc(found.left, func(a, b storage.Series) int { return cmp.Compare(a.Labels().String(), b.Labels().String()) })
	return found
}

// set implements storage.SeriesSet.
type set struct {
	left []storage.Series
	at   storage.Series
}

func (s *set) Next() bool {
	if len(s.left) == 0 {
		return false
	}
	s.at, s.left = s.left[0], s.left[1:]
	return true
}
func (s *set) At() storage.Series              { return s.at }
func (*set) Err() error                        { return nil }
func (*set) Warnings() annotations.Annotations { return nil }

// sample implements chunks.Sample.
type sample struct {
	t int64
	f float64
}

func (s sample) T() int64                    { return s.t }
func (sample) ST() int64                     { return 0 }
func (s sample) F() float64                  { return s.f }
func (sample) H() *histogram.Histogram       { return nil }
func (sample) FH() *histogram.FloatHistogram { return nil }
func (sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample         { return s }
