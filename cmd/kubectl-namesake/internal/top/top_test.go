package top

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// claimed makes a claim that was created so long ago, and got that Sandbox and was Ready after its wait.
func claimed(claim *builder.ClaimWrapper, ago, wait time.Duration, sandbox string) extensionsv1.SandboxClaim {
	c := claim.CreatedAt(now.Add(-ago)).StatusSandbox(sandbox).
		Condition(extensionsv1.ConditionReady, metav1.ConditionTrue, sandboxv1.ReasonDependenciesReady).Obj()
	c.Status.Conditions[0].LastTransitionTime = metav1.NewTime(now.Add(wait - ago))
	return *c
}

func launched(name, launchType string) metav1.PartialObjectMetadata {
	return metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Namespace: builder.DefaultNamespace, Name: name, Labels: map[string]string{sandboxv1.LabelLaunchType: launchType},
	}}
}

// world is a pool, which is short of one, with claims: one of it that waits, one that names its template and got its Sandbox, one that
// got none of it; and one whose name only begins alike.
func world() []*Pool {
	pools := []extensionsv1.SandboxWarmPool{*builder.MakePool("python").Template("py").Replicas(3).StatusReplicas(3, 2).Obj()}
	return count(pools, []extensionsv1.SandboxClaim{
		claimed(builder.MakeClaim("a").Pool("python"), time.Hour, 0, "python-aaaaa"),
		claimed(builder.MakeClaim("b").Template("py"), time.Minute, 2*time.Second, "python-bbbbb"),
		claimed(builder.MakeClaim("c").Template("py"), time.Minute, 30*time.Second, "c"),
		claimed(builder.MakeClaim("d").Template("py"), time.Minute, time.Second, "python-extra-ccccc"),
		*builder.MakeClaim("e").Pool("python").CreatedAt(now.Add(-10 * time.Second)).Obj(),
		*builder.MakeClaim("f").Pool("python").CreatedAt(now.Add(-time.Hour)).
			Condition(extensionsv1.ConditionReady, metav1.ConditionFalse, extensionsv1.ReasonClaimExpired).Obj(),
		*builder.MakeClaim("g").Pool("gone").CreatedAt(now.Add(-time.Hour)).Obj(),
	}, []metav1.PartialObjectMetadata{
		launched("python-aaaaa", sandboxv1.LaunchTypeWarm), launched("python-bbbbb", sandboxv1.LaunchTypeWarm),
		launched("c", sandboxv1.LaunchTypeCold), launched("python-extra-ccccc", sandboxv1.LaunchTypeWarm),
	}, 5*time.Minute, now)
}

