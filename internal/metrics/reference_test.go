package metrics

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// formerMetric is a metric of agent-sandbox as dashboards know it: its type, the names of its labels in order, and the
// upper bounds of a histogram.
type formerMetric struct {
	Type    string
	Labels  string
	Buckets []float64
}

// formerStartup are the bounds of the startup histograms of claims, in milliseconds.
var formerStartup = []float64{100, 250, 500, 750, 1000, 1250, 1500, 2000, 2500, 5000, 10000, 30000, 60000, 120000, 240000}

// formerMetrics are all metrics of agent-sandbox, except those of its libraries.
var formerMetrics = map[string]formerMetric{
	"agent_sandbox_claim_startup_latency_ms":            {"HISTOGRAM", "launch_type sandbox_template", formerStartup},
	"agent_sandbox_claim_controller_startup_latency_ms": {"HISTOGRAM", "launch_type sandbox_template", formerStartup},
	"agent_sandbox_client_claim_startup_latency_ms":     {"HISTOGRAM", "launch_type sandbox_template", formerStartup},
	"agent_sandbox_creation_latency_ms": {
		"HISTOGRAM", "launch_type namespace sandbox_template",
		[]float64{50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 120000, 240000, 300000, 600000},
	},
	"agent_sandbox_claim_creation_total": {
		Type: "COUNTER", Labels: "created_by launch_type namespace pod_condition sandbox_template warmpool_name",
	},
	"agent_sandboxes": {
		Type: "GAUGE", Labels: "created_by expired launch_type namespace operating_mode owned_by ready_condition sandbox_template",
	},
	"agent_sandbox_build_info": {Type: "GAUGE", Labels: "build_date compiler git_commit git_version go_version platform"},
}

// Metrics with the names of agent-sandbox's metrics must keep their type, labels and buckets, so that existing queries
// still work.
func TestFormerMetrics(t *testing.T) {
	claims := NewClaims()
	claims.ObserveStartup(rules.Startup{SinceWebhook: new(time.Second), SinceController: new(time.Second), SinceClient: new(time.Second), Creation: new(time.Second)})
	claims.CountProvision(rules.Provision{})
	state := &State{Cache: storeOf(t, builder.MakeSandbox("s").Obj()), IsLeader: func() bool { return true }, Log: testr.New(t)}
	registry := prometheus.NewPedanticRegistry()
	for _, collector := range []prometheus.Collector{claims, state, NewBuild("1.2.3")} {
		if err := registry.Register(collector); err != nil {
			t.Fatal(err)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]formerMetric{}
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), "agent_sandbox") {
			continue
		}
		metric := formerMetric{Type: family.GetType().String()}
		var labels []string
		for _, label := range family.Metric[0].Label {
			labels = append(labels, label.GetName())
		}
		slices.Sort(labels)
		metric.Labels = strings.Join(labels, " ")
		for _, bucket := range family.Metric[0].GetHistogram().GetBucket() {
			// Finer buckets below agent-sandbox's first one tell 10 ms from 90. No query of its users misses a bucket.
			if bound := bucket.GetUpperBound(); slices.Contains(formerMetrics[family.GetName()].Buckets, bound) || bound >= formerMetrics[family.GetName()].Buckets[0] {
				metric.Buckets = append(metric.Buckets, bound)
			}
		}
		served[family.GetName()] = metric
	}
	if diff := cmp.Diff(formerMetrics, served); diff != "" {
		t.Errorf("metrics (-agent-sandbox +served):\n%s", diff)
	}
}
