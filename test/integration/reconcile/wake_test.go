package reconcile

import (
	"context"
	"fmt"
	"testing"
	"time"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// hourly makes each backoff an hour, and reads patient. What is tried again in a test was woken.
func hourly(t *testing.T) func(*controllers.Options) {
	t.Helper()
	return func(o *controllers.Options) {
		o.Sandboxes = suite.Patient(t, o.Sandboxes)
		for _, options := range []*controller.Options{&o.SandboxController, &o.ClaimController, &o.PoolController, &o.TemplateController} {
			*options = controllers.Workers(4)
			options.RateLimiter = workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](time.Hour, time.Hour)
		}
	}
}

// serveOthers creates Sandboxes in a quiet namespace, one after the other, and waits for the Pod of each: what wakes itself
// has had many turns then.
func serveOthers(t *testing.T, quiet *suite.Namespace) {
	t.Helper()
	for i := range 10 {
		name := fmt.Sprintf("quiet-%d", i)
		suite.Create(t, quiet, quiet.Editor, builder.MakeSandbox(name).Obj())
		suite.Await(t, "a Sandbox elsewhere has its Pod", func() bool {
			return quiet.Admin.Get(t.Context(), client.ObjectKey{Namespace: quiet.Name, Name: name}, &corev1.Pod{}) == nil
		})
	}
}

// numbered installs a webhook that refuses with another message each time.
func numbered(t *testing.T, n *suite.Namespace, group, resource string, probe client.Object) *suite.Denial {
	t.Helper()
	denial := &suite.Denial{
		Operation: registrationv1.Create, Group: group, Resource: resource, Numbered: true,
		Result: metav1.Status{Code: 403, Message: "no latest images"},
		Probe: func(ctx context.Context) error {
			return n.Admin.Create(ctx, probe.DeepCopyObject().(client.Object), client.DryRunAll)
		},
	}
	n.Deny(t, denial)
	return denial
}

func refusedFor(conditions []metav1.Condition, kind, reason string) bool {
	condition := meta.FindStatusCondition(conditions, kind)
	return condition != nil && condition.Reason == reason
}

// The refusal of an object reads differently each time. Its own status wakes it once, when it first tells of the refusal, and
// not again.
func TestARefusalInOtherWordsWakesNobody(t *testing.T) {
	for name, tc := range map[string]struct {
		group, resource string
		probe           func(n *suite.Namespace) client.Object
		create          func(t *testing.T, n *suite.Namespace)
		refused         func(t *testing.T, n *suite.Namespace) bool
		status          string
	}{
		"a Sandbox's Pod": {
			resource: "pods", status: "PATCH sandboxes/status",
			probe: func(n *suite.Namespace) client.Object { return builder.MakePod("probe").Namespace(n.Name).Obj() },
			create: func(t *testing.T, n *suite.Namespace) {
				t.Helper()
				suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())
			},
			refused: func(t *testing.T, n *suite.Namespace) bool {
				t.Helper()
				return refusedFor(suite.Get[sandboxv1.Sandbox](t, n, "mine").Status.Conditions, "Ready", "ReconcilerError")
			},
		},
		"a claim's Sandbox": {
			group: sandboxv1.GroupName, resource: "sandboxes", status: "PATCH sandboxclaims/status",
			probe: func(n *suite.Namespace) client.Object { return builder.MakeSandbox("probe").Namespace(n.Name).Obj() },
			create: func(t *testing.T, n *suite.Namespace) {
				t.Helper()
				suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
				suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
			},
			refused: func(t *testing.T, n *suite.Namespace) bool {
				t.Helper()
				return refusedFor(suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions, "Ready", "ReconcilerError")
			},
		},
		"a pool's Sandbox": {
			group: sandboxv1.GroupName, resource: "sandboxes", status: "PATCH sandboxwarmpools/status",
			probe: func(n *suite.Namespace) client.Object { return builder.MakeSandbox("probe").Namespace(n.Name).Obj() },
			create: func(t *testing.T, n *suite.Namespace) {
				t.Helper()
				n.Pool(t, "python")
			},
			refused: func(t *testing.T, n *suite.Namespace) bool {
				t.Helper()
				return refusedFor(suite.Get[extensionsv1.SandboxWarmPool](t, n, "python").Status.Conditions, "Progressing", "SandboxRefused")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			n, quiet := suite.New(t), suite.New(t)
			denial := numbered(t, n, tc.group, tc.resource, tc.probe(n))
			n.RunBeside(t, []*suite.Namespace{quiet}, hourly(t))
			before := suite.Writes(t)
			tc.create(t, n)
			suite.Await(t, "it says that it is refused", func() bool { return tc.refused(t, n) })
			serveOthers(t, quiet)
			written := suite.Writes(t).Since(before)[tc.status]
			if tc.status == "PATCH sandboxes/status" {
				written -= 20 // of the others: at most two each
			}
			if got := denial.Asked(); got > 3 || written > 3 {
				t.Errorf("it was tried %d times, and its status written %d times", got, written)
			}
		})
	}
}

