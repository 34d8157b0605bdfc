package reconcile

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/internal/going"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// end deletes the namespace, which stays Terminating, since nothing empties it here, and waits until the API server refuses creations.
func end(t *testing.T, n *suite.Namespace) {
	t.Helper()
	n.Delete(t, n.Admin, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: n.Name}})
	err := wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, 10*time.Second, true, func(ctx context.Context) (bool, error) {
		probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, GenerateName: "probe-"}}
		return rules.IsNamespaceGoing(n.Admin.Create(ctx, probe, client.DryRunAll)), nil
	})
	if err != nil {
		t.Fatalf("the namespace is not going: %v", err)
	}
}

// deleteAll deletes all objects of a kind in the namespace, as the namespace controller does.
func deleteAll(t *testing.T, n *suite.Namespace, kind client.Object) {
	t.Helper()
	if err := n.Admin.DeleteAllOf(t.Context(), kind, client.InNamespace(n.Name), client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
}

// fill creates Sandboxes with Pods, a pool with its members, a template that has no NetworkPolicy yet, and claims that go cold.
func fill(t *testing.T, n *suite.Namespace, each int) *extensionsv1.SandboxWarmPool {
	t.Helper()
	n.Template(t, builder.MakeTemplate("python").Obj())
	for i := range each {
		sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox(fmt.Sprintf("mine-%d", i)).VolumeClaimTemplate("data").Obj())
		suite.Create(t, n, n.Editor, builder.MakeClaim(fmt.Sprintf("cold-%d", i)).Template("python").Obj())
		n.Step(t, sandbox)
	}
	return suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Replicas(int32(each)).Obj())
}

// In a namespace that is being deleted, however many objects ask for more, one creation is refused: of a Pod, a volume, a Sandbox or
// a NetworkPolicy, whoever is first. A pool begins with four at a time (rules.DefaultProbes). Nobody writes a status or an event
// about it, and each is looked at again later.
func TestANamespaceThatIsBeingDeleted(t *testing.T) {
	for name, first := range map[string]func(t *testing.T, w *goingWorld){
		"seen by a Sandbox":  func(t *testing.T, w *goingWorld) { t.Helper(); w.sandboxes(t) },
		"seen by a pool":     func(t *testing.T, w *goingWorld) { t.Helper(); w.pools(t) },
		"seen by a claim":    func(t *testing.T, w *goingWorld) { t.Helper(); w.claims(t) },
		"seen by a template": func(t *testing.T, w *goingWorld) { t.Helper(); w.templates(t) },
	} {
		t.Run(name, func(t *testing.T) {
			w, most := newGoingWorld(t, 8), 1
			if name == "seen by a pool" {
				most = rules.DefaultProbes
			}
			w.n.Events() // Those of before do not count.
			before := suite.Writes(t)
			first(t, w)
			after := suite.Writes(t).Since(before)
			posts := after["POST pods"] + after["POST persistentvolumeclaims"] + after["POST sandboxes"] + after["POST networkpolicies"]
			if posts < 1 || posts > most {
				t.Errorf("%d creations are refused, want %d at the most: %v", posts, most, after)
			}
			later := suite.Writes(t)
			for _, all := range []func(*testing.T){w.sandboxes, w.pools, w.claims, w.templates} {
				all(t)
			}
			later.Expect(t, suite.Writes, suite.Counts{})
			if events := w.n.Events(); len(events) > 0 {
				t.Errorf("events: %v", events)
			}
			w.now = w.now.Add(time.Hour)
			w.sandboxes(t)
			if posts := suite.Writes(t).Since(later)["POST pods"]; posts != 1 {
				t.Errorf("an hour later %d creations are refused, want 1", posts)
			}
		})
	}
}

