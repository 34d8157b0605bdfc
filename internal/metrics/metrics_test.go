package metrics

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// samples compares the samples of collector for these metrics with lines of the text format, without HELP and TYPE.
func samples(t *testing.T, collector prometheus.Collector, want string, names ...string) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(collector); err != nil {
		t.Fatal(err)
	}
	described := ""
	for _, d := range All() {
		described += fmt.Sprintf("# HELP %s %s\n# TYPE %s %s\n", d.Name, d.Help, d.Name, d.Type)
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(described+strings.ReplaceAll(want, "\t", "")), names...); err != nil {
		t.Error(err)
	}
}

func TestClaims(t *testing.T) {
	c := NewClaims()
	c.ObserveStartup(rules.Startup{Namespace: "n", LaunchType: "warm", Template: "t", SinceController: new(1500 * time.Microsecond), Creation: new(time.Second)})
	c.ObserveStartup(rules.Startup{Namespace: "n", LaunchType: "warm", Template: "t", SinceController: new(300 * time.Millisecond)})
	for _, ready := range []bool{true, false} {
		c.CountProvision(rules.Provision{Namespace: "n", Template: "t", LaunchType: "warm", Pool: "p", Ready: ready, CreatedBy: "unknown"})
	}
	c.CountRebound("n")
	samples(t, c, `
		agent_sandbox_claim_creation_total{created_by="unknown",launch_type="warm",namespace="n",pod_condition="not_ready",sandbox_template="t",warmpool_name="p"} 1
		agent_sandbox_claim_creation_total{created_by="unknown",launch_type="warm",namespace="n",pod_condition="ready",sandbox_template="t",warmpool_name="p"} 1
		namesake_binding_conflicts_total{namespace="n"} 1
		`, provisions.Name, conflicts.Name, clientStartup.Name, webhookStartup.Name)
	for vec, count := range map[prometheus.Collector]int{c.fromController: 1, c.creation: 1, c.fromClient: 0, c.fromWebhook: 0} {
		if got := testutil.CollectAndCount(vec); got != count {
			t.Errorf("%d series, want %d", got, count)
		}
	}
	samples(t, c.fromController, `
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="5"} 1
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="10"} 1
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="20"} 1
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="30"} 1
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="50"} 1
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="75"} 1
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="100"} 1
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="250"} 1
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="500"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="750"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="1000"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="1250"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="1500"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="2000"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="2500"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="5000"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="10000"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="30000"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="60000"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="120000"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="240000"} 2
		agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="t",le="+Inf"} 2
		agent_sandbox_claim_controller_startup_latency_ms_sum{launch_type="warm",sandbox_template="t"} 301.5
		agent_sandbox_claim_controller_startup_latency_ms_count{launch_type="warm",sandbox_template="t"} 2
		`, controllerStartup.Name)
}

// Series of what is gone go at the second sweep that finds them so, and come back from zero.
func TestRetire(t *testing.T) {
	c := NewClaims()
	provision := func(namespace string) {
		c.CountProvision(rules.Provision{Namespace: namespace, Template: "t", LaunchType: "warm", Pool: "p", CreatedBy: "unknown"})
		c.CountRebound(namespace)
		c.ObserveStartup(rules.Startup{Namespace: namespace, LaunchType: "warm", Template: namespace, SinceController: new(time.Second), Creation: new(time.Second)})
	}
	provision("stays")
	provision("goes")
	alive := func(namespace, template, _ string) bool { return namespace != "goes" && template != "goes" }
	all := func(string, string, string) bool { return true }
	count := func() int {
		return testutil.CollectAndCount(c.provisions) + testutil.CollectAndCount(c.conflicts) +
			testutil.CollectAndCount(c.fromController) + testutil.CollectAndCount(c.creation)
	}
	for i, step := range []struct {
		alive Alive
		want  int
	}{{alive, 8}, {all, 8}, {alive, 8}, {alive, 4}, {alive, 4}} {
		c.Retire(step.alive)
		if got := count(); got != step.want {
			t.Errorf("after sweep %d: %d series, want %d", i, got, step.want)
		}
	}
	provision("goes")
	if got := testutil.ToFloat64(c.conflicts.WithLabelValues("goes")); got != 1 {
		t.Errorf("what came back counts %v, want 1", got)
	}
}