// The API server names the invalid labels of a Pod in another order each time.
func TestInvalidLabelsInAnyOrder(t *testing.T) {
	n, quiet := suite.New(t), suite.New(t)
	n.RunBeside(t, []*suite.Namespace{quiet}, hourly(t))
	sandbox := builder.MakeSandbox("mine").Obj()
	labels := map[string]string{}
	for i := range 40 {
		labels[fmt.Sprintf("label-%d", i)] = "not valid!"
	}
	sandbox.Spec.PodTemplate.Metadata.Labels = labels
	before := suite.Writes(t)
	suite.Create(t, n, n.Editor, sandbox)
	suite.Await(t, "it says that its Pod is refused", func() bool {
		return refusedFor(suite.Get[sandboxv1.Sandbox](t, n, "mine").Status.Conditions, "Ready", "InvalidConfiguration")
	})
	serveOthers(t, quiet)
	got := suite.Writes(t).Since(before)
	if pods := got["POST pods"] - 10; pods > 1 {
		t.Errorf("its Pod was tried %d times", pods)
	}
	t.Logf("writes of the refused Sandbox and ten others: %v", got)
}

// Claims that are refused a cold Sandbox are not tried again because a warm one turns Ready.
func TestAWarmSandboxWakesNobodyWhoCannotUseIt(t *testing.T) {
	n, quiet := suite.New(t), suite.New(t)
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	pool := suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Replicas(3).Obj())
	members := []*sandboxv1.Sandbox{n.Member(t, pool, "aaaaa"), n.Member(t, pool, "bbbbb"), n.Member(t, pool, "ccccc")}
	denial := numbered(t, n, sandboxv1.GroupName, "sandboxes", builder.MakeSandbox("probe").Namespace(n.Name).Obj())
	n.RunBeside(t, []*suite.Namespace{quiet}, hourly(t))
	const claims = 20
	for i := range claims {
		suite.Create(t, n, n.Editor, builder.MakeClaim(fmt.Sprintf("mine-%02d", i)).Pool("python").Obj())
	}
	suite.Await(t, "all claims say that they are refused", func() bool {
		for i := range claims {
			claim := suite.Get[extensionsv1.SandboxClaim](t, n, fmt.Sprintf("mine-%02d", i))
			if !rules.IsClaimRefused(claim) {
				return false
			}
		}
		return true
	})
	serveOthers(t, quiet)
	before := denial.Asked()
	for _, member := range members {
		suite.Await(t, "a member has its Pod", func() bool {
			return n.Admin.Get(t.Context(), client.ObjectKeyFromObject(member), &corev1.Pod{}) == nil
		})
		n.RunPod(t, member.Name)
	}
	n.AwaitOffer(t, pool, true)
	for i := range 3 {
		quiet := suite.Create(t, quiet, quiet.Editor, builder.MakeSandbox(fmt.Sprintf("after-%d", i)).Obj())
		suite.Await(t, "a Sandbox elsewhere has its Pod", func() bool {
			return n.Admin.Get(t.Context(), client.ObjectKeyFromObject(quiet), &corev1.Pod{}) == nil
		})
	}
	if got := denial.Asked() - before; got > 0 {
		t.Errorf("%d creations were tried because a warm Sandbox turned Ready", got)
	}
}

// A claim waits since its template is gone, and all warm Sandboxes are out of reach. It gets one as soon as one is in reach again.
func TestWhatBringsAWarmSandboxWakesThoseWhoWait(t *testing.T) {
	for name, keepAway := range map[string]func(t *testing.T, n *suite.Namespace, node *corev1.Node) (bringBack func()){
		"its node was cordoned": func(t *testing.T, n *suite.Namespace, node *corev1.Node) func() {
			t.Helper()
			set := func(cordoned bool) {
				base := node.DeepCopy()
				node.Spec.Unschedulable = cordoned
				if err := n.Admin.Patch(t.Context(), node, client.MergeFrom(base)); err != nil {
					t.Fatal(err)
				}
			}
			set(true)
			return func() { set(false) }
		},
		"its node was gone": func(t *testing.T, n *suite.Namespace, node *corev1.Node) func() {
			t.Helper()
			n.Delete(t, n.Admin, node)
			return func() { suite.Create(t, n, n.Admin, builder.MakeNode(node.Name).Obj()) }
		},
		"it was reserved for a claim that never came": func(t *testing.T, n *suite.Namespace, _ *corev1.Node) func() {
			t.Helper()
			probe := builder.MakeClaim("probe").Namespace(n.Name).Pool("python").Obj()
			if n.Index.Pick(probe, n.Clock.Now()) == "" {
				t.Fatal("there is nothing to reserve")
			}
			return func() { n.Clock.Step(time.Minute) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			node := suite.Create(t, n, n.Admin, builder.MakeNode(n.Name).Obj())
			pool := n.Pool(t, "python")
			warm := n.Member(t, pool, "aaaaa")
			n.Run(t, hourly(t))
			suite.Await(t, "the Sandbox has its Pod", func() bool {
				return n.Admin.Get(t.Context(), client.ObjectKeyFromObject(warm), &corev1.Pod{}) == nil
			})
			pod := suite.Get[corev1.Pod](t, n, warm.Name)
			binding := &corev1.Binding{Target: corev1.ObjectReference{Kind: "Node", Name: node.Name}}
			if err := n.Admin.SubResource("binding").Create(t.Context(), pod, binding); err != nil {
				t.Fatal(err)
			}
			n.RunPod(t, warm.Name)
			n.AwaitOffer(t, pool, true)
			bringBack := keepAway(t, n, node)
			n.AwaitOffer(t, pool, false)
			n.Delete(t, n.Admin, suite.Get[extensionsv1.SandboxTemplate](t, n, "python"))
			suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
			suite.Await(t, "the claim waits", func() bool {
				return refusedFor(suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions, "Ready", "TemplateNotFound")
			})
			bringBack()
			suite.Await(t, "the claim has the Sandbox", func() bool {
				return suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Sandbox.Name == warm.Name
			})
		})
	}
}