// A manager that runs meanwhile tells of no error, and its workers find out at the same moment at the most.
func TestAManagerInANamespaceThatIsBeingDeleted(t *testing.T) {
	const each, workers = 40, 8
	n := suite.New(t)
	at := suite.Create(t, n, n.Editor, builder.MakeTemplate("first").Obj()).CreationTimestamp.Add(time.Minute)
	n.Run(t, func(o *controllers.Options) {
		o.Now = func() time.Time { return at }
		o.SandboxController, o.ClaimController = controllers.Workers(workers), controllers.Workers(workers)
	})
	pool := fill(t, n, each)
	suite.Await(t, "every Sandbox and claim says that it has its Pod", func() bool { return saying(t, n) == 4*each })
	n.Settle(t)
	end(t, n)
	reconciles, failures := measured(t, "controller_runtime_reconcile_total"), measured(t, "controller_runtime_reconcile_errors_total")
	before := suite.Writes(t)
	deleteAll(t, n, &corev1.Pod{})
	suite.Await(t, "every Sandbox has missed its Pod", func() bool {
		return measured(t, "controller_runtime_reconcile_total") >= reconciles+3*each
	})
	for _, member := range poolMembers(t, n, pool) {
		n.Delete(t, n.Admin, &member)
	}
	deleteAll(t, n, &sandboxv1.Sandbox{})
	n.Settle(t)
	since := suite.Writes(t).Since(before)
	if refused := since["POST pods"] + since["POST sandboxes"]; refused < 1 || refused > 2*workers {
		t.Errorf("%d creations are refused: %v", refused, since)
	}
	if since["PATCH sandboxes/status"] > workers || since["POST events"] > 0 { // What was on its way may still be written.
		t.Errorf("written in vain: %v", since)
	}
	if got := measured(t, "controller_runtime_reconcile_errors_total"); got != failures {
		t.Errorf("%d reconciles ended with an error", got-failures)
	}
	t.Logf("%d Sandboxes of a namespace that is deleted cost %v", 3*each, since)
}

// saying returns how many Sandboxes and claims of the namespace say which Pod they have.
func saying(t *testing.T, n *suite.Namespace) int {
	t.Helper()
	var sandboxes sandboxv1.SandboxList
	var claims extensionsv1.SandboxClaimList
	for _, list := range []client.ObjectList{&sandboxes, &claims} {
		if err := n.Admin.List(t.Context(), list, client.InNamespace(n.Name)); err != nil {
			t.Fatal(err)
		}
	}
	saying := 0
	for i := range sandboxes.Items {
		saying += min(1, len(sandboxes.Items[i].Status.PodUID))
	}
	for i := range claims.Items {
		saying += min(1, len(claims.Items[i].Status.Sandbox.PodUID))
	}
	return saying
}

// goingWorld is a namespace that is being deleted, whose Pods are gone, with reconcilers that know the same of it.
type goingWorld struct {
	n   *suite.Namespace
	now time.Time

	sandboxes, pools, claims, templates func(*testing.T)
}

func newGoingWorld(t *testing.T, each int) *goingWorld {
	t.Helper()
	n := suite.New(t)
	pool := fill(t, n, each)
	late := suite.Create(t, n, n.Editor, builder.MakeTemplate("late").Obj())
	end(t, n)
	deleteAll(t, n, &corev1.Pod{})
	w := &goingWorld{n: n, now: pool.CreationTimestamp.Add(time.Minute)}
	now := func() time.Time { return w.now }
	namespaces := going.New(now)
	sandboxes, pools, claims, templates := n.Sandboxes(namespaces.Client(n.ReadYourWrites)), n.Pools(namespaces.Client(n.Cached)),
		n.Claims(namespaces.Client(n.Cached)), n.Templates(namespaces.Client(n.Cached))
	sandboxes.Going, pools.Going, claims.Going, templates.Going = namespaces, namespaces, namespaces, namespaces
	sandboxes.Now, pools.Now, claims.Now, templates.Now = now, now, now, now
	quiet := func(t *testing.T, result reconcile.Result, err error) {
		t.Helper()
		if err != nil || result.RequeueAfter == 0 && !suite.Soon(result) {
			t.Errorf("a reconcile ends with %v, %v", result, err)
		}
	}
	w.sandboxes = func(t *testing.T) {
		t.Helper()
		n.Settle(t)
		for i := range each {
			result, err := sandboxes.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, fmt.Sprintf("mine-%d", i)))
			quiet(t, result, err)
		}
	}
	w.pools = func(t *testing.T) {
		t.Helper()
		n.Settle(t)
		result, err := pools.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxWarmPool](t, n, pool.Name))
		quiet(t, result, err)
	}
	w.claims = func(t *testing.T) {
		t.Helper()
		n.Settle(t)
		for i := range each {
			result, err := claims.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxClaim](t, n, fmt.Sprintf("cold-%d", i)))
			quiet(t, result, err)
		}
	}
	w.templates = func(t *testing.T) {
		t.Helper()
		n.Settle(t)
		result, err := templates.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxTemplate](t, n, late.Name))
		quiet(t, result, err)
	}
	return w
}