func TestCount(t *testing.T) {
	want := []*Pool{
		{Namespace: "default", Name: "python", Template: "py", Wanted: 3, Ready: 2, Claimed: 2, Waiting: 1, Arrivals: 2, Warm: 2, Source: FromClaims, Waits: &Waits{3, 2000, 10000}},
		{Namespace: "default", Template: "py", Claimed: 2, Arrivals: 2, Warm: 1, Cold: 1, Source: FromClaims, Waits: &Waits{2, 1000, 30000}},
		{Namespace: "default", Name: "gone", Waiting: 1, Source: FromClaims, Waits: &Waits{1, 3600000, 3600000}},
	}
	if diff := cmp.Diff(want, world()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWaitOf(t *testing.T) {
	ready := claimed(builder.MakeClaim("a").Pool("p"), time.Minute, -time.Second, "s")
	for name, tc := range map[string]struct {
		claim   *extensionsv1.SandboxClaim
		wait    time.Duration
		none    bool
		waiting bool
	}{
		"waits": {claim: builder.MakeClaim("a").CreatedAt(now.Add(-time.Second)).Obj(), wait: time.Second, waiting: true},
		"Ready before its start, by a rounded time": {claim: &ready},
		"not Ready any more": {claim: builder.MakeClaim("a").CreatedAt(now.Add(-time.Hour)).
			Annotation(sandboxv1.AnnotationClaimFirstReadyAt, now.Add(40*time.Millisecond-time.Hour).Format(time.RFC3339Nano)).
			Condition(extensionsv1.ConditionReady, metav1.ConditionFalse, sandboxv1.ReasonDependenciesNotReady).Obj(), wait: 40 * time.Millisecond},
		"noted by agent-sandbox as unknown": {claim: builder.MakeClaim("a").CreatedAt(now.Add(-time.Second)).
			Annotation(sandboxv1.AnnotationClaimFirstReadyAt, "unknown").Obj(), wait: time.Second, waiting: true},
		"expired":       {claim: builder.MakeClaim("a").Condition(extensionsv1.ConditionReady, metav1.ConditionFalse, extensionsv1.ReasonClaimExpired).Obj(), none: true},
		"finished":      {claim: builder.MakeClaim("a").Condition(extensionsv1.ConditionFinished, metav1.ConditionTrue, "PodSucceeded").Obj(), none: true},
		"being deleted": {claim: builder.MakeClaim("a").Deleting().Obj(), none: true},
	} {
		t.Run(name, func(t *testing.T) {
			wait, waiting := waitOf(tc.claim, now)
			if waiting != tc.waiting || (wait == nil) != tc.none || wait != nil && *wait != tc.wait {
				t.Errorf("got %v, %t, want %s, %t", wait, waiting, tc.wait, tc.waiting)
			}
		})
	}
}

// text is what two managers serve, in Prometheus' text format.
func text() [][]byte {
	one := `# TYPE agent_sandbox_claim_creation_total counter
agent_sandbox_claim_creation_total{created_by="unknown",launch_type="warm",namespace="default",pod_condition="ready",sandbox_template="py",warmpool_name="python"} 60
agent_sandbox_claim_creation_total{created_by="unknown",launch_type="cold",namespace="default",pod_condition="not_ready",sandbox_template="py",warmpool_name="python"} 10
agent_sandbox_claim_creation_total{created_by="unknown",launch_type="cold",namespace="default",pod_condition="not_ready",sandbox_template="py",warmpool_name="none"} 1
agent_sandbox_claim_creation_total{created_by="unknown",launch_type="cold",namespace="other",pod_condition="not_ready",sandbox_template="py",warmpool_name="python"} 5
# TYPE agent_sandbox_claim_controller_startup_latency_ms histogram
agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="py",le="10"} 30
agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="py",le="20"} 60
agent_sandbox_claim_controller_startup_latency_ms_bucket{launch_type="warm",sandbox_template="py",le="+Inf"} 60
agent_sandbox_claim_controller_startup_latency_ms_sum{launch_type="warm",sandbox_template="py"} 700
agent_sandbox_claim_controller_startup_latency_ms_count{launch_type="warm",sandbox_template="py"} 60
`
	two := `# TYPE agent_sandbox_claim_creation_total counter
agent_sandbox_claim_creation_total{created_by="go-client",launch_type="warm",namespace="default",pod_condition="ready",sandbox_template="py",warmpool_name="python"} 30
`
	return [][]byte{[]byte(one), []byte(two)}
}

func TestMeasure(t *testing.T) {
	m, err := measure(t.Context(), func(context.Context) ([][]byte, error) { return text(), nil })
	if err != nil {
		t.Fatal(err)
	}
	rows := world()
	m.apply(rows)
	for i, want := range []Pool{
		{Name: "python", Warm: 90, Cold: 10, Waits: &Waits{60, 10, 20}, Source: FromMetrics},
		{Template: "py", Cold: 1, Waits: &Waits{60, 10, 20}, Source: FromMetrics},
		{Name: "gone", Source: FromMetrics},
	} {
		got := Pool{Warm: rows[i].Warm, Cold: rows[i].Cold, Waits: rows[i].Waits, Source: rows[i].Source}
		want.Name, want.Template = "", ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("row %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestMetricsThatCannotBeRead(t *testing.T) {
	for name, scrape := range map[string]scraper{
		"forbidden":  func(context.Context) ([][]byte, error) { return nil, errors.New("forbidden") },
		"no manager": func(context.Context) ([][]byte, error) { return nil, nil },
		"no metrics": func(context.Context) ([][]byte, error) { return [][]byte{[]byte("<html>")}, nil },
	} {
		if _, err := measure(t.Context(), scrape); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The bounds are those of a page of Prometheus' documentation: half of the way through a bucket, and nothing beyond the last bound.
func TestQuantile(t *testing.T) {
	inf := func(count uint64, buckets map[float64]uint64) map[float64]uint64 {
		buckets[math.Inf(1)] = count
		return buckets
	}
	for name, tc := range map[string]struct {
		q       float64
		buckets map[float64]uint64
		want    int64
	}{
		"in the middle":        {0.5, inf(10, map[float64]uint64{10: 0, 20: 10}), 15},
		"in the first":         {0.5, inf(10, map[float64]uint64{10: 10, 20: 10}), 5},
		"above the last bound": {0.99, inf(100, map[float64]uint64{10: 50, 20: 60}), 20},
		"nothing but the rest": {0.5, inf(3, map[float64]uint64{}), 0},
		"an empty one between": {0.5, inf(4, map[float64]uint64{10: 1, 20: 1, 40: 4}), 27},
	} {
		if got := quantile(tc.q, tc.buckets); got != tc.want {
			t.Errorf("%s: got %d, want %d", name, got, tc.want)
		}
	}
}

func TestTable(t *testing.T) {
	rows := world()
	for _, tc := range []struct {
		by   order
		all  bool
		want string
	}{
		{byNeed, false, `
POOL            READY   CLAIMED   WAITING   ARRIVALS   WARM   P50   P99
python          2/3     2         1         2          100%   2s    10s
gone            -       0         1         0          -      60m   60m
<template py>   -       2         0         2          50%    1s    30s
`},
		{byName, true, `
NAMESPACE   POOL            READY   CLAIMED   WAITING   ARRIVALS   WARM   P50   P99
default     <template py>   -       2         0         2          50%    1s    30s
default     gone            -       0         1         0          -      60m   60m
default     python          2/3     2         1         2          100%   2s    10s
`},
	} {
		tc.by.sort(rows)
		var out bytes.Buffer
		if err := table(rows, tc.all).Print(&out, colour.Never.For(&out), false); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimPrefix(tc.want, "\n"), out.String()); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", tc.by, diff)
		}
	}
}

func TestDuration(t *testing.T) {
	for want, p := range map[string]struct {
		source Source
		took   int64
	}{"<1s": {FromClaims, 0}, "12ms": {FromMetrics, 12}, "1.5s": {FromMetrics, 1500}, "12s": {FromMetrics, 12345}} {
		if got := (&Pool{Source: p.source}).duration(p.took); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestOrders(t *testing.T) {
	for by, want := range map[order]string{byClaimed: "ab", byArrivals: "ba", byWaits: "ba", byName: "ab"} {
		rows := []*Pool{{Name: "b", Claimed: 1, Arrivals: 2, Waits: &Waits{}}, {Name: "a", Claimed: 2, Arrivals: 1}}
		by.sort(rows)
		if got := rows[0].Name + rows[1].Name; got != want {
			t.Errorf("by %s: got %s, want %s", by, got, want)
		}
	}
	if by := byNeed; by.Set("size") == nil {
		t.Error("takes an order that there is not")
	}
}