func TestAdmission(t *testing.T) {
	a := NewAdmission()
	a.Init("/a")
	a.Init("/b")
	a.CountAllowed("/a")
	a.CountRefused("/a", "binding")
	a.CountFailed("/a")
	samples(t, a, `
		namesake_admission_decisions_total{decision="allowed",rule="",webhook="/a"} 1
		namesake_admission_decisions_total{decision="allowed",rule="",webhook="/b"} 0
		namesake_admission_decisions_total{decision="error",rule="",webhook="/a"} 1
		namesake_admission_decisions_total{decision="error",rule="",webhook="/b"} 0
		namesake_admission_decisions_total{decision="refused",rule="binding",webhook="/a"} 1
		namesake_admission_errors_total{webhook="/a"} 1
		namesake_admission_errors_total{webhook="/b"} 0
		`)
}

// storeOf returns a cache with these objects.
func storeOf(t *testing.T, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{sandboxv1.AddToScheme, extensionsv1.AddToScheme, networkingv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
}

func TestState(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Replicas(3).Obj()
	pool.Status.Replicas, pool.Status.ReadyReplicas = 2, 1
	objects := []client.Object{
		pool,
		builder.MakeSandbox("p-a").Pool(pool).Ready().Obj(), builder.MakeSandbox("p-b").Pool(pool).Ready().Obj(),
		builder.MakeSandbox("alone").Namespace("other").Obj(), builder.MakeClaim("c").Obj(),
	}
	store := storeOf(t, objects...)
	leads := false
	state := &State{Cache: store, IsLeader: func() bool { return leads }, Available: func(types.UID) int { return 1 }, Log: testr.New(t)}
	samples(t, state, "")
	leads = true
	samples(t, state, `
		agent_sandboxes{created_by="controller",expired="false",launch_type="warm",namespace="default",operating_mode="Running",owned_by="SandboxWarmPool",ready_condition="true",sandbox_template="t"} 2
		agent_sandboxes{created_by="unknown",expired="false",launch_type="cold",namespace="other",operating_mode="Running",owned_by="None",ready_condition="false",sandbox_template="unknown"} 1
		namesake_claims{namespace="default",ready="false",reason="Pending"} 1
		namesake_warmpool_available_replicas{namespace="default",warmpool_name="p"} 1
		namesake_warmpool_desired_replicas{namespace="default",warmpool_name="p"} 3
		namesake_warmpool_ready_replicas{namespace="default",warmpool_name="p"} 1
		namesake_warmpool_replicas{namespace="default",warmpool_name="p"} 2
		`)
	if err := store.Delete(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	samples(t, state, "", poolDesired.Name, poolReplicas.Name, poolReady.Name, poolAvailable.Name)

	// A cache that does not answer costs only the samples.
	state.Cache = interceptor.NewClient(store, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			if _, of := list.(*sandboxv1.SandboxList); of {
				return errors.New("not synced")
			}
			return c.List(ctx, list, opts...)
		},
	})
	samples(t, state, "", sandboxes.Name)
}

func TestBuild(t *testing.T) {
	families := prometheus.NewPedanticRegistry()
	if err := families.Register(NewBuild("1.2.3")); err != nil {
		t.Fatal(err)
	}
	got, err := families.Gather()
	if err != nil || len(got) != 1 || len(got[0].Metric) != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	labels := map[string]string{}
	for _, pair := range got[0].Metric[0].Label {
		labels[pair.GetName()] = pair.GetValue()
	}
	for _, label := range build.Labels {
		if labels[label.Name] == "" {
			t.Errorf("%s is empty", label.Name)
		}
	}
	if labels["git_version"] != "1.2.3" || got[0].Metric[0].Gauge.GetValue() != 1 {
		t.Errorf("got %v", got)
	}
}

// Every metric must be listed once, and every label must have a meaning in words.
func TestAll(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range All() {
		if seen[d.Name] || !strings.HasSuffix(d.Help, ".") || d.Type == "" || (d.Type == Histogram) != (len(d.Buckets) > 0) {
			t.Errorf("%+v", d)
		}
		if !regexp.MustCompile(`^(agent_sandbox|namesake)_?\w+$`).MatchString(d.Name) || (d.Type == Counter) != strings.HasSuffix(d.Name, "_total") {
			t.Errorf("the name %s is not as others", d.Name)
		}
		seen[d.Name] = true
		for _, label := range d.Labels {
			if !strings.HasSuffix(label.Meaning, ".") {
				t.Errorf("%s: %q is no sentence", d.Name, label.Meaning)
			}
		}
	}
}
