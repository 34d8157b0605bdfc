package story

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
	"github.com/namesake-sandbox/namesake/test/named"
)

// The manager's metrics match what happened. The manager serves every metric that the alerts, the dashboard and the
// documentation ask for.
func TestTheManagerMeasures(t *testing.T) {
	const n = 5
	s := scene.Enter(t)
	manager := s.Managers(t)[0]
	s.Pool(t, "pool", n)
	before := manager.ReadMetrics(t)
	for i := range n {
		ready(t, s, builder.MakeClaim(fmt.Sprintf("warm-%d", i)).Pool("pool").Obj())
	}
	s.Create(t, builder.MakeTemplate("bare").Obj())
	ready(t, s, builder.MakeClaim("cold").Template("bare").Obj())
	s.AwaitFull(t, "pool", n)
	stray := builder.MakePod("none").Namespace(s.Namespace).ControlledBy(builder.MakeSandbox("none").Obj()).Obj()
	if err := s.Editor.Create(t.Context(), stray); !apierrors.IsInvalid(err) {
		t.Fatalf("a Pod of a Sandbox that does not exist: got %v", err)
	}

	var after testbed.Metrics
	grown := func(name string, labels ...string) float64 {
		return after.Sum(name, labels...) - before.Sum(name, labels...)
	}
	in, pool := fmt.Sprintf("namespace=%q", s.Namespace), `warmpool_name="pool"`
	measured := func() map[string][2]float64 {
		after = manager.ReadMetrics(t)
		return map[string][2]float64{
			"adopted":                  {grown("agent_sandbox_claim_creation_total", in, pool, `launch_type="warm"`, `pod_condition="ready"`), n},
			"created":                  {grown("agent_sandbox_claim_creation_total", in, `warmpool_name="none"`, `launch_type="cold"`, `pod_condition="not_ready"`), 1},
			"warm startups":            {grown("agent_sandbox_claim_controller_startup_latency_ms_count", `launch_type="warm"`, `sandbox_template="pool"`), n},
			"cold startups":            {grown("agent_sandbox_claim_controller_startup_latency_ms_count", `launch_type="cold"`, `sandbox_template="bare"`), 1},
			"creations":                {grown("agent_sandbox_creation_latency_ms_count", in), n + 1},
			"Sandboxes of claims":      {after.Sum("agent_sandboxes", in, `owned_by="SandboxClaim"`, `ready_condition="true"`), n + 1},
			"Sandboxes of pools":       {after.Sum("agent_sandboxes", in, `owned_by="SandboxWarmPool"`, `ready_condition="true"`), n},
			"desired":                  {after.Sum("namesake_warmpool_desired_replicas", in, pool), n},
			"Pods refused":             {grown("namesake_admission_decisions_total", `webhook="/validate-pod"`, `decision="refused"`, `rule="pod-owner"`), 1},
			"claims let in":            {grown("namesake_admission_decisions_total", `webhook="/mutate-sandboxclaim"`, `decision="allowed"`), n + 1},
			"admission without answer": {grown("namesake_admission_errors_total"), 0},
			"builds":                   {after.Sum("agent_sandbox_build_info"), 1},
		}
	}
	agrees := func(context.Context) (bool, error) {
		for _, values := range measured() {
			if values[0] != values[1] {
				return false, nil // The manager counts from its cache, which may be behind the test.
			}
		}
		return true, nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, scene.Soon, true, agrees); err != nil {
		for name, values := range measured() {
			if values[0] != values[1] {
				t.Errorf("%s: %v, want %v", name, values[0], values[1])
			}
		}
	}
	silent := []string{ // These have no sample before they have a reason, or never without cert-manager.
		"namesake_binding_conflicts_total", "agent_sandbox_client_claim_startup_latency_ms", "namesake_webhook_certificate_issued",
		"namesake_networkpolicy_missing", "namesake_namespace_left_out",
	}
	for _, name := range named.Metrics(t, filepath.Join("..", "..", "..")) {
		if !slices.Contains(silent, name) && !after.Has(name) {
			t.Errorf("%s is asked for, and the manager does not have it", name)
		}
	}
}
