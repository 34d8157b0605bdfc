package reconcile

import (
	"context"
	"net/http"
	"testing"
	"time"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// answers are the answers of webhooks that refuse. The API server passes their content on, puts its own words before theirs,
// and makes a 400 of an answer without a code. By code, reason and details they could be the API server's own report of a
// stale object.
var answers = map[string]metav1.Status{
	"without a code":        {},
	"400":                   {Code: http.StatusBadRequest},
	"403":                   {Code: http.StatusForbidden},
	"404":                   {Code: http.StatusNotFound},
	"409":                   {Code: http.StatusConflict},
	"409 by its reason":     {Reason: metav1.StatusReasonConflict},
	"409 with an object":    {Code: http.StatusConflict, Reason: metav1.StatusReasonConflict, Details: &metav1.StatusDetails{Kind: "images", Name: "a"}},
	"409 for a taken name":  {Code: http.StatusConflict, Reason: metav1.StatusReasonAlreadyExists, Details: &metav1.StatusDetails{Kind: "pods", Name: "alone"}},
	"429":                   {Code: http.StatusTooManyRequests, Reason: metav1.StatusReasonTooManyRequests},
	"500":                   {Code: http.StatusInternalServerError},
	"422":                   {Code: http.StatusUnprocessableEntity},
	"422 with a reason":     {Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid},
	"422 without an object": {Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid, Details: &metav1.StatusDetails{}},
}

const denied = `admission webhook "policy.example.com" denied the request: `

// deny installs a webhook of the cluster's own that gives this answer.
func deny(
	t *testing.T, n *suite.Namespace, answer metav1.Status, operation registrationv1.OperationType, group, kinds string,
	probe func(context.Context) error,
) (lift func()) {
	t.Helper()
	answer.Message = "no latest images"
	return n.Deny(t, &suite.Denial{Operation: operation, Group: group, Resource: kinds, Result: answer, Probe: probe})
}

// A webhook refuses the Pod of a Sandbox. The Sandbox reports that in the webhook's words, and is retried with backoff.
func TestADeniedPod(t *testing.T) {
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			lift := deny(t, n, answer, registrationv1.Create, "", "pods", func(ctx context.Context) error {
				return n.Admin.Create(ctx, builder.MakePod("probe").Namespace(n.Name).Obj(), client.DryRunAll)
			})
			sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("alone").Obj())
			if result, err := n.TryStep(t, sandbox); err == nil {
				t.Errorf("no error, and again %+v: the queue would not wait longer each time", result)
			}
			want := `Error seen: creating Pod "alone": ` + denied + "no latest images"
			if got := said(suite.Get[sandboxv1.Sandbox](t, n, "alone").Status.Conditions); got != "False ReconcilerError: "+want {
				t.Errorf("it says\n%s, want\n%s", got, want)
			}
			lift()
			n.Step(t, sandbox)
			n.RunPod(t, "alone")
		})
	}
}

