package suite

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/sandbox"
	"github.com/namesake-sandbox/namesake/controllers/sandboxclaim"
	"github.com/namesake-sandbox/namesake/controllers/sandboxtemplate"
	"github.com/namesake-sandbox/namesake/controllers/sandboxwarmpool"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// clusterDomain is the domain that the full names of Services end with in the tests.
const clusterDomain = "cluster.test"

// PoolSettings are the settings of the program's own flags.
var PoolSettings = rules.PoolSettings{
	ReadinessGrace: 5 * time.Minute, UnschedulableRecheck: time.Minute, Evictable: true,
	Refill: rules.RefillLimits{Batch: 128, Probes: rules.DefaultProbes},
}

// Claims returns a claim reconciler that works with c, as one worker of a manager.
func (n *Namespace) Claims(c client.Client) *sandboxclaim.Reconciler {
	return &sandboxclaim.Reconciler{
		Client: c, Live: n.Controller, Candidates: n.Index, LabelDomains: rules.DefaultLabelDomains,
		Recorder: n.Recorder, Metrics: n.Metrics, Now: n.Clock.Now,
	}
}

// Sandboxes returns a Sandbox reconciler that works with c.
func (n *Namespace) Sandboxes(c client.Client) *sandbox.Reconciler {
	return &sandbox.Reconciler{
		Client: c, Live: n.Controller, Recorder: n.Recorder, Now: n.Clock.Now, ClusterDomain: clusterDomain, Network: rules.DefaultNetwork(),
	}
}

// Pools returns a pool reconciler that works with c.
func (n *Namespace) Pools(c client.Client) *sandboxwarmpool.Reconciler {
	return &sandboxwarmpool.Reconciler{Client: c, Live: n.Controller, Recorder: n.Recorder, Now: n.Clock.Now, Settings: PoolSettings}
}

// Templates returns a template reconciler that works with c.
func (n *Namespace) Templates(c client.Client) *sandboxtemplate.Reconciler {
	return &sandboxtemplate.Reconciler{Client: c, Live: n.Controller, Recorder: n.Recorder, Network: rules.DefaultNetwork(), Now: n.Clock.Now}
}

// Step reconciles the current obj once, with a cache that has caught up, and expects no error.
func (n *Namespace) Step(t *testing.T, obj client.Object) reconcile.Result {
	t.Helper()
	result, err := n.TryStep(t, obj)
	if err != nil {
		t.Fatalf("reconciling %T %s: %v", obj, obj.GetName(), err)
	}
	return result
}

// TryStep is Step, and returns the error.
func (n *Namespace) TryStep(t *testing.T, obj client.Object) (reconcile.Result, error) {
	t.Helper()
	n.Settle(t)
	switch obj.(type) {
	case *extensionsv1.SandboxClaim:
		return n.Claims(n.Cached).Reconcile(t.Context(), fromCache[extensionsv1.SandboxClaim](t, n, obj))
	case *extensionsv1.SandboxWarmPool:
		return n.Pools(n.Cached).Reconcile(t.Context(), fromCache[extensionsv1.SandboxWarmPool](t, n, obj))
	case *extensionsv1.SandboxTemplate:
		return n.Templates(n.Cached).Reconcile(t.Context(), fromCache[extensionsv1.SandboxTemplate](t, n, obj))
	case *sandboxv1.Sandbox:
		return n.Sandboxes(n.ReadYourWrites).Reconcile(t.Context(), fromCache[sandboxv1.Sandbox](t, n, obj))
	}
	return reconcile.Result{}, fmt.Errorf("no reconciler for %T", obj)
}

func fromCache[T any, P object[T]](t *testing.T, n *Namespace, obj client.Object) P {
	t.Helper()
	cached := P(new(T))
	if err := n.Cached.Get(t.Context(), client.ObjectKeyFromObject(obj), cached); err != nil {
		t.Fatal(err)
	}
	return cached
}

// Events returns the events since the last call.
func (n *Namespace) Events() []string {
	var found []string
	for {
		select {
		case event := <-n.Recorder.Events:
			found = append(found, event)
		default:
			return found
		}
	}
}

// Quiet returns a recorder that drops its events.
func Quiet() *events.FakeRecorder { return &events.FakeRecorder{} }

// Soon reports whether a reconcile asks for another within a second, either with the backoff of its queue or at a time.
func Soon(result reconcile.Result) bool {
	return result.Requeue || result.RequeueAfter > 0 && result.RequeueAfter <= time.Second //nolint:staticcheck // As in retry.Stale.
}
