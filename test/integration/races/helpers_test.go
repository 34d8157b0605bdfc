package races

import (
	"errors"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/sandboxclaim"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// errCrash is the error of a write that the process does not live to make.
var errCrash = errors.New("crash")

// arena is a namespace with a pool.
type arena struct {
	*suite.Namespace

	pool     *extensionsv1.SandboxWarmPool
	template *extensionsv1.SandboxTemplate
}

func newArena(t *testing.T) *arena {
	t.Helper()
	n := suite.New(t)
	a := &arena{Namespace: n, pool: n.Pool(t, "python")}
	a.template = suite.Get[extensionsv1.SandboxTemplate](t, n, "python")
	return a
}

// claim creates a claim on the pool that is not bound.
func (a *arena) claim(t *testing.T, name string) *extensionsv1.SandboxClaim {
	t.Helper()
	return suite.Create(t, a.Namespace, a.Editor, builder.MakeClaim(name).Pool(a.pool.Name).Obj())
}

// boundTo creates a claim, and binds it as its reconciler would.
func (a *arena) boundTo(t *testing.T, name, sandbox string) *extensionsv1.SandboxClaim {
	t.Helper()
	claim := a.claim(t, name)
	a.bind(t, claim, sandbox)
	return claim
}

// bind writes a claim's binding as its reconciler would, and updates claim to match.
func (a *arena) bind(t *testing.T, claim *extensionsv1.SandboxClaim, sandbox string) {
	t.Helper()
	base := claim.DeepCopy()
	claim.Annotations[sandboxv1.AnnotationBinding] = sandbox
	if err := a.Controller.Patch(t.Context(), claim, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

// worker returns a separate claim reconciler that works with c and picks among these Sandboxes.
func (a *arena) worker(c client.Client, offered ...*sandboxv1.Sandbox) *sandboxclaim.Reconciler {
	r := a.Claims(c)
	r.Candidates = candidates.New(0)
	r.Candidates.ObserveNode(builder.MakeNode(builder.DefaultNode).Obj())
	r.Candidates.ObservePool(a.pool)
	r.Candidates.ObserveTemplate(a.template)
	for _, sandbox := range offered {
		r.Candidates.Observe(sandbox)
	}
	return r
}

// reconcile lets r reconcile claim as it is given, stale or not.
func reconcile(t *testing.T, r *sandboxclaim.Reconciler, claim *extensionsv1.SandboxClaim) {
	t.Helper()
	if _, err := r.Reconcile(t.Context(), claim); err != nil {
		t.Fatalf("reconciling claim %s: %v", claim.Name, err)
	}
}

// crash lets r reconcile claim, and expects that to end with errCrash.
func crash(t *testing.T, r *sandboxclaim.Reconciler, claim *extensionsv1.SandboxClaim) {
	t.Helper()
	if _, err := r.Reconcile(t.Context(), claim); !errors.Is(err, errCrash) {
		t.Fatalf("reconciling claim %s: %v, want a crash", claim.Name, err)
	}
}

// has fails unless the claim of that name is bound to sandbox, controls that one alone, and says so in its status.
func (a *arena) has(t *testing.T, name, sandbox string) {
	t.Helper()
	claim := suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, name)
	if got := rules.Binding(claim); got != sandbox {
		t.Errorf("claim %s is bound to %q, want %q", name, got, sandbox)
	}
	if got := claim.Status.Sandbox.Name; got != sandbox {
		t.Errorf("the status of claim %s names %q, want %q", name, got, sandbox)
	}
	if got := a.controlled(t, claim); !slices.Equal(got, []string{sandbox}) {
		t.Errorf("claim %s controls %v, want %s alone", name, got, sandbox)
	}
}

// controlled returns the names of the Sandboxes that owner controls.
func (a *arena) controlled(t *testing.T, owner client.Object) []string {
	t.Helper()
	var list sandboxv1.SandboxList
	if err := a.Admin.List(t.Context(), &list, client.InNamespace(a.Name)); err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range list.Items {
		if rules.ControlledBy(&list.Items[i], owner) {
			names = append(names, list.Items[i].Name)
		}
	}
	return names
}

// ready returns the status, the reason and the message of the claim's Ready condition.
func (a *arena) ready(t *testing.T, name string) string {
	t.Helper()
	claim := suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, name)
	ready := meta.FindStatusCondition(claim.Status.Conditions, extensionsv1.ConditionReady)
	if ready == nil {
		return "no condition"
	}
	return string(ready.Status) + " " + ready.Reason + ": " + ready.Message
}