// A webhook refuses the adoption. The claim keeps its binding, reports that in the webhook's words, and tries twice in one
// reconcile: once with the cached Sandbox, once with the live one.
func TestADeniedAdoption(t *testing.T) {
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			pool := n.Pool(t, "python")
			warm := n.Offered(t, pool, "aaaaa")
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
			lift := deny(t, n, answer, registrationv1.Update, sandboxv1.GroupName, "sandboxes", func(ctx context.Context) error {
				patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"annotations":{"note":"probe"}}}`))
				return n.Admin.Patch(ctx, warm.DeepCopy(), patch, client.DryRunAll)
			})
			tries := 0
			counted := suite.Before(n.Cached, func(w suite.Write) error {
				if _, ok := w.Object.(*sandboxv1.Sandbox); ok {
					tries++
				}
				return nil
			})
			n.Settle(t)
			if result, err := n.Claims(counted).Reconcile(t.Context(), claim); err == nil {
				t.Errorf("no error, and again %+v: the queue would not wait longer each time", result)
			}
			if tries > 2 {
				t.Errorf("it was tried %d times in one pass", tries)
			}
			mine := suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
			want := `Error seen: adopting Sandbox "` + warm.Name + `": ` + denied + "no latest images"
			if got := said(mine.Status.Conditions); got != "False ReconcilerError: "+want || rules.Binding(mine) != warm.Name {
				t.Errorf("bound to %q, it says\n%s, want\n%s", rules.Binding(mine), got, want)
			}
			lift()
			n.Step(t, claim)
			if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status; got.Sandbox.Name != warm.Name || !isReady(got.Conditions) {
				t.Errorf("without the webhook the status is %+v", got)
			}
		})
	}
}

// A webhook refuses the Sandboxes of a pool. The pool reports that in the webhook's words, and goes on when the webhook is
// gone.
func TestADeniedMember(t *testing.T) {
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			s := newPoolStory(t, 2, recreate)
			lift := deny(t, s.Namespace, answer, registrationv1.Create, sandboxv1.GroupName, "sandboxes", func(ctx context.Context) error {
				return s.Admin.Create(ctx, builder.MakeSandbox("probe").Namespace(s.Name).Obj(), client.DryRunAll)
			})
			if result, err := s.try(t); err == nil {
				t.Errorf("no error, and again %+v: the queue would not wait longer each time", result)
			}
			s.expect(t, 0, 0, 1,
				condition("Progressing", metav1.ConditionFalse, "SandboxRefused", "Creating a Sandbox failed: "+denied+"no latest images", s.at(0)),
				condition("Ready", metav1.ConditionFalse, "PoolNotReady", "0 of 2 Sandboxes are Ready", s.at(0)))
			lift()
			s.now = s.now.Add(time.Second)
			s.step(t)
			if got := s.members(t); len(got) != 2 {
				t.Errorf("without the webhook it has %d members, want 2", len(got))
			}
		})
	}
}

// A webhook refuses the Sandbox that is to be created for a claim.
func TestADeniedCreation(t *testing.T) {
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			n.Pool(t, "python")
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
			deny(t, n, answer, registrationv1.Create, sandboxv1.GroupName, "sandboxes", func(ctx context.Context) error {
				return n.Admin.Create(ctx, builder.MakeSandbox("probe").Namespace(n.Name).Obj(), client.DryRunAll)
			})
			if result, err := n.TryStep(t, claim); err == nil {
				t.Errorf("no error, and again %+v: the queue would not wait longer each time", result)
			}
			want := `False ReconcilerError: Error seen: creating Sandbox "mine": ` + denied + "no latest images"
			if got := said(suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions); got != want {
				t.Errorf("it says\n%s, want\n%s", got, want)
			}
		})
	}
}

// A webhook refuses a volume or the Service of a Sandbox, in the words of a name that is taken.
func TestADeniedVolumeOrService(t *testing.T) {
	meta := func(n *suite.Namespace) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: n.Name, Name: "probe"} }
	for name, tc := range map[string]struct {
		resource, creating string
		probe              func(*suite.Namespace) client.Object
	}{
		"a volume": {"persistentvolumeclaims", `creating PersistentVolumeClaim "data-alone": `, func(n *suite.Namespace) client.Object {
			return &corev1.PersistentVolumeClaim{ObjectMeta: meta(n), Spec: corev1.PersistentVolumeClaimSpec{
				AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
			}}
		}},
		"a Service": {"services", `creating Service "alone": `, func(n *suite.Namespace) client.Object {
			return &corev1.Service{ObjectMeta: meta(n), Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Selector: map[string]string{"a": "b"}}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			lift := deny(t, n, answers["409 for a taken name"], registrationv1.Create, "", tc.resource, func(ctx context.Context) error {
				return n.Admin.Create(ctx, tc.probe(n), client.DryRunAll)
			})
			sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("alone").VolumeClaimTemplate("data").Service(true).Obj())
			if result, err := n.TryStep(t, sandbox); !rules.IsRefusal(err) {
				t.Errorf("it ends with %v, and again %+v: the queue would not wait longer each time", err, result)
			}
			want := "False ReconcilerError: Error seen: " + tc.creating + denied + "no latest images"
			if got := said(suite.Get[sandboxv1.Sandbox](t, n, "alone").Status.Conditions); got != want {
				t.Errorf("it says\n%s, want\n%s", got, want)
			}
			lift()
			n.Step(t, sandbox)
			n.RunPod(t, "alone")
		})
	}
}
